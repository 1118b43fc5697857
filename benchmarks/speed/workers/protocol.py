"""How a worker talks with the driver: JSON, one line an order, one line an answer.

A worker is started with the path of a job file. It loads its model, says that it is ready and which
versions it runs, and then does one order after the other. It measures each by itself, so that the
pipe costs nothing.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


@dataclass(frozen=True)
class Job:
    """What a worker is told at its start.

    Args:
        model: for peers, a folder as transformers reads it; for natostance, a model folder.
        texts: a JSON file with lists of texts, by name.
        articles: a JSONL file with the whole articles.
        few: a JSONL file with a few of them, to warm up on.
        batch: sentences at a time.
        most: the longest input, in tokens.
        threads: threads of the processor.
        precision: natostance's; peers take their own.
    """

    model: str
    texts: str
    articles: str
    few: str
    batch: int
    most: int
    threads: int
    precision: str = "fp32"

    @classmethod
    def read(cls, path: str) -> Job:
        return cls(**json.loads(Path(path).read_text(encoding="utf-8")))

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")


@dataclass(frozen=True)
class Order:
    """What a worker is asked to do.

    Args:
        texts: the name of a list of texts.
        first: do only so many of them; 0: all.
        warm: this is not measured; what works on files takes the few.
    """

    texts: str
    first: int = 0
    warm: bool = False


Work = Callable[[Order], int]
Label = Callable[[Sequence[str]], Sequence[object]]


def serve(load: Callable[[Job], Work], packages: Sequence[str]) -> None:
    """Load, then do what is ordered until the orders end.

    Args:
        load: gives a function that does an order and returns how many sentences it labelled. If it
            has an attribute ``extra``, a dictionary, that goes into each answer.
        packages: whose versions are told.
    """
    # libraries print as they like: what they print goes to standard error
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(answer: dict[str, object]) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    work = load(Job.read(sys.argv[1]))
    say({"ready": True, "versions": {name: _version(name) for name in packages}})
    for line in sys.stdin:
        order = Order(**json.loads(line))
        begin = time.perf_counter()
        sentences = work(order)
        seconds = time.perf_counter() - begin
        extra = getattr(work, "extra", {})
        say({"seconds": seconds, "sentences": sentences, "peak_mb": peak_memory(), **extra})


def labels_texts(job: Job, label: Label) -> Work:
    """The work of a system that takes a list of sentences and gives a label for each."""
    lists: dict[str, list[str]] = json.loads(Path(job.texts).read_text(encoding="utf-8"))

    def work(order: Order) -> int:
        texts = lists[order.texts][: order.first or None]
        labels = label(texts)
        if len(labels) != len(texts):
            raise ValueError(f"{len(labels)} labels for {len(texts)} sentences")
        return len(texts)

    return work


def peak_memory() -> float:
    """The most memory that this process has held, in MB; 0 where the system does not tell."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    lines = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(lines[0].split()[1]) * 1024 / 1e6 if lines else 0.0


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "?"
