r"""IOB2 columns: a token, a tab and its tag on each line, a blank line after each sentence.

Comment lines before the tokens of a document make text and offsets exact::

    # doc_id = "t001"
    # text = "Kyiv said it was blackmail."
    # meta = {"outlet": "The Rift Courier"}
    # doubtful = [0]

The values are JSON; ``doubtful`` numbers the doubtful spans from 0. Tokens follow the text in order
and leave out white space, unless a span or sentence begins or ends with it. Where the text is
given, white space and what else a column cannot show are escapes in a token (``\s``, ``\n``,
``\u{a0}``, ``\\`` for the backslash). Tokens below ``# not a sentence`` are in no sentence.

A file of other origin has no such comments. Its tokens are then taken as they are and joined by a
space, its sentences by a line break; ``-DOCSTART-`` or ``# newdoc`` begins a document; the tag is
the last column, between tabs or spaces. A tag that IOB2 does not allow is a problem.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from natostance.document import Document, Sentence, Span
from natostance.errors import InputError
from natostance.formats.draft import Draft, Kind, Mark, Remark
from natostance.formats.escapes import escape, unescape
from natostance.formats.offsets import shown
from natostance.formats.records import (
    as_list,
    as_object,
    as_text,
    dumps,
    encoded,
    json_fault,
    read_bytes,
    write_parts,
)
from natostance.formats.tokens import pieces

Part = TypeVar("Part", Sentence, Span)

_COMMENT = re.compile(r"# (doc_id|text|meta|doubtful) = (.*)", re.DOTALL)
_OUTSIDE = "# not a sentence"
_NEW_DOCUMENT = re.compile(r"-DOCSTART-|# ?newdoc\b")
_TAG = re.compile(r"O|([BI])-(.+)")


def read(path: Path) -> Iterator[Draft | Remark]:
    """The documents of a file; one that cannot be read is a problem, and the next one is read.

    Raises:
        InputError: the file cannot be read.
    """
    for number, block in enumerate(_blocks(path), 1):
        try:
            yield block.draft(path, number)
        except InputError as error:
            place = error.line or block.line
            yield Remark(Kind.PROBLEM, error.reason, path, place, block.name, remedy=error.remedy)


def write(documents: Iterable[Document], path: Path, refused: list[Remark] | None = None) -> None:
    """Write documents as columns; those that cannot be written go to ``refused``.

    Raises:
        InputError: a document cannot be written and ``refused`` is None.
    """
    write_parts(path, encoded(documents, _columns, path, refused))


def _columns(document: Document) -> str:
    out = [f"# doc_id = {dumps(document.doc_id)}\n", f"# text = {dumps(document.text)}\n"]
    if document.meta:
        out.append(f"# meta = {dumps(dict(document.meta))}\n")
    doubtful = [i for i, span in enumerate(document.spans) if span.doubtful]
    if doubtful:
        out.append(f"# doubtful = {dumps(doubtful)}\n")
    text = document.text
    before: list[Sentence | None] = []
    for start, end in _tokens(document):
        sentence = _at(document.sentences, start)
        if [sentence] != before:
            out.append("\n" if before else "")
            out.append("" if sentence else f"{_OUTSIDE}\n")
            before = [sentence]
        span = _at(document.spans, start)
        tag = f"{'B' if span.start == start else 'I'}-{_label(span)}" if span else "O"
        out.append(f"{escape(text[start:end], spaces=True)}\t{tag}\n")
    out.append("\n")
    return "".join(out)


def _label(span: Span) -> str:
    if re.search(r"\s", span.label):
        raise InputError(f"a column cannot hold the spaces in the label {span.label!r}")
    return span.label


def _tokens(document: Document) -> Iterator[tuple[int, int]]:
    """The tokens, and the white space that a span or a sentence begins or ends with."""
    text = document.text
    starts = {s.start for s in document.sentences} | {s.start for s in document.spans}
    ends = {s.end for s in document.sentences} | {s.end for s in document.spans}
    blank: list[tuple[int, int]] = []
    for start, end in [*pieces(text, starts | ends), (len(text), len(text))]:
        if text[start:end].isspace():
            blank.append((start, end))
            continue
        # all of a run of white space or nothing of it, so that a reader can tell its pieces apart
        if any(first in starts or last in ends for first, last in blank):
            yield from blank
        blank = []
        if start < end:
            yield start, end


def _at(parts: tuple[Part, ...], place: int) -> Part | None:
    """The sentence or span that covers a place, or None."""
    index = bisect_right(parts, place, key=lambda part: part.start) - 1
    return parts[index] if index >= 0 and place < parts[index].end else None


@dataclass
class _Token:
    line: int
    text: str
    tag: str
    start: int = 0
    end: int = 0


@dataclass
class _Block:
    """The lines of one document."""

    line: int
    comments: dict[str, tuple[int, str]] = field(default_factory=dict)
    sentences: list[tuple[bool, list[_Token]]] = field(default_factory=list)
    fault: InputError | None = None

    @property
    def name(self) -> str:
        """The id in the comments, as far as it can be read."""
        source = self.comments.get("doc_id", (0, ""))[1]
        try:
            return str(json.loads(source))
        except ValueError:
            return source.strip()

    def draft(self, path: Path, number: int) -> Draft:
        if self.fault:
            raise self.fault
        tokens = [token for _, sentence in self.sentences for token in sentence]
        if "text" in self.comments:
            text = as_text(self._value("text"), "the text")
            _place(tokens, text, self.line)
        else:
            text = self._joined()
        doubtful = as_list(self._value("doubtful") or [], "the list of doubtful spans")
        return Draft(
            text=text,
            doc_id=self.name if "doc_id" in self.comments else f"{path.stem}-{number}",
            file=path,
            line=self.line,
            marks=tuple(_marks(tokens, doubtful)),
            sentences=tuple(
                Sentence(sentence[0].start, sentence[-1].end)
                for whole, sentence in self.sentences
                if whole and sentence
            ),
            meta=as_object(self._value("meta") or {}, "the metadata"),
        )

    def _value(self, key: str) -> Any:
        if key not in self.comments:
            return None
        line, source = self.comments[key]
        try:
            return json.loads(source)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{key}: {json_fault(error)}", line=line) from None

    def _joined(self) -> str:
        text: list[str] = []
        at = 0
        for _, sentence in self.sentences:
            for token in sentence:
                if at:
                    text.append("\n" if token is sentence[0] else " ")
                    at += 1
                token.start, token.end = at, at + len(token.text)
                text.append(token.text)
                at = token.end
        return "".join(text)


def _place(tokens: list[_Token], text: str, line: int) -> None:
    """Find each token in the text, in order."""
    at = 0
    for token in tokens:
        word = unescape(token.text)
        while not text.startswith(word, at) and text[at : at + 1].isspace():
            at += 1
        if not text.startswith(word, at):
            raise InputError(
                f"the token {shown(word)} does not follow in the text, "
                f"which goes on with {shown(text[at : at + 20])}",
                line=token.line,
                remedy="leave tokens and text as they were written",
            )
        token.start, token.end = at, at + len(word)
        at = token.end
    if text[at:].strip():
        raise InputError(f"no tokens for the text from {at} on: {shown(text[at:])}", line=line)


def _marks(tokens: list[_Token], doubtful: list[Any]) -> Iterator[Mark]:
    """The spans that the tags make."""
    found: list[Mark] = []
    open_label = None
    for token in tokens:
        match = _TAG.fullmatch(token.tag)
        if not match:
            raise InputError(
                f"{token.tag!r} is not a tag of IOB2",
                line=token.line,
                remedy="write O, B-LABEL or I-LABEL",
            )
        position, label = match.groups()
        if position == "I" and label != open_label:
            raise InputError(
                f"{token.tag} continues nothing",
                line=token.line,
                remedy=f"begin a span with B-{label}",
            )
        if position == "B":
            mark = Mark(token.start, token.end, label, len(found) in doubtful, line=token.line)
            found.append(mark)
        elif position == "I":
            last = found[-1]
            found[-1] = Mark(last.start, token.end, label, last.doubtful, line=last.line)
        open_label = label
    yield from found


def _blocks(path: Path) -> Iterator[_Block]:
    """The documents of a file, by the comments or lines that begin them."""
    block = _Block(1)
    whole, sentence = True, list[_Token]()
    for number, raw in _all_lines(path):
        try:
            line = raw.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            block.fault = block.fault or InputError("not UTF-8", line=number)
            continue
        comment = _COMMENT.fullmatch(line)
        begins = comment and comment[1] == "doc_id"
        if not line.strip() or begins or _NEW_DOCUMENT.match(line):
            if sentence:
                block.sentences.append((whole, sentence))
            whole, sentence = True, []
        if begins or _NEW_DOCUMENT.match(line):
            if block.sentences or block.comments or block.fault:
                yield block
            block = _Block(number)
        if comment:
            block.comments[comment[1]] = (number, comment[2])
        elif line == _OUTSIDE:
            whole = False
        elif line.strip() and not _NEW_DOCUMENT.match(line):
            columns = line.split("\t") if "\t" in line else line.split()
            if len(columns) > 1 and (line[0] != "#" or _TAG.fullmatch(columns[-1])):
                sentence.append(_Token(number, columns[0], columns[-1].strip()))
            elif line[0] != "#":
                fault = InputError("no tag beside the token", line=number)
                block.fault = block.fault or fault
    if sentence:
        block.sentences.append((whole, sentence))
    if block.sentences or block.comments or block.fault:
        yield block


def _all_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Every line of a file with its number; blank ones end a sentence."""
    data = read_bytes(path).removeprefix(b"\xef\xbb\xbf")
    return enumerate(data.split(b"\n"), 1)
