"""The page of an evaluation: one file, escaped, with plots and errors."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from evaluation_cases import article
from evaluation_files import documents_file

from natostance.document import Document, Sentence, Span
from natostance.evaluation.comparison import compare_with
from natostance.evaluation.harness import evaluate
from natostance.evaluation.mistakes import mistakes
from natostance.evaluation.system_tables import against_table, system_table
from natostance.report.evaluation import WORST, evaluation_page

EVIL = "<script>alert('$x$')</script>"


def _page(names: tuple[str, ...] = ("ours", EVIL)) -> str:
    text = f"{EVIL} said \ud800 it. & more text."
    sided = Document(
        text,
        "x",
        (Sentence(0, len(text), "NATO"),),
        (Span(0, len(EVIL), "NATO"),),
        meta={"outlet": EVIL},
    )
    gold = [sided, *(article("NR-" * 12, f"a{i}", meta={"outlet": "Y"}) for i in range(6))]
    wrong = [
        sided.replace(
            sentences=(
                Sentence(0, len(text), "RUSSIA", {"NATO": 0.1, "RUSSIA": 0.8, "NEUTRAL": 0.1}),
            ),
            spans=(Span(3, 9, "RUSSIA"),),
        ),
        *(article("N--" * 12, f"a{i}", scores=[0.7 + 0.01 * i] * 36) for i in range(6)),
    ]
    answers = {names[0]: wrong} | dict.fromkeys(names[1:], gold)
    found = {name: evaluate(gold, given) for name, given in answers.items()}
    results = {
        name: json.loads(json.dumps(one.to_dict(resamples=100))) for name, one in found.items()
    }
    errors = {
        name: mistakes(one.judged.values(), {d.doc_id: d for d in answers[name]})
        for name, one in found.items()
    }
    tables = []
    if len(names) > 1:
        tested = compare_with(names[0], results, resamples=100)
        tables = [system_table(results), against_table(names[0], tested, gold[0].labels)]
    return evaluation_page(f"a gold {EVIL}", results, tables, errors)


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_nothing_of_the_input_becomes_markup_and_nothing_is_loaded() -> None:
    source = _page()
    source.encode("utf-8")
    reader = _Elements()
    reader.feed(source)
    scripts = [attributes for tag, attributes in reader.found if tag == "script"]
    assert scripts == [{}]  # the page's own
    assert "alert(" in source
    assert "<script>alert" not in source
    assert "default-src 'none'" in source
    for tag, attributes in reader.found:
        assert "style" not in attributes, tag
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "xlink:href"):
            if (value := attributes.get(name)) is not None:
                assert value.startswith(("#", "data:"))
    assert not re.search(r"url\((?!#)", source)


def test_plots_tables_and_errors_are_there() -> None:
    reader = _Elements()
    source = _page()
    reader.feed(source)
    pictures = [a["aria-label"] for tag, a in reader.found if tag == "svg"]
    wanted = (
        "Systems by sentence macro-F1",
        "Confusion of ours",
        "Reliability of ours",
        "Risk and coverage of ours",
        "Slices of ours",
    )
    for words in wanted:
        assert any(p and p.startswith(words) for p in pictures), words
    # without probabilities there is nothing to be reliable
    assert not any(p and p.startswith(f"Reliability of {EVIL[:7]}") for p in pictures)
    assert len([1 for tag, a in reader.found if a.get("class") == "panel mistake"]) == WORST
    assert "x, sentence 1, given with probability 0.80" in source
    assert "There are none." in source
    assert "p (Holm)" in source
    ids = [a["id"] for _, a in reader.found if a.get("id")]
    assert len(ids) == len(set(ids))


def test_one_system_has_no_comparison() -> None:
    source = _page(("ours",))
    assert "Systems by" not in source
    assert "Confusion of ours" in source


def test_the_command_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from natostance.cli.main import main

    gold = documents_file(tmp_path / "gold.jsonl", [article("NR-", "a"), article("N-", "b")])
    call = ["natostance", "evaluate", str(gold), "--baseline", "keywords", "--resamples", "100"]
    monkeypatch.setattr("sys.argv", [*call, "--html", str(tmp_path / "page.html")])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code, capsys.readouterr().err
    assert "<title>Evaluation: " in (tmp_path / "page.html").read_text()
