"""brat: a folder with a pair of files a document, ``NAME.txt`` and ``NAME.ann``.

A span is a text-bound annotation (``T1``), doubt the attribute ``Doubtful`` (``A1``). brat has no
place for what is known of a document; a note (``#1``) on a target named ``document`` holds its id,
metadata and sentences as JSON, which brat keeps and does not show. ``annotation.conf`` is written
too. The text is the file as it is: line ends and a BOM count.

brat counts code points (UTF-16 code units where its Python was built so): each annotation repeats
its text, and a file is read in the unit that gives it. Its lines cannot hold a line break, so a
span over several lines is written in fragments, one a line, and these are read as one span.
Fragments with anything else between them are a discontinuous span, which is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from natostance.document import Document
from natostance.errors import InputError
from natostance.formats.draft import Draft, Kind, Mark, Remark
from natostance.formats.offsets import Resolved, Stated, resolve
from natostance.formats.records import (
    as_object,
    as_sentences,
    as_text,
    dumps,
    file_names,
    folder_for,
    json_fault,
    read_text,
    refuse,
    write_parts,
)

SUFFIX = ".ann"
CONFIG = "annotation.conf"

_NOTE, _TARGET, _DOUBTFUL = "natostance", "document", "Doubtful"
# everything that some reader of lines takes for the end of one
_BREAKS = re.compile("[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
# no text is longer than 18 digits say; a search cannot begin where no machine counts to
_TEXT_BOUND = re.compile(r"(\S+) (-?\d{1,18} -?\d{1,18}(?:;-?\d{1,18} -?\d{1,18})*)")
_KINDS = {"R": "relation", "E": "event", "N": "normalisation", "M": "attribute", "A": "attribute"}


def read(path: Path) -> Iterator[Draft | Remark]:
    """The documents of a folder and the folders in it, or of one pair of files.

    Raises:
        InputError: there is no such folder, or no pair of files in it.
    """
    if not path.exists():
        raise InputError("no such folder", file=path, remedy="check the path")
    if path.is_dir():
        found = [p for p in path.rglob("*") if p.suffix in (".txt", SUFFIX) and p.is_file()]
        stems = sorted({file.with_suffix("") for file in found})
    else:
        stems = [path.with_suffix("")]
    if not stems:
        raise InputError("no pairs of .txt and .ann", file=path, remedy="check the path")
    folder = path if path.is_dir() else path.parent
    for stem in stems:
        try:
            yield _draft(stem, stem.relative_to(folder).as_posix())
        except InputError as error:
            at = Path(error.file) if error.file else _file(stem, SUFFIX)
            yield Remark(Kind.PROBLEM, error.reason, at, error.line, remedy=error.remedy)


def write(documents: Iterable[Document], path: Path, refused: list[Remark] | None = None) -> None:
    """Write documents as pairs of files; those that brat cannot hold go to ``refused``.

    Raises:
        InputError: the folder is not empty, or brat cannot hold a document and ``refused`` is None.
    """
    folder = folder_for(path)
    name = file_names()
    labels: dict[str, None] = {}
    for document in documents:
        try:
            annotations = _annotations(document)
            stem = folder / name(document.doc_id)
            write_parts(_file(stem, ".txt"), [document.text])
        except InputError as error:
            refuse(document, error, path, refused)
            continue
        except UnicodeEncodeError:
            surrogate = InputError("UTF-8 cannot hold the lone surrogate in its text")
            refuse(document, surrogate, path, refused)
            continue
        write_parts(_file(stem, SUFFIX), annotations)
        labels.update(dict.fromkeys(document.labels.sides))
    entities = "".join(f"{label}\n" for label in labels)
    write_parts(
        folder / CONFIG,
        [f"[entities]\n{entities}[relations]\n[events]\n[attributes]\n{_DOUBTFUL} Arg:<ENTITY>\n"],
    )


def _file(stem: Path, suffix: str) -> Path:
    # not with_suffix(): an id may hold dots
    return stem.with_name(stem.name + suffix)


def _annotations(document: Document) -> list[str]:
    lines: list[str] = []
    doubtful: list[str] = []
    for number, span in enumerate(document.spans, 1):
        if re.search(r"\s", span.label):
            raise InputError(f"brat has no labels with spaces in them: {span.label!r}")
        fragments = list(_fragments(document.text, span.start, span.end))
        if not fragments or fragments[0][0] != span.start or fragments[-1][1] != span.end:
            raise InputError(
                f"the span from {span.start} to {span.end} begins or ends with a line break"
            )
        places = ";".join(f"{start} {end}" for start, end in fragments)
        text = " ".join(document.text[start:end] for start, end in fragments)
        lines.append(f"T{number}\t{span.label} {places}\t{text}\n")
        if span.doubtful:
            doubtful.append(f"A{len(doubtful) + 1}\t{_DOUBTFUL} T{number}\n")
    known: dict[str, Any] = {"doc_id": document.doc_id}
    if document.sentences:
        known["sentences"] = [[s.start, s.end] for s in document.sentences]
    if document.meta:
        known["meta"] = dict(document.meta)
    return [*lines, *doubtful, f"#1\t{_NOTE} {_TARGET}\t{dumps(known)}\n"]


def _fragments(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts of a span that line breaks leave."""
    for match in _BREAKS.finditer(text, start, end):
        if start < match.start():
            yield start, match.start()
        start = match.end()
    if start < end:
        yield start, end


