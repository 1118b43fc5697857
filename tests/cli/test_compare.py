"""``natostance compare``, from results files alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from evaluation_cases import article
from evaluation_files import documents_file
from support import Outcome

from natostance.report.card import write_card

Run = Callable[..., Outcome]

LETTERS = [("NR-" * 2 + "-N" * (i % 3)) for i in range(12)]


@pytest.fixture
def results(run: Run, tmp_path: Path) -> Callable[[str, int], Path]:
    """Results of a system that calls so many first sentences neutral in every other article."""
    gold = documents_file(
        tmp_path / "gold.jsonl", [article(text, f"a{i}") for i, text in enumerate(LETTERS)]
    )

    def make(name: str, wrong: int) -> Path:
        given = [
            article(("-" * wrong if i % 2 else text[:wrong]) + text[wrong:], f"a{i}")
            for i, text in enumerate(LETTERS)
        ]
        path = documents_file(tmp_path / f"{name}.jsonl", given)
        out = tmp_path / f"{name}.json"
        done = run("evaluate", gold, "--predictions", path, "--out", out, "--resamples", 100)
        assert done.status == 0, done.err
        return out

    return make


def test_two_files(run: Run, results: Callable[[str, int], Path], tmp_path: Path) -> None:
    good, bad = results("good", 1), results("bad", 3)
    out, markdown = tmp_path / "c.json", tmp_path / "c.md"
    done = run("compare", good, bad, "--out", out, "--markdown", markdown, "--resamples", 1000)
    assert done.status == 0, done.err
    assert "good against bad" in done.out
    row = json.loads(out.read_text())["figures"]["macro_f1"]
    assert row["effect"] > 0
    assert row["interval"][0] > 0
    assert row["p_permutation"] < 0.05
    assert row["p_bootstrap"] < 0.05
    assert f"{row['effect']:+.3f}" in done.out
    assert "good against bad" in markdown.read_text()
    # the other way round the effect turns
    run("compare", bad, good, "--out", out, "--resamples", 1000)
    assert json.loads(out.read_text())["figures"]["macro_f1"]["effect"] == -row["effect"]


def test_many_files_and_another_figure(run: Run, results: Callable[[str, int], Path]) -> None:
    files = [results(name, wrong) for name, wrong in (("a", 0), ("b", 1), ("c", 4))]
    done = run("compare", *files, "--figure", "accuracy", "--resamples", 200)
    assert done.status == 0, done.err
    assert "a against each of the others: sentence accuracy" in done.out
    done = run("compare", *files, "--figure", "beauty")
    assert done.status == 2
    assert "there is no figure 'beauty'; there are macro_f1" in done.err


def test_seeds_give_mean_and_sd(
    run: Run, results: Callable[[str, int], Path], tiny_model: Path, tmp_path: Path
) -> None:
    files = [results(f"seed-{n}", n) for n in (0, 1, 2)]
    values = [json.loads(f.read_text())["accuracy"] for f in files]
    out = tmp_path / "seeds.json"
    done = run("compare", "--seeds", *files, "--out", out)
    assert done.status == 0, done.err
    assert "Mean over 3 seeds" in done.out
    spread = json.loads(out.read_text())["figures"]
    row = spread["accuracy"]
    mean = sum(values) / 3
    sd = (sum((v - mean) ** 2 for v in values) / 2) ** 0.5
    assert row == {
        "mean": pytest.approx(mean, abs=1e-4),
        "sd": pytest.approx(sd, abs=1e-4),
        "runs": 3,
    }
    # beside a model, they stand in its card
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text((tiny_model / "config.json").read_text())
    (folder / "results.json").write_text(files[1].read_text())
    assert "seeds of the recipe" not in write_card(folder).read_text()
    (folder / "seeds.json").write_text(out.read_text())
    f1 = spread["macro_f1"]
    assert (
        f"Over 3 seeds of the recipe (mean ± sd): sentence macro-F1 {f1['mean']:.3f} "
        f"± {f1['sd']:.3f}, accuracy {row['mean']:.3f} ± {row['sd']:.3f}"
    ) in write_card(folder).read_text()
    done = run("compare", "--seeds", files[0], files[0])
    assert done.status == 2
    assert "two of the runs have the same predictions" in done.err


def test_what_cannot_be_compared(
    run: Run, results: Callable[[str, int], Path], tmp_path: Path
) -> None:
    good = results("good", 1)
    data = json.loads(good.read_text())
    other = tmp_path / "other.json"

    def refused(changes: dict[str, object], message: str) -> None:
        other.write_text(json.dumps({**data, **changes}))
        done = run("compare", good, other)
        assert done.status == 2
        assert message in done.err
        assert len(done.err.strip().splitlines()) == 1

    refused({"hashes": {"gold": "another"}}, "the results are of different gold")
    refused({"format": 1}, "other.json: results of format 1 cannot be compared")
    refused({"labels": {"sides": ["A"], "neutral": "B"}}, "different label sets")
    fewer = dict(list(data["by_article"].items())[1:])
    refused({"by_article": fewer, "hashes": {}}, "different articles")
    other.write_text("{}")
    assert "no results of an evaluation" in run("compare", good, other).err
    assert "no such file" in run("compare", good, "nowhere.json").err
    assert "name two or more" in run("compare", good).err
