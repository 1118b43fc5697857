"""``natostance challenge`` on the suite in the repository."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from evaluation_files import documents_file
from support import ROOT, Outcome

from natostance.evaluation.challenge import read_challenge, solved

Run = Callable[..., Outcome]
SUITE = ROOT / "eval" / "challenge"


def test_items_can_be_labelled_elsewhere_and_come_back(run: Run, tmp_path: Path) -> None:
    items = tmp_path / "items.jsonl"
    assert run("challenge", SUITE, "--items", items).status == 0
    asked = [json.loads(line) for line in items.read_text().splitlines()]
    right = {d.doc_id: d.sentences[0].label for d in solved(read_challenge(SUITE))}
    assert {d["doc_id"] for d in asked} == right.keys()
    assert all("label" not in s for d in asked for s in d["sentences"])
    # another system: knows all answers but one
    missed = min(right)
    for document in asked:
        label = right[document["doc_id"]]
        if document["doc_id"] == missed:
            label = "NEUTRAL" if label != "NEUTRAL" else "NATO"
        for sentence in document["sentences"]:
            sentence["label"] = label
    given = tmp_path / "oracle.jsonl"
    given.write_text("".join(json.dumps(d) + "\n" for d in asked))
    out, markdown = tmp_path / "c.json", tmp_path / "c.md"
    done = run(
        *("challenge", SUITE, "--predictions", given, "--baseline", "keywords"),
        *("--out", out, "--markdown", markdown, "--wrong", 1),
    )
    assert done.status == 0, done.err
    results = json.loads(out.read_text())
    total = results["oracle"]["all"]
    assert (total["groups"] - total["groups_right"], total["items"] - total["items_right"]) == (
        1,
        1,
    )
    assert total["items"] == len(asked)
    assert results["oracle"]["wrong"][0]["item"] == missed
    assert results["oracle"]["hashes"] == results["keywords"]["hashes"]
    assert f"\n{missed}: " in done.out
    for text in (done.out, markdown.read_text()):
        assert "nested-attribution" in text
        assert "oracle against each of the others: groups right" in text
    alone = run("challenge", SUITE, "--predictions", given)
    assert f"{total['groups_right']}/{total['groups']}" in alone.out


def test_bad_calls(run: Run, tmp_path: Path) -> None:
    assert "nowhere: no such folder" in run("challenge", "nowhere").err
    assert "no challenge files" in run("challenge", tmp_path, "--baseline", "keywords").err
    some = documents_file(tmp_path / "some.jsonl", solved(read_challenge(SUITE))[:3])
    done = run("challenge", SUITE, "--predictions", some)
    assert done.status == 2
    assert "some.jsonl: " in done.err
    assert "of the suite are missing in the answers" in done.err
