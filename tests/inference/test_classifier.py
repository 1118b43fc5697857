"""The classifier, over a tiny real model: nothing lost, nothing cut, no label by company."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from natostance.document import Document, Sentence
from natostance.errors import InputError, MissingExtraError
from natostance.inference.classifier import StanceClassifier

NATO = "She said the alliance would defend every inch of its land."
RUSSIA = "He replied that the bloc had broken its word to the Kremlin."
NEUTRAL = "The committee met on Monday in the old town hall."


@pytest.fixture(scope="module")
def classifier(tiny_model: Path) -> StanceClassifier:
    return StanceClassifier.from_pretrained(tiny_model)


def labels(document: Document) -> list[str | None]:
    return [s.label for s in document.sentences]


def test_a_text_is_segmented_and_labelled(classifier: StanceClassifier) -> None:
    document = classifier.label(f"{NEUTRAL} {NATO}\n\n{RUSSIA}")
    assert labels(document) == ["NEUTRAL", "NATO", "RUSSIA"]
    assert [document[s] for s in document.sentences] == [NEUTRAL, NATO, RUSSIA]
    for sentence in document.sentences:
        assert sentence.scores is not None
        assert sum(sentence.scores.values()) == pytest.approx(1, abs=1e-5)
        assert max(sentence.scores, key=sentence.scores.__getitem__) == sentence.label


def test_spans_stand_inside_their_sentences(classifier: StanceClassifier) -> None:
    document = classifier.label(f"{NATO} {RUSSIA}")
    assert {s.label for s in document.spans} == {"NATO", "RUSSIA"}
    relabelled = document.with_labels_from_spans()
    assert labels(relabelled) == labels(document)


def test_given_sentences_are_kept_and_old_labels_replaced(classifier: StanceClassifier) -> None:
    text = f"{NATO} {RUSSIA}"
    both = Document(text, "a", (Sentence(0, len(text), "NEUTRAL"),), meta={"outlet": "x"})
    labelled = classifier.label(both)
    assert [(s.start, s.end) for s in labelled.sentences] == [(0, len(text))]
    assert (labelled.doc_id, labelled.meta) == ("a", {"outlet": "x"})


@pytest.mark.parametrize("text", ["", "   \n\n"])
def test_a_text_without_sentences(classifier: StanceClassifier, text: str) -> None:
    assert classifier.label(text).sentences == ()


def test_a_very_long_sentence_is_labelled_whole(classifier: StanceClassifier) -> None:
    text = "She said " + "the alliance would defend every inch of its land and " * 400 + "more."
    document = classifier.label(Document(text, "", (Sentence(0, len(text)),)))
    assert len(document.sentences) == 1
    assert document.spans[-1].end > len(text) - 60


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(st.sampled_from([NATO, RUSSIA, NEUTRAL]), max_size=30), max_size=6))
def test_an_article_is_labelled_alike_alone_and_in_company(
    classifier: StanceClassifier, articles: list[list[str]]
) -> None:
    documents = [Document(" ".join(a), str(i)) for i, a in enumerate(articles)]
    together = list(classifier.label_many(documents))
    alone = [classifier.label(d) for d in documents]
    assert [d.doc_id for d in together] == [d.doc_id for d in documents]
    for a, b in zip(together, alone, strict=True):
        assert (labels(a), [(s.start, s.end, s.label) for s in a.spans]) == (
            labels(b),
            [(s.start, s.end, s.label) for s in b.spans],
        )
        for s, t in zip(a.sentences, b.sentences, strict=True):
            assert s.scores == pytest.approx(t.scores, abs=1e-5)


def test_documents_are_taken_as_they_are_needed(classifier: StanceClassifier) -> None:
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            yield NEUTRAL

    first = next(classifier.label_many(endless()))
    assert labels(first) == ["NEUTRAL"]
    assert taken < 200


def test_threads_may_share_it(classifier: StanceClassifier) -> None:
    texts = [f"{a} {b}" for a in (NATO, RUSSIA, NEUTRAL) for b in (NATO, RUSSIA, NEUTRAL)] * 3
    expected = [labels(classifier.label(t)) for t in texts]
    with ThreadPoolExecutor(4) as pool:
        assert [labels(d) for d in pool.map(classifier.label, texts)] == expected


def test_it_may_be_pickled(classifier: StanceClassifier) -> None:
    copy = pickle.loads(pickle.dumps(classifier))
    assert copy.label(NATO) == classifier.label(NATO)


@pytest.mark.parametrize("backend", ["onnx", "torch"])
def test_backends_agree(classifier: StanceClassifier, tiny_model: Path, backend: str) -> None:
    other = StanceClassifier.from_pretrained(tiny_model, backend=backend)
    text = " ".join([NATO, RUSSIA, NEUTRAL] * 5)
    for a, b in zip(classifier.label(text).sentences, other.label(text).sentences, strict=True):
        assert a.label == b.label
        assert a.scores == pytest.approx(b.scores, abs=1e-4)


def test_logits_are_what_the_scores_come_from(classifier: StanceClassifier) -> None:
    (logits,) = classifier.logits([f"{NATO} {RUSSIA}"])
    assert logits.shape == (2, 3)
    scaled = np.exp(logits / classifier.calibration.temperature)
    found = [
        list((s.scores or {}).values()) for s in classifier.label(f"{NATO} {RUSSIA}").sentences
    ]
    np.testing.assert_allclose(scaled / scaled.sum(axis=1, keepdims=True), found, atol=1e-5)


def test_calls_that_cannot_work(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="no backend 'abacus'; choose of openvino, onnx, torch"):
        StanceClassifier.from_pretrained(tiny_model, backend="abacus")
    with pytest.raises(InputError, match="runs on the CPU alone"):
        StanceClassifier.from_pretrained(tiny_model, backend="onnx", device="cuda")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtraError, match=r"pip install \"natostance\[onnx\]\""):
        StanceClassifier.from_pretrained(tiny_model, backend="onnx")
