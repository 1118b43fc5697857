"""Colours of labels, the same on terminals, in plots and on pages.

The colours of sides are told apart by people with any common colour blindness (Okabe and Ito 2008,
"Color Universal Design"). Nothing hangs on them alone: letters, patterns and words say the same.
"""

from __future__ import annotations

from natostance.document import LabelSet

# sky blue, orange, bluish green, reddish purple, yellow, vermilion
SIDES = ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#d55e00")
NEUTRAL = "#a8a8a8"


def colours(labels: LabelSet) -> dict[str, str]:
    """A colour for each side; with more than six sides they come round again."""
    return {side: SIDES[i % len(SIDES)] for i, side in enumerate(labels.sides)}


def letters(labels: LabelSet) -> dict[str, str]:
    """A short mark for each label: as few letters as tell the sides apart, a dot for neutral."""
    marks = {}
    for side in labels.sides:
        others = [other.casefold() for other in labels.sides if other != side]
        length = 1
        while length < len(side) and any(o.startswith(side[:length].casefold()) for o in others):
            length += 1
        marks[side] = side[:length]
    return {**marks, labels.neutral: "·"}


def in_line(labels: LabelSet) -> tuple[str, ...]:
    """The labels as a bar of shares has them: neutral between two sides, or behind more."""
    if len(labels.sides) == 2:
        return (labels.sides[0], labels.neutral, labels.sides[1])
    return labels.names


def css_class(label: str | None, labels: LabelSet) -> str:
    """The class that gives an element of a page the colour of its label.

    ``side-0``, ``side-1``, ... in the order of the sides; ``neutral``; ``unlabelled`` for None.
    Inside it the style sheet of `natostance.report.page` sets ``--colour``.
    """
    if label is None:
        return "unlabelled"
    if label == labels.neutral:
        return "neutral"
    return f"side-{labels.sides.index(label) % len(SIDES)}"
