"""Quoted, reported and the writer's own words, told by the surface."""

from __future__ import annotations

import pytest

from natostance.document import Document
from natostance.evaluation.speech import speech
from natostance.text.segmentation import segment


def found(text: str) -> list[str]:
    return list(speech(Document(text, sentences=tuple(segment(text)))))


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("“We will not accept a veto of any kind.”", "direct"),
        ('"We will not accept a veto," he said.', "direct"),
        ("«We will not accept a veto», he said.", "direct"),
        ("The minister said that nobody would accept a veto.", "reported"),
        ("According to the ministry, nobody was hurt.", "reported"),
        ("The long and winding negotiations about it were “frank”.", "reported"),
        ("Trains ran late because of the snow.", "writer"),
        ("The company’s trains don’t run at night.", "writer"),
    ],
)
def test_single_sentences(sentence: str, kind: str) -> None:
    assert found(sentence) == [kind]


def test_a_quotation_goes_on_over_sentences() -> None:
    text = '"We waited for years. Nobody came. Then they did," she said. Trains ran late.'
    assert found(text) == ["direct", "direct", "direct", "writer"]


def test_a_quotation_that_never_closes_ends_with_its_paragraph() -> None:
    text = "“We waited for years. Nobody came.\n\nTrains ran late on Friday."
    assert found(text) == ["direct", "direct", "writer"]


def test_inches_and_closing_marks_open_nothing() -> None:
    text = 'The barrel was 5" long. Trains ran late. He called it” odd. Trains ran on time.'
    assert found(text) == ["writer", "writer", "reported", "writer"]


def test_an_empty_document() -> None:
    assert speech(Document("")) == ()
