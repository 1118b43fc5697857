"""A run into a file or folder: begun, resumed, ended. What both engines share."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from natostance.batch.articles import Fields
from natostance.batch.ledger import START_ANEW, Part, differences
from natostance.batch.output import Output
from natostance.batch.papers import now, papers
from natostance.batch.parts import Outcome, count
from natostance.batch.readers import Meter
from natostance.batch.rejects import Rejected
from natostance.batch.report import JobReport, Progress
from natostance.batch.rowfiles import Columns
from natostance.batch.sources import Source
from natostance.batch.storage import is_url, stamp
from natostance.document import Document
from natostance.errors import InputError
from natostance.inference.classifier import StanceClassifier


class JobInterrupted(KeyboardInterrupt):
    """The user interrupted the job; the message says what is done and how to go on."""


@dataclass
class Job:
    """What is to be labelled, by what, and who is told."""

    sources: list[Source]
    fields: Fields
    classifier: StanceClassifier
    size: int  # records of a part
    report: JobReport
    meter: Meter
    on_progress: Callable[[Progress], None] | None
    on_reject: Callable[[Rejected], None] | None
    on_foreign: Callable[[Document, str], None] | None

    def done_elsewhere(self, part: Part, rejects: Iterable[Rejected]) -> None:
        """Count a part that another process wrote, and tell of it.

        Args:
            part: the part.
            rejects: the first of its rejects.
        """
        self.report.add(part)
        self.report.session_sentences += part.rows
        for rejected in rejects:
            self.report.keep(rejected)
            if self.on_reject:
                self.on_reject(rejected)
        self._progress(None)

    def done(self, outcome: Outcome) -> None:
        """Count an outcome and tell of it."""
        report = self.report
        if isinstance(outcome.content, Rejected):
            report.rejected += 1
            report.keep(outcome.content)
            if self.on_reject:
                self.on_reject(outcome.content)
        else:
            one = Part("")
            count(one, outcome)
            report.add(one)
            report.session_sentences += one.rows
            if outcome.foreign and self.on_foreign:
                self.on_foreign(outcome.content, outcome.language)
        self._progress(self.meter.fraction)

    def _progress(self, fraction: float | None) -> None:
        report = self.report
        if self.on_progress:
            self.on_progress(Progress(report.labelled, report.rejected, report.sentences, fraction))


class Run:
    """A run into an output.

    Args:
        target: the output.
        settings: what the run depends on.
        inputs: what is read, for its papers.
        resume: go on with the run that broke off there.
        clock: when this session was begun, by the monotonic clock.
    """

    def __init__(
        self,
        target: Output,
        settings: Mapping[str, Any],
        inputs: Mapping[str, Any],
        resume: bool,
        clock: float,
    ) -> None:
        self._target, self._settings, self._inputs = target, dict(settings), dict(inputs)
        self._resume, self._clock = resume, clock
        self._start = now()
        self._lock: IO[str] | None = None

    def begin(self, sources: list[Source], report: JobReport) -> bool:
        """Begin the run, or take up the one that broke off.

        Returns:
            Whether there is something left to do. Where there is not, the report has the counts
            of the run that ended.

        Raises:
            InputError: the run there is another one; the message says what differs.
        """
        ledger = self._target.ledger
        if ledger.begun:
            self._lock = ledger.lock()
            before = ledger.settings()
            self._start = before.pop("start", self._start)
            self._check(before)
            ledger.check_inputs(sources)
            self._target.make()
            return True
        ended = self._target.papers() if self._resume else None
        if ended and self._ended(ended, report):
            ledger.clear()  # it may have ended while it tidied up
            return False
        self._target.check_new()
        self._lock = ledger.lock()
        ledger.begin({**self._settings, "start": self._start}, sources)
        self._target.make()
        return True

    def done(self) -> Iterator[Part]:
        """The parts that are done, whose files are there."""
        for part in self._target.ledger.parts():
            self._target.check(part)
            yield part

    def end(self, report: JobReport, columns: Columns) -> None:
        """Put everything in its place."""
        report.seconds = time.monotonic() - self._clock
        stand = papers(self._settings, report, inputs=self._inputs, start=self._start)
        self._target.finish(stand, columns)
        report.seconds = time.monotonic() - self._clock

    def close(self) -> None:
        """Let other processes at it."""
        if self._lock:
            self._lock.close()

    def _check(self, before: Mapping[str, Any]) -> None:
        differ = differences(before, self._settings)
        if differ:
            raise InputError(
                f"the run there was begun otherwise: {'; '.join(differ)}",
                file=self._target.out,
                remedy=f"call it as it was begun, or {START_ANEW}",
            )

    def _ended(self, ended: Mapping[str, Any], report: JobReport) -> bool:
        """Whether the run that ended there is this one; then the report gets its counts."""
        before, counts = ended.get("settings"), ended.get("counts")
        if not isinstance(before, dict) or not isinstance(counts, dict):
            return False
        self._check(before)
        if ended.get("inputs") != self._inputs:
            raise InputError(
                "the run there ended, and the input is no longer the same",
                file=self._target.out,
                remedy="write elsewhere, or leave --resume out",
            )
        report.labelled = report.resumed = counts["labelled"]
        report.rejected, report.sentences = counts["rejected"], counts["sentences"]
        report.labels, report.languages = counts["labels"], counts["languages"]
        report.foreign = counts["foreign"]
        report.seconds = time.monotonic() - self._clock
        return True


def check_output(target: Output, sources: Iterable[Source], resume: bool) -> list[Source]:
    """Raise `InputError` where a run cannot be begun, or resumed, in an output.

    Returns:
        The sources without what the run itself made, where it lies in a folder that is read.
    """
    sources = list(sources)
    made = [source for source in sources if _is_held(target, source)]
    # a run begins only where there is no such file, so all that is found later is its own
    if made and not (resume and (target.ledger.begun or target.papers() is not None)):
        raise InputError(
            "the output is one of the inputs", file=target.out, remedy="write elsewhere"
        )
    sources = [source for source in sources if source not in made]
    if target.ledger.begun:
        if not resume:
            raise InputError(
                "a run into it broke off",
                file=target.out,
                remedy=f"go on with --resume, or remove {target.ledger.path} and begin anew",
            )
        if any(source.is_stdin for source in sources):
            raise InputError(
                "standard input cannot be read a second time",
                file=target.out,
                remedy=f"put it in a file; remove {target.ledger.path} and begin anew",
            )
    elif not resume:
        target.check_new()
    return sources


def _is_held(target: Output, source: Source) -> bool:
    path = source.path if is_url(source.path) else os.path.realpath(source.path)
    return not source.is_stdin and target.holds(path)


def describe(sources: Iterable[Source]) -> dict[str, Any]:
    """What the input is, for the papers: how many files and bytes, and a hash of the list."""
    digest, files, total = hashlib.sha256(), 0, 0
    for source in sources:
        size, time = (None, None) if source.is_stdin else stamp(source.path)
        line = f"{source.path}\0{size}\0{time}\n"
        digest.update(line.encode("utf-8", "surrogateescape"))
        files, total = files + 1, total + (size or 0)
    return {"files": files, "bytes": total, "list_sha256": digest.hexdigest()}


@contextmanager
def writing_to(target: Output, report: JobReport) -> Iterator[None]:
    """Say what happened where writing breaks off."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is None:
            raise
        raise InputError(
            f"cannot be written: {error.strerror or error}; what is done is kept",
            file=target.out,
            remedy="make room or see to the cause, and go on with --resume",
        ) from None
    except KeyboardInterrupt:
        raise JobInterrupted(
            f"interrupted; {report.labelled} articles were labelled, and whole parts of them are "
            "kept; go on with --resume"
        ) from None
