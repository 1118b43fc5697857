"""Figures of matplotlib as vector pictures that stand inside a page.

The page's policy allows no ``style`` attributes, so these become attributes of their own; what
matplotlib draws in black takes the colour of the page's text, so that a picture is readable in the
dark too; text stays text, in the page's type.
"""

from __future__ import annotations

import io
import re
from hashlib import sha256
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from natostance.extras import require
from natostance.report.page import Html

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "{http://www.w3.org/1999/xlink}href"
# properties that have an attribute of the same name in SVG, as far as matplotlib writes them
_ATTRIBUTES = {
    "fill",
    "fill-opacity",
    "fill-rule",
    "font-size",
    "font-weight",
    "opacity",
    "stroke",
    "stroke-dasharray",
    "stroke-dashoffset",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-miterlimit",
    "stroke-opacity",
    "stroke-width",
    "text-anchor",
}
_REFERENCE = re.compile(r"url\(#([^)]+)\)")


def picture(figure: Figure, words: str) -> Html:
    """A figure as inline SVG.

    Args:
        figure: the figure.
        words: what it shows, for those who do not see it.

    Raises:
        MissingExtraError: the extra ``[report]`` is not installed.
    """
    matplotlib = require("matplotlib", "report", "Plots")
    stream = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": words}):
        figure.patch.set_visible(False)
        for axes in figure.axes:
            axes.patch.set_visible(False)
        figure.savefig(stream, format="svg", metadata={"Date": None})
    root = ElementTree.fromstring(stream.getvalue())
    # ids must differ from those of other pictures on the page
    salt = sha256(words.encode("utf-8")).hexdigest()[:8]
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"):
                parent.remove(child)
        _plain(parent, salt)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("class", "plot")
    root.set("aria-label", str(words))
    ElementTree.register_namespace("", _SVG)
    source = ElementTree.tostring(root, encoding="unicode")
    return Html(source)


def _plain(element: ElementTree.Element, salt: str) -> None:
    style = element.attrib.pop("style", "")
    is_text = element.tag in (f"{{{_SVG}}}text", f"{{{_SVG}}}tspan")
    for declaration in style.split(";"):
        name, _, value = declaration.partition(":")
        if name.strip() in _ATTRIBUTES:
            element.set(name.strip(), value.strip())
    if is_text:
        element.attrib.setdefault("fill", "currentColor")
    for name, value in list(element.attrib.items()):
        if value in ("#000000", "black"):
            element.set(name, "currentColor")
        elif name == "id":
            element.set(name, f"{salt}-{value}")
        elif name == _XLINK:
            del element.attrib[name]
            element.set("href", f"#{salt}-{value.removeprefix('#')}")
        else:
            element.set(name, _REFERENCE.sub(rf"url(#{salt}-\1)", value))
