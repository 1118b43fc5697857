"""The job: articles in, labelled sentences out, counts at the end.

One direction: readers -> classifier -> language -> writer. A bad article is rejected, and the
others go on.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

from natostance.batch.language import UNDETERMINED, detect_language
from natostance.batch.readers import Article, Fields, Meter, read_articles
from natostance.batch.rejects import Rejected
from natostance.batch.sources import Paths, Source, find_sources
from natostance.batch.writers import DocumentWriter
from natostance.document import Document
from natostance.errors import InputError, MissingExtraError
from natostance.formats.rows import LANGUAGE
from natostance.inference.classifier import StanceClassifier


@dataclass
class JobReport:
    """What a job did.

    Args:
        labelled: articles whose rows were written, or given to the sink.
        rejects: what could not be processed; each counts as one article.
        sentences: sentences of the labelled articles.
        seconds: how long it took, loading the model included.
        labels: sentences of each label.
        languages: articles of each language (ISO 639-1; ``und``: not clear).
        foreign: articles in another language than the model's.
        broken_pipe: the reader of standard output went away, and the rest was left undone.
    """

    labelled: int = 0
    rejects: list[Rejected] = field(default_factory=list)
    sentences: int = 0
    seconds: float = 0.0
    labels: dict[str, int] = field(default_factory=dict)
    languages: dict[str, int] = field(default_factory=dict)
    foreign: int = 0
    broken_pipe: bool = False

    @property
    def rejected(self) -> int:
        """How many articles (or whole files) could not be processed."""
        return len(self.rejects)

    @property
    def read(self) -> int:
        """How many articles were read: labelled and rejected."""
        return self.labelled + self.rejected

    @property
    def status(self) -> int:
        """0: all was labelled; 1: some of it was rejected; 2: nothing could be processed."""
        if self.rejects:
            return 1 if self.labelled else 2
        return 0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is.

    Args:
        labelled: articles labelled so far.
        rejected: articles rejected so far.
        sentences: sentences labelled so far.
        fraction: share of the input that has been read, from 0 to 1, by bytes; None where the
            size of the input is not known. Reading is a little ahead of labelling.
    """

    labelled: int
    rejected: int
    sentences: int
    fraction: float | None


class JobInterrupted(KeyboardInterrupt):
    """The user interrupted the job; the message says where the rows are that were written."""


