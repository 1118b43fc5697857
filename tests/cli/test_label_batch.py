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


def test_too_many_articles_for_a_page_stop_the_run_that_keeps_no_rows(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_model: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [json.dumps({"id": f"n{i}", "text": f"{TEXT} Day {i}."}) for i in range(301)]
    Path("a.jsonl").write_text("\n".join([*lines, "{broken"]) + "\n")
    done = run("label", "a.jsonl", "--html", "page.html", "--model", tiny_model)
    assert (done.status, done.err) == (
        2,
        "natostance: page.html: more than 300 articles are too many for one page, and nothing is "
        "kept; name a folder for the pages, and give --out, which keeps the rows\n",
    )
    assert not Path("page.html").exists()
    # with rows, they are kept
    done = run("label", "a.jsonl", "-o", "r.csv", "--html", "page.html", "--model", tiny_model)
    assert done.status == 1
    assert "no page was made: page.html: more than 300" in done.err
    assert done.err.endswith("; the rows are kept, see natostance report r.csv\n")
    assert len(Path("r.csv").read_text().splitlines()) == 603
    assert run("report", "r.csv", "--out", "pages").status == 0
    # and a folder takes them
    done = run("label", "a.jsonl", "--html", "more", "--model", tiny_model)
    assert done.status == 1
    assert len(list(Path("more/articles").iterdir())) == 301


@pytest.mark.usefixtures("articles")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-o", "memory://lake/rows"), "memory://lake/rows: --html reads the rows again"),
        (("-o", "r.txt", "--format", "csv"), "the name does not tell their format, csv; end the"),
        (("-o", "r.csv", "--format", "jsonl"), "does not tell their format, jsonl; end the name"),
        (("-o", "r.csv", "--format", "csv.gz"), "format, csv.gz; end the name in .csv.gz"),
        (("-o", "new/r.csv", "--html", "new"), "new: the rows would be in the folder of the"),
        (("-o", "r.csv", "--html", "a.jsonl/p.html"), "a.jsonl/p.html: cannot be written: a.jso"),
    ],
)
def test_a_page_that_cannot_be_made_of_the_rows_is_told_first(
    run: Run, arguments: tuple[str, ...], message: str
) -> None:
    Path("new").mkdir()
    done = run("label", "a.jsonl", "--html", "page.html", *arguments)
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert message in done.err
    assert sorted(path.name for path in Path().iterdir()) == ["a.jsonl", "new"]


@pytest.mark.usefixtures("articles")
def test_a_format_beside_the_suffix_goes_with_a_page_where_both_say_the_same(
    run: Run, tiny_model: Path
) -> None:
    call = ("label", "a.jsonl", "--model", tiny_model, "--html")
    assert run(*call, "a.html", "-o", "r.csv.gz", "--format", "csv").status == 0
    assert run(*call, "b.html", "-o", "rows", "--format", "jsonl.zst").status == 0
    assert Path("a.html").exists()
    assert Path("b.html").exists()
