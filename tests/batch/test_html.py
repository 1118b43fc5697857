"""Web pages: the main text and what the page says of itself; composed pages."""

from __future__ import annotations

import pytest

from natostance.batch.html import decode_page, main_text
from natostance.errors import InputError

PARAGRAPHS = [
    "The committee for the harbour met on Tuesday and agreed on a plan for the new lighthouse, "
    "which fishermen of the bay had asked for since the storm of last winter.",
    "The chairwoman said that the tower would be lit before the autumn, and that its keeper "
    "would be chosen among the families of the island.",
    "Nobody spoke against the plan, although two members left the room before the vote was taken.",
]
PAGE = f"""<!DOCTYPE html>
<html lang="en"><head><title>Lighthouse agreed</title>
<meta property="og:title" content="Lighthouse agreed">
<meta property="article:published_time" content="2021-03-04T10:00:00Z">
<script>var tracker = "do not read me";</script></head>
<body><nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li></ul></nav>
<article><h1>Lighthouse agreed</h1>{"".join(f"<p>{p}</p>" for p in PARAGRAPHS)}</article>
<footer>All rights reserved. Cookie settings.</footer></body></html>
"""


def test_the_main_text_is_found_and_the_rest_is_not() -> None:
    text, meta = main_text(PAGE)
    for paragraph in PARAGRAPHS:
        assert paragraph in text
    for furniture in ("tracker", "Sport", "Cookie"):
        assert furniture not in text
    assert meta == {"title": "Lighthouse agreed", "date": "2021-03-04"}


def test_a_date_is_not_guessed_from_the_text() -> None:
    lines = [line for line in PAGE.splitlines() if "published_time" not in line]
    page = "\n".join(lines).replace("on Tuesday", "on 3 May 2019")
    assert "date" not in main_text(page)[1]


@pytest.mark.parametrize("page", ["<html><body></body></html>", "<p>", "no page at all", "\x00<"])
def test_a_page_without_main_text_is_an_error(page: str) -> None:
    with pytest.raises(InputError, match="no main text was found"):
        main_text(page)


def test_a_page_is_utf8_or_what_it_declares() -> None:
    russian = '<html><head><meta charset="{}"></head><p>Маяк</p>'
    for charset in ("windows-1251", "utf-8", "koi8-r"):
        page = russian.format(charset)
        assert decode_page(page.encode(charset)) == page
    assert decode_page(b"\xef\xbb\xbf<p>x") == "<p>x"
    assert decode_page(b"<p>\xff") is None
    assert decode_page(b"<meta charset=nonsense><p>\xff") is None
    assert decode_page(b"<meta charset=utf-16><p>\xff") is None


def test_deeply_nested_html_is_either_read_or_refused() -> None:
    page = "<html><body>" + "<div>" * 20_000 + f"<p>{PARAGRAPHS[0]}</p></body></html>"
    try:
        text, _ = main_text(page)
    except InputError:
        return
    assert PARAGRAPHS[0] in text
