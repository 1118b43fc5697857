"""Corpora: articles with their text, stand-off annotations, splits, and what is refused."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from natostance.corpus import Corpus
from natostance.corpus.check import check
from natostance.corpus.load import read_annotated
from natostance.document import Document, Span
from natostance.errors import InputError
from natostance.formats.registry import FORMATS, read_documents

TEXT = "Menu. Kyiv accused Moscow of blackmail. It rained. Share this."


def record(**changes: object) -> dict[str, object]:
    return {
        "id": "x1",
        "source": {"repo": "a/b", "commit": "0", "path": "p", "record": "1"},
        "sha256": hashlib.sha256(TEXT.encode()).hexdigest(),
        "outlet": "Invented Times",
        "family": "third_country",
        "date": "2021-12-01",
        "body": [6, 62],
        "noise": [[51, 62]],
        "split": "train",
        "reading": 1,
        "codebook": 2,
        "sentences": [[6, 39], [40, 50], [51, 62]],
        "spans": [[11, 39, "NATO", True]],
        **changes,
    }


def standoff(folder: Path, *records: dict[str, object]) -> Path:
    part = folder / "corpus" / "real"
    part.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(r) + "\n" for r in records)
    (part / "a.standoff.jsonl").write_text(lines, encoding="utf-8")
    return folder / "corpus"


def texts(folder: Path, **by_id: str) -> Path:
    articles = folder / "articles"
    articles.mkdir(exist_ok=True)
    with gzip.open(articles / "a.jsonl.gz", "wt", encoding="utf-8") as file:
        for name, text in by_id.items():
            file.write(json.dumps({"id": name, "text": text}) + "\n")
    return articles


def marked(folder: Path, name: str, body: str = "It rained.\n", doc_id: str | None = None) -> Path:
    part = folder / "corpus" / "articles"
    part.mkdir(parents=True, exist_ok=True)
    path = part / f"{name}.marked.txt"
    path.write_text(f"---\nid: {doc_id or name}\n---\n{body}", encoding="utf-8")
    return path


def test_stand_off_annotations_are_joined_with_their_text(tmp_path: Path) -> None:
    corpus = Corpus.load(standoff(tmp_path, record()), articles=texts(tmp_path, x1=TEXT))
    (document,) = corpus.split("train")
    # the last sentence is page furniture
    assert [s.label for s in document.sentences] == ["NATO", "NEUTRAL"]
    assert document[document.spans[0]] == "accused Moscow of blackmail."
    assert document.spans[0].doubtful
    assert document.meta["outlet"] == "Invented Times"


def test_the_folder_of_texts_can_stand_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NATOSTANCE_ARTICLES", str(texts(tmp_path, x1=TEXT)))
    assert Corpus.load(standoff(tmp_path, record())).split("train")


def test_missing_and_differing_texts_are_all_named_at_once(tmp_path: Path) -> None:
    folder = standoff(tmp_path, record(), record(id="x2"), record(id="x3"))
    with pytest.raises(InputError) as caught:
        Corpus.load(folder, articles=texts(tmp_path, x1=TEXT + " ", x9=TEXT))
    assert "2 annotated articles have no text: x2, x3" in str(caught.value)
    assert "1 annotated articles have another text: x1" in str(caught.value)


def test_no_folder_of_texts_names_the_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NATOSTANCE_ARTICLES", raising=False)
    with pytest.raises(InputError, match="--articles FOLDER or set NATOSTANCE_ARTICLES"):
        Corpus.load(standoff(tmp_path, record()))


def test_another_reading_is_another_corpus(tmp_path: Path) -> None:
    second = record(reading=2, spans=[])
    folder, articles = standoff(tmp_path, record(), second), texts(tmp_path, x1=TEXT)
    assert len(Corpus.load(folder, articles=articles).split("train")[0].spans) == 1
    assert len(Corpus.load(folder, articles=articles, reading=2).split("train")[0].spans) == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"spans": [[11, 39, "CHINA", False]]}, "unknown span label 'CHINA'"),
        ({"spans": [[11, 390, "NATO", False]]}, "outside the text"),
        ({"spans": [[39, 11, "NATO", False]]}, "empty or reversed"),
        ({"colour": "red"}, "line 1: colour"),
        ({"sentences": "all"}, "line 1: sentences"),
    ],
)
def test_bad_records_are_refused_with_their_file(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    folder = standoff(tmp_path, record(**changes))
    with pytest.raises(InputError, match=message) as caught:
        Corpus.load(folder, articles=texts(tmp_path, x1=TEXT))
    assert "a.standoff.jsonl" in str(caught.value)


def test_a_carriage_return_inside_a_line_is_text_as_for_every_other_reader(tmp_path: Path) -> None:
    path = marked(tmp_path, "a")
    path.write_bytes(path.read_bytes().replace(b"It rained.", b"It\rrained."))
    (document,) = Corpus.load(tmp_path / "corpus").documents["train"]
    (same,) = read_documents(path)
    assert document.text == same.text == "It\rrained."


def test_splits_of_marked_articles_stand_in_the_settings(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        marked(tmp_path, name)
    (tmp_path / "corpus" / "corpus.yaml").write_text("dev: [b]\n")
    corpus = Corpus.load(tmp_path / "corpus")
    assert {k: [d.doc_id for d in v] for k, v in corpus.documents.items()} == {
        "dev": ["b"],
        "train": ["a", "c"],
    }
    with pytest.raises(InputError, match="no split 'test'; its splits are dev, train"):
        corpus.split("test")


def test_articles_that_a_tool_gave_back_get_sentences(tmp_path: Path) -> None:
    """Converted to mark-up they have none of their own, and would teach and count nothing."""
    text = "It rained. He said no. Talks go on."
    annotated = Document(text, "a", spans=(Span(11, 22, "NATO"),))
    folder = tmp_path / "corpus"
    (folder / "articles").mkdir(parents=True)
    FORMATS["markup"].write([annotated], folder / "articles" / "a.marked.txt", None)
    (document,) = Corpus.load(folder).split("train")
    assert document.text == text
    assert [s.label for s in document.sentences] == ["NEUTRAL", "NATO", "NEUTRAL"]
    assert [document[s] for s in document.sentences] == [
        "It rained.",
        "He said no.",
        "Talks go on.",
    ]
    assert read_annotated(folder / "articles") == (document,)
    report = check([folder])
    assert report.problems == []


def test_a_mistake_in_mark_up_is_named_with_file_and_line(tmp_path: Path) -> None:
    path = marked(tmp_path, "a", "It rained.\nHe said [CHINA: no.]\n")
    with pytest.raises(InputError, match="unknown span label 'CHINA'") as caught:
        Corpus.load(tmp_path / "corpus")
    assert (caught.value.file, caught.value.line) == (str(path), 5)


def test_an_id_that_stands_twice_is_refused(tmp_path: Path) -> None:
    marked(tmp_path, "a")
    marked(tmp_path, "b", doc_id="a")
    with pytest.raises(InputError, match="the id 'a' stands in"):
        Corpus.load(tmp_path / "corpus")


def test_folders_without_articles(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such corpus folder"):
        Corpus.load(tmp_path / "no")
    with pytest.raises(InputError, match="no annotated articles"):
        Corpus.load(tmp_path)
    marked(tmp_path, "a")
    with pytest.raises(InputError, match="no part 'real'"):
        Corpus.load(tmp_path / "corpus", ["real"])


def test_the_fingerprint_follows_the_annotation(tmp_path: Path) -> None:
    marked(tmp_path, "a")
    before = Corpus.load(tmp_path / "corpus").fingerprint
    assert Corpus.load(tmp_path / "corpus").fingerprint == before
    marked(tmp_path, "a", "It [NATO: rained.]\n")
    assert Corpus.load(tmp_path / "corpus").fingerprint != before


def settings(folder: Path, source: str) -> None:
    (folder / "corpus" / "corpus.yaml").write_text(source, encoding="utf-8")


def test_ids_that_yaml_takes_for_something_else_are_held_out(tmp_path: Path) -> None:
    for name in ("007", "12_30", "on", "7"):
        marked(tmp_path, name)
    settings(tmp_path, "dev: [007, 12_30, on]\n")
    corpus = Corpus.load(tmp_path / "corpus")
    assert [d.doc_id for d in corpus.split("dev")] == ["007", "12_30", "on"]
    assert [d.doc_id for d in corpus.split("train")] == ["7"]


@pytest.mark.parametrize("dev", ["[null]", "[[a]]", "a"])
def test_a_dev_split_that_is_no_list_of_ids_is_refused(tmp_path: Path, dev: str) -> None:
    marked(tmp_path, "a")
    settings(tmp_path, f"split: train\ndev: {dev}\n")
    with pytest.raises(InputError, match=r"corpus\.yaml, line 2: dev"):
        Corpus.load(tmp_path / "corpus")


def test_an_id_in_dev_that_no_article_has_is_refused(tmp_path: Path) -> None:
    """The article that is meant would be learned."""
    marked(tmp_path, "a")
    marked(tmp_path, "b")
    settings(tmp_path, "split: train\ndev: [a,\n  B, c]\n")
    for parts in (None, ["articles"]):
        with pytest.raises(InputError, match=r"in dev: 'B', 'c'") as caught:
            Corpus.load(tmp_path / "corpus", parts)
        assert caught.value.file == str(tmp_path / "corpus" / "corpus.yaml")
        assert caught.value.line == 3


def test_ids_in_dev_may_be_those_of_other_parts_and_readings(tmp_path: Path) -> None:
    marked(tmp_path, "a")
    folder = standoff(tmp_path, record(), record(id="x2", reading=2))
    other = folder / "more" / "second"
    other.mkdir(parents=True)
    (other / "c.marked.txt").write_text("---\nid: c\n---\nIt rained.\n", encoding="utf-8")
    settings(tmp_path, "dev: [a, c, x2]\n")
    articles = texts(tmp_path, x1=TEXT, x2=TEXT)
    assert Corpus.load(folder, articles=articles).split("dev")[0].doc_id == "a"
    # those of real articles have no text here
    assert Corpus.load(folder, ["articles"]).split("dev")[0].doc_id == "a"
    assert Corpus.load(folder, ["more/second"]).split("dev")[0].doc_id == "c"


def test_an_article_with_two_splits_is_refused(tmp_path: Path) -> None:
    """It was learned from, whatever the settings said."""
    folder = standoff(tmp_path, record(split="train"))
    settings(tmp_path, "dev: [x1]\n")
    with pytest.raises(InputError, match=r"a\.standoff\.jsonl: 'x1' is in the split 'train' here"):
        Corpus.load(folder, articles=texts(tmp_path, x1=TEXT))
    standoff(tmp_path, record(split="dev"))
    assert Corpus.load(folder, articles=texts(tmp_path, x1=TEXT)).split("dev")
