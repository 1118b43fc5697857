"""What everything else speaks of: label sets, spans, sentences and documents.

All of it is immutable and validated when it is made. Offsets count Unicode code points, so
``document.text[span.start:span.end]`` is the text of the span.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from natostance.errors import InputError

JSON_FORMAT = 1


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The labels of one dispute: its sides, and the label of what takes no side.

    Args:
        sides: the labels that spans may have, in the order in which scores are listed.
        neutral: the label of a sentence that conveys no side's position.
    """

    sides: tuple[str, ...] = ("NATO", "RUSSIA")
    neutral: str = "NEUTRAL"

    def __post_init__(self) -> None:
        object.__setattr__(self, "sides", tuple(self.sides))
        if not self.sides:
            raise InputError("a label set needs at least one side")
        for name in self.names:
            if not name or not name.isprintable() or name != name.strip():
                raise InputError(f"{name!r} is not a label", remedy="use printable characters")
        if len(set(self.names)) != len(self.names):
            raise InputError(f"a label set names a label twice: {', '.join(self.names)}")

    @property
    def names(self) -> tuple[str, ...]:
        """All labels: the sides in order, then neutral. This is the order of every score vector."""
        return (*self.sides, self.neutral)

    def index(self, label: str) -> int:
        """The place of a label in a score vector."""
        self.check(label)
        return self.names.index(label)

    def check(self, label: str) -> None:
        """Raise `InputError` where a label is not of this set."""
        if label not in self.names:
            raise InputError(
                f"unknown label {label!r}", remedy=f"the labels are {', '.join(self.names)}"
            )

    def check_side(self, label: str) -> None:
        """Raise `InputError` where a label cannot be that of a span."""
        if label not in self.sides:
            raise InputError(
                f"unknown span label {label!r}",
                remedy=f"the labels of spans are {', '.join(self.sides)}",
            )

    def to_dict(self) -> dict[str, Any]:
        return {"sides": list(self.sides), "neutral": self.neutral}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> LabelSet:
        return cls(tuple(data["sides"]), data["neutral"])


STANCE = LabelSet()


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of characters that conveys the position of one side.

    Args:
        start: first character, in code points of the document's text.
        end: one past the last character.
        label: the side.
        score: mean probability of the label over the span's tokens; None where a person marked it.
        doubtful: the annotator was in doubt (rule 18 of the codebook).
    """

    start: int
    end: int
    label: str
    score: float | None = None
    doubtful: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise InputError(f"a span from {self.start} to {self.end} is empty or reversed")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a document, by its offsets, with its label where it has one.

    Args:
        start: first character, in code points of the document's text.
        end: one past the last character.
        label: the label, or None as long as nobody has given one.
        scores: calibrated probability of each label, in the order of the label set; None for
            a label that was derived from spans.
        mixed: the sentence holds spans of more than one side.
        abstained: the best label's probability is below the model's abstention threshold.
    """

    start: int
    end: int
    label: str | None = None
    scores: Mapping[str, float] | None = None
    mixed: bool = False
    abstained: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise InputError(f"a sentence from {self.start} to {self.end} is empty or reversed")
        if self.scores is not None:
            object.__setattr__(self, "scores", MappingProxyType(dict(self.scores)))

    def __hash__(self) -> int:
        return hash((self.start, self.end, self.label))

    def __reduce__(self) -> tuple[Any, ...]:
        # a mapping proxy cannot be pickled
        scores = dict(self.scores) if self.scores is not None else None
        return (
            Sentence,
            (self.start, self.end, self.label, scores, self.mixed, self.abstained),
        )


