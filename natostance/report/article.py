"""An article as a page shows it: its own text, sentences and spans coloured by side.

Every character of the article stands on the page as text, in order; labels and probabilities stand
in attributes, and what is seen of them comes from the style sheet and the script.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from natostance.document import Document, LabelSet, Sentence, Span
from natostance.report.glance import Glance
from natostance.report.page import Html, render, shown
from natostance.report.palette import css_class, in_line, letters

# lower ends of the shades, from pale to full
LEVELS = (0.0, 0.5, 0.65, 0.8, 0.9)

# metadata that the head of an article has a place for already, or that nobody reads
_ELSEWHERE = {"title", "headline", "heading", "text", "language"}
_LONGEST_META = 120


def level(probability: float | None) -> int:
    """The shade of a probability, 0 to 4; full where there is none, as with marks by hand."""
    if probability is None:
        return len(LEVELS) - 1
    return max(i for i, low in enumerate(LEVELS) if probability >= low or i == 0)


def article_html(
    document: Document, seen: Glance, number: int, explanations: Html | None = None
) -> Html:
    """The whole article: head, text, what to look at.

    Args:
        document: the article, labelled.
        seen: what `natostance.report.glance.glance` says of it.
        number: its number on the page; ids begin with ``s<number>-``.
        explanations: where labels come from, below the text.
    """
    return render(
        "article.html",
        number=number,
        title=shown(seen.title),
        doc_id=shown(document.doc_id),
        meta=list(_meta(document)),
        language=document.meta.get("language"),
        bar=bar(seen.shares, seen.labels),
        seen=seen,
        classes=classes(seen.labels),
        letters=letters(seen.labels),
        text=text_html(document, number),
        doubtful=[(d, shown(d.text)) for d in seen.doubtful],
        explanations=explanations,
    )


def text_html(document: Document, number: int = 1) -> Html:
    """The text in paragraphs, each sentence and span in an element of its own."""
    marks = letters(document.labels)
    parts: list[str] = []
    at, before, first_span = 0, -1, 0
    sentences = zip(document.sentences, document.paragraphs(), strict=True)
    for i, (sentence, paragraph) in enumerate(sentences):
        gap = document.text[at : sentence.start]
        if paragraph != before:
            parts.append("</p>\n<p>" if before >= 0 else "<p>")
            gap = gap.strip()
        if gap.strip():  # text that belongs to no sentence
            parts.append(f'<span class="outside">{shown(gap)}</span> ')
        elif gap:
            parts.append("<br>" if _breaks(gap, document.text[at - 1 : at]) else " ")
        while first_span < len(document.spans) and document.spans[first_span].end <= sentence.start:
            first_span += 1
        parts += _sentence(document, sentence, i, f"s{number}-{i + 1}", marks, first_span)
        at, before = sentence.end, paragraph
    rest = document.text[at:].strip()
    if before < 0:
        parts.append("<p>")
    if rest:
        parts.append(f' <span class="outside">{shown(rest)}</span>')
    parts.append("</p>")
    return Html("".join(parts))


def bar(shares: Mapping[str, float], labels: LabelSet) -> Html:
    """Shares as one bar, in the order of the label set with neutral in the middle of two sides."""
    order = in_line(labels)
    parts, at = [], 0.0
    for label in order:
        width = 100 * shares.get(label, 0.0)
        parts.append(
            f'<rect class="{css_class(label, labels)}" x="{at:.2f}" width="{width:.2f}" '
            'height="10"/>'
        )
        at += width
    words = ", ".join(f"{label} {shares.get(label, 0.0):.0%}" for label in order)
    return Html(
        f'<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" '
        f'aria-label="{shown(words)}">{"".join(parts)}</svg>'
    )


def classes(labels: LabelSet) -> dict[str, str]:
    """The class of each label."""
    return {label: css_class(label, labels) for label in labels.names}


def mark(sentence: Sentence, marks: Mapping[str, str]) -> str:
    """What stands before a sentence: its letter, ``*`` if mixed, ``?`` if abstained."""
    letter = marks.get(sentence.label or "", "")
    flags = ("*" if sentence.mixed else "") + ("?" if sentence.abstained else "")
    return f"{letter}{flags}" if flags or letter != "·" else ""


def _breaks(gap: str, last: str) -> bool:
    """Whether a new line begins after a sentence that ends in this character.

    Rows don't keep line breaks within paragraphs; a sentence without a full stop is a heading.
    """
    return "\n" in gap or "\r" in gap or last.isalnum()


def _sentence(
    document: Document,
    sentence: Sentence,
    place: int,
    identifier: str,
    marks: Mapping[str, str],
    first_span: int,
) -> Iterator[str]:
    label = sentence.label
    probability = sentence.scores[label] if sentence.scores and label else None
    names = [
        "s",
        css_class(label, document.labels),
        f"p{level(probability)}",
        *(["mixed"] if sentence.mixed else []),
        *(["abstained"] if sentence.abstained else []),
    ]
    scores = (
        " ".join(f"{100 * sentence.scores[name]:.1f}" for name in document.labels.names)
        if sentence.scores
        else ""
    )
    yield (
        f'<span class="{" ".join(names)}" id="{identifier}" tabindex="-1" '
        f'data-n="{place + 1}" data-l="{shown(label or "")}" data-p="{scores}" '
        f'data-m="{shown(mark(sentence, marks))}">'
    )
    at = sentence.start
    for span in _touching(document.spans, first_span, sentence):
        start, end = max(span.start, sentence.start), min(span.end, sentence.end)
        yield shown(document.text[at:start])
        score = "" if span.score is None else f"{100 * span.score:.1f}"
        names = [css_class(span.label, document.labels), f"p{level(span.score)}"]
        if span.doubtful:
            names.append("doubtful")
        yield (
            f'<mark class="{" ".join(names)}" '
            f'data-l="{shown(span.label)}" data-p="{score}">'
            f"{shown(document.text[start:end])}</mark>"
        )
        at = end
    yield f"{shown(document.text[at : sentence.end])}</span>"


def _touching(spans: Sequence[Span], first: int, sentence: Sentence) -> Iterator[Span]:
    for i in range(first, len(spans)):
        if spans[i].start >= sentence.end:
            return
        yield spans[i]


def _meta(document: Document) -> Iterator[tuple[str, str]]:
    for name, value in document.meta.items():
        if name in _ELSEWHERE or value is None or isinstance(value, (dict, list)):
            continue
        words = str(value)
        if words and len(words) <= _LONGEST_META:
            yield name, words
