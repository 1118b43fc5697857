"""Where labels come from, on a model whose words alone decide."""

from __future__ import annotations

from pathlib import Path

import pytest

from natostance.document import Document, Sentence
from natostance.errors import InputError
from natostance.inference.attribution import Attributor
from natostance.inference.classifier import StanceClassifier

pytest.importorskip("captum")

TEXT = (
    "The committee met on Monday in the old town hall. "
    "She said the alliance would defend every inch of its land. "
    "He replied that the bloc had broken its word to the Kremlin."
)


@pytest.fixture(scope="module")
def labelled(tiny_model: Path) -> Document:
    return StanceClassifier.from_pretrained(tiny_model).label(TEXT)


@pytest.fixture(scope="module")
def attributor(tiny_model: Path) -> Attributor:
    return Attributor.from_pretrained(tiny_model, steps=64)


def test_the_words_add_up_to_the_difference_of_the_log_odds(
    attributor: Attributor, labelled: Document
) -> None:
    for i, sentence in enumerate(labelled.sentences):
        found = attributor.attribute(labelled, i)
        assert sentence.scores
        assert sentence.label
        assert found.label == sentence.label
        assert found.probability == pytest.approx(sentence.scores[sentence.label], abs=0.01)
        moved = found.log_odds - found.baseline
        assert sum(word.score for word in found.words) == pytest.approx(
            moved + found.error, abs=1e-3
        )
        assert abs(found.error) < 0.05 * max(1.0, abs(moved))


def test_words_stand_in_the_text_in_order_with_what_was_read_around_them(
    attributor: Attributor, labelled: Document
) -> None:
    found = attributor.attribute(labelled, 1)
    own = [TEXT[w.start : w.end] for w in found.words if w.own]
    assert " ".join(own) == "She said the alliance would defend every inch of its land ."
    around = " ".join(TEXT[w.start : w.end] for w in found.words if not w.own)
    assert "town hall" in around
    assert [w.start for w in found.words] == sorted(w.start for w in found.words)
    assert len(found.strongest(3)) == 3


def test_a_sentence_over_several_windows_is_explained_as_a_whole(attributor: Attributor) -> None:
    # windows of the tiny model hold 48 tokens
    text = "He said " + " ".join(["the bloc had broken its word to the Kremlin"] * 12) + "."
    document = Document(text, "a", (Sentence(0, len(text), "RUSSIA"),))
    found = attributor.attribute(document, 0)
    assert found.words[0].start == 0
    assert found.words[-1].end == len(text)
    assert "".join(text[w.start : w.end] for w in found.words) == text.replace(" ", "")
    scores = StanceClassifier.from_pretrained(attributor.checkpoint.folder).label(document)
    assert scores.sentences[0].scores
    assert found.probability == pytest.approx(scores.sentences[0].scores["RUSSIA"], abs=0.01)


def test_another_label_can_be_asked_for_and_nonsense_cannot(
    attributor: Attributor, labelled: Document
) -> None:
    assert attributor.attribute(labelled, 1, "RUSSIA").label == "RUSSIA"
    with pytest.raises(InputError, match="has no sentence 9"):
        attributor.attribute(labelled, 8)
    with pytest.raises(InputError, match="unknown label"):
        attributor.attribute(labelled, 0, "EAST")
