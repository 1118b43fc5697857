"""Whose words a sentence is made of, on the surface: quoted, reported, or the writer's own.

A rule of thumb for slicing figures, not a label: it reads quotation marks and verbs of saying.

- ``direct``: at least half of the sentence's characters stand inside double quotation marks.
- ``reported``: less than half does, or there is a word of attribution ("said", "according to").
- ``writer``: everything else.

Double marks are straight, curly, low and angled ones. A quotation goes on over sentences until its
closing mark, or the end of the paragraph where it never closes. Single marks are not read, since
they look like apostrophes.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import Literal

from natostance.document import Document

Speech = Literal["direct", "reported", "writer"]

# words of attribution; the baselines use them too
CUES = re.compile(
    r"\b(?:according to|in the words of|sa(?:id|ys?|ying)|told|tells|telling"
    r"|(?:add|argu|insist|warn|assert|stress|maintain|contend|declar|announc|explain|respond"
    r"|conclud|emphasi[sz]|complain|suggest|accus|condemn|reject|dismiss|describ|believ)"
    r"(?:e?s|ed|ing)"
    # "claims", "demands" and the like are as often things as verbs
    r"|(?:claim|demand|report|promis|pledg|vow|hop|fear|call|not|remark|tweet|urg)"
    r"(?:ed|ing|e?s(?= that\b| to\b))"
    r"|stat(?:ed|ing)|den(?:ies|ied|ying)|repl(?:ies|ied|ying)|wr(?:ites|ote|iting)"
    r"|th(?:inks|ought))\b",
    re.IGNORECASE,
)

_MARK = re.compile('["“”„«»]')
_OPENING, _CLOSING = "“„«", "”»"


def speech(document: Document) -> tuple[Speech, ...]:
    """How each sentence of a document speaks."""
    inside = _quoted(document)
    found: list[Speech] = []
    for sentence in document.sentences:
        places = [i for i in range(sentence.start, sentence.end) if not document.text[i].isspace()]
        quoted = sum(inside[i] for i in places)
        if quoted and 2 * quoted >= len(places):
            found.append("direct")
        elif quoted or CUES.search(document[sentence]):
            found.append("reported")
        else:
            found.append("writer")
    return tuple(found)


def _quoted(document: Document) -> bytearray:
    """For each character whether it stands inside a quotation, marks included."""
    text, inside = document.text, bytearray(len(document.text))
    numbered = zip(document.paragraphs(), document.sentences, strict=True)
    for _, group in groupby(numbered, key=lambda pair: pair[0]):
        sentences = [sentence for _, sentence in group]
        opened, end = None, sentences[-1].end
        for mark in _MARK.finditer(text, sentences[0].start, end):
            at = mark.start()
            if opened is None and _opens(text, at):
                opened = at
            elif opened is not None and not _opens(text, at):
                inside[opened : at + 1] = b"\1" * (at + 1 - opened)
                opened = None
        if opened is not None:
            inside[opened:end] = b"\1" * (end - opened)
    return inside


def _opens(text: str, at: int) -> bool:
    """Whether a quotation mark opens; a straight one does after white space or a bracket."""
    if text[at] in _OPENING + _CLOSING:
        return text[at] in _OPENING
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return (not before or before.isspace() or before in "([{—–-") and not after.isspace()
