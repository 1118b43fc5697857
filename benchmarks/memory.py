"""Resident memory of one process over a million sentences.

Labels composed articles with the model that is given, in this process, and prints a table in
Markdown: sentences labelled, resident memory in MB, seconds.

    python benchmarks/memory.py [--model FOLDER] [--sentences 1000000]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from pathlib import Path

from natostance.batch.job import label_files
from natostance.batch.report import Progress
from natostance.inference.classifier import StanceClassifier

SUBJECTS = ["The envoy", "A spokeswoman", "The ministry", "Nobody", "The alliance", "The Kremlin"]
VERBS = ["said", "denied", "wrote", "hoped", "warned", "knew"]
CLAUSES = [
    "that talks would resume on day {}",
    "that train {} would be late",
    "that the bloc had broken promise {}",
    "that every inch of land {} would be defended",
]
MARKS = (10_000, 20_000, 50_000, 100_000, 200_000, 400_000, 600_000, 800_000)
_SENTENCES = 25  # of an article


def write_articles(path: Path, sentences: int, seed: int = 1) -> None:
    """Composed articles, all of them different."""
    chance = random.Random(seed)
    with path.open("w", encoding="utf-8") as file:
        for i in range(sentences // _SENTENCES):
            text = " ".join(
                f"{chance.choice(SUBJECTS)} {chance.choice(VERBS)} "
                f"{chance.choice(CLAUSES).format(chance.randrange(10_000))}."
                for _ in range(_SENTENCES)
            )
            file.write(json.dumps({"id": f"n{seed}-{i}", "text": text}) + "\n")


def resident() -> float:
    """Resident memory of this process, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--sentences", type=int, default=1_000_000)
    given = parser.parse_args()
    classifier = StanceClassifier.from_pretrained(given.model)
    marks = [n for n in MARKS if n < given.sentences] + [given.sentences]
    begin = time.monotonic()
    print("| sentences | resident MB | seconds |\n|---:|---:|---:|", flush=True)

    def measure(progress: Progress) -> None:
        if marks and progress.sentences >= marks[0]:
            taken = time.monotonic() - begin
            print(f"| {marks.pop(0):,} | {resident():.0f} | {taken:.0f} |", flush=True)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_articles(folder / "articles.jsonl", given.sentences)
        report = label_files(
            folder / "articles.jsonl", folder / "rows", classifier=classifier, on_progress=measure
        )
    print(f"\n{report.sentences:,} sentences, {report.sentences / report.seconds:,.0f} a second")


if __name__ == "__main__":
    main()
