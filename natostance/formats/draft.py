"""Annotations as a file states them, and the checks that make a document of them.

A reader of a format yields drafts and remarks and judges nothing itself; `check` finds everything
that is wrong with a draft at once, and mends what can be mended where it is asked to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from natostance.document import STANCE, Document, LabelSet, Sentence, Span
from natostance.errors import InputError
from natostance.formats.offsets import shown
from natostance.formats.tokens import edge, inside_token


class Kind(StrEnum):
    """What a remark says."""

    PROBLEM = "problem"  # and so the document, or what should have been one, is left out
    REPAIRED = "repaired"
    LEFT_OUT = "left out"  # of a document that is otherwise taken over


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that the user has to know of one place in a file.

    Args:
        kind: whether it is a problem, a repair, or something that the other format cannot hold.
        reason: what it is, without place and remedy.
        file: the file.
        line: its 1-based line, where it has lines.
        doc_id: the document, as far as it has a name.
        start: first character of the span that it is about, in code points.
        end: one past the last one.
        remedy: what the user can do about it.
    """

    kind: Kind
    reason: str
    file: Path
    line: int | None = None
    doc_id: str = ""
    start: int | None = None
    end: int | None = None
    remedy: str | None = None

    @property
    def error(self) -> InputError:
        """The remark as an error, for callers that stop at the first one."""
        document = f"document {self.doc_id!r}: " if self.doc_id else ""
        reason = document + self.reason
        return InputError(reason, file=self.file, line=self.line, remedy=self.remedy)

    def __str__(self) -> str:
        return str(self.error)


