r"""Inline mark-up: an annotated article that people can read, write and review in a diff.

A file begins with a front matter in YAML between two lines ``---``; its ``id`` is the document's
id as it stands there (``007`` is no number), the rest its metadata. Below it, one line is one
sentence; lines are joined by a space, and a blank line is a paragraph break (two line breaks in the
text). A span is written ``[NATO: its text]``, a doubtful one ``[NATO?: its text]``; one space after
the colon belongs to the mark, not to the text.

The rest is for what articles from elsewhere hold:

- ``\[``, ``\]`` and ``\\`` are those characters; ``\n``, ``\r``, ``\t``, ``\s`` (a space) and
  ``\u{a0}`` (a code point) stand for white space and other characters that a line cannot show.
- A line that ends with a backslash is joined to the next with nothing between, so that
  ``First.\r\n\`` puts a CRLF between two sentences.
- A line that begins with ``~`` and a space is text, but not a sentence; ``\~`` is the character.
- White space at the edges of a line is not part of the sentence, unless ``\<`` or ``\>`` says where
  the sentence begins or ends.
- A span goes on over the edge of a sentence as ``[+: more of its text]``.
- With ``sentences: auto`` in the front matter, no line is a sentence: the segmenter makes them.
- Metadata whose key is ``id``, ``sentences`` or ``meta`` stands under ``meta`` in the front matter.

So any document can be written and comes back the same, but for the scores and labels that a model
or a rule gave it: the mark-up holds what a person says of an article.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from natostance.document import STANCE, Document, LabelSet, Sentence, Span
from natostance.errors import InputError
from natostance.formats.draft import Draft, Kind, Mark, Remark
from natostance.formats.escapes import ESCAPE, character, escape
from natostance.formats.records import (
    file_names,
    folder_for,
    read_text,
    refuse,
    write_parts,
)

SUFFIX = ".marked.txt"

_OUTSIDE = "~ "
_CONTINUED = "+"
_SPECIAL = "[]"
_ITSELF = ("[", "]", "\\", "~")
_NOT_IN_A_LABEL = set("[]:?")
_PLAIN = re.compile(r"[^\[\]\\]+")
_OPEN = re.compile(r"\[([^\[\]:?]+)(\?)?: ")
_RESERVED = ("id", "sentences", "meta")
# line breaks with the white space around them: where text outside of sentences is cut into lines
_LINE_BREAK = re.compile(r"\s*\n\s*")


def read_markup(source: str, labels: LabelSet = STANCE) -> Document:
    """Read an article with inline mark-up.

    Raises:
        InputError: naming the line that cannot be read.
    """
    draft = _draft(source, Path())
    for mark in draft.marks:
        try:
            labels.check_side(mark.label)
        except InputError as error:
            raise InputError(error.reason, line=mark.line, remedy=error.remedy) from None
    return Document(
        text=draft.text,
        doc_id=draft.doc_id,
        sentences=draft.sentences,
        spans=tuple(Span(m.start, m.end, m.label, doubtful=m.doubtful) for m in draft.marks),
        labels=labels,
        meta=draft.meta,
    )


def read_id(source: str) -> str:
    """The id in the front matter of an article; its body is not read.

    Raises:
        InputError: there is no front matter that can be read.
    """
    meta, _, _ = _front_matter(_normal(source))
    return _id(meta)


def write_markup(document: Document) -> str:
    """Write an article with inline mark-up; `read_markup` gives the same document back.

    Scores are not kept, nor the labels of sentences, which follow from the spans.

    Raises:
        InputError: a label holds a character that the mark-up needs.
    """
    for label in {span.label for span in document.spans}:
        if label == _CONTINUED or _NOT_IN_A_LABEL & set(label):
            raise InputError(f"the mark-up cannot hold the label {label!r}")
    meta: dict[str, Any] = {"id": document.doc_id}
    if not document.sentences:
        meta["sentences"] = "auto"
    meta |= {key: value for key, value in document.meta.items() if key not in _RESERVED}
    if reserved := {key: value for key, value in document.meta.items() if key in _RESERVED}:
        meta["meta"] = reserved
    front = yaml.dump(
        meta, Dumper=_PlainDumper, allow_unicode=True, sort_keys=False, width=float("inf")
    )
    return f"---\n{front}---\n{''.join(_body(document))}"


def as_it_stands(node: yaml.Node) -> yaml.Node:
    """A scalar of YAML as the text of its file; null and what is no scalar stay as they are."""
    if not isinstance(node, yaml.ScalarNode) or node.tag == "tag:yaml.org,2002:null":
        return node
    return yaml.ScalarNode("tag:yaml.org,2002:str", node.value, node.start_mark, node.end_mark)


def read(path: Path) -> Iterator[Draft | Remark]:
    """The document of a file, or those of the files ``*.marked.txt`` in a folder.

    Raises:
        InputError: there is no such file or folder.
    """
    if not path.exists():
        raise InputError("no such file or folder", file=path, remedy="check the path")
    for file in sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]:
        try:
            yield _draft(read_text(file), file)
        except InputError as error:
            yield Remark(Kind.PROBLEM, error.reason, file, error.line, remedy=error.remedy)


def write(documents: Iterable[Document], path: Path, refused: list[Remark] | None = None) -> None:
    """Write documents as files of a folder, or one as a file ``*.marked.txt``.

    Raises:
        InputError: the folder is not empty, there is more than one document for a file, or a
            document cannot be written and ``refused`` is None.
    """
    single = path.name.endswith(SUFFIX)
    folder = path.parent if single else folder_for(path)
    name = file_names()
    written = 0
    for document in documents:
        try:
            if single and written:
                raise InputError("one file holds one document", remedy="name a folder as target")
            source = write_markup(document)
        except InputError as error:
            refuse(document, error, path, refused)
            continue
        file = path if single else folder / f"{name(document.doc_id)}{SUFFIX}"
        write_parts(file, [source])
        written += 1


class _PlainLoader(yaml.SafeLoader):
    """YAML in which a date stays the string that JSON needs."""


class _FrontMatterLoader(_PlainLoader):
    """YAML in which the id is what stands there: 007 is no number, and on no truth value."""

    def get_single_node(self) -> yaml.Node | None:
        node: yaml.Node | None = super().get_single_node()
        if isinstance(node, yaml.MappingNode):
            node.value = [
                (key, as_it_stands(value) if key.value == "id" else value)
                for key, value in node.value
            ]
        return node


class _PlainDumper(yaml.SafeDumper):
    """YAML in which a date needs no quotation marks, and nothing is written as a reference."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_text(self, text: str) -> yaml.ScalarNode:
        # only between double quotation marks does YAML give back every line break as it was
        style = None if text.isprintable() else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", text, style)


