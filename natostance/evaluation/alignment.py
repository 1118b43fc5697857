"""Gold and predictions brought together: the same articles, sentences and stretches of text.

Rules, in full in ``docs/evaluation.md``:

- Articles are matched by id; each must stand on both sides, once, with the same text.
- Sentence figures are those of the gold's own sentences. A predicted sentence that is the same up
  to white space at its edges gives its label as it is. Otherwise a gold sentence takes the label
  that covers most of its characters, white space not counted; a tie is neutral. Such a projected
  label has no probabilities.
- A prediction without any sentence label is read from its spans, by the codebook's rule.
- Spans are cut at the edges of the gold's sentences and trimmed of white space; what lies outside
  those sentences (page furniture) is left out. Pieces of one label with only white space between
  them are one span.
- Where an article has labelled sentences but no spans, its one-sided sentences stand for spans.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from natostance.document import Document, Sentence, Span
from natostance.errors import InputError

_LISTED = 10


@dataclass(frozen=True, slots=True)
class Pair:
    """One article in two versions.

    Args:
        gold: the reference, each of its sentences labelled.
        predicted: the answer, each of its sentences labelled.
        from_spans: the answer came without labels, and its spans gave them.
    """

    gold: Document
    predicted: Document
    from_spans: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """One sentence of the gold, and what was predicted for it.

    Args:
        article: the gold document.
        number: the 0-based number of the sentence in it.
        gold: the sentence as the gold has it.
        predicted: the same sentence with the label that was predicted, or projected on it.
    """

    article: Document
    number: int
    gold: Sentence
    predicted: Sentence

    @property
    def labels(self) -> tuple[str, str]:
        """The right label and the predicted one."""
        return self.gold.label or "", self.predicted.label or ""


def pair(
    gold: Iterable[Document],
    predicted: Iterable[Document],
    names: tuple[str, str] = ("gold", "prediction"),
) -> tuple[Pair, ...]:
    """Match two collections by id.

    Args:
        gold: the references, in any order.
        predicted: the answers, in any order.
        names: what the two sides are called in messages.

    Returns:
        The pairs, ordered by id.

    Raises:
        InputError: there are no articles or no sentences in the gold; an article stands on one
            side only, or twice; texts or label sets differ; a sentence has no label.
    """
    references, answers = _by_id(gold, names[0]), _by_id(predicted, names[1])
    if not references:
        raise InputError(f"there is nothing to evaluate: the {names[0]} has no articles")
    for ids, what in (
        (references.keys() - answers.keys(), f"of the {names[0]} are missing in the {names[1]}"),
        (answers.keys() - references.keys(), f"of the {names[1]} are not in the {names[0]}"),
    ):
        if ids:
            raise InputError(
                f"{len(ids)} articles {what}: {_listed(ids)}",
                remedy=f"give the {names[1]} of the same articles as the {names[0]}",
            )
    labels = next(iter(references.values())).labels
    pairs = []
    for doc_id in sorted(references):
        reference, answer = references[doc_id], answers[doc_id]
        for document, name in ((reference, names[0]), (answer, names[1])):
            if document.labels != labels:
                raise InputError(
                    f"the labels of {doc_id!r} in the {name} are "
                    f"{', '.join(document.labels.names)}, elsewhere {', '.join(labels.names)}",
                    remedy="use one label set, its labels in one order",
                )
        if reference.text != answer.text:
            raise InputError(
                f"the article {doc_id!r} has another text in the {names[1]}",
                remedy="label the very text that was annotated",
            )
        _check_reference(reference, names[0])
        labelled = _labelled(answer, reference.sentences, names[1])
        from_spans = labelled is not answer and bool(labelled.sentences)
        pairs.append(Pair(reference, labelled, from_spans))
    if not any(p.gold.sentences for p in pairs):
        raise InputError(f"there is nothing to evaluate: the {names[0]} has no sentences")
    return tuple(pairs)


def project(source: Document, onto: Sequence[Sentence]) -> tuple[Sentence | None, ...]:
    """The labels of a document's sentences, brought onto other sentences of the same text.

    Args:
        source: the document; its sentences are labelled.
        onto: the other sentences, in order.

    Returns:
        For each of the other sentences itself with the label it takes, or None where no sentence
        of the source shares a character with it.
    """
    solid = _solid(source.text)
    given = {_trimmed(source.text, s): s for s in source.sentences}
    projected: list[Sentence | None] = []
    first = 0
    for target in onto:
        same = given.get(_trimmed(source.text, target))
        if same is not None:
            projected.append(
                Sentence(
                    target.start, target.end, same.label, same.scores, same.mixed, same.abstained
                )
            )
            continue
        while first < len(source.sentences) and source.sentences[first].end <= target.start:
            first += 1
        covered: dict[str, int] = {}
        abstained: set[str] = set()
        for sentence in source.sentences[first:]:
            if sentence.start >= target.end:
                break
            shared = solid[min(sentence.end, target.end)] - solid[max(sentence.start, target.start)]
            if shared and sentence.label is not None:
                covered[sentence.label] = covered.get(sentence.label, 0) + shared
                if sentence.abstained:
                    abstained.add(sentence.label)
        if not covered:
            projected.append(None)
            continue
        most = max(covered.values())
        leading = [label for label, count in covered.items() if count == most]
        label = leading[0] if len(leading) == 1 else source.labels.neutral
        projected.append(
            Sentence(target.start, target.end, label, abstained=not abstained.isdisjoint(leading))
        )
    return tuple(projected)


def judge(pair: Pair, name: str = "prediction") -> tuple[Judged, ...]:
    """The gold's own sentences, each with its predicted label.

    Raises:
        InputError: the prediction leaves a sentence of the gold out.
    """
    judged = []
    sentences = pair.gold.sentences
    projected = project(pair.predicted, sentences)
    for number, (sentence, given) in enumerate(zip(sentences, projected, strict=True)):
        if given is None:
            raise InputError(
                f"the article {pair.gold.doc_id!r} has no sentence in the {name} where the other "
                f"side has one, from {sentence.start} to {sentence.end}",
                remedy="label the whole text, or the gold's own sentences",
            )
        judged.append(Judged(pair.gold, number, sentence, given))
    return tuple(judged)


def spans_within(document: Document, sentences: Sequence[Sentence]) -> tuple[Span, ...]:
    """The spans of a document inside given sentences: cut, trimmed and joined."""
    spans: list[Span] = []
    first = 0
    all_spans = document.spans or _sentences_as_spans(document)
    for sentence in sentences:
        while first < len(all_spans) and all_spans[first].end <= sentence.start:
            first += 1
        before = len(spans)
        for span in all_spans[first:]:
            if span.start >= sentence.end:
                break
            cut = (max(span.start, sentence.start), min(span.end, sentence.end))
            start, end = _trim(document.text, *cut)
            if start == end:
                continue
            last = spans[-1] if len(spans) > before else None
            gap = _trim(document.text, last.end, start) if last else (0, 1)
            if last and last.label == span.label and gap[0] == gap[1]:
                doubtful = last.doubtful or span.doubtful
                spans[-1] = Span(last.start, end, span.label, doubtful=doubtful)
            else:
                spans.append(Span(start, end, span.label, doubtful=span.doubtful))
    return tuple(spans)


def same_sentences(pair: Pair) -> int:
    """How many of the gold's sentences the prediction has too, up to white space at the edges."""
    text = pair.gold.text
    given = {_trimmed(text, s) for s in pair.predicted.sentences}
    return sum(_trimmed(text, s) in given for s in pair.gold.sentences)


