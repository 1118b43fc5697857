"""``natostance export``, and ``label`` with what it made."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Outcome

Run = Callable[..., Outcome]


def test_an_exported_model_labels(
    run: Run, tiny_model: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    out = tmp_path / "exported"
    done = run(
        "export", tiny_model, "--to", "onnx", "--int8", "--corpus", tiny_corpus, "--out", out
    )
    assert done.status == 0, done.err
    assert "compared on the dev split of" in done.err
    assert "articles: 0 of 16 labels differ (100.00% agree, 99.5% must)" in done.err
    assert done.out == ""
    article = tmp_path / "a.txt"
    article.write_text("She said the alliance would defend every inch of its land.")
    rows = tmp_path / "rows.jsonl"
    done = run("label", article, "--model", out, "--threads", 1, "--out", rows)
    assert done.status == 0, done.err
    assert [json.loads(line)["label"] for line in rows.read_text().splitlines()] == ["NATO"]
    settings = json.loads((tmp_path / "rows.jsonl.run.json").read_text())["settings"]
    assert (settings["backend"], settings["device"], settings["precision"]) == (
        *("onnx", "cpu"),
        "fp32",
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--to", "coreml"], "nothing exports to 'coreml'; choose of openvino, onnx"),
        (["--split", "test"], "test"),
        (["--out", "no-folder/exported"], "its folder is not there"),
    ],
)
def test_calls_that_cannot_work(
    run: Run,
    tiny_model: Path,
    tiny_corpus: Path,
    tmp_path: Path,
    options: list[str],
    message: str,
) -> None:
    given = ["--corpus", tiny_corpus, "--out", tmp_path / "exported", *options]
    done = run("export", tiny_model, *given)
    assert done.status == 2
    assert message in done.err
    assert list(tmp_path.iterdir()) == []


def test_evaluations_say_what_they_ran_on(
    run: Run, tiny_model: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    out = tmp_path / "results.json"
    done = run(
        *("evaluate", tiny_corpus, "--split", "dev", "--model", tiny_model, "--out", out),
        *("--device", "cpu", "--resamples", 100),
    )
    assert done.status == 0, done.err
    runtime = json.loads(out.read_text())["model"]["runtime"]
    assert runtime == {"backend": "openvino", "device": "cpu", "precision": "fp32"}
