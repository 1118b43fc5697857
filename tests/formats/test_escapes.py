"""Escapes: everything comes back, and nothing that hides or breaks a line is left."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from natostance.formats.escapes import escape, unescape

# with lone surrogates
anything = st.text(st.characters(exclude_categories=()), max_size=30)


@given(anything)
def test_any_text_comes_back(text: str) -> None:
    assert unescape(escape(text)) == text
    assert unescape(escape(text, spaces=True)) == text


@given(anything)
def test_one_line_without_white_space(text: str) -> None:
    written = escape(text, spaces=True)
    assert not any(c.isspace() for c in written)
    written.encode()


def test_by_hand() -> None:
    assert escape("a b\t\\n\xa0[é💩\ufeff", "[") == "a b\\t\\\\n\\u{a0}\\[é💩\\u{feff}"
    assert unescape("\\q \\u{110000} \\u{41}") == "\\q \\u{110000} A"