def stand_ins(document: Document) -> bool:
    """Whether the document's one-sided sentences stand for the spans that it lacks."""
    return not document.spans and bool(_sentences_as_spans(document))


def _by_id(documents: Iterable[Document], what: str) -> dict[str, Document]:
    found: dict[str, Document] = {}
    for document in documents:
        if document.doc_id in found:
            raise InputError(
                f"the {what} has the article {document.doc_id!r} twice",
                remedy="give each article an id of its own",
            )
        found[document.doc_id] = document
    return found


def _listed(ids: Iterable[str]) -> str:
    ordered = sorted(ids)
    rest = len(ordered) - _LISTED
    return ", ".join(ordered[:_LISTED]) + (f" and {rest} more" if rest > 0 else "")


def _check_reference(document: Document, name: str) -> None:
    if not document.sentences and _trim(document.text, 0, len(document.text)) != (0, 0):
        raise InputError(
            f"the article {document.doc_id!r} has no sentences in the {name}",
            remedy="segment it first",
        )
    for sentence in document.sentences:
        if sentence.label is None:
            raise InputError(
                f"the article {document.doc_id!r} has a sentence without a label in the {name}, "
                f"from {sentence.start} to {sentence.end}",
                remedy="label it, or derive labels from spans (with_labels_from_spans)",
            )
        start, end = _trimmed(document.text, sentence)
        if start == end:
            raise InputError(
                f"the article {document.doc_id!r} has a sentence of white space in the {name}, "
                f"from {sentence.start} to {sentence.end}",
                remedy="remove it",
            )


def _labelled(answer: Document, gold: Sequence[Sentence], name: str) -> Document:
    """The answer with labelled sentences, from its spans where it has no labels."""
    unlabelled = [s for s in answer.sentences if s.label is None]
    if not unlabelled and answer.sentences:
        return answer
    if len(unlabelled) < len(answer.sentences):
        raise InputError(
            f"the article {answer.doc_id!r} has a sentence without a label in the {name}, "
            f"from {unlabelled[0].start} to {unlabelled[0].end}",
            remedy="label all sentences, or none where spans alone are predicted",
        )
    sentences = answer.sentences or tuple(Sentence(s.start, s.end) for s in gold)
    return answer.replace(sentences=sentences).with_labels_from_spans()


def _sentences_as_spans(document: Document) -> tuple[Span, ...]:
    return tuple(
        Span(s.start, s.end, s.label)
        for s in document.sentences
        if s.label in document.labels.sides
    )


def _solid(text: str) -> list[int]:
    """How many characters other than white space stand before each offset."""
    return list(accumulate((not _blank(c) for c in text), initial=0))


def _trimmed(text: str, sentence: Sentence) -> tuple[int, int]:
    return _trim(text, sentence.start, sentence.end)


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The stretch without white space at its edges; empty, at its start, where it has no more."""
    at, stop = start, end
    while at < stop and _blank(text[at]):
        at += 1
    if at == stop:
        return start, start
    while _blank(text[stop - 1]):
        stop -= 1
    return at, stop


def _blank(character: str) -> bool:
    return character.isspace() or character == "\ufeff"
