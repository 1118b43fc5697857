"""Colours of labels."""

from __future__ import annotations

from natostance.document import STANCE, LabelSet
from natostance.report.palette import SIDES, colours, css_class


def test_each_side_has_a_colour_of_its_own() -> None:
    assert len(set(colours(LabelSet(("A", "B", "C"), "N")).values())) == 3


def test_classes_follow_the_order_of_the_sides() -> None:
    assert [css_class(label, STANCE) for label in (*STANCE.names, None)] == [
        "side-0",
        "side-1",
        "neutral",
        "unlabelled",
    ]


def test_more_sides_than_colours_come_round_again() -> None:
    labels = LabelSet(tuple("ABCDEFG"), "N")
    assert css_class("G", labels) == "side-0"
    assert colours(labels)["G"] == SIDES[0]


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_letter_on_each_swatch_can_be_read() -> None:
    # WCAG 2.2, 1.4.3: contrast of 4.5 to 1; swatches have letters of #141414
    dark = luminance("#141414")
    for colour in SIDES:
        assert (luminance(colour) + 0.05) / (dark + 0.05) >= 4.5
