"""How long somebody waits: for the first row after a cold start, and for one article when warm."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from benchmarks.speed.articles import composed_articles
from natostance import StanceClassifier, segment

SENTENCES = 25
_IMPORT = "import time; t = time.perf_counter(); import natostance; print(time.perf_counter() - t)"


@dataclass(frozen=True)
class Latency:
    """Seconds.

    Args:
        first_row: from the start of the process to its first row, each run.
        imported: ``import natostance``, each run.
        warm: one article through a warm classifier, each run.
    """

    first_row: tuple[float, ...]
    imported: tuple[float, ...]
    warm: tuple[float, ...]

    @property
    def warm_p95(self) -> float:
        """What 95 of 100 articles took at most."""
        return quantiles(self.warm, n=20, method="inclusive")[-1]

    def rows(self) -> list[tuple[str, str]]:
        """What is shown, and its figure."""
        return [
            (
                f"cold start to the first row, `natostance label one.txt`, median of "
                f"{len(self.first_row)}",
                f"{median(self.first_row):.2f} s",
            ),
            (
                f"`import natostance`, median of {len(self.imported)}",
                f"{median(self.imported) * 1000:.1f} ms",
            ),
            (
                f"an article of {SENTENCES} sentences, warm, median of {len(self.warm)}",
                f"{median(self.warm) * 1000:.0f} ms",
            ),
            ("the same, 95th percentile", f"{self.warm_p95 * 1000:.0f} ms"),
        ]


def one_article() -> str:
    """A composed article of 25 sentences."""
    for document in composed_articles():
        if len(document.sentences) >= SENTENCES:
            text = document.text[: document.sentences[SENTENCES - 1].end]
            if len(segment(text)) == SENTENCES:
                return text
    raise LookupError(f"no composed article has {SENTENCES} sentences")


def latency(
    model: Path, variables: Mapping[str, str], starts: int = 5, articles: int = 50
) -> Latency:
    """Measure.

    Args:
        model: a model folder.
        variables: environment variables of the processes that are started.
        starts: how many processes.
        articles: how often the article is labelled.
    """
    text = one_article()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "one.txt"
        path.write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "natostance", "label", str(path), "--model", str(model)]
        first_row = tuple(_first_line(command, variables) for _ in range(starts))
    imported = tuple(
        float(
            subprocess.run(
                [sys.executable, "-c", _IMPORT],
                capture_output=True,
                text=True,
                check=True,
                env=dict(variables),
            ).stdout
        )
        for _ in range(starts)
    )
    classifier = StanceClassifier.from_pretrained(model)
    for _ in range(5):
        classifier.label(text)
    return Latency(first_row, imported, tuple(_warm(classifier, text, articles)))


def _first_line(command: Sequence[str], variables: Mapping[str, str]) -> float:
    begin = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=dict(variables)
    ) as process:
        assert process.stdout
        line = process.stdout.readline()
        seconds = time.perf_counter() - begin
        process.stdout.read()
    if not line or process.returncode:
        raise RuntimeError(f"natostance label ended with status {process.returncode}")
    return seconds


def _warm(classifier: StanceClassifier, text: str, articles: int) -> list[float]:
    seconds = []
    for _ in range(articles):
        begin = time.perf_counter()
        document = classifier.label(text)
        seconds.append(time.perf_counter() - begin)
        assert len(document.sentences) == SENTENCES
    return seconds
