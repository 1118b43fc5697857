"""``natostance evaluate``: systems of every kind, files, and what it refuses."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from evaluation_cases import article
from evaluation_files import documents_file, rows_file
from support import ROOT, Outcome

from natostance.document import Document, Sentence
from natostance.evaluation.harness import evaluate

Run = Callable[..., Outcome]

# what stands between sentences is not in rows; page furniture before the first one neither
GOLD = [
    article("NR-", "a", meta={"outlet": "X", "date": "2022-01-03"}),
    article("N---R", "b", meta={"outlet": "Y", "date": "2021-05-01"}),
    article("--", "c", meta={"outlet": "Y", "date": "2021-06-01"}),
]
GIVEN = [
    article("N--", "a", scores=[0.9, 0.8, 0.7], abstained="--?"),
    article("NR--R", "b", scores=[0.9, 0.95, 0.7, 0.6, 0.9]),
    article("--", "c", scores=[0.8, 0.9]),
]


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    return documents_file(tmp_path / "gold.jsonl", GOLD)


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet", "csv.gz", "jsonl.gz", "documents"])
def test_every_kind_of_predictions_gives_the_same_figures(
    run: Run, gold: Path, tmp_path: Path, suffix: str
) -> None:
    if suffix == "documents":
        given = documents_file(tmp_path / "given.jsonl", GIVEN)
    else:
        given = rows_file(tmp_path / f"given.{suffix}", GIVEN)
    out = tmp_path / "results.json"
    done = run("evaluate", gold, "--predictions", given, "--out", out, "--resamples", 200)
    assert done.status == 0, done.err
    results = json.loads(out.read_text())
    wanted = evaluate(GOLD, GIVEN).to_dict(resamples=200)
    assert {k: results[k] for k in wanted if k != "hashes"} == {
        k: v for k, v in wanted.items() if k != "hashes"
    }
    assert set(results["hashes"]) == {"gold", "predictions"}
    assert results["abstained"]["sentences"] == 1
    assert f"{results['macro_f1']:.3f}" in done.out
    assert "3 articles, 10 sentences of the gold" in done.out


def test_several_systems_stand_in_one_table_with_tests(
    run: Run, gold: Path, tmp_path: Path
) -> None:
    rows = rows_file(tmp_path / "rows.jsonl", GIVEN)
    perfect = documents_file(tmp_path / "perfect.jsonl", GOLD)
    folder, markdown, errors = (tmp_path / n for n in ("results", "tables.md", "errors.jsonl"))
    done = run(
        *("evaluate", gold, "--predictions", f"ours={perfect}", "--predictions", rows),
        *("--baseline", "keywords", "--out", folder, "--markdown", markdown, "--errors", errors),
        *("--resamples", 200),
    )
    assert done.status == 0, done.err
    assert sorted(p.name for p in folder.iterdir()) == ["keywords.json", "ours.json", "rows.json"]
    ours = json.loads((folder / "ours.json").read_text())
    assert ours["macro_f1"] == 1
    assert ours["system"] == {"name": "ours", "kind": "predictions"}
    for shown in (done.out, markdown.read_text()):
        assert "Systems by sentence macro-F1" in shown
        assert "ours against each of the others" in shown
        assert "p (Holm)" in shown
    # the surest error first, with its context
    found = [json.loads(line) for line in errors.read_text().splitlines()]
    first = found[0]
    assert (first["system"], first["doc_id"], first["sentence"]) == ("rows", "b", 1)
    assert (first["gold"], first["predicted"], first["before"]) == (
        "NEUTRAL",
        "RUSSIA",
        "abcd efgh.",
    )
    assert {line["system"] for line in found} == {"rows", "keywords"}


def test_one_system_of_several_sits_in_a_section(run: Run, gold: Path, tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text("before\n<!-- dev:begin -->\nold\n<!-- dev:end -->\nafter\n")
    rows = rows_file(tmp_path / "rows.jsonl", GIVEN)
    call = ["evaluate", gold, "--predictions", rows, "--baseline", "keywords", "--resamples", 100]
    assert run(*call, "--markdown", page, "--section", "dev").status == 0
    text = page.read_text()
    assert text.startswith("before\n<!-- dev:begin -->\n**Systems by")
    assert text.endswith("<!-- dev:end -->\nafter\n")
    assert "old" not in text
    done = run(*call, "--markdown", page, "--section", "test")
    assert done.status == 2
    assert "there is no section 'test'" in done.err


def test_slices_by_any_column(run: Run, gold: Path, tmp_path: Path) -> None:
    rows = rows_file(tmp_path / "rows.jsonl", GIVEN)
    out = tmp_path / "r.json"
    call = ["evaluate", gold, "--predictions", rows, "--resamples", 100]
    assert run(*call, "--by", "month", "--out", out).status == 0
    slices = json.loads(out.read_text())["slices"]
    assert {s["value"] for s in slices if s["column"] == "month"} == {
        "2022-01",
        "2021-05",
        "2021-06",
    }
    done = run(*call, "--by", "owner")
    assert done.status == 2
    assert "no article has a column 'owner'; the columns are date, outlet" in done.err


def test_spans_alone_are_predictions_and_it_is_said(run: Run, gold: Path, tmp_path: Path) -> None:
    spans = documents_file(tmp_path / "spans.jsonl", [d.replace(sentences=()) for d in GOLD])
    done = run("evaluate", gold, "--predictions", spans, "--resamples", 100)
    assert done.status == 0, done.err
    assert "3 articles are predicted as spans alone" in done.out
    assert "1.000" in done.out


def test_another_readers_articles_are_predictions(run: Run) -> None:
    gold = ROOT / "eval" / "gold"
    done = run("evaluate", gold / "first", "--predictions", gold / "second", "--resamples", 100)
    assert done.status == 0, done.err
    assert "42 articles, 596 sentences" in done.out


def test_gold_labels_without_spans_are_taken_as_they_stand(run: Run, tmp_path: Path) -> None:
    bare = [d.replace(spans=()) for d in GOLD]
    gold = documents_file(tmp_path / "bare.jsonl", bare)
    rows = rows_file(tmp_path / "rows.jsonl", GOLD)
    out = tmp_path / "r.json"
    assert run("evaluate", gold, "--predictions", rows, "--out", out).status == 0
    results = json.loads(out.read_text())
    assert [results["classes"][label]["support"] for label in ("NATO", "RUSSIA")] == [2, 2]


def test_a_class_that_never_occurs_is_named(run: Run, tmp_path: Path) -> None:
    gold = documents_file(tmp_path / "gold.jsonl", [article("N-", "a"), article("--", "b")])
    done = run("evaluate", gold, "--predictions", gold, "--resamples", 100)
    assert done.status == 0, done.err
    assert "Neither in gold nor predicted, and left out: RUSSIA" in done.out


def _other_text() -> list[Document]:
    changed = GIVEN[0].text.replace("abcd", "abXd")
    return [GIVEN[0].replace(text=changed), *GIVEN[1:]]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (GIVEN[:2], "1 articles of the gold are missing in the prediction: c"),
        ([*GIVEN, article("N", "zz")], "1 articles of the prediction are not in the gold: zz"),
        (_other_text(), "another text"),
        (
            [GIVEN[0].replace(sentences=GIVEN[0].sentences[:2], spans=()), *GIVEN[1:]],
            "has no sentence in the prediction where the other side has one, from 22 to 32",
        ),
    ],
)
@pytest.mark.parametrize("suffix", ["jsonl", "csv", "documents"])
def test_what_cannot_be_compared_is_one_message(
    run: Run, gold: Path, tmp_path: Path, given: list[Document], message: str, suffix: str
) -> None:
    if suffix == "documents":
        path = documents_file(tmp_path / "given.jsonl", given)
    else:
        path = rows_file(tmp_path / f"given.{suffix}", given)
    done = run("evaluate", gold, "--predictions", path, "--quiet")
    assert done.status == 2
    assert message in done.err
    assert path.name in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert not done.out


def test_a_gold_may_be_a_sample_of_what_was_predicted(run: Run, gold: Path, tmp_path: Path) -> None:
    rows = rows_file(tmp_path / "rows.csv", [*GIVEN, article("N", "zz")])
    call = ["evaluate", gold, "--predictions", rows, "--resamples", 100]
    assert "--subset" in run(*call).err
    done = run(*call, "--subset")
    assert done.status == 0, done.err
    assert "3 articles, 10 sentences" in done.out


def test_text_between_sentences_comes_from_the_gold(run: Run, tmp_path: Path) -> None:
    text = "Heading\n\nabcd efgh.\tijkl \r\nmnop.  \n"
    sentences = (Sentence(9, 19, "NATO"), Sentence(20, 31, "NEUTRAL"))
    gold = documents_file(tmp_path / "gold.jsonl", [Document(text, "a", sentences)])
    rows = rows_file(tmp_path / "rows.csv", [Document(text, "a", sentences)])
    done = run("evaluate", gold, "--predictions", rows)
    assert done.status == 0, done.err
    assert "1.000" in done.out


def _unlabelled() -> list[Document]:
    bare = (Sentence(0, 10), *GIVEN[0].sentences[1:])
    return [GIVEN[0].replace(sentences=bare, spans=()), *GIVEN[1:]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--baseline", "majority"], "has nothing to learn from; name a corpus with --train"),
        (["--baseline", "best"], "the baselines are majority, keywords, tfidf, minilm-frozen"),
        (["--model", "nowhere"], "nowhere: no such model folder"),
        (["--predictions", "nowhere.csv"], "nowhere.csv: no such file or folder"),
        (["--split", "dev"], "no corpus folder"),
        (["--section", "dev"], "name it with --markdown"),
        (["--baseline", "keywords", "--html", "no/where.html"], "where.html: its folder is not"),
        (["--baseline", "keywords", "--baseline", "keywords", "--out", "x.json"], "name a folder"),
    ],
)
def test_bad_calls(run: Run, gold: Path, arguments: list[str], message: str) -> None:
    done = run("evaluate", gold, *arguments)
    assert done.status == 2
    assert message in done.err
    assert len(done.err.strip().splitlines()) == 1


def test_an_empty_gold_is_refused(run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    done = run("evaluate", empty, "--baseline", "keywords")
    assert done.status == 2
    assert "there is nothing to evaluate" in done.err
    blank = documents_file(tmp_path / "blank.jsonl", [Document("", "a"), Document(" ", "b")])
    done = run("evaluate", blank, "--baseline", "keywords")
    assert done.status == 2
    assert "the gold has no sentences" in done.err


def test_labels_for_some_sentences_only_are_refused(run: Run, gold: Path, tmp_path: Path) -> None:
    path = documents_file(tmp_path / "some.jsonl", _unlabelled())
    done = run("evaluate", gold, "--predictions", path)
    assert done.status == 2
    assert "a sentence without a label" in done.err


def test_baselines_learn_from_a_corpus_and_not_from_what_judges_them(
    run: Run, tiny_corpus: Path, tmp_path: Path
) -> None:
    call = ["evaluate", tiny_corpus, "--split", "dev", "--train", tiny_corpus, "--resamples", 100]
    out = tmp_path / "results"
    done = run(*call, "--baseline", "majority", "--baseline", "tfidf", "--out", out)
    assert done.status == 0, done.err
    tfidf = json.loads((out / "tfidf.json").read_text())
    assert tfidf["macro_f1"] == 1
    assert tfidf["calibration"] is not None
    assert tfidf["baseline"]["train"]["split"] == "train"
    assert json.loads((out / "majority.json").read_text())["macro_f1"] < 0.5
    done = run(*call, "--baseline", "tfidf", "--train-split", "dev")
    assert done.status == 2
    assert "would learn from 4 of the articles that judge it" in done.err


def test_stand_off_predictions_find_their_texts(
    run: Run, gold: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NATOSTANCE_ARTICLES", raising=False)
    articles = tmp_path / "articles"
    articles.mkdir()
    with (articles / "a.jsonl").open("w") as texts:
        texts.writelines(json.dumps({"id": d.doc_id, "text": d.text}) + "\n" for d in GOLD)
    other = tmp_path / "other.standoff.jsonl"
    with other.open("w") as records:
        for document in GOLD:
            record = {
                "id": document.doc_id,
                "source": {},
                "sha256": hashlib.sha256(document.text.encode()).hexdigest(),
                "outlet": "X",
                "family": "other",
                "date": None,
                "body": [0, len(document.text)],
                "noise": [],
                "split": "test",
                "reading": 1,
                "codebook": 2,
                "sentences": [[s.start, s.end] for s in document.sentences],
                "spans": [[s.start, s.end, s.label, False] for s in document.spans],
            }
            records.write(json.dumps(record) + "\n")
    out = tmp_path / "results.json"
    call = ["evaluate", gold, "--predictions", other, "--out", out, "--resamples", 100]
    done = run(*call, "--articles", articles)
    assert done.status == 0, done.err
    assert json.loads(out.read_text())["macro_f1"] == 1
    done = run(*call)
    assert done.status == 2
    assert "give --articles FOLDER" in done.err
