"""``natostance corpus`` and ``natostance convert``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support import ROOT, Outcome

from natostance.formats.markup import read_markup

Run = Callable[..., Outcome]


def test_check_is_clean_on_what_the_repository_holds(run: Run) -> None:
    done = run("corpus", "check", ROOT / "training", ROOT / "eval")
    assert done.status == 0, done.err
    assert "clean" in done.err


def test_check_lists_what_is_wrong(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.marked.txt").write_text("---\nid: a\n---\n[NATO: no,] she said.\n")
    done = run("corpus", "check", tmp_path)
    assert done.status == 1
    assert "bare comma" in done.err


def test_stats_counts_and_plots(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    plot = tmp_path / "labels.svg"
    done = run("corpus", "stats", ROOT / "training", "--part", "articles", "--plot", plot)
    assert done.status == 0
    assert "1,697" in done.out
    assert "near-duplicates" in done.out
    assert "<svg" in plot.read_text(encoding="utf-8")


def test_names_in_a_table_are_no_markup_and_nothing_is_cut(run: Run, tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    article = "---\nid: a\noutlet: 'Wire [/b] of the north'\n---\nShe said [NATO: no.]\n"
    (tmp_path / "articles" / "a.marked.txt").write_text(article)
    done = run("corpus", "stats", tmp_path, "--by", "outlet")
    assert done.status == 0, done.err
    assert "Wire [/b] of the north" in done.out
    for column in ("articles", "sentences", "doubtful"):
        assert column in done.out


def test_convert_there_and_back(run: Run, tmp_path: Path) -> None:
    source = ROOT / "training" / "articles"
    there, back = tmp_path / "tasks.json", tmp_path / "back.jsonl"
    assert run("convert", source, there, "--to", "label-studio", "--quiet").status == 0
    assert run("convert", there, back, "--quiet").status == 0
    found = {d["doc_id"]: d for d in map(json.loads, back.read_text("utf-8").splitlines())}
    for path in source.glob("*.marked.txt"):
        document = read_markup(path.read_text(encoding="utf-8"))
        assert found[document.doc_id]["text"] == document.text
        assert [s["start"] for s in found[document.doc_id]["spans"]] == [
            s.start for s in document.spans
        ]


def test_convert_lists_what_it_cannot_convert(run: Run, tmp_path: Path) -> None:
    lines = [
        {"text": "He said no.", "spans": [{"start": 8, "end": 11, "label": "Pro"}]},
        {"text": "He said no.", "spans": [{"start": 8, "end": 99, "label": "Pro"}]},
    ]
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps(line) + "\n" for line in lines))
    mapped = ["--from", "prodigy", "--label", "Pro=NATO"]
    done = run("convert", source, tmp_path / "out.jsonl", *mapped)
    assert done.status == 1
    assert "in.jsonl, line 2" in done.err
    assert "1 documents with 1 spans" in done.err
    unmapped = run("convert", source, tmp_path / "no.jsonl", "--from", "prodigy")
    assert unmapped.status == 2
    assert "Pro" in unmapped.err
    assert not (tmp_path / "no.jsonl").exists()
    assert run("convert", source, tmp_path / "no.jsonl", "--label", "Pro").status == 2


def test_agreement_shows_figures_and_disagreements(run: Run, tmp_path: Path) -> None:
    for name, line in (("first", "He said [NATO: no.]"), ("second", "He [RUSSIA: said no.]")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.marked.txt").write_text(f"---\nid: a\n---\nIt rained.\n{line}\n")
    results = tmp_path / "agreement.json"
    done = run("agreement", tmp_path / "first", tmp_path / "second", "--out", results)
    assert done.status == 0, done.err
    assert "1 articles, 2 sentences; 1 sentences differ" in done.out
    assert "a, sentence 2: NATO | RUSSIA" in done.out  # as pages count, from 1
    assert "[RUSSIA: said no.]" in done.out
    figures = json.loads(results.read_text())
    assert figures["sentences"]["agreement"]["value"] == 0.5
    assert len(figures["disagreements"]) == 1


def test_a_check_by_people_in_another_tool(run: Run, tmp_path: Path) -> None:
    gold, tasks = ROOT / "eval" / "gold", tmp_path / "tasks.json"
    assert run("convert", gold, tasks, "--to", "label-studio", "--quiet").status == 0
    done = run("agreement", gold, tasks)
    assert done.status == 0, done.err
    assert "42 articles, 596 sentences; 0 sentences differ" in done.out


def _export(path: Path, *tasks: list[tuple[int, bool, bool]]) -> Path:
    """An export of Label Studio: each task's annotations by whom, skipped, and with a mark."""
    value = {"start": 0, "end": 2, "text": "No", "labels": ["NATO"]}
    mark = {"type": "labels", "from_name": "label", "to_name": "text", "value": value}
    exported = [
        {
            "id": number,
            "data": {"text": "No, he said. Snow fell.", "doc_id": f"d{number}"},
            "annotations": [
                {"completed_by": who, "was_cancelled": skipped, "result": [mark] if marked else []}
                for who, skipped, marked in annotations
            ],
            "predictions": [{"result": [mark]}],
        }
        for number, annotations in enumerate(tasks, 1)
    ]
    path.write_text(json.dumps(exported))
    return path


