"""The whole command `natostance label`, started anew for each measurement."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.speed.workers.protocol import Job, Order, Work, serve


class _Command:
    def __init__(self, job: Job) -> None:
        self.job = job
        self.options = ["--model", job.model, "--precision", job.precision]
        self.extra: dict[str, float] = {}

    def __call__(self, order: Order) -> int:
        articles = self.job.few if order.warm else self.job.articles
        with tempfile.TemporaryDirectory() as folder:
            rows = Path(folder) / "rows.jsonl"
            command = [sys.executable, "-m", "natostance", "label", articles, "--quiet"]
            done = subprocess.run(
                [*command, *self.options, "--out", str(rows)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            if done.returncode:
                raise RuntimeError(done.stderr.strip().splitlines()[-1])
            with rows.open("rb") as lines:
                sentences = sum(1 for _ in lines)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6
        self.extra = {"peak_mb": peak}
        return sentences


def load(job: Job) -> Work:
    return _Command(job)


if __name__ == "__main__":
    serve(load, ["natostance"])
