"""Folds by article."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from natostance.document import STANCE, Document, Sentence
from natostance.training.folds import Held, folds_of, share_of, split_fold


def article(name: str, text: str) -> Document:
    return Document(text, name, (Sentence(0, len(text), "NEUTRAL"),))


def words(start: int, count: int = 30) -> str:
    return " ".join(f"w{i}" for i in range(start, start + count)) + "."


@given(st.integers(2, 6), st.permutations(range(12)))
def test_a_fold_depends_on_the_article_and_not_on_the_order(folds: int, order: list[int]) -> None:
    documents = [article(f"a{i}", words(100 * i)) for i in range(12)]
    places = dict(zip([d.doc_id for d in documents], folds_of(documents, folds), strict=True))
    shuffled = [documents[i] for i in order]
    assert folds_of(shuffled, folds) == [places[d.doc_id] for d in shuffled]
    assert all(0 <= place < folds for place in places.values())


def test_articles_that_share_text_share_a_fold() -> None:
    # a chain: each shares half with the next, the first nothing with the last
    chain = [article(f"a{i}", words(15 * i)) for i in range(8)]
    assert len(set(folds_of(chain, 5))) == 1
    apart = [article(f"a{i}", words(100 * i)) for i in range(8)]
    assert len(set(folds_of(apart, 5))) > 1


def test_every_article_is_held_out_once() -> None:
    documents = [article(f"a{i}", words(100 * i)) for i in range(20)]
    held = []
    for fold in range(3):
        rest, out = split_fold(documents, 3, fold)
        assert {d.doc_id for d in rest} | {d.doc_id for d in out} == {d.doc_id for d in documents}
        assert not {d.doc_id for d in rest} & {d.doc_id for d in out}
        held += out
    assert sorted(d.doc_id for d in held) == sorted(d.doc_id for d in documents)


@given(st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_smaller_share_lies_within_a_larger_one(one: float, two: float) -> None:
    documents = [article(f"a{i}", words(0)) for i in range(300)]
    less, more = ([d.doc_id for d in share_of(documents, share)] for share in sorted((one, two)))
    assert set(less) <= set(more)
    assert abs(len(more) / 300 - max(one, two)) < 0.12
    assert share_of(documents, 1.0) == documents


def test_predictions_come_back_from_disk_as_they_were(tmp_path: Path) -> None:
    documents = [article("a", words(0)), article("b", words(100))]
    logits = [np.array([[0.5, 1, 2]], "f4"), np.array([[3, 1, 2]], "f4")]
    held = Held.of(documents, logits, STANCE)
    held.save(tmp_path / "1.npz")
    again = Held.load(tmp_path / "1.npz") + held
    assert again.logits.tolist() == 2 * held.logits.tolist()
    assert again.gold.tolist() == [2, 2, 2, 2]
    assert again.articles.tolist() == ["a", "b", "a", "b"]
