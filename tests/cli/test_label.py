"""``natostance label``: rows out, and one clear line for everything that is wrong."""

from __future__ import annotations

import csv
import gzip
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Outcome

Run = Callable[..., Outcome]

NATO = "She said the alliance would defend every inch of its land."
RUSSIA = "He replied that the bloc had broken its word to the Kremlin."
ARTICLE = f"The committee met on Monday. {NATO}\r\n\r\n{RUSSIA}\r\n"


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_text(ARTICLE, encoding="utf-8", newline="")
    (folder / "b.md").write_text(f"# Talks\n\n{RUSSIA}\n", encoding="utf-8")
    with gzip.open(folder / "c.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"id": "x1", "text": NATO, "outlet": "Invented Times"}) + "\n")
    (folder / "d.csv").write_text(f'id,text,year\ny1,"{RUSSIA}",2021\n', encoding="utf-8")
    return folder


def rows(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_row_a_sentence_into_a_pipe(run: Run, articles: Path, tiny_model: Path) -> None:
    done = run("label", articles, "--model", tiny_model)
    assert done.status == 0
    found = rows(done.out)
    assert [(str(r["doc_id"]).rpartition("/")[2], r["sentence"]) for r in found] == [
        ("a.txt", 0),
        ("a.txt", 1),
        ("a.txt", 2),
        ("b.md", 0),
        ("b.md", 1),
        ("x1", 0),
        ("y1", 0),
    ]
    for row in found[:3]:
        assert ARTICLE[row["start"] : row["end"]] == row["text"]  # type: ignore[misc]
        for span in row["spans"]:  # type: ignore[attr-defined]
            assert row["start"] <= span["start"] < span["end"] <= row["end"]
    assert [r["paragraph"] for r in found[:3]] == [0, 0, 1]
    assert [r["label"] for r in found[:3]] == ["NEUTRAL", "NATO", "RUSSIA"]
    assert list(found[0]) == [
        "doc_id",
        "sentence",
        "paragraph",
        "start",
        "end",
        "text",
        "label",
        "scores",
        "mixed",
        "abstained",
        "spans",
        "language",
    ]
    assert (found[5]["outlet"], found[6]["year"]) == ("Invented Times", "2021")
    assert "4 articles, 7 sentences" in done.err


def test_files_of_each_format_hold_the_same(
    run: Run, articles: Path, tiny_model: Path, tmp_path: Path
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    for name in ("rows.jsonl", "rows.csv", "rows.parquet"):
        assert run("label", articles, "-o", tmp_path / name, "--model", tiny_model).status == 0
    lines = rows((tmp_path / "rows.jsonl").read_text(encoding="utf-8"))
    with (tmp_path / "rows.csv").open(encoding="utf-8", newline="") as file:
        cells = list(csv.DictReader(file))
    table = parquet.read_table(tmp_path / "rows.parquet").to_pylist()
    for line, cell, row in zip(lines, cells, table, strict=True):
        assert line["text"] == row["text"] == cell["text"]
        assert line["label"] == row["label"] == cell["label"]
        scores = line["scores"]
        assert isinstance(scores, dict)
        assert scores["NATO"] == pytest.approx(row["score_NATO"])
        assert scores["NATO"] == pytest.approx(float(cell["score_NATO"]))
        assert json.loads(cell["spans"]) == line["spans"]


def test_twice_the_same_bytes(run: Run, articles: Path, tiny_model: Path, tmp_path: Path) -> None:
    for name in ("one.jsonl", "two.jsonl"):
        run("label", articles, "-o", tmp_path / name, "--model", tiny_model)
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


def test_standard_input(tiny_model: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "natostance", "label", "-", "--model", str(tiny_model), "--quiet"],
        input=ARTICLE.encode(),
        capture_output=True,
        check=True,
    )
    assert [r["label"] for r in rows(done.stdout.decode())] == ["NEUTRAL", "NATO", "RUSSIA"]
    assert done.stderr == b""


def test_a_terminal_shows_the_article(articles: Path, tiny_model: Path) -> None:
    leader, follower = pty.openpty()
    command = ["label", str(articles / "a.txt"), "--model", str(tiny_model)]
    with subprocess.Popen(
        [sys.executable, "-m", "natostance", *command],
        stdout=follower,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"},
    ) as process:
        os.close(follower)
        shown = b""
        while True:
            try:
                chunk = os.read(leader, 65536)
            except OSError:
                break
            if not chunk:
                break
            shown += chunk
        assert process.wait() == 0
    os.close(leader)
    text = shown.decode()
    assert "3 sentences: " in text
    assert "longest one-sided stretch" in text
    assert "\x1b[" in text


def test_good_articles_before_and_after_a_bad_one_are_labelled(
    run: Run, tmp_path: Path, tiny_model: Path
) -> None:
    path = tmp_path / "a.jsonl"
    good = [json.dumps({"id": str(i), "text": NATO}) for i in range(3)]
    path.write_text("\n".join([good[0], good[1], "{broken", good[2]]) + "\n", encoding="utf-8")
    (tmp_path / "bad.txt").write_bytes(b"abc \xff\xfe def")
    done = run("label", path, tmp_path / "bad.txt", "--model", tiny_model)
    assert done.status == 1
    assert [r["doc_id"] for r in rows(done.out)] == ["0", "1", "2"]
    lines = [line for line in done.err.splitlines() if "rejected:" in line]
    assert len(lines) == 2
    assert "a.jsonl, line 3: " in lines[0]
    assert "bad.txt" in lines[1]
    assert "2 of 5 rejected" in done.err


def _nothing(folder: Path) -> list[object]:
    return [folder / "no.txt"]


def _empty_folder(folder: Path) -> list[object]:
    (folder / "empty").mkdir()
    return [folder / "empty"]


def _empty_file(folder: Path) -> list[object]:
    (folder / "a.txt").write_text("")
    return [folder / "a.txt"]


def _binary(folder: Path) -> list[object]:
    (folder / "a.txt").write_bytes(bytes(range(256)) * 10)
    return [folder / "a.txt"]


def _no_column(folder: Path) -> list[object]:
    (folder / "a.csv").write_text("id,body\n1,Text here.\n")
    return [folder / "a.csv"]


def _bad_mark_up(folder: Path) -> list[object]:
    (folder / "a.marked.txt").write_text("---\nid: a\n---\nHe [CHINA: spoke.]\n")
    return [folder / "a.marked.txt"]


def _bad_output(folder: Path) -> list[object]:
    (folder / "a.txt").write_text(ARTICLE)
    return [folder / "a.txt", "--out", folder / "no" / "such" / "rows.jsonl"]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_nothing, ["no.txt"]),
        (_empty_folder, ["empty"]),
        (_empty_file, ["a.txt", "no text"]),
        (_binary, ["a.txt"]),
        (_no_column, ["a.csv", "body", "--text-column"]),
        (_bad_mark_up, ["a.marked.txt, line 4", "CHINA", "NATO, RUSSIA"]),
        (_bad_output, ["no/such"]),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    run: Run,
    tmp_path: Path,
    tiny_model: Path,
    make: Callable[[Path], list[object]],
    words: list[str],
) -> None:
    done = run("label", *make(tmp_path), "--model", tiny_model, "--quiet")
    assert done.status == 2
    assert done.out == ""
    (line,) = done.err.strip().splitlines()
    for word in words:
        assert word in line.replace("\\", "/")
    assert "Traceback" not in done.err


