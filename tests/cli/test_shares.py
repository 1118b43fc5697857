"""``natostance shares``."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from evaluation_cases import article
from evaluation_files import documents_file, rows_file
from support import Outcome

from natostance.document import Document

Run = Callable[..., Outcome]


def _collection(seed: int, count: int) -> tuple[list[Document], list[Document]]:
    """Articles as they are, and as a classifier sees them that misses a third of NATO."""
    rng = random.Random(seed)
    truth, seen = [], []
    for i in range(count):
        meta = {"outlet": "XY"[i % 2], "published": f"202{i % 3}-0{1 + i % 2}-05"}
        letters = "".join(rng.choices("NR-", (5, 2, 3) if i % 2 else (2, 4, 4), k=12))
        given = "".join("-" if c == "N" and rng.random() < 0.35 else c for c in letters)
        unsure = "".join("?" if rng.random() < 0.1 else "." for _ in letters)
        truth.append(article(letters, f"a{i:03d}", meta=meta))
        seen.append(article(given, f"a{i:03d}", meta=meta, scores=[0.8] * 12, abstained=unsure))
    return truth, seen


def _share(results: dict[str, object], value: str, label: str) -> dict[str, object]:
    rows = results["shares"]
    assert isinstance(rows, list)
    (row,) = [r for r in rows if (r["value"], r["label"]) == (value, label)]
    return dict(row)


@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl", "documents"])
def test_shares_by_outlet_are_corrected(run: Run, tmp_path: Path, suffix: str) -> None:
    truth, seen = _collection(1, 120)
    gold = documents_file(tmp_path / "gold.jsonl", truth[:60])
    if suffix == "documents":
        labelled = documents_file(tmp_path / "seen.jsonl", seen)
    else:
        labelled = rows_file(tmp_path / f"seen.{suffix}", seen)
    out, markdown = tmp_path / "s.json", tmp_path / "s.md"
    done = run(
        *("shares", labelled, "--gold", gold, "--by", "outlet"),
        *("--out", out, "--markdown", markdown),
    )
    assert done.status == 0, done.err
    results = json.loads(out.read_text())
    row = _share(results, "Y", "NATO")
    right = sum(s.label == "NATO" for d in truth[1::2] for s in d.sentences) / (60 * 12)
    assert row["method"] == "ppi"
    low, high = row["interval"]
    assert low <= right <= high
    assert row["raw"] < low
    assert 0 < row["abstained"] < 0.3
    for text in (done.out, markdown.read_text()):
        assert "Shares of sentences by outlet" in text
        assert f"{100 * row['raw']:.1f} %" in text


def test_month_and_year_come_from_a_date_column(run: Run, tmp_path: Path) -> None:
    truth, seen = _collection(2, 60)
    gold = documents_file(tmp_path / "gold.jsonl", truth[:30])
    labelled = rows_file(tmp_path / "seen.csv", seen)
    call = ["shares", labelled, "--gold", gold, "--by", "month", "--by", "year"]
    out = tmp_path / "s.json"
    done = run(*call, "--date", "published", "--out", out)
    assert done.status == 0, done.err
    months, years = json.loads(out.read_text())["by"]
    assert {r["value"] for r in years["shares"]} == {"2020", "2021", "2022"}
    assert {r["value"] for r in months["shares"]} >= {"2020-01", "2021-02"}
    assert {r["method"] for r in months["shares"]} == {"adjusted"}
    done = run(*call)
    assert done.status == 2
    assert "no labelled article has a column 'month'; it comes from the column 'date'" in done.err


def test_gold_from_elsewhere_needs_its_predictions(run: Run, tmp_path: Path) -> None:
    truth, seen = _collection(3, 80)
    labelled = rows_file(tmp_path / "seen.jsonl", seen[40:])
    gold = documents_file(tmp_path / "gold.jsonl", truth[:40])
    done = run("shares", labelled, "--gold", gold)
    assert done.status == 2
    assert "40 gold articles are not among the labelled ones" in done.err
    given = rows_file(tmp_path / "given.csv", seen[:40])
    out = tmp_path / "s.json"
    done = run("shares", labelled, "--gold", gold, "--gold-predictions", given, "--out", out)
    assert done.status == 0, done.err
    row = _share(json.loads(out.read_text()), "all", "NATO")
    assert row["method"] == "adjusted"
    assert row["corrected"] > row["raw"]
    assert row["articles"] == 40


def test_the_model_labels_the_gold_on_the_spot(
    run: Run, tiny_corpus: Path, tiny_model: Path, tmp_path: Path
) -> None:
    rows = tmp_path / "rows.jsonl"
    done = run("label", tiny_corpus / "articles", "--model", tiny_model, "--out", rows, "--quiet")
    assert done.status == 0, done.err
    call = ["shares", rows, "--gold", tiny_corpus, "--split", "dev"]
    done = run(*call, "--model", tiny_model)
    assert done.status == 0, done.err
    assert "adjusted" in done.out
    assert "not both" in run(*call, "--model", tiny_model, "--gold-predictions", rows).err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--level", "95"], "give --level between 0 and 1"),
        (["--by", "owner"], "no labelled article has a column 'owner'"),
    ],
)
def test_bad_calls(run: Run, tmp_path: Path, arguments: list[str], message: str) -> None:
    truth, seen = _collection(4, 20)
    gold = documents_file(tmp_path / "gold.jsonl", truth)
    labelled = rows_file(tmp_path / "seen.csv", seen)
    done = run("shares", labelled, "--gold", gold, *arguments)
    assert done.status == 2
    assert message in done.err
    assert len(done.err.strip().splitlines()) == 1
