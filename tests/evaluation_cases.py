"""Small articles for the tests of evaluation, and strategies that make many of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from natostance.document import Document, Sentence, Span

LETTERS = {"N": "NATO", "R": "RUSSIA", "-": "NEUTRAL"}
LABELS = tuple(LETTERS.values())
SENTENCE = "abcd efgh."  # ten characters, nine of them solid


def article(
    letters: str,
    doc_id: str = "a",
    *,
    scores: Sequence[float] | None = None,
    spans: bool = True,
    abstained: str = "",
    meta: Mapping[str, Any] | None = None,
) -> Document:
    """One sentence of ten characters for each letter: N(ATO), R(USSIA) or - (neutral).

    Args:
        letters: the labels.
        doc_id: its id.
        scores: the probability of each given label; the others share the rest.
        spans: whether each one-sided sentence is a span.
        abstained: ``?`` for each sentence that abstained.
        meta: metadata.
    """
    sentences = []
    for i, letter in enumerate(letters):
        given = None
        if scores is not None:
            given = dict.fromkeys(LABELS, (1 - scores[i]) / 2) | {LETTERS[letter]: scores[i]}
        unsure = abstained[i : i + 1] == "?"
        sentences.append(Sentence(11 * i, 11 * i + 10, LETTERS[letter], given, abstained=unsure))
    marked = [Span(s.start, s.end, s.label or "") for s in sentences if s.label != "NEUTRAL"]
    return Document(
        " ".join([SENTENCE] * len(letters)),
        doc_id,
        tuple(sentences),
        tuple(marked) if spans else (),
        meta=meta or {},
    )


def spanned(text_length: int, *spans: tuple[int, int, str], doc_id: str = "a") -> Document:
    """A text of x's that is one sentence, with spans; labels by letter."""
    found = tuple(Span(a, b, LETTERS[letter]) for a, b, letter in spans)
    document = Document("x" * text_length, doc_id, (Sentence(0, text_length),), found)
    return document.with_labels_from_spans()


def some_spans(overlapping: bool, size: int = 30) -> st.SearchStrategy[list[Span]]:
    """Spans in a text of so many characters."""
    label = st.sampled_from(["NATO", "RUSSIA"])
    if overlapping:
        edges = st.tuples(st.integers(0, size - 1), st.integers(1, 10))
        one = st.builds(lambda e, name: Span(e[0], min(e[0] + e[1], size), name), edges, label)
        return st.lists(one, max_size=6)
    cuts = st.lists(st.integers(0, size), max_size=12, unique=True).map(sorted)
    return st.builds(
        lambda c, names: [
            Span(a, b, name) for a, b, name in zip(c[::2], c[1::2], names, strict=False)
        ],
        cuts,
        st.lists(label, min_size=6, max_size=6),
    )


# for each article the letters of gold and prediction
labelled_pairs = st.lists(
    st.lists(st.tuples(st.sampled_from("NR-"), st.sampled_from("NR-")), min_size=1, max_size=6),
    min_size=1,
    max_size=5,
).map(
    lambda articles: [
        ("".join(right for right, _ in pairs), "".join(given for _, given in pairs))
        for pairs in articles
    ]
)


def collections(pairs: Sequence[tuple[str, str]]) -> tuple[list[Document], list[Document]]:
    """Gold and predictions of some articles, from their letters."""
    gold = [article(right, f"a{i}") for i, (right, _) in enumerate(pairs)]
    return gold, [article(given, f"a{i}") for i, (_, given) in enumerate(pairs)]
