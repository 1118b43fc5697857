"""The skeleton of a page."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natostance.report.page import Html, asset, data, page, render, shown

HOSTILE = "</style><script>alert(1)</script><img src=x onerror=alert(2)> & \"quoted\" 'single'"


class Read(HTMLParser):
    """What a browser would make of a page, as far as the tests ask."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts.setdefault(self._open[-1], []).append(data)

    def policy(self) -> dict[str, str]:
        for _tag, attributes in self.tags:
            if attributes.get("http-equiv") == "Content-Security-Policy":
                content = attributes["content"] or ""
                return {d.split()[0]: d.strip() for d in content.split(";")}
        raise AssertionError("no policy")


def sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_the_policy_allows_the_pages_own_style_and_script_alone() -> None:
    read = Read(page("T", Html("<p>x</p>"), style="p { color: red }", script="let a = 1 < 2;"))
    policy = read.policy()
    assert policy["default-src"] == "default-src 'none'"
    [style], [script] = read.texts["style"], read.texts["script"]
    assert policy["style-src"] == f"style-src 'sha256-{sha256(style)}'"
    assert policy["script-src"] == f"script-src 'sha256-{sha256(script)}'"
    assert style.endswith("p { color: red }")
    assert script.endswith("let a = 1 < 2;")
    assert "unsafe" not in " ".join(policy.values())


def test_the_policy_comes_before_anything_that_it_governs() -> None:
    tags = [tag for tag, _ in Read(page("T", Html(""))).tags]
    assert tags[:4] == ["html", "head", "meta", "meta"]


def test_a_page_names_no_address_outside_itself() -> None:
    html = page("T", Html("<p>x</p>"))
    assert not re.search(r"https?:|//[a-z]|@import|url\(", html.replace("<!doctype html>", ""))


def test_crlf_in_a_script_does_not_spoil_its_hash() -> None:
    read = Read(page("T", Html(""), script="let a;\r\nlet b;"))
    [script] = read.texts["script"]
    assert "\r" not in script
    assert sha256(script) in read.policy()["script-src"]


@pytest.mark.parametrize("bad", ["</style>", "x </SCRIPT >", "<!-- x"])
def test_what_would_end_a_style_or_script_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="cannot stand in an inline"):
        page("T", Html(""), style=bad)
    with pytest.raises(ValueError, match="cannot stand in an inline"):
        page("T", Html(""), script=bad)


def test_hostile_titles_and_bodies_are_text() -> None:
    read = Read(page(HOSTILE, HOSTILE))  # type: ignore[arg-type]  # a careless caller
    assert "".join(read.texts["title"]) == HOSTILE
    assert HOSTILE in "".join(read.texts["main"])
    assert "img" not in [tag for tag, _ in read.tags]


def test_templates_escape_what_is_not_html() -> None:
    html = render("page.html", title="<b>", body=Html("<i>x</i>"), style="", script="",
                  style_hash="s", script_hash="s", language="en")  # fmt: skip
    assert "<title>&lt;b&gt;</title>" in html
    assert "<i>x</i>" in html


@settings(deadline=None)
@given(st.text(st.characters(codec=None)))
def test_any_text_is_shown_one_character_for_one(text: str) -> None:
    html = shown(text)
    html.encode("utf-8")
    read = Read(f"<p>{html}</p>")
    got = "".join(read.texts.get("p", []))
    assert len(got) == len(text)
    assert all(a == b or not b.isprintable() for a, b in zip(got, text, strict=True))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(st.characters(codec=None)),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))  # fmt: skip
def test_values_for_scripts_come_through_and_cannot_end_their_element(value: object) -> None:
    html = data("x", value)
    source = re.fullmatch('<script type="application/json" id="x">(.*)</script>', html, re.DOTALL)
    assert source
    assert not set("<>&") & set(source[1])
    assert json.loads(source[1]) == value


def test_style_and_script_of_every_page_can_stand_inline() -> None:
    for name in ("page.css", "page.js"):
        assert not re.search("</(script|style)|<!--", asset(name))
