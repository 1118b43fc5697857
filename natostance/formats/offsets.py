"""Offsets of tools that do not count code points, turned into code points.

A browser counts UTF-16 code units, in which an emoji is two; some front ends see a CRLF as one
character. A file does not say which it means, but where it repeats the text of a span, only the
right unit gives that text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# what tools do to the text of a span: white space is trimmed, collapsed or shown as backslash n
_UNSTABLE = re.compile(r"\\n|\s")


@dataclass(frozen=True, slots=True)
class Stated:
    """A span as a file states it, in a unit yet unknown; ``surface`` is the text it names."""

    start: int
    end: int
    surface: str | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """The same span in code points.

    Args:
        start: first character.
        end: one past the last character.
        fits: whether the text there is the one that the file names.
        fault: what is wrong where an edge or the text cannot be right; None where it fits, and
            where the span lies outside the text.
    """

    start: int
    end: int
    fits: bool = True
    fault: str | None = None


def code_points(text: str) -> Callable[[int], int | None]:
    """Offsets that are code points already."""
    return lambda offset: offset


def utf16(text: str) -> Callable[[int], int | None]:
    """From UTF-16 code units to code points.

    Returns:
        A function that gives None for an offset inside a character; offsets outside the text stay
        outside it by as much.
    """
    return _converter([1 + (c > "\uffff") for c in text])


def from_code_points(text: str) -> list[int]:
    """The offset in UTF-16 code units of each code point, and of the end of the text."""
    offsets = [0]
    for c in text:
        offsets.append(offsets[-1] + 1 + (c > "\uffff"))
    return offsets


def units(text: str) -> list[Callable[[int], int | None]]:
    """The units that a tool may have counted in and that differ on this text; code points first."""
    found = [code_points(text)]
    astral = any(c > "\uffff" for c in text)
    if astral:
        found.append(utf16(text))
    if "\r\n" in text:
        single = [int(text[i : i + 2] != "\r\n") for i in range(len(text))]
        found.append(_converter(single))
        if astral:
            wide = [w + w * (c > "\uffff") for w, c in zip(single, text, strict=True)]
            found.append(_converter(wide))
    return found


def resolve(text: str, stated: Sequence[Stated]) -> list[Resolved]:
    """Offsets in code points of spans whose file does not say what it counts in.

    The unit is the one in which most spans have the text that the file names, code points where
    several do equally well: one file counts in one unit.
    """
    readings = [[_read(text, span, unit) for span in stated] for unit in units(text)]
    return max(readings, key=lambda found: sum(span.fits for span in found))


def same_text(surface: str, text: str) -> bool:
    """Whether a span's text is the named one, apart from what tools do to white space."""
    return _UNSTABLE.sub("", surface) == _UNSTABLE.sub("", text)


def shown(text: str) -> str:
    """A piece of text as part of a message: short, quoted, on one line."""
    return repr(text if len(text) <= 40 else f"{text[:24]} … {text[-12:]}")


def _read(text: str, span: Stated, unit: Callable[[int], int | None]) -> Resolved:
    start, end = unit(span.start), unit(span.end)
    if start is None or end is None:
        return Resolved(span.start, span.end, False, "an edge lies inside a character")
    if not 0 <= start < end <= len(text):
        return Resolved(start, end, span.surface is None)
    if span.surface is None or same_text(span.surface, text[start:end]):
        return Resolved(start, end)
    fault = f"the file names the text {shown(span.surface)}, there stands {shown(text[start:end])}"
    return Resolved(start, end, False, fault)


def _converter(widths: Sequence[int]) -> Callable[[int], int | None]:
    """A function from offsets, in which each code point is so wide, to code points."""
    places: dict[int, int] = {}
    at = 0
    for index, width in enumerate(widths):
        # a carriage return of no width shares its offset with the line feed: the first one counts
        places.setdefault(at, index)
        at += width
    places.setdefault(at, len(widths))
    end = at

    def convert(offset: int) -> int | None:
        if offset < 0:
            return offset
        if offset > end:
            return len(widths) + offset - end
        return places.get(offset)

    return convert
