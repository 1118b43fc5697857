"""Baselines without a model: what any classifier has to beat.

They label as `StanceClassifier` does: ``label_many(documents)`` gives labelled documents, lazily
and in order; given sentences are kept, others are segmented.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from natostance.document import STANCE, Document, LabelSet, Sentence, Span
from natostance.errors import InputError
from natostance.evaluation.speech import CUES, speech
from natostance.text.segmentation import segment


@dataclass(frozen=True, slots=True)
class Majority:
    """Gives every sentence the same label; a side's label comes with the sentence as its span.

    Args:
        label: the label.
        labels: the label set.
    """

    label: str
    labels: LabelSet = STANCE

    def __post_init__(self) -> None:
        self.labels.check(self.label)

    @classmethod
    def of(cls, documents: Iterable[Document]) -> Majority:
        """The most frequent label of annotated documents, the first in the set of equals.

        Raises:
            InputError: no sentence has a label.
        """
        counts: Counter[str] = Counter()
        labels = STANCE
        for document in documents:
            labels = document.labels
            counts.update(s.label for s in document.sentences if s.label is not None)
        if not counts:
            raise InputError("there is no majority: no sentence has a label")
        return cls(max(labels.names, key=lambda name: counts[name]), labels)

    def label_many(self, documents: Iterable[str | Document]) -> Iterator[Document]:
        """Label texts or documents, lazily and in order."""
        one_sided = self.label in self.labels.sides
        for document in _prepared(documents, self.labels):
            yield document.replace(
                sentences=tuple(Sentence(s.start, s.end, self.label) for s in document.sentences),
                spans=tuple(Span(s.start, s.end, self.label) for s in document.sentences)
                if one_sided
                else (),
            )


class KeywordRule:
    """Gives a sentence to the side of whoever it names as speaking, by lists of words.

    A sentence with a word of attribution ("said", "according to") goes to the side of the nearest
    actor before it, or behind it after "according to" and in "..., said the Kremlin". Without an
    actor, or where it is a direct quotation, it goes on with the side of the sentence before, in
    the same paragraph. Everything else is neutral. The span is what stands on the longer side of
    the attribution.

    The lists are of the dispute between NATO and Russia, in English; other label sets are refused.
    """

    def __init__(self, labels: LabelSet = STANCE) -> None:
        if set(labels.sides) != set(_ACTORS):
            raise InputError(
                f"the keyword rule knows no words of {', '.join(labels.sides)}",
                remedy=f"its sides are {', '.join(_ACTORS)}",
            )
        self.labels = labels

    def label_many(self, documents: Iterable[str | Document]) -> Iterator[Document]:
        """Label texts or documents, lazily and in order."""
        for document in _prepared(documents, self.labels):
            spans: list[Span] = []
            side: str | None = None
            paragraph = -1
            for sentence, number, how in zip(
                document.sentences, document.paragraphs(), speech(document), strict=True
            ):
                text = document[sentence]
                if number != paragraph:
                    paragraph, side = number, None
                cue = CUES.search(text)
                actor = _actor(text, cue) if cue else None
                if actor:
                    side = actor.lastgroup
                elif not cue and how != "direct":
                    side = None
                if side is None:
                    continue
                start, end = _content(text, cue, actor) if how != "direct" else (0, len(text))
                spans.append(Span(sentence.start + start, sentence.start + end, side))
            yield document.replace(spans=tuple(spans)).with_labels_from_spans()


def _prepared(documents: Iterable[str | Document], labels: LabelSet) -> Iterator[Document]:
    """Documents with sentences, without any labels."""
    for item in documents:
        document = item if isinstance(item, Document) else Document(item)
        sentences = document.sentences or tuple(segment(document.text))
        yield document.replace(
            sentences=tuple(Sentence(s.start, s.end) for s in sentences), spans=(), labels=labels
        )


_ACTORS = {
    "NATO": (
        "nato|north atlantic|(?:the|western) alliance|stoltenberg|rutte|brussels|eu|european union"
        "|european commission|von der leyen|borrell|kallas|kyiv|kiev|ukrain(?:e|ian)s?|zelenskyy?"
        "|zelenskiy|kuleba|washington|white house|pentagon|state department|united states|u\\.s\\."
        "|us|american|biden|blinken|austin|sullivan|london|brit(?:ain|ish)|downing street|johnson"
        "|wallace|paris|french|france|macron|berlin|german(?:y)?|scholz|baerbock|merkel|warsaw"
        "|poland|polish|duda|estonian?|latvian?|lithuanian?|vilnius|tallinn|riga|finland|finnish"
        "|swed(?:en|ish)|norw(?:ay|egian)|romanian?|georgian?|tbilisi|moldovan?|chisinau|western"
    ),
    "RUSSIA": (
        "russian?s?|moscow|(?:the )?kremlin|putin|lavrov|peskov|zakharova|shoigu|medvedev|ryabkov"
        "|gerasimov|grushko|nebenzia|konashenkov|patrushev|state duma|minsk|belarus(?:ian)?"
        "|lukashenko|separatists?|donetsk people|luhansk people|lugansk people"
    ),
}
_ACTOR = re.compile(
    "|".join(rf"(?P<{side}>\b(?:{words})(?!\w))" for side, words in _ACTORS.items()),
    re.IGNORECASE,
)
# how far from the attribution an actor may stand, in characters
_BEFORE, _AFTER, _INVERTED = 120, 80, 40
_EDGE = " \t\r\n\u00a0,;:–—-"
_THAT = re.compile(r"\s*(?:that\b)?[\s,:]*", re.IGNORECASE)


def _actor(text: str, cue: re.Match[str]) -> re.Match[str] | None:
    if cue[0].lower().startswith("according"):
        return _ACTOR.search(text, cue.end(), cue.end() + _AFTER)
    before = list(_ACTOR.finditer(text, max(0, cue.start() - _BEFORE), cue.start()))
    # "...", said the Kremlin: what stands before the cue is the content
    if text[: cue.start()].rstrip().endswith((",", '"', "”", "»")):
        after = _ACTOR.search(text, cue.end(), cue.end() + _INVERTED)
        return after or (before[-1] if before else None)
    return before[-1] if before else None


def _content(text: str, cue: re.Match[str] | None, actor: re.Match[str] | None) -> tuple[int, int]:
    """The longer part beside the attribution, without white space and commas at its edges."""
    if cue is None:
        return 0, len(text)
    first = min(cue.start(), actor.start()) if actor else cue.start()
    after = max(cue.end(), actor.end()) if actor else cue.end()
    if that := _THAT.match(text, after):
        after = that.end()
    start, end = (after, len(text)) if len(text) - after >= first else (0, first)
    while start < end and text[start] in _EDGE:
        start += 1
    while start < end and text[end - 1] in _EDGE:
        end -= 1
    return (start, end) if start < end else (0, len(text))
