"""A part of a Markdown file that a command fills in, and the rest of which is left alone."""

from __future__ import annotations

from pathlib import Path

from natostance.errors import InputError


def replace_section(path: Path, name: str, text: str) -> None:
    """Put text between the lines ``<!-- name:begin -->`` and ``<!-- name:end -->`` of a file.

    Raises:
        InputError: the file cannot be read or written, or has not both lines once, in this order.
    """
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    try:
        whole = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", file=path) from None
    first, last = whole.find(begin), whole.find(end)
    if whole.count(begin) != 1 or whole.count(end) != 1 or first > last:
        raise InputError(
            f"there is no section {name!r} in it",
            file=path,
            remedy=f"add the lines {begin} and {end}",
        )
    try:
        path.write_text(f"{whole[:first]}{begin}\n{text.strip()}\n{whole[last:]}", encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", file=path) from None