@dataclass(frozen=True, slots=True)
class Mark:
    """A span as a file states it, its offsets in code points already.

    Args:
        start: first character.
        end: one past the last character.
        label: the label, in the words of the file.
        doubtful: the annotator was in doubt.
        score: the probability, where a model made the span.
        line: the line of the file, where it differs from the document's.
        fault: what the reader found wrong with it.
    """

    start: int
    end: int
    label: str
    doubtful: bool = False
    score: float | None = None
    line: int | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A document as a file states it.

    Args:
        text: its text.
        doc_id: its name.
        file: the file that holds it.
        line: the line where it begins, where the file has lines.
        marks: its spans, in any order.
        sentences: its sentences, labelled in the words of the file.
        meta: anything else that is known of it.
        labels: the label set that the file declares, if it does.
        left_out: what the file says beside this, for which a document has no place.
    """

    text: str
    doc_id: str
    file: Path
    line: int | None = None
    marks: tuple[Mark, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)
    labels: LabelSet | None = None
    left_out: tuple[str, ...] = ()

    def remark(self, kind: Kind, reason: str, remedy: str | None = None) -> Remark:
        """A remark on the document as a whole."""
        return Remark(kind, reason, self.file, self.line, self.doc_id, remedy=remedy)


def check(
    draft: Draft,
    labels: LabelSet | None = None,
    mapping: Mapping[str, str] | None = None,
    repair: bool = False,
) -> tuple[Document | None, list[Remark]]:
    """Make a document of a draft.

    Args:
        draft: what the file states.
        labels: the label set that spans must be of; by default the one that the file declares, or
            where it declares none, or labels are mapped, that of NATO and Russia.
        mapping: from labels of the file to labels of the set; a span whose label is mapped to the
            neutral label is left out.
        repair: move edges that lie inside a token or outside the text to the nearest token edge,
            and cut off a span what the one before it has already.

    Returns:
        The document, or None where something is wrong, and all that is to be said of it.
    """
    mapping = mapping or {}
    if labels is None:
        labels = STANCE if mapping or draft.labels is None else draft.labels
    checking = _Checking(draft, labels, mapping, repair)
    spans = checking.spans()
    remarks = checking.remarks
    remarks += [draft.remark(Kind.LEFT_OUT, what) for what in draft.left_out]
    if any(remark.kind is Kind.PROBLEM for remark in remarks):
        return None, remarks
    try:
        document = Document(
            text=draft.text,
            doc_id=draft.doc_id,
            sentences=tuple(_mapped(sentence, mapping) for sentence in draft.sentences),
            spans=tuple(spans),
            labels=labels,
            meta=draft.meta,
        )
    except InputError as error:
        return None, [*remarks, draft.remark(Kind.PROBLEM, error.reason, error.remedy)]
    return document, remarks


def check_all(
    items: Iterable[Draft | Remark],
    labels: LabelSet | None = None,
    mapping: Mapping[str, str] | None = None,
    repair: bool = False,
) -> Iterator[Document | Remark]:
    """`check` for everything that a reader yields; an id that was there before is a problem."""
    seen: dict[str, Draft] = {}
    for item in items:
        if isinstance(item, Remark):
            yield item
            continue
        if item.doc_id in seen:
            first = seen[item.doc_id]
            where = f"line {first.line}" if first.line and first.file == item.file else first.file
            yield item.remark(
                Kind.PROBLEM, f"this id stands in {where} already", "give each document its own id"
            )
            continue
        if item.doc_id:
            seen[item.doc_id] = replace(item, text="", marks=(), sentences=(), meta={})
        document, remarks = check(item, labels, mapping, repair)
        yield from remarks
        if document is not None:
            yield document


class _Checking:
    """The checks of one draft's spans, and the remarks that they give rise to."""

    def __init__(
        self, draft: Draft, labels: LabelSet, mapping: Mapping[str, str], repair: bool
    ) -> None:
        self.draft = draft
        self.labels = labels
        self.mapping = mapping
        self.repair = repair
        self.remarks: list[Remark] = []

    def spans(self) -> list[Span]:
        """The spans that are right, or were made so, in order."""
        found = []
        for mark in self.draft.marks:
            try:
                found.append((self._span(mark), mark))
            except _SetAsideError as why:
                self._note(why.kind, mark, why.reason, why.remedy)
        found.sort(key=lambda pair: (pair[0].start, pair[0].end))
        taken: list[Span] = []
        for span, mark in found:
            try:
                taken.append(self._beside(taken[-1], span) if taken else span)
            except _SetAsideError as why:
                self._note(why.kind, mark, why.reason, why.remedy)
                continue
            last = taken[-1]
            if (last.start, last.end) != (mark.start, mark.end):
                piece = shown(self.draft.text[last.start : last.end])
                self._note(Kind.REPAIRED, mark, f"moved to {last.start}–{last.end}: {piece}")
        return taken

    def _span(self, mark: Mark) -> Span:
        """The span of a mark as it stands alone, its label mapped and its edges on the grid."""
        label = self.mapping.get(mark.label, mark.label)
        if label == self.labels.neutral and mark.label in self.mapping:
            raise _SetAsideError(Kind.LEFT_OUT, f"{mark.label!r} is mapped to {label}")
        if label not in self.labels.sides:
            sides = ", ".join(self.labels.sides)
            reason = f"unknown label {mark.label!r}"
            raise _SetAsideError(Kind.PROBLEM, reason, f"map it to one of {sides}")
        if mark.fault:
            raise _SetAsideError(Kind.PROBLEM, mark.fault)
        text = self.draft.text
        if mark.start >= mark.end:
            raise _SetAsideError(Kind.PROBLEM, "is empty or reversed")
        start, end = max(mark.start, 0), min(mark.end, len(text))
        if start >= end or ((start, end) != (mark.start, mark.end) and not self.repair):
            reason = f"lies outside the text of {len(text)} characters"
            raise _SetAsideError(Kind.PROBLEM, reason)
        if inside_token(text, start) or inside_token(text, end):
            if not self.repair:
                words = shown(text[edge(text, start, -1) : edge(text, end, 1)])
                reason = f"{shown(text[start:end])} has an edge inside a word of {words}"
                raise _SetAsideError(Kind.PROBLEM, reason, "correct it, or have it repaired")
            start, end = _on_edges(text, start, end)
        return Span(start, end, label, mark.score, mark.doubtful)

    def _beside(self, before: Span, span: Span) -> Span:
        """What of a span does not belong to the one before it."""
        if span.start >= before.end:
            return span
        other = f"the span from {before.start} to {before.end}"
        if not self.repair:
            reason = f"overlaps {other}"
            raise _SetAsideError(Kind.PROBLEM, reason, "take one away, or have it repaired")
        start = before.end
        while start < span.end and self.draft.text[start].isspace():
            start += 1
        if start < span.end:
            return replace(span, start=start)
        if span.label == before.label:
            raise _SetAsideError(Kind.REPAIRED, f"taken away: part of {other} of the same label")
        reason = f"lies inside {other}, which is {before.label}"
        raise _SetAsideError(Kind.PROBLEM, reason, "take one away")

    def _note(self, kind: Kind, mark: Mark, what: str, remedy: str | None = None) -> None:
        """Keep a remark on a mark."""
        draft = self.draft
        self.remarks.append(
            Remark(
                kind,
                f"the span from {mark.start} to {mark.end}: {what}",
                draft.file,
                mark.line or draft.line,
                draft.doc_id,
                mark.start,
                mark.end,
                remedy,
            )
        )


class _SetAsideError(Exception):
    """A mark that does not become a span, and why."""

    def __init__(self, kind: Kind, reason: str, remedy: str | None = None) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.remedy = remedy


def _on_edges(text: str, start: int, end: int) -> tuple[int, int]:
    """Both edges moved to the nearest token edge; outwards where nothing would be left."""
    first, last = edge(text, start, -1), edge(text, end, 1)
    near_start, near_end = edge(text, start, 1), edge(text, end, -1)
    moved_start = near_start if near_start - start < start - first else first
    moved_end = near_end if end - near_end < last - end else last
    return (moved_start, moved_end) if moved_start < moved_end else (first, last)


def _mapped(sentence: Sentence, mapping: Mapping[str, str]) -> Sentence:
    """A sentence with its label and scores in the words of the label set."""
    scores: dict[str, float] | None = None
    if sentence.scores is not None:
        scores = {}
        for given, score in sentence.scores.items():
            name = mapping.get(given, given)
            # several labels may become one
            scores[name] = scores.get(name, 0.0) + score
    label = (
        sentence.label if sentence.label is None else mapping.get(sentence.label, sentence.label)
    )
    return replace(sentence, label=label, scores=scores)
