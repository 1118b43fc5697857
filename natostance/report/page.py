"""The skeleton of a page: one HTML file that needs nothing beside itself.

A page holds its style and script inline and asks the network for nothing. Its content-security
policy says so to the browser: scripts and styles run only if they have the hash of those that are
written here, so mark-up in an article could do nothing even if an escape were forgotten.

How to write one::

    from natostance.report.page import Html, page

    body = Html("<h1>{}</h1>").format("A & B")          # arguments are escaped, Html is not
    html = page("A & B", body, style="h1 { color: var(--accent) }", script="...")

or with a template of ``natostance/report/templates``, in which everything is escaped that is not
`Html` already: ``page(title, render("overview.html", shares=...))``.

What the policy forbids, and what to do instead: an attribute ``style="..."`` (use classes; in SVG,
attributes such as ``fill="..."``), ``onclick="..."`` (use ``addEventListener`` in the script), and
loading anything but ``data:`` pictures. Links are free: a reader follows them, a page does not.

The style sheet knows light and dark (the system's choice until the reader makes one), narrow
screens and paper. It has these variables: ``--paper --ink --quiet --line --panel --accent``; the
classes ``side-0 ... side-5``, ``neutral``, ``unlabelled`` (they set ``--colour``), ``swatch``,
``note``, ``panel``, ``figures`` (a table of numbers), ``hidden-text`` (for screen readers) and
``no-print``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup as Html
from markupsafe import escape

from natostance.report.palette import NEUTRAL, SIDES

__all__ = ["Html", "asset", "data", "page", "render", "shown"]

_CLOSES = re.compile("</(script|style)|<!--", re.IGNORECASE)
# what a page cannot hold, one character for one, so that offsets stay
_UNSHOWABLE = {
    **{code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n\r"},
    0x7F: 0x2421,
    **dict.fromkeys(range(0xD800, 0xE000), 0xFFFD),
    **dict.fromkeys((0xFFFE, 0xFFFF), 0xFFFD),
}


def page(title: str, body: Html, *, style: str = "", script: str = "", language: str = "en") -> str:
    """A whole page.

    Args:
        title: as the browser's tab shows it.
        body: what stands inside ``<main>``; a plain string is escaped.
        style: CSS, beside that of every page.
        script: JavaScript, run when the page is there, after that of every page.
        language: of the page's own words, ISO 639-1.

    Raises:
        ValueError: style or script hold what would end their element early.
    """
    css = _inline(_base_style() + style)
    code = _inline(asset("page.js") + script)
    return render(
        "page.html",
        title=shown(title),
        body=escape(body),
        style=Html(css),
        script=Html(code),
        style_hash=_hash(css),
        script_hash=_hash(code),
        language=language,
    )


def render(template: str, **values: Any) -> Html:
    """Fill a template of ``natostance/report/templates``; what is not `Html` is escaped."""
    return Html(_templates().get_template(template).render(values))


def shown(text: str) -> Html:
    """Text of anybody's, as a page shows it, one character for one.

    Mark-up becomes text, control characters become their pictures (U+2400), lone surrogates
    U+FFFD; a carriage return stays one.
    """
    return Html(str(escape(text.translate(_UNSHOWABLE))).replace("\r", "&#13;"))


def data(identifier: str, value: Any) -> Html:
    """A value for the script, which reads it with ``pageData("identifier")``.

    Raises:
        ValueError: it is not JSON.
    """
    source = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for sign in "<>&":
        source = source.replace(sign, f"\\u{ord(sign):04x}")
    return Html('<script type="application/json" id="{}">{}</script>').format(
        identifier, Html(source)
    )


@cache
def asset(name: str) -> str:
    """A style sheet or script of ``natostance/report/assets``."""
    return (resources.files("natostance.report") / "assets" / name).read_text(encoding="utf-8")


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("natostance.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def _base_style() -> str:
    colours = "".join(f".side-{i} {{ --colour: {colour}; }}\n" for i, colour in enumerate(SIDES))
    return f"{asset('page.css')}{colours}.neutral, .unlabelled {{ --colour: {NEUTRAL}; }}\n"


def _inline(source: str) -> str:
    """Style or script as it can stand in a page; a browser turns CRLF to LF before it hashes."""
    if found := _CLOSES.search(source):
        raise ValueError(f"{found[0]!r} cannot stand in an inline style or script")
    return source.replace("\r\n", "\n").replace("\r", "\n")


def _hash(source: str) -> str:
    digest = hashlib.sha256(source.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
