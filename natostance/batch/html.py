"""Web pages: the main text, without menus, advertisements and comments."""

from __future__ import annotations

import re

from natostance.errors import InputError
from natostance.extras import require

_CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*(?!utf)([\w.:-]+)""", re.IGNORECASE)
_HEAD = 4096  # bytes in which a page declares its charset


def require_html() -> None:
    """Raise `MissingExtraError` where the extractor is not installed."""
    require("trafilatura", "html", "Reading web pages")


def decode_page(data: bytes) -> str | None:
    """The text of a page: UTF-8, or the charset that it declares; None where it is neither."""
    declared = _CHARSET.search(data[:_HEAD])
    for charset in ("utf-8", declared[1].decode("ascii") if declared else ""):
        try:
            return data.decode(charset).removeprefix("\ufeff")
        except (LookupError, ValueError):
            continue
    return None


def main_text(page: str) -> tuple[str, dict[str, str]]:
    """The main text of a web page, and the title and date that the page declares.

    Raises:
        InputError: no main text was found.
        MissingExtraError: the extra ``[html]`` is not installed.
    """
    trafilatura = require("trafilatura", "html", "Reading web pages")
    try:
        found = trafilatura.bare_extraction(
            page,
            with_metadata=True,
            include_comments=False,
            # a date that the page declares, none that is guessed from its text
            date_extraction_params={"extensive_search": False, "original_date": True},
        )
    # a stranger's page can break the parser in ways that it does not document
    except Exception as error:
        raise InputError(
            f"not a web page that can be read: {error or type(error).__name__}"
        ) from None
    if found is None or not found.text:
        raise InputError(
            "no main text was found in the page",
            remedy="save the text of the article as .txt",
        )
    meta = {"title": found.title, "date": found.date}
    return found.text, {name: value for name, value in meta.items() if value}
