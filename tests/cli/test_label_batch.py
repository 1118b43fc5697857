"""``natostance label`` into files and folders: shards, papers, resuming, rejects."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Outcome

Run = Callable[..., Outcome]

TEXT = "She said the alliance would defend every inch of its land."


@pytest.fixture
def articles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.jsonl"
    lines = [json.dumps({"id": f"n{i}", "text": f"{TEXT} Day {i}."}) for i in range(60)]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_shards_with_manifest_and_papers(run: Run, articles: Path, tiny_model: Path) -> None:
    done = run("label", "a.jsonl", "--out", "rows", "--model", tiny_model, "--shard-articles", 25)
    assert done.status == 0
    assert sorted(path.name for path in Path("rows").iterdir()) == [
        "manifest.json",
        "rejected.jsonl",
        *(f"rows-00000{i}.jsonl" for i in range(3)),
        "run.json",
    ]
    manifest = json.loads(Path("rows/manifest.json").read_text())
    assert [shard["articles"] for shard in manifest["shards"]] == [25, 25, 10]
    papers = json.loads(Path("rows/run.json").read_text())
    assert papers["counts"]["read"] == papers["counts"]["labelled"] == 60
    assert papers["counts"]["sentences"] == manifest["rows"] == 120
    assert len(papers["settings"]["model"]) == len(papers["settings"]["code"]) == 64
    assert papers["inputs"]["paths"] == ["a.jsonl"]
    assert papers["start"] <= papers["end"]
    again = run("label", "a.jsonl", "--out", "rows", "--model", tiny_model)
    assert (again.status, again.out) == (2, "")
    assert "rows: the folder of the output is not empty" in again.err


def test_a_run_that_was_killed_says_how_it_goes_on(
    run: Run, articles: Path, tiny_model: Path
) -> None:
    script = Path(__file__).parents[1] / "batch" / "killed_job.py"
    options = ["label", "a.jsonl", "--out", "rows.jsonl", "--model", str(tiny_model)]
    options += ["--shard-articles", "20"]
    killed = subprocess.run([sys.executable, str(script), "rename+", "5", *options], check=False)
    assert killed.returncode == -signal.SIGKILL
    refused = run(*options)
    assert refused.status == 2
    assert "a run into it broke off; go on with --resume" in refused.err
    other = run(*options, "--resume", "--shard-articles", 30)
    assert other.status == 2
    assert "shard articles was 20 and is 30" in other.err
    done = run(*options, "--resume")
    assert done.status == 0
    assert "60 articles, 120 sentences" in done.err
    assert "of the articles were done before" in done.err
    assert len(Path("rows.jsonl").read_text().splitlines()) == 120


def test_many_rejects_are_not_all_printed(run: Run, articles: Path, tiny_model: Path) -> None:
    with articles.open("a") as file:
        file.write("{broken\n" * 50)
    done = run("label", "a.jsonl", "--out", "rows.csv", "--model", tiny_model)
    assert done.status == 1
    lines = [line for line in done.err.splitlines() if "rejected: " in line]
    assert len(lines) == 21
    assert "30 more; all of them are listed in the file of rejects" in lines[-1]
    assert len(Path("rows.csv.rejected.jsonl").read_text().splitlines()) == 50
    to_pipe = run("label", "a.jsonl", "--model", tiny_model)
    assert to_pipe.err.count("rejected: ") == 50


def test_a_bomb_is_bounded_by_a_setting(run: Run, articles: Path, tiny_model: Path) -> None:
    articles.write_text(json.dumps({"id": "x", "text": f"{TEXT} " * 40_000}) + "\n")
    done = run("label", "a.jsonl", "--model", tiny_model, "--max-article", 1, "--quiet")
    assert done.status == 2
    assert "a.jsonl, line 1: longer than 1,048,576 bytes, the most that one article" in done.err
    wrong = run("label", "a.jsonl", "--max-article", 0)
    assert (wrong.status, "--max-article is 0; give a number above 0" in wrong.err) == (2, True)
