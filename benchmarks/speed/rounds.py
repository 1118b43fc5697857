"""Rounds over systems: each works while all others wait, one after the other, again and again."""

from __future__ import annotations

import json
import os
import select
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from benchmarks.speed.systems import System
from benchmarks.speed.workers.protocol import Job, Order

# a worker that says nothing for so long has hung
TIMEOUT_S = 900.0
# sentences of an order that only warms up
_WARM = 64


class WorkerError(Exception):
    """A worker did not start or broke; the message says why, in one line."""


class Worker:
    """A system in a process of its own.

    Args:
        system: the system.
        python: the interpreter of its environment.
        job: what it is told.
        folder: for its job file.
        variables: its environment variables.
        timeout: seconds that an answer may take.
    """

    def __init__(
        self,
        system: System,
        python: Path,
        job: Job,
        folder: Path,
        variables: Mapping[str, str],
        timeout: float = TIMEOUT_S,
    ) -> None:
        self.system = system
        self.versions: dict[str, str] = {}
        self._timeout = timeout
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        handle, path = tempfile.mkstemp(suffix=".json", dir=folder)
        os.close(handle)
        replace(job, batch=system.batch).write(Path(path))
        # -P: a worker's folder is not searched for packages
        self._process = subprocess.Popen(
            [str(python), "-P", str(system.worker), path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            bufsize=0,
            env=dict(variables),
        )

    def ready(self) -> None:
        """Wait until it has loaded.

        Raises:
            WorkerError: it has not.
        """
        self.versions = self._answer()["versions"]

    def do(self, order: Order) -> dict[str, Any]:
        """Have an order done.

        Raises:
            WorkerError: it broke.
        """
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
        except OSError:
            raise WorkerError(self._reason()) from None
        return self._answer()

    def close(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._said):
            if stream:
                stream.close()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        if not select.select([self._process.stdout], [], [], self._timeout)[0]:
            raise WorkerError(f"no answer in {self._timeout:.0f} s")
        line = self._process.stdout.readline()
        if not line:
            raise WorkerError(self._reason())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _reason(self) -> str:
        status = self._process.wait()
        self._said.seek(0)
        lines = self._said.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1].strip() if lines else f"it ended with status {status}"


@dataclass(frozen=True)
class Measurement:
    """What a worker answered in each round to one kind of order.

    Args:
        system: the system's name.
        texts: what it was given.
        sentences: how many it labelled, the same in each round.
        seconds: of each round.
        peak_mb: the most memory that it held, in MB.
        extra: what else it answered, of each round.
    """

    system: str
    texts: str
    sentences: int
    seconds: tuple[float, ...]
    peak_mb: float
    extra: tuple[Mapping[str, float], ...] = ()

    @property
    def rates(self) -> tuple[float, ...]:
        """Sentences a second, of each round."""
        return tuple(self.sentences / seconds for seconds in self.seconds)


@dataclass
class Results:
    """What came of all rounds.

    Args:
        measurements: by system and texts.
        skipped: systems that could not be measured, and why.
        versions: of the packages of each system.
    """

    measurements: dict[tuple[str, str], Measurement] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    versions: dict[str, dict[str, str]] = field(default_factory=dict)


class Fleet:
    """Workers that are ready and warm. One that fails is named and left out."""

    def __init__(self, tell: Callable[[str], None] = lambda _: None) -> None:
        self.workers: list[Worker] = []
        self.skipped: dict[str, str] = {}
        self._tell = tell

    def __enter__(self) -> Fleet:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self.workers:
            worker.close()

    def start(self, worker: Worker) -> None:
        """Wait for a worker and warm it up, before the next is started."""
        self.workers.append(worker)
        self._tell(f"starting: {worker.system.name}")
        try:
            worker.ready()
            for texts in worker.system.texts:
                worker.do(Order(texts, _WARM, warm=True))
        except WorkerError as error:
            self.skip(worker, error)

    def skip(self, worker: Worker, error: Exception) -> None:
        self.workers.remove(worker)
        worker.close()
        self.skipped[worker.system.name] = str(error)
        self._tell(f"skipped: {worker.system.name}: {error}")

    def run(self, rounds: int, sentences: int) -> Results:
        """Measure.

        Args:
            rounds: how often each system works.
            sentences: how many there are.
        """
        answers: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for number in range(rounds):
            # another one begins each round, so that none is always the first
            turn = number % max(1, len(self.workers))
            for worker in self.workers[turn:] + self.workers[:turn]:
                self._tell(f"round {number + 1} of {rounds}: {worker.system.name}")
                share = worker.system.share
                first = 0 if share == 1 else max(1, round(share * sentences))
                try:
                    for texts in worker.system.texts:
                        answer = worker.do(Order(texts, first))
                        answers.setdefault((worker.system.name, texts), []).append(answer)
                except WorkerError as error:
                    self.skip(worker, error)
        results = Results(skipped=self.skipped)
        for worker in self.workers:
            results.versions[worker.system.name] = worker.versions
        for (name, texts), found in answers.items():
            if name not in self.skipped:
                results.measurements[name, texts] = _measurement(name, texts, found)
        return results


def _measurement(name: str, texts: str, answers: Sequence[Mapping[str, Any]]) -> Measurement:
    known = {"seconds", "sentences", "peak_mb"}
    return Measurement(
        name,
        texts,
        answers[0]["sentences"],
        tuple(answer["seconds"] for answer in answers),
        max(answer["peak_mb"] for answer in answers),
        tuple({k: v for k, v in answer.items() if k not in known} for answer in answers),
    )