@dataclass
class _Annotations:
    """What the lines of an ``.ann`` file say."""

    spans: list[tuple[int, str, str, list[Stated], str]] = field(default_factory=list)
    doubtful: set[str] = field(default_factory=set)
    known: dict[str, Any] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def _draft(stem: Path, name: str) -> Draft:
    text_file, file = _file(stem, ".txt"), _file(stem, SUFFIX)
    for here, other in ((text_file, file), (file, text_file)):
        if not here.is_file():
            raise InputError(f"no {here.name} beside {other.name}", file=other)
    text = read_text(text_file)
    found = _parse(read_text(file), file)
    return Draft(
        text=text,
        doc_id=as_text(found.known.get("doc_id", name), "the id in the note"),
        file=file,
        marks=tuple(_marks(text, found)),
        sentences=as_sentences(found.known.get("sentences", [])),
        meta=as_object(found.known.get("meta", {}), "the metadata in the note"),
        left_out=tuple(found.left_out),
    )


def _parse(source: str, file: Path) -> _Annotations:
    found = _Annotations()
    ids: set[str] = set()
    for number, line in enumerate(source.removeprefix("\ufeff").split("\n"), 1):
        line = line.removesuffix("\r")
        if not line.strip():
            continue
        name, tab, rest = line.partition("\t")
        if not tab:
            raise InputError("not an annotation: no tab", file=file, line=number)
        data, _, tail = rest.partition("\t")
        if name in ids and name != "*":
            raise InputError(f"the id {name!r} stands in the file twice", file=file, line=number)
        ids.add(name)
        if name.startswith("T"):
            match = _TEXT_BOUND.fullmatch(data.strip())
            if not match:
                raise InputError(
                    "not a text-bound annotation",
                    file=file,
                    line=number,
                    remedy="write ID, tab, LABEL START END, tab, TEXT",
                )
            places = [place.split(" ") for place in match[2].split(";")]
            stated = [Stated(int(start), int(end)) for start, end in places]
            found.spans.append((number, name, match[1], stated, tail))
        elif name.startswith("#") and data.split() == [_NOTE, _TARGET]:
            try:
                found.known = as_object(json.loads(tail), "the note on the document")
            except (ValueError, RecursionError, InputError) as error:
                raise InputError(json_fault(error), file=file, line=number) from None
        elif name.startswith(("A", "M")) and data.split()[:1] == [_DOUBTFUL]:
            found.doubtful.update(data.split()[1:2])
        else:
            what = "note" if name.startswith("#") else _KINDS.get(name[:1], "annotation")
            found.left_out.append(f"the {what} {name} in line {number}")
    return found


def _marks(text: str, found: _Annotations) -> Iterator[Mark]:
    wholes = [
        Stated(stated[0].start, stated[-1].end, tail.strip() or None)
        for _, _, _, stated, tail in found.spans
    ]
    places = resolve(text, wholes)
    for (line, name, label, stated, _), place in zip(found.spans, places, strict=True):
        yield Mark(
            place.start,
            place.end,
            label,
            doubtful=name in found.doubtful,
            line=line,
            fault=_discontinuous(text, stated, place) or place.fault,
        )


def _discontinuous(text: str, stated: list[Stated], place: Resolved) -> str | None:
    """What is wrong with fragments between which there is more than line breaks."""
    in_lines = len(list(_fragments(text, place.start, place.end)))
    if len(stated) == 1 or (place.fits and in_lines == len(stated)):
        return None
    return f"is discontinuous, in {len(stated)} fragments: mark each as a span of its own"
