"""Documents: what they refuse, the codebook's rule, the summary, JSON both ways."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natostance.document import (
    STANCE,
    Document,
    LabelSet,
    Sentence,
    Span,
    Stretch,
    label_from_spans,
)
from natostance.errors import InputError

TEXT = "Kyiv said it was blackmail. Moscow denied it."


def annotated(*spans: Span) -> Document:
    return Document(TEXT, "a", (Sentence(0, 27), Sentence(28, 45)), spans).with_labels_from_spans()


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Any text, cut at random places into sentences and spans."""
    text = draw(st.text(min_size=1, max_size=60))
    cuts = st.lists(st.integers(0, len(text)), max_size=8, unique=True).map(sorted)
    pairs = draw(cuts)
    sentences = [Sentence(a, b) for a, b in zip(pairs[::2], pairs[1::2], strict=False)]
    pairs = draw(cuts)
    spans = [
        Span(a, b, draw(st.sampled_from(STANCE.sides)), doubtful=draw(st.booleans()))
        for a, b in zip(pairs[::2], pairs[1::2], strict=False)
    ]
    meta = draw(st.dictionaries(st.text(max_size=5), st.none() | st.integers() | st.text()))
    return Document(text, draw(st.text(max_size=5)), tuple(sentences), tuple(spans), STANCE, meta)


def test_sentence_takes_the_side_that_covers_more_of_it() -> None:
    document = annotated(Span(13, 27, "NATO"), Span(35, 45, "RUSSIA"))
    assert [s.label for s in document.sentences] == ["NATO", "RUSSIA"]
    assert not any(s.mixed for s in document.sentences)


def test_no_span_is_neutral() -> None:
    assert [s.label for s in annotated().sentences] == ["NEUTRAL", "NEUTRAL"]


def test_equal_sides_are_neutral_and_mixed() -> None:
    (first, _) = annotated(Span(0, 4, "NATO"), Span(5, 9, "RUSSIA")).sentences
    assert (first.label, first.mixed) == ("NEUTRAL", True)


def test_larger_side_of_a_mixed_sentence() -> None:
    (first, _) = annotated(Span(0, 4, "NATO"), Span(5, 12, "RUSSIA")).sentences
    assert (first.label, first.mixed) == ("RUSSIA", True)


def test_span_over_two_sentences_counts_in_each() -> None:
    document = annotated(Span(20, 40, "NATO"))
    assert [s.label for s in document.sentences] == ["NATO", "NATO"]


