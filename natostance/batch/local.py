"""The engine of one machine: everything in this process."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack, closing
from itertools import chain

from natostance.batch.ids import SeenIds
from natostance.batch.ledger import START_ANEW, part_name
from natostance.batch.output import Output
from natostance.batch.parts import Outcome
from natostance.batch.pipeline import outcomes
from natostance.batch.readers import Place, read_unique
from natostance.batch.rowfiles import Columns
from natostance.batch.runs import Job, JobInterrupted, Run
from natostance.batch.writers import DocumentWriter
from natostance.document import Document
from natostance.errors import InputError


def stream(
    job: Job, writer: DocumentWriter | None, sink: Callable[[Document], None] | None
) -> None:
    """Label into standard output, or into a sink."""
    try:
        with ExitStack() as stack:
            seen = stack.enter_context(closing(SeenIds()))
            put = sink
            for outcome in stack.enter_context(closing(_outcomes(job, seen))):
                if isinstance(outcome.content, Document):
                    if writer and put is None:
                        put = stack.enter_context(writer).write
                    assert put is not None
                    try:
                        put(outcome.content)
                    except InputError as error:
                        if sink:
                            raise
                        outcome = outcome.rejected(error)
                job.done(outcome)
    except BrokenPipeError:
        job.report.broken_pipe = True
    except KeyboardInterrupt:
        raise JobInterrupted(f"interrupted; {job.report.labelled} articles were labelled") from None


def write(job: Job, target: Output, run: Run) -> None:
    """Label into a file or folder, part by part."""
    begin, number = Place(), 0
    columns = Columns(job.classifier.labels)
    with ExitStack() as stack:
        seen = stack.enter_context(closing(SeenIds()))
        if not run.begin(job.sources, job.report):
            return
        for part in run.done():
            if part.name != part_name(number):
                raise InputError(
                    f"the entry {part_name(number)} is missing",
                    file=target.ledger.path,
                    remedy=START_ANEW,
                )
            job.report.add(part)
            seen.load(part.ids)
            number, begin = number + 1, part.after
            if part.columns is not None:
                columns = Columns(job.classifier.labels, part.columns)
        job.report.resumed = job.report.labelled
        found = stack.enter_context(closing(_outcomes(job, seen, begin)))
        for first in found:
            writer = target.part(part_name(number), columns)
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
            number += 1
    run.end(job.report, columns)


def _outcomes(
    job: Job, seen: SeenIds, begin: Place | None = None
) -> Generator[Outcome, None, None]:
    """What becomes of each article from a place on."""
    items = read_unique(job.sources, job.fields, seen, job.meter, begin)
    waits = any(source.is_stdin for source in job.sources)
    return outcomes(items, job.classifier, job.size, overlap=not waits)
