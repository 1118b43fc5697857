r"""Escapes for characters which a line of text cannot show, or which an editor would lose.

``\n``, ``\r``, ``\t`` and ``\s`` (a space) stand for white space, ``\u{a0}`` for any code point,
``\\`` for the backslash itself.
"""

from __future__ import annotations

import re
import unicodedata

SHORT = {"n": "\n", "r": "\r", "t": "\t", "s": " "}
ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|([^u]))", re.DOTALL)

_LETTERS = {character: letter for letter, character in SHORT.items()}


def escape(text: str, also: str = "", spaces: bool = False) -> str:
    r"""Text in which everything that a line cannot show is an escape.

    Args:
        text: the text.
        also: characters that get a backslash in front, beside the backslash.
        spaces: whether a space becomes ``\s``.
    """
    return "".join(_escape(c, also, spaces) for c in text)


def unescape(text: str) -> str:
    """What `escape` was given; an unknown escape stays as it is."""
    return ESCAPE.sub(_unescape, text)


def character(match: re.Match[str]) -> str | None:
    """The character that a match of `ESCAPE` stands for, or None where there is no such escape."""
    code, letter = match.groups()
    if code is None:
        return SHORT.get(letter)
    number = int(code, 16)
    return chr(number) if number <= 0x10FFFF else None


def _unescape(match: re.Match[str]) -> str:
    return "\\" if match[2] == "\\" else character(match) or match[0]


def _escape(c: str, also: str, spaces: bool) -> str:
    if c == "\\" or c in also:
        return "\\" + c
    if c == " ":
        return "\\s" if spaces else c
    if c in _LETTERS:
        return "\\" + _LETTERS[c]
    return f"\\u{{{ord(c):x}}}" if _invisible(c) else c


def _invisible(c: str) -> bool:
    """Whether an editor would lose, hide or break the line at a character."""
    return c == "\ufeff" or unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp", "Zs"}
