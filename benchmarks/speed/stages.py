"""Where the time goes: the stages of a job, each by itself, beside the whole job.

    python -m benchmarks.speed.stages [--articles FOLDER] [--sentences 600] [--rounds 3] [--write]

The stages run one after the other over the same articles. In a job they overlap, so that their sum
is more than the job takes; what the job takes beyond its longest stage is what overlapping leaves.
What overlapping brings is measured by itself: the same job in one thread.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TypeVar
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from benchmarks.speed.articles import sample, write_articles
from benchmarks.speed.command import add_input, articles_of, threads_of
from benchmarks.speed.machine import machine
from benchmarks.speed.tables import README, markdown_table
from natostance import StanceClassifier, label_files, read_documents, segment
from natostance.batch import local
from natostance.batch.language import detect_language
from natostance.batch.pipeline import outcomes
from natostance.batch.writers import write_documents
from natostance.inference.backend import CPU_POOL
from natostance.report.sections import replace_section
from natostance.text.windows import Window

T = TypeVar("T")
Scores = NDArray[np.float32]

STAGES = ("reading", "language", "segmentation", "tokens and windows", "network", "decoding")
WRITING, JOB = "writing rows", "the whole job, stages overlapping"
ONE_THREAD = "the whole job, one stage after the other"


@dataclass(frozen=True)
class Profile:
    """Seconds of each stage and of the whole job, for so many sentences."""

    sentences: int
    seconds: dict[str, float]


class Replay:
    """A backend that knows the scores already: what is left is everything but the network."""

    precision, device = "fp32", "cpu"
    name = "replay"
    pool = CPU_POOL

    def __init__(self, windows: Sequence[Window], scores: Sequence[Scores]) -> None:
        pairs = zip(windows, scores, strict=True)
        self._known = {tuple(window.ids): found for window, found in pairs}

    def scores(self, windows: Sequence[Window]) -> list[Scores]:
        """See `natostance.inference.backend.Backend.scores`."""
        return [self._known[tuple(window.ids)] for window in windows]


def profile(articles: Path, classifier: StanceClassifier) -> Profile:
    """Run every stage once over the articles of a file, and then the whole job."""
    seconds: dict[str, float] = {}

    def timed(stage: str, work: Callable[[], T]) -> T:
        begin = time.perf_counter()
        result = work()
        seconds[stage] = time.perf_counter() - begin
        return result

    read = timed("reading", lambda: list(read_documents(articles)))
    timed("language", lambda: [detect_language(document.text) for document in read])
    cut = timed("segmentation", lambda: [d.replace(sentences=tuple(segment(d.text))) for d in read])
    windows = timed(
        "tokens and windows", lambda: [w for d in cut for w in classifier.reader.windows(d)]
    )
    scores = timed("network", lambda: list(_scores(classifier, windows)))
    replay = StanceClassifier(
        classifier.reader, Replay(windows, scores), classifier.labels, classifier.calibration
    )
    labelled = timed("decoding", lambda: list(replay.label_many(cut)))
    # it cut windows again on its way
    seconds["decoding"] = max(0.0, seconds["decoding"] - seconds["tokens and windows"])
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        timed(WRITING, lambda: write_documents(labelled, out / "alone.jsonl"))
        report = timed(JOB, lambda: label_files(articles, out / "job.jsonl", classifier=classifier))
        # a job over files always overlaps; the pipeline can do without for standard input
        with patch.object(local, "outcomes", lambda *given, **_: outcomes(*given, overlap=False)):
            timed(
                ONE_THREAD,
                lambda: label_files(articles, out / "one.jsonl", classifier=classifier),
            )
    return Profile(report.sentences, seconds)


def profile_table(profiles: Sequence[Profile]) -> str:
    """The stages' medians as a table in Markdown."""
    jobs = (JOB, ONE_THREAD)
    found = {name: median(p.seconds[name] for p in profiles) for name in (*STAGES, WRITING, *jobs)}
    total = sum(found[name] for name in (*STAGES, WRITING))
    sentences = profiles[0].sentences
    rows = [
        (name, f"{s:.3f}", f"{s / total:.1%}", f"{sentences / s:,.0f}" if s else "")
        for name, s in found.items()
        if name not in jobs
    ]
    rows.append(("sum of the stages", f"{total:.3f}", "100.0%", f"{sentences / total:,.0f}"))
    rows += [
        (job, f"{found[job]:.3f}", f"{found[job] / total:.1%}", f"{sentences / found[job]:,.0f}")
        for job in jobs
    ]
    return markdown_table(("stage", "seconds", "share of the sum", "sentences a second"), rows)


def _scores(
    classifier: StanceClassifier, windows: Sequence[Window], at_once: int = 64
) -> Iterator[Scores]:
    for first in range(0, len(windows), at_once):
        yield from classifier.backend.scores(windows[first : first + at_once])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.stages", description=__doc__)
    add_input(parser, sentences=600)
    given = parser.parse_args()
    threads = threads_of(given)
    classifier = StanceClassifier.from_pretrained(given.model)
    chosen = sample(articles_of(given), given.sentences)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "articles.jsonl"
        write_articles(chosen, path)
        profile(path, classifier)  # warm
        profiles = [profile(path, classifier) for _ in range(given.rounds)]
    text = (
        f"{datetime.now(UTC):%Y-%m-%d}. {machine(threads).words}.\n\n"
        f"{profiles[0].sentences:,} sentences of {len(chosen):,} articles, median of "
        f"{given.rounds} rounds.\n\n{profile_table(profiles)}"
    )
    print(text)
    if given.write:
        replace_section(README, "stages", text)


if __name__ == "__main__":
    main()
