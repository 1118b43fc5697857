"""The checks: every fault listed, repairs as a person would make them, the rest kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from any_document import documents
from hypothesis import given, settings
from hypothesis import strategies as st

from natostance.document import STANCE, Document, LabelSet, Sentence, Span
from natostance.formats.draft import Draft, Kind, Mark, Remark, check, check_all
from natostance.formats.tokens import inside_token

FILE = Path("x.jsonl")
TEXT = "Kyiv said it was blackmail."


def draft(*marks: Mark, text: str = TEXT, doc_id: str = "a", **other: Any) -> Draft:
    return Draft(text, doc_id, FILE, 3, marks, **other)


def spans(document: Document | None) -> list[tuple[int, int, str]]:
    assert document is not None
    return [(s.start, s.end, s.label) for s in document.spans]


def test_what_is_right_is_taken_over() -> None:
    document, remarks = check(
        draft(
            Mark(10, 27, "NATO", True, 0.5),
            Mark(0, 4, "RUSSIA"),
            sentences=(Sentence(0, 27),),
            meta={"a": 1},
        )
    )
    assert remarks == []
    assert document == Document(
        TEXT,
        "a",
        (Sentence(0, 27),),
        (Span(0, 4, "RUSSIA"), Span(10, 27, "NATO", 0.5, True)),
        STANCE,
        {"a": 1},
    )


def test_all_faults_are_listed_at_once() -> None:
    document, remarks = check(
        draft(
            Mark(0, 4, "CHINA", line=7),
            Mark(-1, 4, "NATO"),
            Mark(17, 28, "NATO"),
            Mark(6, 6, "NATO"),
            Mark(5, 8, "NATO"),
            Mark(10, 16, "NATO"),
            Mark(13, 26, "RUSSIA"),
            Mark(0, 4, "NATO", fault="is odd"),
        )
    )
    assert document is None
    assert [str(remark) for remark in remarks] == [
        "x.jsonl, line 7: document 'a': the span from 0 to 4: unknown label 'CHINA'; "
        "map it to one of NATO, RUSSIA",
        "x.jsonl, line 3: document 'a': the span from -1 to 4: "
        "lies outside the text of 27 characters",
        "x.jsonl, line 3: document 'a': the span from 17 to 28: "
        "lies outside the text of 27 characters",
        "x.jsonl, line 3: document 'a': the span from 6 to 6: is empty or reversed",
        "x.jsonl, line 3: document 'a': the span from 5 to 8: 'sai' has an edge inside a word "
        "of 'said'; correct it, or have it repaired",
        "x.jsonl, line 3: document 'a': the span from 0 to 4: is odd",
        "x.jsonl, line 3: document 'a': the span from 13 to 26: overlaps the span from 10 to 16; "
        "take one away, or have it repaired",
    ]
    assert (remarks[1].start, remarks[1].end) == (-1, 4)


@pytest.mark.parametrize(
    ("start", "end", "moved"),
    [
        (1, 4, (0, 4)),  # Kyiv: one character from the left edge
        (3, 9, (4, 9)),  # one from the right edge
        (2, 9, (0, 9)),  # as far from both: outwards
        (5, 6, (5, 9)),  # nothing would be left: the whole word
        (6, 8, (5, 9)),
        (-5, 4, (0, 4)),
        (17, 99, (17, 27)),
    ],
)
def test_edges_are_moved_to_the_nearest_token_edge(
    start: int, end: int, moved: tuple[int, int]
) -> None:
    document, (remark,) = check(draft(Mark(start, end, "NATO")), repair=True)
    assert spans(document) == [(*moved, "NATO")]
    assert remark.kind is Kind.REPAIRED
    assert remark.reason == (
        f"the span from {start} to {end}: moved to {moved[0]}–{moved[1]}: "
        f"{TEXT[moved[0] : moved[1]]!r}"
    )


def test_of_an_overlap_the_later_span_is_cut() -> None:
    document, (remark,) = check(
        draft(Mark(5, 12, "NATO"), Mark(10, 27, "RUSSIA", doubtful=True)), repair=True
    )
    assert document is not None
    assert document.spans == (Span(5, 12, "NATO"), Span(13, 27, "RUSSIA", doubtful=True))
    assert "moved to 13–27" in remark.reason


def test_a_span_inside_another() -> None:
    same = draft(Mark(5, 27, "NATO"), Mark(5, 27, "NATO"), Mark(10, 12, "NATO"))
    document, remarks = check(same, repair=True)
    assert spans(document) == [(5, 27, "NATO")]
    assert [remark.kind for remark in remarks] == [Kind.REPAIRED] * 2
    other = draft(Mark(5, 27, "NATO"), Mark(10, 12, "RUSSIA"))
    document, (problem,) = check(other, repair=True)
    assert document is None
    assert "lies inside the span from 5 to 27, which is NATO" in problem.reason


@pytest.mark.parametrize(
    "mark",
    [
        Mark(27, 30, "NATO"),
        Mark(9, 5, "NATO"),
        Mark(0, 4, "CHINA"),
        Mark(0, 4, "NATO", fault="is odd"),
    ],
)
def test_what_repair_cannot_mend(mark: Mark) -> None:
    document, (remark,) = check(draft(mark), repair=True)
    assert document is None
    assert remark.kind is Kind.PROBLEM


marks = st.builds(
    Mark, st.integers(-3, 30), st.integers(-3, 30), st.sampled_from(["NATO", "RUSSIA"])
)


@settings(max_examples=200)
@given(documents(), st.lists(marks, max_size=5))
def test_repair_gives_right_documents_and_lists_every_change(
    document: Document, marks: list[Mark]
) -> None:
    given_draft = draft(*marks, text=document.text)
    found, remarks = check(given_draft, repair=True)
    if found is None:
        assert any(remark.kind is Kind.PROBLEM for remark in remarks)
        return
    for span in found.spans:
        assert not inside_token(found.text, span.start)
        assert not inside_token(found.text, span.end)
    kept = {(s.start, s.end) for s in found.spans}
    listed = {(remark.start, remark.end) for remark in remarks}
    assert {(m.start, m.end) for m in marks} <= kept | listed
    again = [Mark(s.start, s.end, s.label) for s in found.spans]
    assert check(draft(*again, text=document.text)) == (found, [])


def test_probabilities_of_labels_that_become_one_are_added() -> None:
    labels = LabelSet(("PRO", "ALLY", "CON"), "NONE")
    scores = {"PRO": 0.375, "ALLY": 0.25, "CON": 0.25, "NONE": 0.125}
    sentence = Sentence(0, 27, "PRO", scores)
    mapping = {"PRO": "NATO", "ALLY": "NATO", "CON": "RUSSIA", "NONE": "NEUTRAL"}
    document, remarks = check(draft(sentences=(sentence,), labels=labels), mapping=mapping)
    assert document is not None
    assert not remarks
    assert document.sentences[0].label == "NATO"
    assert document.sentences[0].scores == {"NATO": 0.625, "RUSSIA": 0.25, "NEUTRAL": 0.125}


def test_foreign_labels_are_mapped_or_refused() -> None:
    foreign = draft(
        Mark(0, 4, "WEST"),
        Mark(5, 9, "NEITHER"),
        sentences=(Sentence(0, 27, "WEST", {"WEST": 1.0, "EAST": 0.0, "NEITHER": 0.0}),),
        labels=LabelSet(("WEST", "EAST"), "NEITHER"),
    )
    document, (problem,) = check(foreign)
    assert document is None
    assert "unknown label 'NEITHER'; map it to one of WEST, EAST" in str(problem)
    mapping = {"WEST": "NATO", "EAST": "RUSSIA", "NEITHER": "NEUTRAL"}
    document, (left,) = check(foreign, mapping=mapping)
    assert spans(document) == [(0, 4, "NATO")]
    assert document is not None
    assert document.sentences[0].label == "NATO"
    assert dict(document.sentences[0].scores or {}) == {"NATO": 1.0, "RUSSIA": 0.0, "NEUTRAL": 0.0}
    assert (left.kind, left.start) == (Kind.LEFT_OUT, 5)


def test_sentences_that_are_wrong() -> None:
    document, (problem,) = check(draft(sentences=(Sentence(0, 28),)))
    assert document is None
    assert "the sentence from 0 to 28 lies outside" in problem.reason
    document, (problem,) = check(draft(sentences=(Sentence(0, 5, "CHINA"),)))
    assert document is None
    assert "unknown label 'CHINA'" in problem.reason


def test_an_id_that_stands_twice() -> None:
    note = Remark(Kind.PROBLEM, "not JSON", FILE, 2)
    items = list(check_all([draft(), note, draft(text="b"), draft(doc_id=""), draft(doc_id="")]))
    first, second, third, *nameless = items
    assert isinstance(first, Document)
    assert second is note
    assert isinstance(third, Remark)
    assert str(third) == (
        "x.jsonl, line 3: document 'a': this id stands in line 3 already; "
        "give each document its own id"
    )
    assert [item.doc_id for item in nameless] == ["", ""]
