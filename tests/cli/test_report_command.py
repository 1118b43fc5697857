"""``natostance report`` and ``natostance card``."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support import ROOT, Outcome

from natostance.document import Document
from natostance.formats.registry import read_documents

Run = Callable[..., Outcome]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from natostance.batch.job import label_files

    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    label_files([str(ROOT / "examples")], path)
    return path


def test_rows_become_a_page(run: Run, rows: Path, tmp_path: Path) -> None:
    done = run("report", rows, "--out", tmp_path / "r.html")
    assert done.status == 0
    assert "3 articles" in done.err
    html = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Nobody in that room threatens Russia" in html
    assert "Content-Security-Policy" in html


def test_rows_become_a_folder(run: Run, rows: Path, tmp_path: Path) -> None:
    assert run("report", rows, "--out", tmp_path / "r", "--quiet").status == 0
    assert (tmp_path / "r" / "index.html").exists()
    assert len(list((tmp_path / "r" / "articles").iterdir())) == 3


def test_annotated_articles_are_shown_too(run: Run, tmp_path: Path) -> None:
    gold = ROOT / "eval" / "gold"
    done = run("report", gold / "g001-clinic-two-accounts.marked.txt", "-o", tmp_path / "r.html")
    assert done.status == 0, done.err
    html = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert html.count('<mark class="side-') > 1


def test_gold_in_its_own_text_corrects_rows(run: Run, tmp_path: Path) -> None:
    gold = tmp_path / "gold"
    gold.mkdir()
    for path in sorted((ROOT / "eval" / "gold").glob("g00*.marked.txt")):
        shutil.copy(path, gold)
    shutil.copy(next((ROOT / "eval" / "gold").glob("g015-*")), gold)
    rows = tmp_path / "rows.csv"
    assert run("label", gold, "--out", rows, "--quiet").status == 0
    done = run("report", rows, "--gold", gold, "-o", tmp_path / "r.html")
    assert done.status == 0, done.err
    html = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "by 10 hand-labelled articles" in html


def test_gold_without_sentences_corrects_rows(run: Run, tmp_path: Path) -> None:
    """What annotation tools give back has spans alone."""
    names = ("g00*", "g015-*")
    paths = [p for n in names for p in sorted((ROOT / "eval" / "gold").glob(f"{n}.marked.txt"))]
    read = [d for path in paths for d in read_documents(path)]
    rows, gold = tmp_path / "rows.csv", tmp_path / "gold.jsonl"
    (tmp_path / "a.jsonl").write_text(
        "".join(Document(d.text, d.doc_id).to_json() + "\n" for d in read), encoding="utf-8"
    )
    gold.write_text(
        "".join(Document(d.text, d.doc_id, spans=d.spans).to_json() + "\n" for d in read),
        encoding="utf-8",
    )
    assert run("label", tmp_path / "a.jsonl", "--out", rows, "--quiet").status == 0
    assert run("convert", gold, tmp_path / "export.json").status == 0
    for annotated in (gold, tmp_path / "export.json"):
        done = run("report", rows, "--gold", annotated, "-o", tmp_path / "r.html")
        assert done.status == 0, done.err
        html = (tmp_path / "r.html").read_text(encoding="utf-8")
        assert "by 10 hand-labelled articles" in html


def test_what_is_not_labelled_is_told_in_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"doc_id": "a", "text": "Hello."}\n')
    (tmp_path / "b.jsonl").write_text("{\n")
    (tmp_path / "c.txt").write_text("Hello.")
    for name in ("a.jsonl", "b.jsonl", "c.txt", "d.jsonl"):
        done = run("report", tmp_path / name, "-o", tmp_path / "r.html")
        assert done.status == 2, name
        assert name in done.err
        assert "Traceback" not in done.err
        assert done.err.count("\n") == 1
    assert not (tmp_path / "r.html").exists()


def test_a_card_is_written_into_the_model_folder_or_a_readme(
    run: Run, tiny_model: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "m"
    shutil.copytree(tiny_model, folder)
    assert run("card", folder).status == 0
    assert "# tiny" in (folder / "README.md").read_text(encoding="utf-8")
    readme = tmp_path / "R.md"
    readme.write_text("<!-- figures:begin -->\n<!-- figures:end -->\n")
    assert run("card", folder, "--into", readme).status == 0
    assert "Dev split: 4 articles" in readme.read_text(encoding="utf-8")
    assert run("card", tmp_path / "nowhere").status == 2


def test_label_makes_the_page_too(run: Run, tmp_path: Path) -> None:
    example = ROOT / "examples" / "column.md"
    alone = run("label", example, "--html", tmp_path / "a.html")
    assert alone.status == 0
    assert alone.out == ""
    assert "1 articles" in alone.err
    both = run("label", example, "--out", tmp_path / "r.csv", "--html", tmp_path / "b")
    assert both.status == 0
    assert (tmp_path / "r.csv").exists()
    assert "natostance label" not in both.err
    for page in (tmp_path / "a.html", next((tmp_path / "b" / "articles").iterdir())):
        assert "A neighbour who builds a fence" in page.read_text(encoding="utf-8")


def test_a_page_that_cannot_be_made_is_told_before_anything_is_labelled(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("")
    example = ROOT / "examples" / "column.md"
    for arguments in (("--html", tmp_path / "full"), ("-o", "-", "--html", tmp_path / "a.html")):
        done = run("label", example, *arguments)
        assert (done.status, done.out) == (2, "")