_PlainDumper.add_representer(str, _PlainDumper.represent_text)


for _kind in (_PlainLoader, _PlainDumper):
    _kind.yaml_implicit_resolvers = {
        first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _draft(source: str, file: Path) -> Draft:
    """The document that a file states."""
    meta, body, first_line = _front_matter(_normal(source))
    text: list[str] = []
    length = 0
    sentences: list[Sentence] = []
    marks: list[Mark] = []
    gap = ""
    for number, line in enumerate(body, first_line):
        if not line.strip():
            gap = "\n\n" if text and gap == " " else gap
            continue
        continues = (len(line) - len(line.rstrip("\\"))) % 2 == 1
        outside = line.startswith(_OUTSIDE)
        if gap:
            text.append(gap)
            length += len(gap)
        source_line = line[len(_OUTSIDE) * outside : len(line) - continues]
        plain, bounds, found = _read_line(source_line, number)
        if bounds and not outside:
            sentences.append(Sentence(length + bounds[0], length + bounds[1]))
        for mark in found:
            shifted = replace(mark, start=length + mark.start, end=length + mark.end)
            if mark.label != _CONTINUED:
                marks.append(shifted)
            elif marks:
                marks[-1] = replace(marks[-1], end=shifted.end)
            else:
                raise InputError("[+: continues no span", line=number)
        text.append(plain)
        length += len(plain)
        gap = "" if continues else " "
    doc_id = _id(meta)
    meta.pop("id", None)
    automatic = meta.pop("sentences", "lines") == "auto"
    reserved = meta.pop("meta", {})
    if not isinstance(reserved, dict):
        raise InputError("'meta' in the front matter holds no keys", line=2)
    return Draft(
        text="".join(text),
        doc_id=doc_id,
        file=file,
        line=1,
        marks=tuple(marks),
        sentences=() if automatic else tuple(sentences),
        meta={**meta, **reserved},
    )


def _normal(source: str) -> str:
    """A file without BOM and with line feeds alone."""
    return source.removeprefix("\ufeff").replace("\r\n", "\n")


def _id(meta: Mapping[str, Any]) -> str:
    doc_id = meta.get("id")
    return "" if doc_id is None else str(doc_id)


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
        meta = yaml.load("\n".join(lines[1:end]), Loader=_FrontMatterLoader) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = str(getattr(error, "problem", None) or error)
        raise InputError(
            # a message is one line; some of the parser's own are several
            f"the front matter is not YAML: {' '.join(problem.split())}",
            line=mark.line + 2 if mark else 1,
            remedy="quote values that hold a colon",
        ) from None
    if not isinstance(meta, dict):
        raise InputError("the front matter holds no keys", line=2, remedy="write id: NAME")
    return meta, lines[end + 1 :], end + 2


def _read_line(line: str, number: int) -> tuple[str, tuple[int, int] | None, list[Mark]]:
    """A line without its marks, the sentence in it if it holds more than white space, its marks."""
    text: list[str] = []
    length = 0
    marks: list[Mark] = []
    opened: tuple[str, bool, int] | None = None
    bounds: dict[str, int] = {}
    at = 0
    while at < len(line):
        match: re.Match[str] | None
        if match := _PLAIN.match(line, at):
            text.append(match[0])
            length += len(match[0])
        elif (match := ESCAPE.match(line, at)) and match[2] in ("<", ">"):
            bounds[match[2]] = length
        elif match and (c := match[2] if match[2] in _ITSELF else character(match)):
            text.append(c)
            length += 1
        elif match := _OPEN.match(line, at):
            if opened:
                raise InputError("a span inside a span", line=number, remedy="close the first")
            opened = (match[1], bool(match[2]), length)
        elif line[at] == "]" and opened:
            label, doubtful, start = opened
            if start == length:
                raise InputError("an empty span", line=number)
            marks.append(Mark(start, length, label, doubtful, line=number))
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
    plain = "".join(text)
    start = bounds.get("<", length - len(plain.lstrip()))
    end = bounds.get(">", len(plain.rstrip()))
    return plain, (start, end) if start < end else None, marks


@dataclass(frozen=True)
class _Line:
    """A stretch of text that is a line of its own: a sentence, or text outside of all sentences."""

    start: int
    end: int
    sentence: bool


def _body(document: Document) -> Iterator[str]:
    text, lines = document.text, _lines(document)
    if not lines:
        yield f"{_render(document, 0, len(text), gap=True)}\n" if text else ""
        return
    yield _prefix(document, lines[0])
    yield _render(document, 0, lines[0].start, gap=True)
    starts = {span.start for span in document.spans}
    ends = {span.end for span in document.spans}
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        yield _content(document, line)
        end = following.start if following else len(text)
        gap = text[line.end : end]
        # where a span begins or ends with white space of the gap, the gap must be written out
        plain = not (starts & {*range(line.end, end)} or ends & {*range(line.end + 1, end + 1)})
        if following and gap in (" ", "\n\n") and plain:
            yield "\n" if gap == " " else "\n\n"
        else:
            yield _render(document, line.end, end, gap=True)
            yield "\\\n" if following else "\n"
        if following:
            yield _prefix(document, following)


def _lines(document: Document) -> list[_Line]:
    """The sentences and the lines of text outside of them; between two there is white space."""
    found: list[_Line] = []
    at = 0
    for sentence in document.sentences:
        found += _lines_outside(document.text, at, sentence.start)
        found.append(_Line(sentence.start, sentence.end, True))
        at = sentence.end
    return [*found, *_lines_outside(document.text, at, len(document.text))]


def _lines_outside(text: str, start: int, end: int) -> Iterator[_Line]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    for match in _LINE_BREAK.finditer(text, start, end):
        yield _Line(start, match.start(), False)
        start = match.end()
    if start < end:
        yield _Line(start, end, False)


def _prefix(document: Document, line: _Line) -> str:
    return _OUTSIDE if document.sentences and not line.sentence else ""


def _content(document: Document, line: _Line) -> str:
    """The text of a line with its marks, and its bounds where white space lies at them."""
    text = document.text
    content = _render(document, line.start, line.end)
    if line.sentence and text[line.start].isspace():
        content = f"\\<{content}"
    elif content.startswith(_OUTSIDE):
        content = f"\\{content}"
    if line.sentence and text[line.end - 1].isspace():
        content += "\\>"
    return content


def _render(document: Document, start: int, end: int, gap: bool = False) -> str:
    """A stretch of text with the marks of the spans in it."""
    text = document.text
    parts = []
    for span in document.spans_of(Sentence(start, end)) if start < end else ():
        first, last = max(span.start, start), min(span.end, end)
        parts.append(escape(text[start:first], _SPECIAL, spaces=gap))
        label = span.label + "?" * span.doubtful if first == span.start else _CONTINUED
        parts.append(f"[{label}: {escape(text[first:last], _SPECIAL, spaces=gap)}]")
        start = last
    return "".join([*parts, escape(text[start:end], _SPECIAL, spaces=gap)])
