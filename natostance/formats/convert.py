"""From one format to another: what is right is converted, and all that is not is listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from natostance.document import Document, LabelSet
from natostance.errors import InputError
from natostance.formats.draft import Draft, Kind, Remark, check_all
from natostance.formats.registry import Format, find, of_source, of_target


@dataclass(frozen=True)
class ConversionReport:
    """What a conversion did.

    Args:
        source_format: the format that was read.
        target_format: the format that was written.
        documents: how many documents were written.
        spans: how many spans they hold.
        remarks: everything that there is to say of single documents and spans, in order.
    """

    source_format: str
    target_format: str
    documents: int
    spans: int
    remarks: tuple[Remark, ...]

    @property
    def problems(self) -> tuple[Remark, ...]:
        """What is wrong; the documents that these name were not converted."""
        return self._of(Kind.PROBLEM)

    @property
    def repaired(self) -> tuple[Remark, ...]:
        """Spans that were moved, cut or merged."""
        return self._of(Kind.REPAIRED)

    @property
    def left_out(self) -> tuple[Remark, ...]:
        """What has no place in a document or in the target format."""
        return self._of(Kind.LEFT_OUT)

    @property
    def rejected(self) -> int:
        """How many documents, or lines that should have been one, were not converted."""
        return len({(r.file, r.doc_id or r.line, _of_a_whole(r)) for r in self.problems})

    def _of(self, kind: Kind) -> tuple[Remark, ...]:
        return tuple(remark for remark in self.remarks if remark.kind is kind)


def _of_a_whole(problem: Remark) -> str | None:
    """What tells records without a name apart that stand on one line, as tasks of a list may."""
    return None if problem.doc_id or problem.start is not None else problem.reason


def convert(
    source: Path,
    target: Path,
    *,
    source_format: str | None = None,
    target_format: str | None = None,
    mapping: Mapping[str, str] | None = None,
    repair: bool = False,
    labels: LabelSet | None = None,
    annotator: str | None = None,
) -> ConversionReport:
    """Convert annotated documents from one format to another.

    A document with anything wrong in it is not converted; the others are. Nothing is written where
    there is no document that is right.

    Args:
        source: the file or folder to read.
        target: the file or folder to write; a file is replaced, a folder must be new or empty.
        source_format: its name in `natostance.formats.registry.FORMATS`; by default it is told from
            name and content.
        target_format: the same for the target; by default it is told from the name.
        mapping: from foreign labels to labels of the set.
        repair: move span edges that lie inside a token or outside the text to the nearest token
            edge, and cut overlaps; each is listed.
        labels: the label set; by default the one that the source declares, or that of NATO and
            Russia.
        annotator: whose work is read, where several people annotated the same articles in one file.

    Raises:
        InputError: the source cannot be read, its format cannot be told, or does not say who
            annotated and an annotator is named; or the target is the source, a folder that is
            not empty, a file where a folder is to be written, or cannot be written.
    """
    reading = find(source_format) if source_format else of_source(source)
    writing = find(target_format) if target_format else of_target(target)
    with _naming(target):
        _check_target(source, target)
    drafts = reading.read(source) if annotator is None else _work_of(annotator, reading, source)
    remarks: list[Remark] = []
    refused: list[Remark] = []
    lost: Counter[str] = Counter()
    spans: list[int] = []

    def right() -> Iterator[Document]:
        for item in check_all(drafts, labels, mapping, repair):
            if isinstance(item, Remark):
                remarks.append(item)
                continue
            before = len(refused)
            yield item
            if len(refused) == before:
                lost.update(_lost(item, writing))
                spans.append(len(item.spans))

    documents = right()
    first = next(documents, None)
    if first is not None:
        with _naming(target):
            _write(chain([first], documents), target, writing, refused, spans)
    elif not remarks:
        raise InputError("no documents", file=source, remedy="check the path and the format")
    remarks += [replace(remark, file=target) for remark in refused]
    remarks += [
        Remark(
            Kind.LEFT_OUT,
            f"{what}, in {n} of the documents: {writing.name} does not hold them",
            target,
        )
        for what, n in lost.items()
    ]
    return ConversionReport(reading.name, writing.name, len(spans), sum(spans), tuple(remarks))


def _work_of(annotator: str, reading: Format, source: Path) -> Iterator[Draft | Remark]:
    if reading.read_by is None:
        raise InputError(
            f"{reading.name} does not say who annotated",
            file=source,
            remedy="leave the annotator out",
        )
    return reading.read_by(source, annotator)


@contextmanager
def _naming(target: Path) -> Iterator[None]:
    """Name the target where it cannot be written, not the hidden folder beside it."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"cannot be written: {error.strerror or error}", file=target, remedy="write elsewhere"
        ) from None


def _check_target(source: Path, target: Path) -> None:
    if source.exists() and target.exists() and source.samefile(target):
        raise InputError("source and target are the same", file=target, remedy="name another one")
    if target.is_dir() and any(target.iterdir()):
        raise InputError(
            "the target is a folder with files in it",
            file=target,
            remedy="name a new or an empty folder",
        )


def _write(
    documents: Iterable[Document],
    target: Path,
    writing: Format,
    refused: list[Remark],
    written: list[int],
) -> None:
    """Write beside the target, and put it in its place when there is something in it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".natostance-", dir=target.parent) as folder:
        staged = Path(folder) / target.name
        writing.write(documents, staged, refused)
        if not written:
            return
        if target.is_dir():
            if not staged.is_dir():
                raise InputError(f"is a folder, and {writing.name} is one file", file=target)
            target.rmdir()
        elif staged.is_dir() and target.exists():
            raise InputError(
                f"is a file, and {writing.name} is a folder",
                file=target,
                remedy="name a new or an empty folder",
            )
        staged.replace(target)


def _lost(document: Document, format: Format) -> Iterator[str]:
    """What of a document has no place in a format, and does not follow from what has."""
    if not format.holds_scores and any(span.score is not None for span in document.spans):
        yield "the scores of the spans"
    if not format.holds_labels and any(s.scores is not None for s in document.sentences):
        yield "the labels and scores of the sentences"
