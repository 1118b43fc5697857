"""Where words end: the grid that spans are held to when files are exchanged.

A token is a word (letters and digits with their combining marks), or any other single character
with what belongs to it: combining marks, variation selectors, the rest of an emoji sequence or
flag, the line feed of a CRLF. Hyphens and apostrophes stand alone, so a span may begin after one.
Characters of scripts that are written without spaces, as far as they are wide, are tokens each.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from itertools import pairwise

_JOINER = "\u200d"


def inside_token(text: str, at: int) -> bool:
    """Whether the place before ``text[at]`` lies inside a token."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if before.isascii() and after.isascii():
        return (before.isalnum() and after.isalnum()) or (before == "\r" and after == "\n")
    if _extends(after):
        return not before.isspace()
    if before == _JOINER:
        return not after.isspace()
    if _flag(before) and _flag(after):
        return _flags_before(text, at) % 2 == 1
    base = at - 1
    while base > 0 and _extends(text[base]):
        base -= 1
    return _of_a_word(text[base]) and _of_a_word(after)


def edge(text: str, at: int, step: int) -> int:
    """The nearest token edge from a place, going back (``step=-1``) or on (``step=1``)."""
    while inside_token(text, at):
        at += step
    return at


def pieces(text: str, cuts: Iterable[int] = ()) -> list[tuple[int, int]]:
    """The text as tokens and runs of white space: offsets that cover it without a gap.

    Args:
        text: the text.
        cuts: places at which a piece ends, whatever stands there.
    """
    wanted = set(cuts)
    inner = (
        at
        for at in range(1, len(text))
        if at in wanted
        or not (inside_token(text, at) or (text[at - 1].isspace() and text[at].isspace()))
    )
    edges = [0, *inner, len(text)]
    return list(pairwise(edges)) if text else []


def _extends(c: str) -> bool:
    """Whether a character belongs to the one before it."""
    return (
        unicodedata.category(c)[0] == "M"
        or c in "\u200c\u200d"
        or "\U0001f3fb" <= c <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= c <= "\U000e007f"  # tags of regional flags
    )


def _of_a_word(c: str) -> bool:
    return c.isalnum() and unicodedata.east_asian_width(c) not in "WF"


def _flag(c: str) -> bool:
    """Whether a character is one half of a national flag."""
    return "\U0001f1e6" <= c <= "\U0001f1ff"


def _flags_before(text: str, at: int) -> int:
    count = 0
    while count < at and _flag(text[at - 1 - count]):
        count += 1
    return count
