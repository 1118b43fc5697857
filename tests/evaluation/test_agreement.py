"""Two annotators of the same articles."""

from __future__ import annotations

import pytest
from evaluation_cases import LABELS, LETTERS, article, collections, labelled_pairs, spanned
from hypothesis import given, settings

from natostance.document import Document, Sentence, Span
from natostance.errors import InputError
from natostance.evaluation.agreement import agreement
from natostance.evaluation.counts import Confusion
from natostance.evaluation.table import NOTHING
from natostance.evaluation.tables import agreement_table


def test_sentences_by_hand() -> None:
    found = agreement(
        [article("NNR--", "a"), article("R---N", "b")],
        [article("NRR--", "a"), article("R---N", "b")],
    )
    # 9 of 10 agree; first 3 N, 2 R, 5 -; second 2 N, 3 R, 5 -
    assert found.kappa == pytest.approx((0.9 - 0.37) / (1 - 0.37))
    # coincidences: 5 N, 5 R, 10 -; 2 of 20 off the diagonal
    assert found.alpha == pytest.approx(1 - 19 * 2 / (400 - 150))
    results = found.to_dict(resamples=200)
    assert results["sentences"]["agreement"]["value"] == 0.9
    assert results["sentences"]["classes"]["NATO"]["f1"]["value"] == 0.8
    assert (results["articles"], results["sentences"]["total"]) == (2, 10)


def test_characters_by_hand() -> None:
    first = spanned(20, (0, 10, "N"))
    second = spanned(20, (5, 10, "N"), (15, 20, "R"))
    (cells,) = agreement([first], [second]).characters
    assert cells == Confusion(LABELS, ((5, 0, 5), (0, 0, 0), (0, 5, 5)))
    found = agreement([first], [second])
    # found 5, too many 5, missed 5
    assert found.character_f1 == pytest.approx(0.5)
    # 40 values: 15 N, 5 R, 20 neutral; 20 off the diagonal
    assert found.character_alpha == pytest.approx(1 - 39 * 20 / (1600 - 650))


def test_disagreements_are_listed_with_their_place() -> None:
    first = article("N-R")
    second = Document(
        first.text,
        "a",
        first.sentences,
        (Span(0, 8, "NATO"), Span(11, 21, "RUSSIA"), first.spans[1]),
    ).with_labels_from_spans()
    spans, label = agreement([first], [second]).disagreements
    assert (spans.number, spans.of_label, spans.first_spans, spans.second_spans) == (
        0, False, (Span(0, 10, "NATO"),), (Span(0, 8, "NATO"),),
    )  # fmt: skip
    assert (label.number, label.of_label, label.first, label.second) == (
        1,
        True,
        "NEUTRAL",
        "RUSSIA",
    )
    assert label.to_dict() == {
        "doc_id": "a",
        "sentence": 1,
        "start": 11,
        "end": 21,
        "first": "NEUTRAL",
        "second": "RUSSIA",
        "first_spans": [],
        "second_spans": [[11, 21, "RUSSIA"]],
    }


def test_context_is_shown_from_the_document() -> None:
    document = Document(
        "One. Two. Three. Four.",
        "a",
        (Sentence(0, 4), Sentence(5, 9), Sentence(10, 16), Sentence(17, 22)),
    ).with_labels_from_spans()
    other = document.replace(spans=(Span(0, 3, "NATO"),)).with_labels_from_spans()
    (found,) = agreement([document], [other]).disagreements
    assert found.context(document) == "One. Two."
    assert found.context(document, 0) == "One."


def test_other_sentences_are_projected() -> None:
    first = article("NR")
    second = first.replace(sentences=(Sentence(0, 21),)).with_labels_from_spans()
    assert [s.label for s in second.sentences] == ["NEUTRAL"]
    found = agreement([first], [second])
    assert found.sentences[0].cells == ((0, 0, 1), (0, 0, 1), (0, 0, 0))
    assert found.character_f1 == 1


def test_perfect_agreement_on_one_label_is_one() -> None:
    found = agreement([article("--")], [article("--")])
    assert (found.kappa, found.alpha, found.character_alpha, found.character_f1) == (1, 1, 1, 1)


def test_a_rare_label_is_not_agreed_on_where_a_draw_lacks_it() -> None:
    pairs = [("RR-N", "R--N"), ("RR-N", "R--N"), *[("N--N", "N---"), ("N--N", "N--N")] * 10]
    found = agreement(*collections(pairs)).to_dict()
    russia = found["sentences"]["classes"]["RUSSIA"]
    assert russia["f1"]["interval"] == [pytest.approx(2 / 3, abs=1e-4)] * 2
    assert russia["kappa"]["interval"][1] < 0.9
    assert found["characters"]["classes"]["RUSSIA"]["alpha"]["interval"][1] < 0.9


def test_a_label_that_nobody_uses_has_no_interval() -> None:
    found = agreement(*collections([("N-", "N-"), ("N-", "-N")])).to_dict(resamples=200)
    assert found["sentences"]["classes"]["RUSSIA"]["f1"] == {"value": None, "interval": None}
    rows = dict(row[:2] for row in agreement_table(found).rows)
    assert rows["sentences: F1, RUSSIA"] == NOTHING
    assert rows["sentences: F1, NATO"] == "0.500"


def test_messages_speak_of_annotations() -> None:
    with pytest.raises(InputError, match="of the first annotation are missing in the second"):
        agreement([article("N", "a"), article("N", "b")], [article("N", "a")])


@settings(max_examples=30)
@given(labelled_pairs)
def test_the_annotators_can_be_exchanged(pairs: list[tuple[str, str]]) -> None:
    first, second = collections(pairs)
    one, other = agreement(first, second), agreement(second[::-1], first)
    assert (one.kappa, one.alpha) == pytest.approx((other.kappa, other.alpha))
    assert one.character_alpha == pytest.approx(other.character_alpha)
    assert len(one.disagreements) == len(other.disagreements)
    assert agreement(first, first).kappa == 1


@pytest.mark.peers
@settings(max_examples=40, deadline=None)
@given(labelled_pairs)
def test_krippendorff_and_scikit_learn_give_the_same(pairs: list[tuple[str, str]]) -> None:
    krippendorff = pytest.importorskip("krippendorff")
    metrics = pytest.importorskip("sklearn.metrics")
    found = agreement(*collections(pairs))
    sides = [[LABELS.index(LETTERS[x]) for pair in pairs for x in pair[side]] for side in (0, 1)]
    if len({*sides[0], *sides[1]}) < 2:
        return  # both call agreement on a single label undefined
    alpha = krippendorff.alpha(reliability_data=sides, level_of_measurement="nominal")
    assert found.alpha == pytest.approx(alpha)
    assert found.kappa == pytest.approx(metrics.cohen_kappa_score(*sides))
    characters = [[x for x in side for _ in range(10)] for side in sides]
    # spaces between sentences belong to none
    assert found.character_alpha == pytest.approx(
        krippendorff.alpha(reliability_data=characters, level_of_measurement="nominal")
    )
