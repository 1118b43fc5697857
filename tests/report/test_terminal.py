"""Articles on a terminal."""

from __future__ import annotations

from rich.console import Console

from natostance.document import Document, Sentence, Span
from natostance.report.terminal import article

TEXT = "He said no.\n\nIt rained. Both\x1b[31m spoke."
SCORES = {"NATO": 0.1, "RUSSIA": 0.8, "NEUTRAL": 0.1}
DOCUMENT = Document(
    TEXT,
    "a.txt",
    (
        Sentence(0, 11, "RUSSIA", SCORES),
        Sentence(13, 23, "NEUTRAL", {"NATO": 0.2, "RUSSIA": 0.2, "NEUTRAL": 0.6}, abstained=True),
        Sentence(24, 40, "RUSSIA", SCORES, mixed=True),
    ),
    (Span(8, 11, "RUSSIA"), Span(24, 28, "NATO"), Span(34, 40, "RUSSIA")),
)


def shown(document: Document) -> list[str]:
    console = Console(width=200, color_system=None)
    with console.capture() as capture:
        console.print(article(document))
    return [line.rstrip() for line in capture.get().rstrip().split("\n")]


def test_each_sentence_has_its_letter_flags_and_probability() -> None:
    assert shown(DOCUMENT)[:5] == [
        "a.txt",
        "R   80%  He said no.",
        "",
        "·?  60%  It rained.",
        "R*  80%  Both [31m spoke.",
    ]


def test_the_summary_ends_it() -> None:
    assert shown(DOCUMENT)[-1] == (
        "3 sentences: NATO 0%, RUSSIA 67%, NEUTRAL 33%; longest one-sided stretch: RUSSIA, "
        "sentence 1; 1 mixed (*); 1 unsure (?)"
    )


def test_an_article_without_sentences_is_shown_too() -> None:
    assert shown(Document("", "empty"))[0] == "empty"
