"""What is wrong with a corpus: everything that can be checked without reading for meaning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from natostance.corpus.leaks import Leak, find_leaks
from natostance.corpus.load import (
    SETTINGS,
    CorpusSettings,
    article_texts,
    marked_files,
    parts_of,
    read_settings,
    segmented,
    standoff_files,
)
from natostance.document import Document
from natostance.errors import InputError
from natostance.formats import markup, standoff
from natostance.formats.records import read_text


@dataclass
class CheckReport:
    """What a check found.

    Args:
        articles: how many annotated articles were checked, each reading for itself.
        without_text: how many of them could be checked in their offsets alone.
        problems: what is wrong, with file and line.
        leaks: articles of one split that stand, all or in large part, in another.
    """

    articles: int = 0
    without_text: int = 0
    problems: list[InputError] = field(default_factory=list)
    leaks: list[Leak] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not self.problems and not self.leaks


@dataclass(frozen=True, slots=True)
class _Checked:
    split: str
    reading: int
    document: Document


def check(folders: Sequence[Path], articles: Path | None = None) -> CheckReport:
    """Check corpus folders, each by itself and against leaks between their splits.

    Checked are: that every file can be read; sha256 and offsets (where texts are there); that
    spans have labels of the label set, keep inside one sentence, overlap no other and have neither
    white space nor a bare comma at an edge (codebook, rules 3 and 6); that ids are unique, and
    that dev articles which the settings name exist; that no article, nor most of one, stands in
    two splits.

    Args:
        folders: corpus folders.
        articles: folder with the texts of stand-off annotations; without it, these are checked in
            their offsets alone.
    """
    report = CheckReport()
    checked: list[_Checked] = []
    for folder in folders:
        if not folder.is_dir():
            raise InputError("no such corpus folder", file=folder, remedy="check the path")
        settings_file = folder / SETTINGS
        try:
            settings = read_settings(settings_file) if settings_file.exists() else CorpusSettings()
        except InputError as error:
            report.problems.append(error)
            continue
        found = [
            *_marked(folder, settings, report),
            *_standoff(folder, settings, articles, report),
        ]
        ids = {c.document.doc_id for c in found}
        report.problems.extend(
            InputError(f"the dev article {name!r} is not there", file=settings_file)
            for name in settings.dev
            if name not in ids
        )
        checked += found
    report.leaks = find_leaks(
        (c.split, c.document) for c in checked if c.reading == 1 and c.document.text
    )
    return report


def _marked(folder: Path, settings: CorpusSettings, report: CheckReport) -> Iterator[_Checked]:
    seen: dict[str, Path] = {}
    for path in marked_files(parts_of(folder, None)):
        report.articles += 1
        try:
            document = segmented(markup.read_markup(read_text(path), settings.labels))
        except InputError as error:
            report.problems.append(error.at(path))
            continue
        if document.doc_id in seen:
            report.problems.append(_twice(document.doc_id, seen[document.doc_id], path, None))
        seen[document.doc_id] = path
        report.problems.extend(_edges(document, path, None))
        split = "dev" if document.doc_id in settings.dev else settings.split
        yield _Checked(split, 1, document)


def _standoff(
    folder: Path, settings: CorpusSettings, articles: Path | None, report: CheckReport
) -> Iterator[_Checked]:
    records: list[tuple[Path, int, standoff.Record]] = []
    seen: dict[tuple[str, int], Path] = {}
    for path in standoff_files(parts_of(folder, None)):
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                report.articles += 1
                try:
                    (record,) = standoff.read_standoff([line], path)
                except InputError as error:
                    report.problems.append(
                        InputError(error.reason, file=path, line=number, remedy=error.remedy)
                    )
                    continue
                key = (record.id, record.reading)
                if key in seen:
                    report.problems.append(_twice(record.id, seen[key], path, number))
                seen[key] = path
                records.append((path, number, record))
    texts = article_texts(articles, {r.id for _, _, r in records}) if articles and records else {}
    for path, number, record in records:
        text = texts.get(record.id)
        if text is None:
            if articles:
                report.problems.append(
                    InputError(f"the text of {record.id} is missing", file=path, line=number)
                )
            report.without_text += 1
            report.problems.extend(_offsets(record, settings, path, number))
            continue
        try:
            document = record.to_document(text, settings.labels)
        except InputError as error:
            report.problems.append(error.at(path, number))
            continue
        report.problems.extend(_edges(document, path, number, record.noise))
        yield _Checked(record.split, record.reading, document)


def _edges(
    document: Document,
    file: Path,
    line: int | None,
    noise: Sequence[tuple[int, int]] = (),
) -> Iterator[InputError]:
    for span in document.spans:
        what = f"{document.doc_id}: the span from {span.start} to {span.end}"
        text = document[span]
        if not any(s.start <= span.start and span.end <= s.end for s in document.sentences) and (
            not any(a < span.end and span.start < b for a, b in noise)
        ):
            yield InputError(f"{what} is not inside one sentence", file=file, line=line)
        if text != text.strip():
            yield InputError(f"{what} has white space at an edge", file=file, line=line)
        elif text[0] == "," or text[-1] == ",":
            yield InputError(f"{what} has a bare comma at an edge", file=file, line=line)


def _offsets(
    record: standoff.Record, settings: CorpusSettings, file: Path, line: int
) -> Iterator[InputError]:
    """What can be told of a record without its text."""
    for kind, stretches in (
        ("sentence", record.sentences),
        ("span", sorted((s[0], s[1]) for s in record.spans)),
    ):
        before = 0
        for start, end in stretches:
            if not before <= start < end:
                yield InputError(
                    f"{record.id}: the {kind} from {start} to {end} is empty, reversed or overlaps",
                    file=file,
                    line=line,
                )
            before = end
    for start, end, label, _ in record.spans:
        what = f"{record.id}: the span from {start} to {end}"
        if label not in settings.labels.sides:
            yield InputError(f"{what} has the unknown label {label!r}", file=file, line=line)
        if not any(a <= start and end <= b for a, b in record.sentences):
            yield InputError(f"{what} is not inside one sentence", file=file, line=line)


def _twice(name: str, first: Path, file: Path, line: int | None) -> InputError:
    return InputError(
        f"the id {name!r} stands in {first} too",
        file=file,
        line=line,
        remedy="give each article an id of its own",
    )