def test_what_nobody_annotated_is_no_gold(run: Run, tmp_path: Path) -> None:
    done = [[(7, False, True)], [(7, False, False)]]
    todo = [[(7, True, False)], []]
    whole = _export(tmp_path / "whole.json", *done, *done)
    part = _export(tmp_path / "part.json", *done, *todo)
    told = run("convert", part, tmp_path / "gold.jsonl")
    assert told.status == 0
    assert "document 'd3': skipped, so not annotated" in told.err
    assert "document 'd4': no annotation" in told.err
    assert "2 documents with 1 spans" in told.err
    # the commands that read the export itself say so as well
    both = run("agreement", part, whole, "--common")
    assert "2 articles, 4 sentences; 0 sentences differ" in both.out
    assert "left out" in both.err
    assert "'d3': skipped" in both.err
    assert run("agreement", part, whole).status == 2
    judged = run("evaluate", part, "--baseline", "keywords")
    assert "2 articles" in judged.out
    assert "'d4': no annotation" in judged.err


def test_one_of_two_annotators(run: Run, tmp_path: Path) -> None:
    both = _export(
        tmp_path / "both.json",
        [(7, False, True), (8, False, True)],
        [(7, False, True), (8, False, False)],
        [(7, False, False)],
    )
    refused = run("convert", both, tmp_path / "x.jsonl")
    assert refused.status == 1
    assert "2 annotations, by 7, 8, and not one of them the ground truth" in refused.err
    assert "--annotator" in refused.err
    assert "2 not converted" in refused.err
    for who in ("7", "8"):
        done = run("convert", both, tmp_path / f"{who}.jsonl", "--annotator", who)
        assert done.status == 0, done.err
    assert "'d3': no annotation by 8" in done.err
    compared = run("agreement", tmp_path / "7.jsonl", tmp_path / "8.jsonl", "--common")
    assert "2 articles, 4 sentences; 1 sentences differ" in compared.out
    unknown = run("convert", both, tmp_path / "y.jsonl", "--annotator", "9")
    assert unknown.status == 2
    assert "no annotation by '9'; the annotators are 7, 8" in unknown.err
    tags = tmp_path / "a.iob2"
    assert run("convert", tmp_path / "7.jsonl", tags).status == 0
    assert "does not say who" in run("convert", tags, tmp_path / "z.jsonl", "--annotator", "7").err


def test_gold_in_which_nothing_is_marked_is_doubted(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"doc_id": "a", "text": "No, he said. Snow fell."}\n')
    assert run("convert", tmp_path / "a.jsonl", tmp_path / "tasks.json").status == 0
    done = run("evaluate", tmp_path / "tasks.json", "--baseline", "keywords")
    assert "nothing is marked in it" in done.err


def test_annotations_of_another_dispute(run: Run, tmp_path: Path) -> None:
    corpus, tasks, back = tmp_path / "dam", tmp_path / "tasks.json", tmp_path / "back.jsonl"
    (corpus / "articles").mkdir(parents=True)
    (corpus / "corpus.yaml").write_text("labels:\n  sides: [FAVOR, AGAINST]\n  neutral: NONE\n")
    article = corpus / "articles" / "a.marked.txt"
    article.write_text("---\nid: a\n---\nShe said [FAVOR: build it.]\nHe [AGAINST: refused.]\n")
    refused = run("convert", corpus / "articles", tasks)
    assert refused.status == 2
    assert "--corpus" in refused.err
    assert run("convert", corpus / "articles", tasks, "--corpus", corpus).status == 0
    assert run("convert", tasks, back, "--corpus", corpus).status == 0
    # the documents declare their labels, so that nothing needs to be told any more
    done = run("agreement", back, corpus)
    assert done.status == 0, done.err
    assert "1 articles, 2 sentences; 0 sentences differ" in done.out
    assert "FAVOR" in done.out
    assert run("convert", tasks, tmp_path / "no.jsonl", "--corpus", tmp_path).status == 2


def test_agreement_of_other_articles_is_refused(run: Run, tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.marked.txt").write_text(f"---\nid: {name}\n---\n[NATO: No.]\n")
    done = run("agreement", tmp_path / "first", tmp_path / "second")
    assert done.status == 2
    assert len(done.err.strip().splitlines()) == 1


def test_agreement_on_what_both_annotated(run: Run, tmp_path: Path) -> None:
    for name, ids in (("first", "abc"), ("second", "bcde")):
        (tmp_path / name).mkdir()
        for i in ids:
            (tmp_path / name / f"{i}.marked.txt").write_text(f"---\nid: {i}\n---\nIt rained.\n")
    done = run("agreement", tmp_path / "first", tmp_path / "second", "--common")
    assert done.status == 0, done.err
    assert "2 articles, 2 sentences; 0 sentences differ" in done.out
    assert "1 articles of the first alone, 2 of the second alone" in done.err
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x.marked.txt").write_text("---\nid: x\n---\nIt rained.\n")
    none = run("agreement", tmp_path / "first", tmp_path / "other", "--common")
    assert none.status == 2
    assert len(none.err.strip().splitlines()[-1]) > 20
