"""TF-IDF and the frozen encoder, really trained on a corpus in which the words decide."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from natostance.corpus import Corpus
from natostance.document import Document, Sentence
from natostance.errors import InputError
from natostance.evaluation.harness import evaluate
from natostance.training.baselines import FrozenEncoder, Tfidf, _Reader


@pytest.fixture(scope="module")
def corpus(tiny_corpus: Path) -> Corpus:
    return Corpus.load(tiny_corpus)


@pytest.mark.parametrize("kind", ["tfidf", "frozen"])
def test_it_learns_what_words_decide(corpus: Corpus, tiny_encoder: Path, kind: str) -> None:
    train, dev = corpus.split("train"), corpus.split("dev")
    if kind == "tfidf":
        system: Tfidf | FrozenEncoder = Tfidf.learn(train)
    else:
        system = FrozenEncoder.learn(train, str(tiny_encoder))
    found = evaluate(dev, system.label_many(dev))
    assert found.macro_f1 == 1
    report = found.calibration()
    assert report is not None
    assert report.sentences == found.sentences.total
    # by convention a one-sided sentence is its own span, with the label's probability
    one = next(iter(system.label_many([dev[0]])))
    sided = [s for s in one.sentences if s.label != "NEUTRAL"]
    assert [(s.start, s.end, s.label) for s in one.spans] == [
        (s.start, s.end, s.label) for s in sided
    ]
    assert one.spans[0].score == pytest.approx(dict(sided[0].scores or {})[sided[0].label or ""])
    assert all(sum(dict(s.scores or {}).values()) == pytest.approx(1) for s in one.sentences)


def test_labels_do_not_depend_on_company_and_texts_are_segmented(corpus: Corpus) -> None:
    system = Tfidf.learn(corpus.split("train"))
    texts = ["Trains ran late. The alliance would defend its land.", "", "One. Two."]
    together = list(system.label_many(texts))
    assert together == [next(iter(system.label_many([text]))) for text in texts]
    assert [len(d.sentences) for d in together] == [2, 0, 2]


def test_a_label_that_was_never_learned_has_no_chance() -> None:
    text = "red cat. red cat. blue dog. blue dog."
    labels = ["NATO", "NATO", "NEUTRAL", "NEUTRAL"]
    edges = [(0, 8), (9, 17), (18, 27), (28, 37)]
    learned = Document(
        text, "a", tuple(Sentence(a, b, name) for (a, b), name in zip(edges, labels, strict=True))
    )
    given = next(iter(Tfidf.learn([learned]).label_many([learned])))
    assert [s.label for s in given.sentences] == labels
    assert all(dict(s.scores or {})["RUSSIA"] == 0 for s in given.sentences)


def test_too_little_to_learn_from() -> None:
    alone = Document("red cat.", "a", (Sentence(0, 8, "NATO"),))
    with pytest.raises(InputError, match="fewer than two labels"):
        Tfidf.learn([alone])
    two = Document("red. dog.", "a", (Sentence(0, 4, "NATO"), Sentence(5, 9, "NEUTRAL")))
    with pytest.raises(InputError, match="too few sentences"):
        Tfidf.learn([two])


def test_states_of_long_sentences_count_whole_and_batches_do_not_matter(tiny_encoder: Path) -> None:
    reader = _Reader(str(tiny_encoder), None)
    long = "alliance " * 200  # 128 positions
    texts = [long, "alliance", "", long + "Kremlin " * 200, "a \ud800 b"]
    together = reader(texts)
    assert together.shape == (5, 32)
    assert np.isfinite(together).all()
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = np.concatenate([reader([text]) for text in texts])
    assert np.allclose(together, alone, atol=1e-5)
    assert not np.allclose(together[0], together[3], atol=1e-3)


def test_states_are_kept_where_a_cache_is_named(tmp_path: Path) -> None:
    reader = _Reader("minilm", tmp_path)
    first = reader(["The envoys met.", "They left.", "The envoys met."])
    assert np.array_equal(first[0], first[2])
    (file,) = tmp_path.iterdir()
    before = file.stat().st_mtime_ns
    # nothing is computed again, in whatever company a sentence comes
    again = _Reader("minilm", tmp_path)
    assert np.array_equal(again(["They left.", "The envoys met."]), first[[1, 0]])
    assert file.stat().st_mtime_ns == before
    again(["They came back."])
    assert file.stat().st_mtime_ns > before
    assert np.allclose(_Reader("minilm", None)(["They left."]), first[[1]], atol=1e-5)
