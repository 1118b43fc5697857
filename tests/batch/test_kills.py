"""A job that is killed again and again ends with the same bytes as one that never was."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("killed_job.py")
NATO = "She said the alliance would defend every inch of its land."
RUSSIA = "He replied that the bloc had broken its word to the Kremlin."
OTHERS = [
    "The committee met on Monday in the old town hall.",
    "Trains ran late on Friday because of the snow.",
    "Nobody knew who had opened the gate of the harbour.",
]
MOMENTS = ["sync", "sync+", "rename", "rename+", "unlink", "unlink+", "write", "time"]


def articles(path: Path, count: int) -> None:
    """Short composed articles; some cannot be read, some have an id that is taken."""
    lines = []
    for i in range(count):
        sentences = [NATO, RUSSIA, *OTHERS]
        text = " ".join(sentences[(i + k) % 5] for k in range(1 + i % 3)) + f" It was day {i}."
        record = {"id": f"n{i}", "text": text, "outlet": f"Invented {i % 7}"}
        if i % 97 == 96:
            record["id"] = f"n{i // 2}"
        if i % 5 == 4:
            del record["id"]
        lines.append("{broken" if i % 101 == 100 else json.dumps(record))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


class Jobs:
    """Runs jobs, each in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.messages = folder / "messages"
        self.server = subprocess.Popen(
            [sys.executable, str(SCRIPT), "--serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )

    def __call__(self, moment: str, number: int, *arguments: object) -> int:
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        command = ["label", *map(str, arguments), "--quiet"]
        self.server.stdin.write(json.dumps([moment, number, command, str(self.messages)]) + "\n")
        self.server.stdin.flush()
        status = int(self.server.stdout.readline())
        said = self.messages.read_text()
        assert status in (-signal.SIGKILL, 0, 1), said
        assert "Traceback" not in said
        return status

    def close(self) -> None:
        self.server.communicate()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Jobs]:
    jobs = Jobs(tmp_path)
    yield jobs
    jobs.close()


def content(folder: Path) -> dict[str, bytes]:
    """All files but the papers, which hold times."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith("run.json")
    }


def kill_until(
    run: Jobs,
    tmp_path: Path,
    model: Path,
    count: int,
    kills: int,
    shard: int,
    outs: list[str],
    seed: int,
) -> dict[str, int]:
    """Kill jobs until there were that many kills; each job is resumed until it is done.

    Returns:
        How many kills there were at each kind of moment.
    """
    source = tmp_path / "articles.jsonl"
    articles(source, count)
    chance = random.Random(seed)
    killed = dict.fromkeys(MOMENTS, 0)
    expected: dict[str, dict[str, bytes]] = {}
    turn = 0
    while sum(killed.values()) < kills or turn % len(outs):
        out = outs[turn % len(outs)]
        options = ["--model", model, "--shard-articles", shard]
        if out not in expected:
            quiet = tmp_path / "undisturbed" / str(turn)
            quiet.mkdir(parents=True)
            assert run("never", 0, source, "--out", quiet / out, *options) == 1
            expected[out] = content(quiet)
        folder = tmp_path / "killed"
        folder.mkdir()
        tries = 0
        while True:
            moment = chance.choice(MOMENTS)
            # the later in a job, the more steps the start of the next one takes
            highest = 400 if moment == "time" else 12
            number = chance.randint(1, highest)
            status = run(moment, number, source, "--out", folder / out, "--resume", *options)
            if status >= 0:
                break
            killed[moment] += 1
            tries += 1
            assert tries < 20 * kills
        assert status == 1
        assert content(folder) == expected[out]
        shutil.rmtree(folder)
        turn += 1
    return killed


def rows_of(found: dict[str, bytes], name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in found[name].splitlines()]


def test_a_few_kills(run: Jobs, tmp_path: Path, tiny_model: Path) -> None:
    killed = kill_until(run, tmp_path, tiny_model, 120, 5, 30, ["rows.jsonl"], seed=4)
    assert sum(killed.values()) >= 5


def test_no_row_is_lost_or_doubled_by_the_undisturbed_run(
    run: Jobs, tmp_path: Path, tiny_model: Path
) -> None:
    articles(tmp_path / "a.jsonl", 210)
    options = ["--model", tiny_model, "--shard-articles", 40]
    run("never", 0, tmp_path / "a.jsonl", "--out", tmp_path / "rows", *options)
    found = content(tmp_path / "rows")
    rejected = rows_of(found, "rejected.jsonl")
    rows = [row for name in found if name.startswith("rows-") for row in rows_of(found, name)]
    assert [r["line"] for r in rejected] == [97, 101, 202]
    assert len({row["doc_id"] for row in rows}) + len(rejected) == 210
    assert len({(row["doc_id"], row["sentence"]) for row in rows}) == len(rows)
    manifest = json.loads(found["manifest.json"])
    assert (manifest["rows"], manifest["articles"], manifest["rejected"]) == (len(rows), 207, 3)
    assert [shard["file"] for shard in manifest["shards"]] == sorted(
        name for name in found if name.startswith("rows-")
    )


@pytest.mark.kill
def test_a_hundred_kills(run: Jobs, tmp_path: Path, tiny_model: Path) -> None:
    outs = ["rows.jsonl", "rows", "rows.csv.gz", "rows.parquet"]
    killed = kill_until(run, tmp_path, tiny_model, 2000, 100, 100, outs, seed=20)
    print("kills:", killed, "in all", sum(killed.values()))
    assert sum(killed.values()) >= 100
    assert min(killed.values()) > 0
