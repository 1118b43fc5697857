"""Inline mark-up: an annotated article that people can read, write and review in a diff.

A file begins with a front matter in YAML between two lines ``---``; its ``id`` is the document's
id, the rest its metadata. Below it, one line is one sentence; lines are joined by a space, and a
blank line is a paragraph break (two line breaks in the text). A span is written
``[NATO: its text]``, a doubtful one ``[NATO?: its text]``; one space after the colon belongs to the
mark, not to the text.

Anything else is written as an escape: ``\\[``, ``\\]`` and ``\\\\`` are those characters, ``\\n``,
``\\r``, ``\\t``, ``\\s`` (a space) and ``\\u{a0}`` (a code point) stand for white space and other
characters that a line cannot show. A line that ends with a backslash is joined to the next with
nothing between, so that ``First.\\r\\n\\`` puts a CRLF between two sentences.
With ``sentences: auto`` in the front matter, sentences are left to the segmenter.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import yaml

from natostance.document import STANCE, Document, LabelSet, Sentence, Span
from natostance.errors import InputError

SUFFIX = ".marked.txt"

_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", "s": " ", "[": "[", "]": "]", "\\": "\\"}
_WRITTEN = {v: "\\" + k for k, v in _SIMPLE.items() if k != "s"}
_PLAIN = re.compile(r"[^\[\]\\]+")
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|([nrts\[\]\\]))")
_OPEN = re.compile(r"\[([^\[\]:?]+)(\?)?: ")


def read_markup(source: str, labels: LabelSet = STANCE) -> Document:
    """Read an article with inline mark-up.

    Raises:
        InputError: naming the line that cannot be read.
    """
    source = source.removeprefix("\ufeff").replace("\r\n", "\n")
    meta, body, first_line = _front_matter(source)
    text: list[str] = []
    length = 0
    sentences: list[Sentence] = []
    spans: list[Span] = []
    gap = ""
    for number, line in enumerate(body, first_line):
        if not line.strip():
            gap = "\n\n" if text and gap == " " else gap
            continue
        joined = len(line) - len(line.rstrip("\\"))
        continues = joined % 2 == 1
        if gap:
            text.append(gap)
            length += len(gap)
        plain, found = _read_line(line[:-1] if continues else line, number, labels)
        stripped = plain.strip()
        if stripped:
            start = length + plain.index(stripped[0])
            sentences.append(Sentence(start, start + len(stripped)))
        spans.extend(
            Span(length + s.start, length + s.end, s.label, doubtful=s.doubtful) for s in found
        )
        text.append(plain)
        length += len(plain)
        gap = "" if continues else " "
    doc_id = str(meta.pop("id", ""))
    automatic = meta.pop("sentences", "lines") == "auto"
    return Document(
        text="".join(text),
        doc_id=doc_id,
        sentences=() if automatic else tuple(sentences),
        spans=tuple(spans),
        labels=labels,
        meta=meta,
    )


def write_markup(document: Document) -> str:
    """Write an article with inline mark-up; `read_markup` gives the same document back.

    Scores are not kept: the mark-up holds what a person says of an article.

    Raises:
        InputError: a span crosses the edge of a sentence, which a line cannot show.
    """
    meta: dict[str, Any] = {"id": document.doc_id, **document.meta}
    if not document.sentences:
        meta["sentences"] = "auto"
    front = yaml.safe_dump(meta, allow_unicode=True, sort_keys=False, width=10_000)
    return f"---\n{front}---\n{''.join(_body(document))}"


class _PlainLoader(yaml.SafeLoader):
    """YAML in which a date stays the string that JSON needs."""


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _front_matter(source: str) -> tuple[dict[str, Any], list[str], int]:
    """The metadata, the lines of the body, and the number of the body's first line."""
    lines = source.split("\n")
    if lines[0].rstrip() != "---":
        raise InputError(
            "no front matter", line=1, remedy="begin with a line ---, id: NAME, and a line ---"
        )
    try:
        end = next(i for i, line in enumerate(lines[1:], 1) if line.rstrip() == "---")
    except StopIteration:
        raise InputError("the front matter does not end", line=1, remedy="add a line ---") from None
    try:
        meta = yaml.load("\n".join(lines[1:end]), Loader=_PlainLoader) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise InputError(
            f"the front matter is not YAML: {getattr(error, 'problem', None) or error}",
            line=mark.line + 2 if mark else 1,
            remedy="quote values that hold a colon",
        ) from None
    if not isinstance(meta, dict):
        raise InputError("the front matter holds no keys", line=2, remedy="write id: NAME")
    return meta, lines[end + 1 :], end + 2


