from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from benchmarks.speed.articles import (
    composed_articles,
    distinct,
    folder_articles,
    sample,
    write_articles,
)
from natostance import Document, read_documents, segment
from natostance.errors import InputError


def article(*sentences: str) -> Document:
    text = " ".join(sentences)
    return Document(text, doc_id=sentences[0], sentences=tuple(segment(text)))


def test_an_article_that_was_read_before_is_left_out() -> None:
    first = article("It rained.", "Nobody came.", "They left.")
    same = article("It  rained.", "Nobody came.", "They left.", "A storm followed.")
    other = article("Nobody came.", "It rained.", "They left.")  # the same sentences elsewhere
    assert list(distinct([first, same, other, first])) == [first, other]


def test_a_sample_is_whole_articles_and_always_the_same() -> None:
    articles = [article(f"Day {i} came.", "It rained.", "It went.") for i in range(30)]
    chosen = sample(articles, 10)
    assert len(chosen) == 4
    assert chosen == sample(articles, 10)
    assert chosen != articles[:4]
    assert len(sample(articles, 0)) == 30


def test_composed_articles_are_distinct_for_the_most_part() -> None:
    every = list(composed_articles())
    kept = list(distinct(every))
    assert len(every) > 300
    assert 150 < len(kept) <= len(every)
    assert all(document.sentences and not document.spans for document in kept)


def test_articles_of_a_folder_are_those_with_a_text(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        '{"id": "a1", "text": "It rained. They left."}\n{"id": "a2", "sentences": []}\n'
    )
    with gzip.open(tmp_path / "b.jsonl.gz", "wt") as file:
        file.write(json.dumps({"id": "b1", "text": "It snowed."}))
    found = list(folder_articles(tmp_path))
    assert [(d.doc_id, len(d.sentences)) for d in found] == [("a1", 2), ("b1", 1)]
    write_articles(found, tmp_path / "out.jsonl")
    read = list(read_documents(tmp_path / "out.jsonl"))
    assert [(d.doc_id, d.text) for d in read] == [(d.doc_id, d.text) for d in found]


def test_a_folder_without_texts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no articles with a text"):
        list(folder_articles(tmp_path))
