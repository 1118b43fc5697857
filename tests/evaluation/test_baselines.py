"""Baselines label as a classifier does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from evaluation_cases import article
from hypothesis import given, settings
from hypothesis import strategies as st

from natostance.document import Document, LabelSet, Sentence
from natostance.errors import InputError
from natostance.evaluation.baselines import KeywordRule, Majority


def rule(text: str) -> Document:
    return next(KeywordRule().label_many([text]))


def labels(document: Document) -> list[str | None]:
    return [s.label for s in document.sentences]


def test_majority_of_a_corpus() -> None:
    assert Majority.of([article("NN-"), article("R-N")]).label == "NATO"
    assert Majority.of([article("R-")]).label == "RUSSIA"  # of equals the first in the label set


def test_majority_labels_everything() -> None:
    given = article("NR-").replace(spans=())
    (found,) = Majority("RUSSIA").label_many([given])
    assert labels(found) == ["RUSSIA"] * 3
    assert [(s.start, s.end) for s in found.spans] == [(0, 10), (11, 21), (22, 32)]
    (neutral,) = Majority("NEUTRAL").label_many([given])
    assert labels(neutral) == ["NEUTRAL"] * 3
    assert neutral.spans == ()


def test_no_majority_of_nothing() -> None:
    with pytest.raises(InputError, match="no sentence has a label"):
        Majority.of([])
    with pytest.raises(InputError, match="unknown label"):
        Majority("MARS")


@pytest.mark.parametrize(
    ("text", "label", "span"),
    [
        ("The Kremlin said that the bloc had lied.", "RUSSIA", "the bloc had lied."),
        ("All would be defended, said the NATO chief.", "NATO", "All would be defended"),
        ("According to Moscow, nobody had come.", "RUSSIA", "nobody had come."),
        ("Moscow’s demands are a trap, Kyiv said.", "NATO", "Moscow’s demands are a trap"),
    ],
)
def test_attribution_decides(text: str, label: str, span: str) -> None:
    found = rule(text)
    assert labels(found) == [label]
    assert [found[s] for s in found.spans] == [span]


@pytest.mark.parametrize(
    "text",
    [
        "The alliance moved four battalions to the Baltic states.",
        "The referee said the match would go on.",
        "Trains ran late on Friday.",
    ],
)
def test_no_attribution_or_no_actor_is_neutral(text: str) -> None:
    assert labels(rule(text)) == ["NEUTRAL"]


def test_a_speaker_goes_on_within_the_paragraph() -> None:
    text = (
        "The Kremlin said that the bloc had lied. He added that it would do so again. "
        "Trains ran late. He added that it was cold.\n\nHe said that it was warm."
    )
    assert labels(rule(text)) == ["RUSSIA", "RUSSIA", "NEUTRAL", "NEUTRAL", "NEUTRAL"]


def test_given_sentences_are_kept_and_old_labels_are_not() -> None:
    given = article("NR-")
    (found,) = KeywordRule().label_many([given])
    assert [(s.start, s.end) for s in found.sentences] == [(0, 10), (11, 21), (22, 32)]
    assert labels(found) == ["NEUTRAL"] * 3
    assert found.doc_id == "a"


def test_labelling_is_lazy_and_in_order() -> None:
    taken = []

    def documents() -> Iterator[Document]:
        for name in ("a", "b", "c"):
            taken.append(name)
            yield article("N", name)

    for baseline in (KeywordRule(), Majority("NATO")):
        taken.clear()
        found = baseline.label_many(documents())
        assert next(found).doc_id == "a"
        assert taken == ["a"]
        assert [d.doc_id for d in found] == ["b", "c"]


def test_other_sides_are_refused() -> None:
    with pytest.raises(InputError, match="knows no words of FAVOR, AGAINST"):
        KeywordRule(LabelSet(("FAVOR", "AGAINST"), "NONE"))


WORDS = ["Kyiv", "said", "that", '"', "“", "”", ",", ".", "told", "Moscow", "\n\n", "according to"]


@settings(max_examples=80)
@given(st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join))
def test_any_text_comes_out_whole(text: str) -> None:
    found = rule(text)
    assert found.text == text
    assert None not in labels(found)
    assert found.with_labels_from_spans() == found


def test_an_empty_text() -> None:
    assert rule("").sentences == ()
    assert next(Majority("NATO").label_many([Document("x", "a", (Sentence(0, 1),))])).spans
