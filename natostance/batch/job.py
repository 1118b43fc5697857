"""The job: articles in, labelled sentences out, counts at the end.

One direction: readers -> language, sentences -> classifier -> writer. A bad article is rejected,
and the others go on. Into a file or folder each article is written exactly once, whatever happens:
see `natostance.batch.ledger` and `natostance.batch.output`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import chain
from os import PathLike
from pathlib import Path
from typing import Any

from natostance.batch.articles import MAX_ARTICLE, Fields
from natostance.batch.ids import SeenIds
from natostance.batch.ledger import Part
from natostance.batch.output import Output
from natostance.batch.papers import settings
from natostance.batch.parts import Outcome, count
from natostance.batch.pipeline import outcomes
from natostance.batch.readers import Meter, Place, check_extras, read_unique
from natostance.batch.rejects import Rejected
from natostance.batch.report import JobReport, Progress
from natostance.batch.rowfiles import Columns
from natostance.batch.runs import JobInterrupted, Run, check_output, describe, writing_to
from natostance.batch.sources import Paths, Source, find_sources
from natostance.batch.writers import STDOUT, DocumentWriter
from natostance.document import Document
from natostance.errors import InputError
from natostance.inference.classifier import StanceClassifier

# records of the input in a part: what a killed run does again, and the size of a shard
SHARD_ARTICLES = 1000


@dataclass
class _Job:
    """What the steps of a job share."""

    sources: list[Source]
    fields: Fields
    classifier: StanceClassifier
    size: int
    report: JobReport
    meter: Meter
    on_progress: Callable[[Progress], None] | None
    on_reject: Callable[[Rejected], None] | None
    on_foreign: Callable[[Document, str], None] | None

    def outcomes(self, seen: SeenIds, begin: Place | None = None) -> Iterator[Outcome]:
        """What becomes of each article from a place on."""
        items = read_unique(self.sources, self.fields, seen, self.meter, begin)
        waits = any(source.is_stdin for source in self.sources)
        return outcomes(items, self.classifier, self.size, overlap=not waits)

    def done(self, outcome: Outcome) -> None:
        """Count an outcome and tell of it."""
        report = self.report
        if isinstance(outcome.content, Rejected):
            report.reject(outcome.content)
            if self.on_reject:
                self.on_reject(outcome.content)
        else:
            one = Part(0)
            count(one, outcome)
            report.add(one)
            report.session_sentences += one.rows
            if outcome.foreign and self.on_foreign:
                self.on_foreign(outcome.content, outcome.language)
        if self.on_progress:
            self.on_progress(
                Progress(report.labelled, report.rejected, report.sentences, self.meter.fraction)
            )


def label_files(
    paths: Paths,
    out: str | PathLike[str] | None = None,
    *,
    format: str | None = None,
    sink: Callable[[Document], None] | None = None,
    resume: bool = False,
    classifier: StanceClassifier | None = None,
    model: str | Path | None = None,
    backend: str = "auto",
    device: str = "cpu",
    text_column: str = "text",
    id_column: str | None = None,
    stdin_format: str = "txt",
    max_article: int = MAX_ARTICLE,
    shard_articles: int = SHARD_ARTICLES,
    on_progress: Callable[[Progress], None] | None = None,
    on_reject: Callable[[Rejected], None] | None = None,
    on_foreign: Callable[[Document, str], None] | None = None,
) -> JobReport:
    """Label articles.

    Everything that can be wrong with the call is found before the first article is read. Then an
    article that cannot be read or labelled is rejected and the others go on. Each document gets
    its language as the metadata ``language`` (where the input has such a field, that one becomes
    ``meta_language``).

    Args:
        paths: files, folders, patterns, URLs, or ``-``; see
            `natostance.batch.sources.find_sources`.
        out: the file or folder for the rows (see `natostance.batch.output`), or ``-`` for standard
            output. A file takes its place when the job is done; where nothing was labelled, none
            is made.
        format: ``jsonl``, ``csv`` or ``parquet``; by default what the suffix of ``out`` says, and
            JSONL in a folder.
        sink: takes the labelled documents, in place of ``out``.
        resume: go on with a run that broke off, from its ledger; where there is none, begin one.
        classifier: labels the sentences; by default one is loaded.
        model: the model to load: a folder or a name on the hub; by default the released one.
        backend: what it runs on; see `StanceClassifier.from_pretrained`.
        device: where the torch backend runs.
        text_column: the column or field with the text.
        id_column: the column or field with the id.
        stdin_format: how standard input is read.
        max_article: the most bytes that one article may have; a longer one is rejected.
        shard_articles: articles of a shard, rejected ones included.
        on_progress: called after each article.
        on_reject: called with each article that is rejected.
        on_foreign: called with each article that is clearly in another language than the model's,
            and its language; it is labelled all the same.

    Returns:
        The counts. ``read`` is always ``labelled + rejected``.

    Raises:
        InputError: the call is wrong (a path that does not exist, an output that cannot be
            written or is one of the inputs, a run that cannot be resumed, ...), or the output
            broke off, say on a full disk.
        MissingExtraError: the input or the output needs an extra that is not installed.
        JobInterrupted: the user pressed Ctrl+C.
    """
    begin = time.monotonic()
    if (out is None) == (sink is None):
        raise InputError("a job needs either an output or a sink", remedy="give one of them")
    for name, value in (("--shard-articles", shard_articles), ("--max-article", max_article)):
        if value < 1:
            raise InputError(f"{name} is {value}", remedy="give a number above 0")
    sources = find_sources(paths, stdin_format)
    check_extras(sources)
    target = None if out is None or os.fspath(out) == STDOUT else Output(out, format)
    writer = DocumentWriter(STDOUT, format) if out is not None and target is None else None
    if target:
        check_output(target, sources, resume)
    elif resume:
        raise InputError("only a run into a file or folder can be resumed", remedy="give --out")
    ready = classifier or StanceClassifier.from_pretrained(model, backend=backend, device=device)
    fields = Fields(text_column, id_column, ready.labels, max_article)
    report = JobReport(labels=dict.fromkeys(ready.labels.names, 0))
    job = _Job(
        *(sources, fields, ready, shard_articles, report, Meter(sources)),
        *(on_progress, on_reject, on_foreign),
    )
    if target is None:
        _stream(job, writer, sink)
        report.seconds = time.monotonic() - begin
        return report
    depends = settings(
        ready,
        device=device,
        text_column=text_column,
        id_column=id_column,
        stdin_format=stdin_format,
        max_article=max_article,
        shard_articles=shard_articles,
        format=target.format.suffix,
        engine="local",
    )
    given = [paths] if isinstance(paths, (str, PathLike)) else paths
    inputs = {"paths": [os.fspath(path) for path in given], **describe(sources)}
    with writing_to(target, report):
        _write(job, target, Run(target, depends, inputs, resume, begin))
    return report


def _stream(
    job: _Job, writer: DocumentWriter | None, sink: Callable[[Document], None] | None
) -> None:
    """Into standard output, or into a sink."""
    try:
        with ExitStack() as stack:
            seen = stack.enter_context(closing(SeenIds()))
            put = sink
            for outcome in stack.enter_context(closing(_generator(job.outcomes(seen)))):
                if isinstance(outcome.content, Document):
                    if writer and put is None:
                        put = stack.enter_context(writer).write
                    assert put is not None
                    put(outcome.content)
                job.done(outcome)
    except BrokenPipeError:
        job.report.broken_pipe = True
    except KeyboardInterrupt:
        raise JobInterrupted(f"interrupted; {job.report.labelled} articles were labelled") from None


def _write(job: _Job, target: Output, run: Run) -> None:
    """Into a file or folder, part by part."""
    begin, number, shard = Place(), 0, 0
    columns = Columns(job.classifier.labels)
    with ExitStack() as stack:
        seen = stack.enter_context(closing(SeenIds()))
        if not run.begin(job.sources, job.report):
            return
        for part in run.done():
            job.report.add(part)
            seen.load(part.ids)
            number, shard = number + 1, shard + (part.file is not None)
            begin = part.after or begin
            if part.columns is not None:
                columns = Columns(job.classifier.labels, part.columns)
        job.report.resumed = job.report.labelled
        found = stack.enter_context(closing(_generator(job.outcomes(seen, begin))))
        for first in found:
            writer = target.part(number, shard, columns)
            try:
                for outcome in chain([first], found):
                    job.done(writer.add(outcome))
                    if writer.records == job.size:
                        break
                part = writer.commit()
            except BaseException:
                writer.discard()
                raise
            target.ledger.add(part)
            number, shard = number + 1, shard + (part.file is not None)
    run.end(job.report)


def _generator(items: Iterator[Outcome]) -> Any:
    """The iterator, which is a generator and can be closed."""
    return items
