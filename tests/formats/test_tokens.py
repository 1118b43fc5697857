"""Token edges: words, marks, emoji sequences, flags, CRLF; pieces that cover the text."""

from __future__ import annotations

import pytest
from any_document import documents
from hypothesis import given, settings

from natostance.document import Document
from natostance.formats.tokens import edge, inside_token, pieces


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kyiv said no.", ["Kyiv", " ", "said", " ", "no", "."]),
        ("anti-NATO's 3.5", ["anti", "-", "NATO", "'", "s", " ", "3", ".", "5"]),
        ("cafe\u0301s n\u0303o", ["cafe\u0301s", " ", "n\u0303o"]),
        ("a\u0301\u0302b", ["a\u0301\u0302b"]),
        ("❤\ufe0fKyiv", ["❤\ufe0f", "Kyiv"]),
        ("👨\u200d👩\u200d👧👍🏽", ["👨\u200d👩\u200d👧", "👍🏽"]),
        ("🇺🇦🇵🇱🇺", ["🇺🇦", "🇵🇱", "🇺"]),
        ("שלום עולם", ["שלום", " ", "עולם"]),
        ("中文 ok", ["中", "文", " ", "ok"]),
        ("a\r\nb \n\xa0c", ["a", "\r\n", "b", " \n\xa0", "c"]),
        (" \u0301a", [" ", "\u0301", "a"]),
        ("", []),
    ],
)
def test_pieces(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in pieces(text)] == expected


def test_cuts() -> None:
    assert pieces("Kyiv  no", {2, 5}) == [(0, 2), (2, 4), (4, 5), (5, 6), (6, 8)]


@settings(max_examples=100)
@given(documents())
def test_pieces_cover_the_text_and_end_at_edges(document: Document) -> None:
    text = document.text
    found = pieces(text)
    assert "".join(text[start:end] for start, end in found) == text
    assert not any(inside_token(text, end) for _, end in found)


def test_nearest_edges() -> None:
    assert (edge("Kyiv said", 6, -1), edge("Kyiv said", 6, 1), edge("Kyiv said", 5, -1)) == (
        5,
        9,
        5,
    )
    assert (edge("Kyiv", 1, -1), edge("Kyiv", 1, 1)) == (0, 4)
