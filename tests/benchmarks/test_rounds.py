from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from support import ROOT

from benchmarks.speed.machine import variables
from benchmarks.speed.rounds import Fleet, Results, Worker
from benchmarks.speed.systems import System
from benchmarks.speed.workers.protocol import Job

SCRIPT = Path(__file__).with_name("echo_worker.py")
TEXTS = {"alone": ["One.", "Two.", "Three.", "Four."], "context": ["1", "2", "3", "4"]}


def measured(folder: Path, kinds: list[str], rounds: int = 3, timeout: float = 30) -> Results:
    """The rounds of workers of these kinds, each a process of its own."""
    (folder / "texts.json").write_text(json.dumps(TEXTS), encoding="utf-8")
    with Fleet() as fleet:
        for kind in kinds:
            system = System(kind, SCRIPT, share=0.5 if kind == "slow" else 1)
            job = Job(
                *(kind, str(folder / "texts.json"), str(folder / "log"), "", 32, 256, 1),
            )
            worker = Worker(system, Path(sys.executable), job, folder, variables(1, ROOT), timeout)
            fleet.start(worker)
        return fleet.run(rounds, 4)


def test_systems_work_in_turns_and_never_two_at_once(tmp_path: Path) -> None:
    results = measured(tmp_path, ["a", "b", "slow"])
    log = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [(name, texts) for name, texts, *_ in log] == [
        (name, texts)
        for turn in (["a", "b", "slow"], ["b", "slow", "a"], ["slow", "a", "b"])
        for name in turn
        for texts in ("alone", "context")
    ]
    assert all(one[3] <= other[2] for one, other in pairwise(log))
    assert len({pid for *_, pid in log}) == 3
    assert not results.skipped
    for key, one in results.measurements.items():
        assert one.sentences == (2 if key[0] == "slow" else 4)
        assert len(one.rates) == 3
        assert all(0 < rate <= one.sentences / 0.02 for rate in one.rates)
        assert one.peak_mb > 1
    assert results.versions["a"]["no-such-package"] == "?"
    assert results.versions["a"]["natostance"] != "?"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("missing", "ModuleNotFoundError: No module named 'no_such_package'"),
        ("breaks", "RuntimeError: the model is broken"),
    ],
)
def test_a_system_that_fails_is_named_with_its_reason_and_the_others_go_on(
    tmp_path: Path, kind: str, reason: str
) -> None:
    results = measured(tmp_path, ["a", kind, "b"], rounds=2)
    assert results.skipped == {kind: reason}
    assert {name for name, _ in results.measurements} == {"a", "b"}
    assert all(len(one.seconds) == 2 for one in results.measurements.values())


def test_a_system_that_hangs_is_given_up(tmp_path: Path) -> None:
    results = measured(tmp_path, ["hangs"], rounds=1, timeout=1)
    assert results.skipped == {"hangs": "no answer in 1 s"}
    assert not results.measurements
