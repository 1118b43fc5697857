"""Which formats there are, and which one a file is in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from natostance.document import Document, LabelSet
from natostance.errors import InputError
from natostance.formats import brat, doccano, iob2, jsonl, label_studio, markup, prodigy
from natostance.formats.draft import Draft, Kind, Remark, check_all
from natostance.formats.records import lines

# other commands read these formats too, and have no such option
_FROM = "natostance convert --from"


@dataclass(frozen=True)
class Format:
    """A file format.

    Args:
        name: as it is named on the command line.
        about: what it is, in a few words.
        read: yields the drafts of a file or folder, and remarks on what is no draft.
        write: writes documents to a file or folder; what it cannot hold goes to a list, or is
            raised where there is none.
        suffixes: how file names end that are surely in it.
        holds_scores: whether the scores of spans have a place in it.
        holds_labels: whether the labels and scores of sentences have a place in it.
        read_by: as ``read``, of one annotator alone; None where a file does not say who annotated.
    """

    name: str
    about: str
    read: Callable[[Path], Iterator[Draft | Remark]]
    write: Callable[[Iterable[Document], Path, list[Remark] | None], None]
    suffixes: tuple[str, ...] = ()
    holds_scores: bool = False
    holds_labels: bool = False
    read_by: Callable[[Path, str], Iterator[Draft | Remark]] | None = None


FORMATS: Mapping[str, Format] = {
    format.name: format
    for format in (
        Format(
            "natostance", "JSONL with everything", jsonl.read, jsonl.write, (".jsonl",), True, True
        ),
        Format("markup", "inline mark-up", markup.read, markup.write, (markup.SUFFIX,)),
        Format(
            "label-studio",
            "Label Studio JSON",
            label_studio.read,
            label_studio.write,
            (".json",),
            holds_scores=True,
            read_by=label_studio.read,
        ),
        Format("doccano", "doccano JSONL", doccano.read, doccano.write),
        Format("brat", "folder of .txt and .ann", brat.read, brat.write, (brat.SUFFIX,)),
        Format(
            "prodigy",
            "Prodigy JSONL",
            prodigy.read,
            prodigy.write,
            holds_scores=True,
            read_by=prodigy.read,
        ),
        Format(
            "iob2",
            "columns of tokens and tags",
            iob2.read,
            iob2.write,
            (".iob2", ".iob", ".bio", ".conll"),
        ),
    )
}


def find(name: str) -> Format:
    """The format of a name.

    Raises:
        InputError: there is none.
    """
    if name not in FORMATS:
        raise InputError(f"unknown format {name!r}", remedy=f"the formats are {', '.join(FORMATS)}")
    return FORMATS[name]


def of_source(path: Path) -> Format:
    """The format of a file or folder that is there, by its name and content.

    Raises:
        InputError: it is not there, or its format cannot be told.
    """
    if not path.exists():
        raise InputError("no such file or folder", file=path, remedy="check the path")
    if path.is_dir():
        if any(path.glob(f"*{markup.SUFFIX}")):
            return FORMATS["markup"]
        if any(path.rglob(f"*{brat.SUFFIX}")):
            return FORMATS["brat"]
        raise _unknown(path, "the format of the folder cannot be told", _FROM)
    if path.suffix == ".jsonl":
        return FORMATS[_kind_of_jsonl(path)]
    return _by_suffix(path, _FROM)


def of_target(path: Path) -> Format:
    """The format that the name of a file asks for.

    Raises:
        InputError: it asks for none.
    """
    return _by_suffix(path, "--to")


def read_documents(
    path: Path,
    name: str | None = None,
    labels: LabelSet | None = None,
    mapping: Mapping[str, str] | None = None,
    repair: bool = False,
    left_out: list[Remark] | None = None,
) -> Iterator[Document]:
    """The documents of a file or folder in any format; see `natostance.formats.draft.check`.

    Args:
        path: the file or folder.
        name: the name of its format; by default it is told from name and content.
        labels: the label set of what declares none (`natostance` alone declares it); by default
            that of NATO and Russia. Where labels are mapped, what they are mapped to.
        mapping: from labels of the file to labels of the set.
        repair: move edges and cut overlaps.
        left_out: a list to which everything is added that is left out, documents and what they
            hold; None where nobody wants to know.

    Raises:
        InputError: at the first problem; `natostance.formats.convert.convert` goes on instead.
    """
    chosen = find(name) if name else of_source(path)
    drafts = (_with_labels(item, None if mapping else labels) for item in chosen.read(path))
    for item in check_all(drafts, labels if mapping else None, mapping, repair):
        if isinstance(item, Document):
            yield item
        elif item.kind is Kind.PROBLEM:
            raise item.error
        elif item.kind is Kind.LEFT_OUT and left_out is not None:
            left_out.append(item)


def _with_labels(item: Draft | Remark, labels: LabelSet | None) -> Draft | Remark:
    """A draft with the label set that it declares, or this one."""
    if isinstance(item, Draft) and item.labels is None:
        return replace(item, labels=labels)
    return item


def _by_suffix(path: Path, option: str) -> Format:
    for format in FORMATS.values():
        if path.name.lower().endswith(format.suffixes):
            return format
    raise _unknown(path, "the format cannot be told from the name", option)


def _unknown(path: Path, reason: str, option: str) -> InputError:
    names = ", ".join(FORMATS)
    return InputError(reason, file=path, remedy=f"name it with {option}: {names}")


def _kind_of_jsonl(path: Path) -> str:
    """Which of the formats with one record a line, by the fields of the first that is one."""
    for _, line in lines(path):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if not isinstance(record, dict):
            continue
        if "format" in record:
            return "natostance"
        if any(isinstance(record.get(key), list) for key in ("label", "labels", "entities")):
            return "doccano"
        if {"spans", "tokens", "answer", "_task_hash"} & set(record):
            return "prodigy"
        if "data" in record:
            return "label-studio"
        return "natostance"
    return "natostance"