def test_a_model_that_cannot_be_used(run: Run, articles: Path, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    for folder in (tmp_path / "model", tmp_path / "nowhere"):
        done = run("label", articles, "--model", folder)
        assert done.status == 2
        assert len(done.err.strip().splitlines()) == 1
        assert str(folder) in done.err


def test_every_sentence_keeps_its_place_in_the_text(
    run: Run, tmp_path: Path, tiny_model: Path
) -> None:
    text = (
        "\ufeff😀 One “two three.” Four\u00a0five?\r\n\r\n- six\r\n- seven e\u0301ight\t\r\n"
        + "word " * 3000
    )
    (tmp_path / "a.txt").write_text(text, encoding="utf-8", newline="")
    found = rows(run("label", tmp_path / "a.txt", "--model", tiny_model).out)
    at = 0
    for row in found:
        start, end = int(str(row["start"])), int(str(row["end"]))
        assert text[start:end] == row["text"]
        assert not text[at:start].strip("\ufeff \r\n\t\u00a0")
        at = end
    assert not text[at:].strip()


def test_help_teaches(run: Run) -> None:
    done = run("label", "--help")
    assert done.status == 0
    assert "--out" in done.out
    assert "Exit status" in done.out


def test_version(run: Run) -> None:
    assert run("--version").out.startswith("natostance 0.")