def label_files(
    paths: Paths,
    out: str | PathLike[str] | None = None,
    *,
    format: str | None = None,
    sink: Callable[[Document], None] | None = None,
    classifier: StanceClassifier | None = None,
    model: str | Path | None = None,
    backend: str = "auto",
    device: str = "cpu",
    text_column: str = "text",
    id_column: str | None = None,
    stdin_format: str = "txt",
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
        paths: files, folders, patterns, or ``-``; see `natostance.batch.sources.find_sources`.
        out: the file for the rows, or ``-`` for standard output; see `write_documents`. A file
            takes its place when the job is done; where nothing was labelled, none is made.
        format: ``jsonl``, ``csv`` or ``parquet``; by default what the suffix of ``out`` says.
        sink: takes the labelled documents, in place of ``out``.
        classifier: labels the sentences; by default one is loaded.
        model: the model to load: a folder or a name on the hub; by default the released one.
        backend: what it runs on; see `StanceClassifier.from_pretrained`.
        device: where the torch backend runs.
        text_column: the column or field with the text.
        id_column: the column or field with the id.
        stdin_format: how standard input is read.
        on_progress: called after each article.
        on_reject: called with each article that is rejected.
        on_foreign: called with each article that is clearly in another language than the model's,
            and its language; it is labelled all the same.

    Returns:
        The counts. ``read`` is always ``labelled + rejected``.

    Raises:
        InputError: the call is wrong (a path that does not exist, an output that cannot be
            written or is one of the inputs, ...), or the output broke off, say on a full disk;
            the message says where the rows are that were written.
        MissingExtraError: the input or the output needs an extra that is not installed.
        JobInterrupted: the user pressed Ctrl+C.
    """
    begin = time.monotonic()
    if (out is None) == (sink is None):
        raise InputError("a job needs either an output or a sink", remedy="give one of them")
    sources = find_sources(paths, stdin_format)
    writer = None if out is None else DocumentWriter(out, format)
    if writer:
        _check_not_an_input(writer, sources)
    report = JobReport()
    meter = Meter(sources)

    def tell() -> None:
        if on_progress:
            on_progress(
                Progress(report.labelled, report.rejected, report.sentences, meter.fraction)
            )

    def reject(rejected: Rejected) -> None:
        report.rejects.append(rejected)
        if on_reject:
            on_reject(rejected)
        tell()

    ready = classifier or StanceClassifier.from_pretrained(model, backend=backend, device=device)
    report.labels = dict.fromkeys(ready.labels.names, 0)
    articles = read_articles(sources, Fields(text_column, id_column, ready.labels), reject, meter)
    try:
        with ExitStack() as stack:
            for labelled in _label(articles, ready, reject):
                document, found = _with_language(labelled)
                if writer:
                    if not report.labelled:
                        stack.enter_context(writer)
                    writer.write(document)
                elif sink:
                    sink(document)
                _count(report, document, found)
                if found not in (ready.language, UNDETERMINED):
                    report.foreign += 1
                    if on_foreign:
                        on_foreign(document, found)
                tell()
    except BrokenPipeError:
        report.broken_pipe = True
    except OSError as error:
        if writer is None:
            raise
        raise InputError(
            f"cannot be written: {error.strerror or error}; what fitted, "
            f"the last row perhaps cut, is in {writer.part or writer.out}",
            file=writer.out,
            remedy="make room or write elsewhere, and run the job again",
        ) from None
    except KeyboardInterrupt:
        raise JobInterrupted(f"interrupted; {_what_stays(writer, report)}") from None
    report.seconds = time.monotonic() - begin
    return report


def _label(
    articles: Iterator[Article],
    classifier: StanceClassifier,
    reject: Callable[[Rejected], None],
) -> Iterator[Document]:
    """Each article labelled, in order; one that cannot be labelled is rejected."""
    waiting: deque[Article] = deque()
    reading_failed = False

    def documents() -> Iterator[Document]:
        nonlocal reading_failed
        try:
            for article in articles:
                waiting.append(article)
                yield article.document
        except Exception:
            reading_failed = True
            raise

    def whole(article: Article, document: Document) -> Iterator[Document]:
        if document.sentences:
            yield document
        else:
            reject(Rejected(article.file, article.line, "no sentence was found in its text"))

    source = documents()
    while True:
        try:
            for document in classifier.label_many(source):
                yield from whole(waiting.popleft(), document)
            return
        except MissingExtraError:
            raise
        except Exception:
            # what one article broke is done again, one by one, to find it
            if reading_failed:
                raise
        while waiting:
            article = waiting.popleft()
            try:
                document = classifier.label(article.document)
            except Exception as error:
                reject(_not_labelled(article, error))
            else:
                yield from whole(article, document)


def _not_labelled(article: Article, error: Exception) -> Rejected:
    if isinstance(error, InputError):
        return Rejected.because(error, article.file, article.line)
    reason = f"could not be labelled: {type(error).__name__}: {error}"
    return Rejected(article.file, article.line, reason)


def _with_language(document: Document) -> tuple[Document, str]:
    """The document with its language as metadata, and the language."""
    found = detect_language(document.text)
    meta = dict(document.meta)
    if LANGUAGE in meta:
        name = f"meta_{LANGUAGE}"
        while name in meta:
            name = f"meta_{name}"
        meta = {(name if key == LANGUAGE else key): value for key, value in meta.items()}
    return document.replace(meta={**meta, LANGUAGE: found}), found


def _count(report: JobReport, document: Document, language: str) -> None:
    report.labelled += 1
    report.sentences += len(document.sentences)
    report.languages[language] = report.languages.get(language, 0) + 1
    for sentence in document.sentences:
        assert sentence.label is not None
        report.labels[sentence.label] += 1


def _check_not_an_input(writer: DocumentWriter, sources: list[Source]) -> None:
    if writer.is_stdout:
        return
    for source in sources:
        if not source.is_stdin and os.path.realpath(source.path) in (writer.target, writer.part):
            raise InputError(
                "the output is one of the inputs", file=writer.out, remedy="write to another file"
            )


def _what_stays(writer: DocumentWriter | None, report: JobReport) -> str:
    if writer is None or writer.part is None or not report.labelled:
        return f"{report.labelled} articles were labelled"
    return f"the rows of the {report.labelled} articles labelled so far are in {writer.part}"