@pytest.mark.parametrize(
    ("spans", "sentences", "message"),
    [
        ((Span(40, 46, "NATO"),), (), "outside the text of 45"),
        ((), (Sentence(0, 46),), "outside the text of 45"),
        ((Span(0, 5, "NATO"), Span(4, 9, "NATO")), (), "overlaps"),
        ((Span(0, 5, "NATO", 0.5), Span(0, 5, "NATO")), (), "overlaps"),
        ((), (Sentence(0, 5), Sentence(4, 9)), "overlaps"),
        ((Span(0, 5, "CHINA"),), (), "unknown span label 'CHINA'"),
        ((Span(0, 5, "NEUTRAL"),), (), "unknown span label 'NEUTRAL'"),
        ((), (Sentence(0, 5, "CHINA"),), "unknown label 'CHINA'"),
        ((), (Sentence(0, 5, "NATO", {"NATO": 1.0}),), "scores"),
    ],
)
def test_invalid_documents_are_refused(
    spans: tuple[Span, ...], sentences: tuple[Sentence, ...], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        Document(TEXT, "a", sentences, spans)


@pytest.mark.parametrize(("start", "end"), [(3, 3), (4, 2), (-1, 2)])
def test_empty_and_reversed_stretches_are_refused(start: int, end: int) -> None:
    with pytest.raises(InputError, match="empty or reversed"):
        Span(start, end, "NATO")
    with pytest.raises(InputError, match="empty or reversed"):
        Sentence(start, end)


@pytest.mark.parametrize("sides", [(), ("A", "A"), ("A", "NEUTRAL"), ("",), (" A",), ("A\n",)])
def test_label_sets_that_cannot_be(sides: tuple[str, ...]) -> None:
    with pytest.raises(InputError):
        LabelSet(sides)


def test_labels_of_another_dispute() -> None:
    labels = LabelSet(("FAVOR", "AGAINST"), "NONE")
    document = Document("Yes. No.", "", (Sentence(0, 4),), (Span(0, 3, "FAVOR"),), labels)
    assert document.with_labels_from_spans().sentences[0].label == "FAVOR"
    assert labels.names == ("FAVOR", "AGAINST", "NONE")


def test_offsets_count_code_points() -> None:
    document = Document("😀 é\r\nno", "", (), (Span(2, 3, "NATO"), Span(5, 7, "RUSSIA")))
    assert [document[span] for span in document.spans] == ["é", "no"]


def test_summary() -> None:
    labels = ["NATO", "NEUTRAL", "RUSSIA", "RUSSIA", "NATO", "NATO"]
    text = "aaaa b cc cc d d"
    places = [(0, 4), (5, 6), (7, 9), (10, 12), (13, 14), (15, 16)]
    sentences = [Sentence(a, b, n) for (a, b), n in zip(places, labels, strict=True)]
    summary = Document(text, "", tuple(sentences)).summary()
    assert summary.sentences == 6
    assert summary.by_sentences == {"NATO": 3 / 6, "RUSSIA": 2 / 6, "NEUTRAL": 1 / 6}
    assert summary.by_characters == {"NATO": 6 / 11, "RUSSIA": 4 / 11, "NEUTRAL": 1 / 11}
    assert summary.longest == Stretch("RUSSIA", 2, 3)


def test_summary_of_nothing() -> None:
    summary = Document("").summary()
    assert (summary.sentences, summary.by_sentences, summary.longest) == (0, {}, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A. B.", (0, 0)),
        ("A.\nB.", (0, 1)),
        ("A.\r\nB.", (0, 1)),
        ("A.\nB.\n\nC.", (0, 0, 1)),
        ("\n\nA.\n \nB.", (0, 1)),
    ],
)
def test_paragraphs(text: str, expected: tuple[int, ...]) -> None:
    at = [i for i, c in enumerate(text) if c.isalpha()]
    document = Document(text, "", tuple(Sentence(i, i + 2) for i in at))
    assert document.paragraphs() == expected


@given(documents())
def test_json_gives_the_same_document_back(document: Document) -> None:
    assert Document.from_json(document.to_json()) == document


@given(documents())
def test_pickle_gives_the_same_document_back(document: Document) -> None:
    labelled = document.with_labels_from_spans()
    assert pickle.loads(pickle.dumps(labelled)) == labelled


@given(documents())
def test_labels_follow_from_the_spans_in_each_sentence(document: Document) -> None:
    for sentence in document.with_labels_from_spans().sentences:
        expected = label_from_spans(document.spans, sentence.start, sentence.end)
        assert (sentence.label, sentence.mixed) == expected


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"doc_id": "a"}', "without a text"),
        ('{"text": "a", "colour": 1}', "unknown field 'colour'"),
        ('{"text": "a", "format": 99}', "format 99"),
        ('{"text": "a", "spans": [{"from": 0}]}', "not a document"),
        ('{"text": "a", "spans": [3]}', "not a document"),
        ('{"text": "a", "spans": [{"start": 0.0, "end": 1, "label": "NATO"}]}', "whole number"),
        ('{"text": "a", "doc_id": 3}', "doc_id is no string"),
        ('{"text": "a", "meta": [1]}', "meta is no object"),
        ('{"text": "a", "spans": [{"start": 0, "end": 2, "label": "NATO"}]}', "outside the text"),
    ],
)
def test_bad_json_is_refused(line: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Document.from_json(line)
