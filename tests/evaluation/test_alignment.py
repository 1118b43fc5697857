"""Gold and predictions with the same sentences, with others, and with none."""

from __future__ import annotations

from itertools import pairwise

import pytest
from evaluation_cases import article
from hypothesis import given, settings
from hypothesis import strategies as st

from natostance.document import Document, LabelSet, Sentence, Span
from natostance.errors import InputError
from natostance.evaluation.alignment import (
    Pair,
    judge,
    pair,
    project,
    same_sentences,
    spans_within,
    stand_ins,
)

TEXT = "aaaa bbbb cccc dddd"


def cut(*sentences: tuple[int, int, str | None], text: str = TEXT) -> Document:
    return Document(text, "a", tuple(Sentence(a, b, label) for a, b, label in sentences))


def labels(source: Document, *onto: tuple[int, int]) -> list[str | None]:
    found = project(source, [Sentence(a, b) for a, b in onto])
    return [s and s.label for s in found]


def test_articles_are_matched_by_id_in_any_order() -> None:
    gold = [article("N", "b"), article("R", "a")]
    predicted = [article("-", "a"), article("N", "b")]
    assert [(p.gold.doc_id, p.predicted.doc_id) for p in pair(gold, predicted)] == [
        ("a", "a"),
        ("b", "b"),
    ]


@pytest.mark.parametrize(
    ("gold", "predicted", "complaint"),
    [
        ([], [], "the gold has no articles"),
        ([article("")], [article("")], "the gold has no sentences"),
        ([article("N", "a"), article("N", "b")], [article("N", "a")], "missing in the .*: b"),
        ([article("N", "a")], [article("N", "a"), article("N", "x")], "not in the gold: x"),
        ([article("N"), article("N")], [article("N")], "the gold has the article 'a' twice"),
        ([article("N")], [article("N"), article("N")], "the prediction has the article 'a' twice"),
        ([article("N")], [article("NN")], "'a' has another text in the prediction"),
        ([cut((0, 4, None))], [cut((0, 4, "NATO"))], "without a label in the gold, from 0 to 4"),
        ([cut()], [cut((0, 4, "NATO"))], "'a' has no sentences in the gold"),
        ([cut((4, 5, "NATO"))], [cut((0, 4, "NATO"))], "a sentence of white space in the gold"),
        (
            [cut((0, 4, "NATO"))],
            [cut((0, 4, "NATO"), (5, 9, None))],
            "without a label in the prediction, from 5 to 9",
        ),
        (
            [article("N")],
            [Document(article("N").text, "a", labels=LabelSet(("X", "Y"), "Z"))],
            "the labels of 'a' in the prediction are X, Y, Z",
        ),
    ],
)
def test_what_cannot_be_compared_is_named(
    gold: list[Document], predicted: list[Document], complaint: str
) -> None:
    with pytest.raises(InputError, match=complaint):
        pair(gold, predicted)


def test_many_missing_articles_are_counted() -> None:
    gold = [article("N", f"a{i:02d}") for i in range(25)]
    with pytest.raises(InputError, match=r"24 articles .* a10 and 14 more"):
        pair(gold, gold[:1])


def test_same_sentences_keep_label_scores_and_abstention() -> None:
    given = article("N", scores=[0.75], abstained="?")
    (found,) = project(given, [Sentence(0, 10)])
    assert found == given.sentences[0]


def test_white_space_at_the_edges_does_not_make_another_sentence() -> None:
    source = Document("\ufeff one.\n\n", "a", (Sentence(0, 8, "NATO", abstained=True),))
    (found,) = project(source, [Sentence(2, 6)])
    assert found == Sentence(2, 6, "NATO", abstained=True)
    gold = Document(source.text, "a", (Sentence(2, 6, "NATO"),))
    assert same_sentences(Pair(gold, source)) == 1


def test_a_gold_sentence_over_two_predicted_ones_takes_the_label_of_more_characters() -> None:
    source = cut((0, 9, "NATO"), (10, 14, "RUSSIA"), (15, 19, None))
    assert labels(source, (0, 14)) == ["NATO"]


def test_a_predicted_sentence_over_two_gold_ones_labels_both() -> None:
    assert labels(cut((0, 19, "RUSSIA")), (0, 9), (10, 19)) == ["RUSSIA", "RUSSIA"]