def _read_line(line: str, number: int, labels: LabelSet) -> tuple[str, list[Span]]:
    """A line without its marks, and its spans."""
    text: list[str] = []
    length = 0
    spans: list[Span] = []
    opened: tuple[str, bool, int] | None = None
    at = 0
    while at < len(line):
        match: re.Match[str] | None
        if match := _PLAIN.match(line, at):
            text.append(match[0])
            length += len(match[0])
        elif match := _ESCAPE.match(line, at):
            text.append(_SIMPLE[match[2]] if match[2] else chr(int(match[1], 16)))
            length += 1
        elif match := _OPEN.match(line, at):
            if opened:
                raise InputError("a span inside a span", line=number, remedy="close the first")
            try:
                labels.check_side(match[1])
            except InputError as error:
                raise InputError(error.reason, line=number, remedy=error.remedy) from None
            opened = (match[1], bool(match[2]), length)
        elif line[at] == "]" and opened:
            label, doubtful, start = opened
            if start == length:
                raise InputError("an empty span", line=number)
            spans.append(Span(start, length, label, doubtful=doubtful))
            opened = None
            at += 1
            continue
        else:
            raise InputError(
                f"stray {line[at]!r} at column {at + 1}",
                line=number,
                remedy=f"write \\{line[at]} for the character itself",
            )
        at = match.end()
    if opened:
        raise InputError("a span that does not end on its line", line=number, remedy="add a ]")
    return "".join(text), spans


def _body(document: Document) -> Iterator[str]:
    text, at = document.text, 0
    written = 0
    pieces = document.sentences or (Sentence(0, len(text)),) if text else ()
    for i, sentence in enumerate(pieces):
        gap = text[at : sentence.start]
        if i and gap == "\n\n":
            yield "\n\n"
        elif i and gap == " ":
            yield "\n"
        else:
            yield from ("\\\n",) if i else ()
            if gap:
                yield f"{_escape(gap, everything=True)}\\\n"
        at = sentence.start
        for span in document.spans_of(sentence):
            if span.start < sentence.start or span.end > sentence.end:
                raise InputError(
                    f"the span from {span.start} to {span.end} crosses the edge of a sentence",
                    remedy="cut it at the edge (codebook, rule 6)",
                )
            yield _escape(text[at : span.start])
            mark = "?" if span.doubtful else ""
            yield f"[{span.label}{mark}: {_escape(text[span.start : span.end])}]"
            at = span.end
            written += 1
        yield _escape(text[at : sentence.end])
        at = sentence.end
    if written < len(document.spans):
        raise InputError("a span stands outside every sentence", remedy="cut it (codebook, rule 6)")
    if rest := text[at:]:
        yield f"\\\n{_escape(rest, everything=True)}\\"
    yield "\n"


def _escape(text: str, everything: bool = False) -> str:
    """Text as it stands in a line; with ``everything``, also what a line could hold as it is."""
    return "".join(
        _WRITTEN.get(c) or (f"\\u{{{ord(c):x}}}" if everything or _invisible(c) else c)
        for c in text
    )


def _invisible(character: str) -> bool:
    """Whether an editor would lose or hide a character."""
    category = unicodedata.category(character)
    return category in {"Cc", "Cs", "Zl", "Zp"} or character == "\ufeff" or (
        category == "Zs" and character != " "
    )