@dataclass(frozen=True, slots=True)
class Stretch:
    """A run of consecutive sentences of one side: sentences ``first`` to ``last``, inclusive."""

    label: str
    first: int
    last: int

    @property
    def sentences(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Summary:
    """An article at a glance.

    Args:
        sentences: how many sentences have a label.
        by_sentences: share of each label among those sentences; empty where there are none.
        by_characters: share of each label among the characters of those sentences.
        mixed: how many sentences hold spans of more than one side.
        abstained: how many sentences the model was not sure enough of.
        longest: the longest run of consecutive sentences of one side, the earliest of equals.
    """

    sentences: int
    by_sentences: Mapping[str, float]
    by_characters: Mapping[str, float]
    mixed: int
    abstained: int
    longest: Stretch | None


@dataclass(frozen=True, slots=True)
class Document:
    """A text with its sentences and spans.

    Args:
        text: the text; nothing in it is normalised.
        doc_id: a name for the document, unique in its collection.
        sentences: its sentences, in order. Where they are given they are kept: a classifier
            labels these and does not segment the text again.
        spans: its spans, in order, none overlapping another.
        labels: the label set of spans and sentences.
        meta: anything else that is known of it (outlet, date, ...); must be JSON.

    Raises:
        InputError: an offset lies outside the text, sentences or spans overlap, or a label is
            not of the label set.
    """

    text: str
    doc_id: str = ""
    sentences: tuple[Sentence, ...] = ()
    spans: tuple[Span, ...] = ()
    labels: LabelSet = STANCE
    meta: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "sentences", tuple(sorted(self.sentences, key=lambda s: s.start)))
        put(self, "spans", tuple(sorted(self.spans, key=lambda s: (s.start, s.end))))
        put(self, "meta", MappingProxyType(dict(self.meta)))
        _check_offsets("sentence", self.sentences, len(self.text))
        _check_offsets("span", self.spans, len(self.text))
        for span in self.spans:
            self.labels.check_side(span.label)
        names = set(self.labels.names)
        for sentence in self.sentences:
            if sentence.label is not None:
                self.labels.check(sentence.label)
            if sentence.scores is not None and set(sentence.scores) != names:
                raise InputError(
                    f"the scores of a sentence are of {', '.join(sentence.scores)}",
                    remedy=f"the labels are {', '.join(self.labels.names)}",
                )

    def __hash__(self) -> int:
        return hash((self.doc_id, self.text))

    def __reduce__(self) -> tuple[Any, ...]:
        return (
            Document,
            (
                self.text,
                self.doc_id,
                self.sentences,
                self.spans,
                self.labels,
                dict(self.meta),
            ),
        )

    def __getitem__(self, part: Sentence | Span) -> str:
        """The text of one of the document's sentences or spans."""
        return self.text[part.start : part.end]

    def replace(self, **changes: Any) -> Document:
        """A copy with some fields changed, validated anew."""
        return dataclasses.replace(self, **changes)

    def spans_of(self, sentence: Sentence) -> tuple[Span, ...]:
        """The spans that touch a sentence."""
        return tuple(s for s in self.spans if s.start < sentence.end and sentence.start < s.end)

    def with_labels_from_spans(self) -> Document:
        """The same document with each sentence labelled by the codebook's rule.

        A sentence has the label of the side whose spans cover more of its characters; it is
        neutral where no span touches it or where the leading sides cover equally many.
        """
        sentences = [
            _labelled(sentence, spans, self.labels)
            for sentence, spans in _spans_by_sentence(self.sentences, self.spans)
        ]
        return self.replace(sentences=tuple(sentences))

    def paragraphs(self) -> tuple[int, ...]:
        """The 0-based paragraph of each sentence.

        A paragraph ends at a blank line. Where the text has no blank line, every line break ends
        one.
        """
        starts = [s.start for s in self.sentences]
        breaks = _paragraph_breaks(self.text)
        numbers, number, at = [], 0, 0
        for i, start in enumerate(starts):
            moved = False
            while at < len(breaks) and breaks[at] <= start:
                moved, at = True, at + 1
            number += moved and i > 0
            numbers.append(number)
        return tuple(numbers)

    def summary(self) -> Summary:
        """Shares of the labels, by sentences and by characters, and the longest stretch."""
        labelled = [(i, s) for i, s in enumerate(self.sentences) if s.label is not None]
        counts = dict.fromkeys(self.labels.names, 0)
        characters = dict.fromkeys(self.labels.names, 0)
        for _, s in labelled:
            assert s.label is not None
            counts[s.label] += 1
            characters[s.label] += s.end - s.start
        return Summary(
            sentences=len(labelled),
            by_sentences=_shares(counts),
            by_characters=_shares(characters),
            mixed=sum(s.mixed for _, s in labelled),
            abstained=sum(s.abstained for _, s in labelled),
            longest=self._longest_stretch(),
        )

    def _longest_stretch(self) -> Stretch | None:
        longest: Stretch | None = None
        first = 0
        for i, sentence in enumerate(self.sentences):
            if i and sentence.label != self.sentences[i - 1].label:
                first = i
            if sentence.label in self.labels.sides:
                stretch = Stretch(sentence.label or "", first, i)
                if longest is None or stretch.sentences > longest.sentences:
                    longest = stretch
        return longest

    def to_dict(self) -> dict[str, Any]:
        """The document as JSON-ready dictionaries and lists; `from_dict` reads it back."""
        return {
            "format": JSON_FORMAT,
            "doc_id": self.doc_id,
            "text": self.text,
            "labels": self.labels.to_dict(),
            "sentences": [_without_defaults(s) for s in self.sentences],
            "spans": [_without_defaults(s) for s in self.spans],
            "meta": dict(self.meta),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Document:
        """Read what `to_dict` wrote.

        Raises:
            InputError: a field is missing or unknown, or what it holds is invalid.
        """
        known = {"format", "doc_id", "text", "labels", "sentences", "spans", "meta"}
        if unknown := sorted(set(data) - known):
            raise InputError(f"unknown field {unknown[0]!r} in a document")
        if data.get("format", JSON_FORMAT) != JSON_FORMAT:
            raise InputError(
                f"document format {data['format']!r} is not {JSON_FORMAT}",
                remedy="use the version of natostance that wrote it, or a later one",
            )
        if not isinstance(data.get("text"), str):
            raise InputError("a document without a text")
        if not isinstance(data.get("doc_id", ""), str):
            raise InputError("a document whose doc_id is no string")
        if not isinstance(data.get("meta", {}), dict):
            raise InputError("a document whose meta is no object")
        try:
            for part in (*data.get("sentences", ()), *data.get("spans", ())):
                if not all(type(part.get(edge)) is int for edge in ("start", "end")):
                    raise InputError("not a document: an offset is missing or no whole number")
            return cls(
                text=data["text"],
                doc_id=data.get("doc_id", ""),
                sentences=tuple(Sentence(**s) for s in data.get("sentences", ())),
                spans=tuple(Span(**s) for s in data.get("spans", ())),
                labels=LabelSet.from_dict(data["labels"]) if "labels" in data else STANCE,
                meta=data.get("meta", {}),
            )
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise InputError(f"not a document: {error}") from None

    def to_json(self) -> str:
        """The document as one line of JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    @classmethod
    def from_json(cls, line: str) -> Document:
        """Read what `to_json` wrote."""
        try:
            data = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(f"not JSON: {error}") from None
        if not isinstance(data, dict):
            raise InputError("not a JSON object")
        return cls.from_dict(data)


def label_from_spans(
    spans: Iterable[Span], start: int, end: int, labels: LabelSet = STANCE
) -> tuple[str, bool]:
    """The codebook's rule from spans to the label of the sentence ``[start, end)``.

    Returns:
        The label, and whether the sentence is mixed (touched by spans of several sides).
    """
    covered: dict[str, int] = {}
    for span in spans:
        overlap = min(span.end, end) - max(span.start, start)
        if overlap > 0:
            covered[span.label] = covered.get(span.label, 0) + overlap
    if not covered:
        return labels.neutral, False
    most = max(covered.values())
    leading = [label for label, count in covered.items() if count == most]
    return (leading[0] if len(leading) == 1 else labels.neutral), len(covered) > 1


def _labelled(sentence: Sentence, spans: Sequence[Span], labels: LabelSet) -> Sentence:
    label, mixed = label_from_spans(spans, sentence.start, sentence.end, labels)
    return Sentence(sentence.start, sentence.end, label, mixed=mixed)


def _spans_by_sentence(
    sentences: Sequence[Sentence], spans: Sequence[Span]
) -> Iterator[tuple[Sentence, list[Span]]]:
    """Each sentence with the spans that touch it, in one pass over both ordered lists."""
    at = 0
    for sentence in sentences:
        while at < len(spans) and spans[at].end <= sentence.start:
            at += 1
        touching, i = [], at
        while i < len(spans) and spans[i].start < sentence.end:
            touching.append(spans[i])
            i += 1
        yield sentence, touching


def _check_offsets(kind: str, parts: Sequence[Sentence] | Sequence[Span], length: int) -> None:
    before = 0
    for part in parts:
        if part.end > length:
            raise InputError(
                f"the {kind} from {part.start} to {part.end} lies outside the text "
                f"of {length} characters"
            )
        if part.start < before:
            raise InputError(f"the {kind} from {part.start} to {part.end} overlaps the one before")
        before = part.end


def _shares(counts: Mapping[str, int]) -> Mapping[str, float]:
    total = sum(counts.values())
    return {label: count / total for label, count in counts.items()} if total else {}


def _without_defaults(part: Sentence | Span) -> dict[str, Any]:
    data = {}
    for f in dataclasses.fields(part):
        value = getattr(part, f.name)
        if f.default is dataclasses.MISSING or value != f.default:
            data[f.name] = dict(value) if isinstance(value, Mapping) else value
    return data


def _paragraph_breaks(text: str) -> list[int]:
    """Offsets at which a new paragraph begins."""
    breaks, blank_line_breaks = [], []
    at, was_blank = 0, False
    for line in text.splitlines(keepends=True):
        if not line.strip():
            was_blank = True
        else:
            breaks.append(at)
            if was_blank:
                blank_line_breaks.append(at)
            was_blank = False
        at += len(line)
    return blank_line_breaks or breaks
