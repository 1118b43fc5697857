"""Labelled articles on a terminal: sentences coloured by side, marked by more than colour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.text import Text

from natostance.document import Document, Sentence
from natostance.report.palette import colours, letters


def article(document: Document) -> RenderableType:
    """An article: one line a sentence with label, probability and spans, then a summary.

    A letter before each sentence names its side, so that nothing hangs on colour alone; ``*`` marks
    sentences with spans of both sides, ``?`` those that the model abstained on.
    """
    palette = colours(document.labels)
    lines: list[RenderableType] = [Text(document.doc_id, style="bold underline")]
    before = -1
    for sentence, paragraph in zip(document.sentences, document.paragraphs(), strict=True):
        if before >= 0 and paragraph != before:
            lines.append(Text())
        before = paragraph
        lines.append(_sentence(document, sentence, palette))
    return Padding(Group(*lines, Text(), _summary(document, palette)), (0, 0, 1, 0))


def _sentence(document: Document, sentence: Sentence, palette: Mapping[str, str]) -> Text:
    label = sentence.label or ""
    neutral = label == document.labels.neutral
    style = Style(dim=True) if neutral else Style(color=palette.get(label))
    flags = ("*" if sentence.mixed else "") + ("?" if sentence.abstained else "")
    score = sentence.scores[label] if sentence.scores else 1.0
    letter = letters(document.labels).get(label, "")
    line = Text(f"{letter}{flags:<2}{score:>4.0%}  ", style=style)
    at = sentence.start
    for span in document.spans_of(sentence):
        line.append(_plain(document.text[at : span.start]), style=style)
        line.append(
            _plain(document.text[span.start : span.end]),
            style=Style(color=palette[span.label], underline=True, bold=True),
        )
        at = span.end
    line.append(_plain(document.text[at : sentence.end]), style=style)
    return line


def _summary(document: Document, palette: Mapping[str, str]) -> Text:
    summary = document.summary()
    parts = list(_shares(summary.by_sentences, palette))
    text = Text(f"{summary.sentences} sentences: ").append_text(Text(", ").join(parts))
    if summary.longest:
        stretch = summary.longest
        where = f"sentence {stretch.first + 1}"
        if stretch.sentences > 1:
            where = f"sentences {stretch.first + 1} to {stretch.last + 1}"
        text.append(f"; longest one-sided stretch: {stretch.label}, {where}")
    if summary.mixed:
        text.append(f"; {summary.mixed} mixed (*)")
    if summary.abstained:
        text.append(f"; {summary.abstained} unsure (?)")
    return text


def _shares(shares: Mapping[str, float], palette: Mapping[str, str]) -> Iterator[Text]:
    for label, share in shares.items():
        yield Text(f"{label} {share:.0%}", style=palette.get(label, "dim"))


def _plain(text: str) -> str:
    """Text that a terminal shows and does not obey."""
    return "".join(c if c.isprintable() else " " for c in text)
