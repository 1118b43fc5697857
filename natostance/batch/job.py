"""The job: articles in, labelled sentences out, counts at the end.

One direction: readers -> language, sentences -> classifier -> writer. A bad article is rejected,
and the others go on. Into a file or folder each article is written exactly once, whatever happens:
see `natostance.batch.ledger` and `natostance.batch.output`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import closing
from os import PathLike
from pathlib import Path

from natostance.batch import local
from natostance.batch.articles import MAX_ARTICLE, Fields
from natostance.batch.language import load_ahead
from natostance.batch.output import Output
from natostance.batch.papers import settings
from natostance.batch.readers import Meter, check_extras
from natostance.batch.rejects import Rejected
from natostance.batch.report import JobReport, Progress
from natostance.batch.runs import Job, JobInterrupted, Run, check_output, describe, writing_to
from natostance.batch.sources import Paths, find_sources
from natostance.batch.writers import STDOUT, DocumentWriter
from natostance.document import Document
from natostance.errors import InputError
from natostance.inference.classifier import StanceClassifier

__all__ = ["ENGINES", "SHARD_ARTICLES", "JobInterrupted", "label_files"]

# records of the input in a part: what a killed run does again, and the size of a shard
SHARD_ARTICLES = 1000
ENGINES = ("local", "ray")


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
    device: str = "auto",
    precision: str = "fp32",
    threads: int | None = None,
    text_column: str = "text",
    id_column: str | None = None,
    stdin_format: str = "txt",
    max_article: int = MAX_ARTICLE,
    shard_articles: int = SHARD_ARTICLES,
    engine: str = "local",
    address: str | None = None,
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
        device: where it runs, likewise.
        precision: of its arithmetic, likewise; a run goes on in the same one alone.
        threads: cores to use, likewise.
        text_column: the column or field with the text.
        id_column: the column or field with the id.
        stdin_format: how standard input is read.
        max_article: the most bytes that one article may have; a longer one is rejected.
        shard_articles: articles of a shard, rejected ones included.
        engine: ``local``, or ``ray``: on a Ray cluster (extra ``[ray]``); see
            `natostance.batch.ray_backend`.
        address: that of the cluster; by default the one around, or one on this machine.
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
    if engine not in ENGINES:
        raise InputError(f"no engine {engine!r}", remedy=f"choose one of {', '.join(ENGINES)}")
    sources = find_sources(paths, stdin_format)
    check_extras(sources)
    target = None if out is None or os.fspath(out) == STDOUT else Output(out, format)
    writer = DocumentWriter(STDOUT, format) if out is not None and target is None else None
    if target:
        sources = check_output(target, sources, resume)
    elif resume:
        raise InputError("only a run into a file or folder can be resumed", remedy="give --out")
    if engine == "ray" and target is None:
        raise InputError("Ray writes into a file or folder", remedy="give --out")
    if engine == "local":
        load_ahead()  # beside the model
    ready = classifier or StanceClassifier.from_pretrained(
        model, backend=backend, device=device, precision=precision, threads=threads
    )
    fields = Fields(text_column, id_column, ready.labels, max_article)
    report = JobReport(labels=dict.fromkeys(ready.labels.names, 0))
    job = Job(
        *(sources, fields, ready, shard_articles, report, Meter(sources)),
        *(on_progress, on_reject, on_foreign),
    )
    if target is None:
        local.stream(job, writer, sink)
        report.seconds = time.monotonic() - begin
        return report
    depends = settings(
        ready,
        text_column=text_column,
        id_column=id_column,
        stdin_format=stdin_format,
        max_article=max_article,
        shard_articles=shard_articles,
        format=target.format.suffix,
        engine=engine,
    )
    given = [paths] if isinstance(paths, (str, PathLike)) else paths
    inputs = {"paths": [os.fspath(path) for path in given], **describe(sources)}
    run = Run(target, depends, inputs, resume, begin)
    with writing_to(target, report), closing(run):
        if engine == "ray":
            from natostance.batch.ray_backend import label_on_ray

            label_on_ray(job, target, run, ready.backend.device, address)
        else:
            local.write(job, target, run)
    return report
