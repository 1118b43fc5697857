"""Offsets: UTF-16 and CRLF units turned into code points, and told apart by the text of spans."""

from __future__ import annotations

from any_document import documents
from hypothesis import given, settings

from natostance.document import Document
from natostance.formats.offsets import (
    Resolved,
    Stated,
    from_code_points,
    resolve,
    same_text,
    shown,
    units,
    utf16,
)


def test_utf_16_by_hand() -> None:
    convert = utf16("a💩b")
    assert [convert(i) for i in range(5)] == [0, 1, None, 2, 3]
    assert (convert(-1), convert(6)) == (-1, 5)
    assert from_code_points("a💩b") == [0, 1, 3, 4]


@settings(max_examples=100)
@given(documents())
def test_utf_16_as_python_encodes_it(document: Document) -> None:
    text = document.text
    encoded = text.encode("utf-16-le", "surrogatepass")
    offsets = from_code_points(text)
    assert offsets[-1] * 2 == len(encoded)
    convert = utf16(text)
    assert [convert(offset) for offset in offsets] == list(range(len(text) + 1))


def test_only_units_that_differ_are_tried() -> None:
    assert [len(units(text)) for text in ("a", "💩", "\r\n", "💩\r\n")] == [1, 2, 2, 4]


def test_one_unit_for_all_spans() -> None:
    # the second span alone would fit in code points too
    text = "💩 no no no"
    found = resolve(text, [Stated(3, 5, "no"), Stated(6, 8, "no"), Stated(9, 11, "no")])
    assert found == [Resolved(2, 4), Resolved(5, 7), Resolved(8, 10)]


def test_what_fits_in_no_unit() -> None:
    outside, wrong, inside = resolve(
        "💩 no", [Stated(3, 9, "no"), Stated(3, 5, "yes"), Stated(1, 5, "no"), Stated(3, 5, "no")]
    )[:3]
    assert outside == Resolved(2, 8, fits=False)
    assert wrong.fault == "the file names the text 'yes', there stands 'no'"
    assert inside.fault == "an edge lies inside a character"


def test_white_space_is_not_compared() -> None:
    assert same_text("a\\nb c", "a\r\n b\xa0 c ")
    assert not same_text("ab", "ac")


def test_long_texts_are_shown_short() -> None:
    assert shown("a\n") == "'a\\n'"
    assert len(shown("a" * 1000)) < 50