def test_white_space_does_not_decide() -> None:
    text = "aaa" + " " * 20 + "bbbb"
    assert labels(cut((0, 22, "NATO"), (23, 27, "RUSSIA"), text=text), (0, 27)) == ["RUSSIA"]


@pytest.mark.parametrize("other", ["RUSSIA", "NEUTRAL"])
def test_a_tie_is_neutral(other: str) -> None:
    assert labels(cut((0, 4, "NATO"), (5, 9, other)), (0, 9)) == ["NEUTRAL"]


def test_pieces_of_one_label_add_up() -> None:
    source = cut((0, 4, "NATO"), (5, 11, "RUSSIA"), (11, 14, "NATO"))
    assert labels(source, (0, 14)) == ["NATO"]  # 4 + 3 against 4 + 1


def test_a_projected_label_has_no_scores_and_abstains_with_its_sources() -> None:
    scores = {"NATO": 0.8, "RUSSIA": 0.1, "NEUTRAL": 0.1}
    source = Document(TEXT, "a", (Sentence(0, 14, "NATO", scores, abstained=True),))
    assert project(source, [Sentence(0, 9)]) == (Sentence(0, 9, "NATO", abstained=True),)


def test_a_sentence_that_the_prediction_leaves_out() -> None:
    assert labels(cut((0, 4, "NATO")), (5, 9)) == [None]
    with pytest.raises(InputError, match=r"no sentence in the prediction .* from 5 to 9"):
        judge(Pair(cut((5, 9, "NATO")), cut((0, 4, "NATO"))))


def test_spans_alone_are_enough() -> None:
    gold = article("NR-")
    found = pair([gold], [gold.replace(sentences=())])
    assert found[0].from_spans
    assert [j.labels for j in judge(found[0])] == [
        ("NATO", "NATO"),
        ("RUSSIA", "RUSSIA"),
        ("NEUTRAL", "NEUTRAL"),
    ]


def test_an_empty_article_beside_others_is_fine() -> None:
    gold = [article("", "a"), article("N", "b")]
    assert [len(judge(p)) for p in pair(gold, gold)] == [0, 1]


def test_a_span_over_two_sentences_is_cut_and_trimmed() -> None:
    document = Document(TEXT, "a", (Sentence(0, 19, "NATO"),), (Span(2, 17, "NATO"),))
    found = spans_within(document, [Sentence(0, 10), Sentence(10, 19)])
    assert found == (Span(2, 9, "NATO"), Span(10, 17, "NATO"))


def test_pieces_with_only_white_space_between_are_one_span() -> None:
    document = Document(
        TEXT,
        "a",
        spans=(Span(0, 4, "NATO"), Span(5, 9, "NATO", doubtful=True), Span(10, 14, "RUSSIA")),
    )
    whole = [Sentence(0, 19)]
    assert spans_within(document, whole) == (
        Span(0, 9, "NATO", doubtful=True),
        Span(10, 14, "RUSSIA"),
    )
    # but not over the edge of a sentence
    assert len(spans_within(document, [Sentence(0, 4), Sentence(5, 19)])) == 3


def test_spans_outside_the_sentences_are_left_out() -> None:
    document = Document(TEXT, "a", spans=(Span(0, 4, "NATO"), Span(4, 5, "RUSSIA")))
    assert spans_within(document, [Sentence(4, 19)]) == ()


def test_one_sided_sentences_stand_for_missing_spans() -> None:
    document = article("N-R", spans=False)
    assert stand_ins(document)
    assert spans_within(document, document.sentences) == article("N-R").spans
    assert not stand_ins(article("N-R"))
    assert not stand_ins(article("--", spans=False))


cuts = st.lists(st.integers(0, 20), min_size=2, max_size=9, unique=True).map(sorted)


@settings(max_examples=80)
@given(st.text("a \n", min_size=20, max_size=20), cuts, cuts, st.data())
def test_a_uniform_label_stays_uniform(
    text: str, mine: list[int], yours: list[int], data: st.DataObject
) -> None:
    label = data.draw(st.sampled_from(["NATO", "RUSSIA", "NEUTRAL"]))
    source = cut(*((a, b, label) for a, b in pairwise(mine)), text=text)
    onto = [Sentence(a, b) for a, b in pairwise(yours)]
    assert {s.label for s in project(source, onto) if s} <= {label}
    assert [(s.start, s.end) for s in project(source, onto) if s] == [
        (o.start, o.end) for o, s in zip(onto, project(source, onto), strict=True) if s
    ]
