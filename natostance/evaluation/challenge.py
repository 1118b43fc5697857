"""The challenge suite: minimal pairs by phenomenon, right only as whole groups.

The format of the files is described beside them, in ``eval/challenge/README.md``. An item becomes a
document of its own: context, sentence and what follows, joined by spaces, each given as a sentence.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Any

from pydantic import Field

from natostance.document import STANCE, Document, LabelSet, Sentence, Span
from natostance.errors import InputError
from natostance.evaluation import bootstrap
from natostance.evaluation.alignment import judge, pair
from natostance.evaluation.bootstrap import LEVEL, RESAMPLES, Interval
from natostance.evaluation.rates import ratio
from natostance.formats.markup import read_markup
from natostance.settings import Settings, load_yaml

FORMAT = 1


class ItemSettings(Settings):
    """One item of a group."""

    before: list[str] = Field(default_factory=list, description="sentences before it")
    sentence: str = Field(description="the sentence, with its spans marked")
    after: list[str] = Field(default_factory=list, description="sentences after it")


class GroupSettings(Settings):
    """Items that differ in little."""

    id: str = Field(description="a name of its own")
    same: bool = Field(default=False, description="the label stays; otherwise it flips")
    items: list[ItemSettings] = Field(min_length=2)


class FileSettings(Settings):
    """One file: one phenomenon."""

    phenomenon: str
    about: str = Field(description="one line")
    groups: list[GroupSettings] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Item:
    """One item.

    Args:
        document: its text with all sentences given, none labelled; to be labelled.
        target: the sentence that is scored, with its right label.
    """

    document: Document
    target: Sentence


@dataclass(frozen=True, slots=True)
class Group:
    """Items that count together.

    Args:
        name: its id.
        phenomenon: what it is about.
        same: whether its label stays.
        items: its items.
    """

    name: str
    phenomenon: str
    same: bool
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Wrong:
    """An item with the wrong label."""

    doc_id: str
    gold: str
    predicted: str


@dataclass(frozen=True, slots=True)
class Phenomenon:
    """How many items and whole groups of a phenomenon are right."""

    name: str
    items: int = 0
    items_right: int = 0
    groups: int = 0
    groups_right: int = 0

    def __add__(self, other: Phenomenon) -> Phenomenon:
        return Phenomenon(
            self.name,
            self.items + other.items,
            self.items_right + other.items_right,
            self.groups + other.groups,
            self.groups_right + other.groups_right,
        )

    @property
    def item_accuracy(self) -> float:
        return self.items_right / self.items

    @property
    def group_accuracy(self) -> float:
        """The figure that counts."""
        return self.groups_right / self.groups

    @property
    def interval(self) -> Interval:
        """Wilson's 95 % interval of the group accuracy."""
        return wilson(self.groups_right, self.groups)

    def to_dict(self) -> dict[str, Any]:
        return {
            "items": self.items,
            "items_right": self.items_right,
            "item_accuracy": round(self.item_accuracy, 4),
            "groups": self.groups,
            "groups_right": self.groups_right,
            "group_accuracy": round(self.group_accuracy, 4),
            "interval": self.interval.to_list(),
        }


@dataclass(frozen=True, slots=True)
class ChallengeResult:
    """What came of the suite.

    Args:
        phenomena: ordered by name.
        wrong: the items with the wrong label.
        right: for each group by id whether all its items are right.
    """

    phenomena: tuple[Phenomenon, ...]
    wrong: tuple[Wrong, ...]
    right: Mapping[str, bool]

    @property
    def total(self) -> Phenomenon:
        return sum(self.phenomena, Phenomenon("all"))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "format": FORMAT,
            "all": self.total.to_dict(),
            "phenomena": {p.name: p.to_dict() for p in self.phenomena},
            "wrong": [
                {"item": w.doc_id, "gold": w.gold, "predicted": w.predicted} for w in self.wrong
            ],
            "by_group": {name: int(right) for name, right in self.right.items()},
        }


def read_challenge(folder: Path, labels: LabelSet = STANCE) -> tuple[Group, ...]:
    """Read all files of a challenge folder.

    Raises:
        InputError: there is none, one cannot be read, an id stands there twice, or the labels of a
            group neither stay nor flip as it says.
    """
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise InputError("no challenge files *.yaml in this folder", file=folder)
    groups: dict[str, Group] = {}
    for path in paths:
        settings = load_yaml(path, FileSettings)
        for given in settings.groups:
            if given.id in groups:
                raise InputError(f"the group {given.id!r} stands there twice", file=path)
            try:
                group = _group(given, settings.phenomenon, labels)
            except InputError as error:
                # the line that the mark-up names is that of the sentence, not of the file
                raise InputError(
                    f"group {given.id!r}: {error.reason}", file=path, remedy=error.remedy
                ) from None
            groups[given.id] = group
    return tuple(groups.values())


def documents(groups: Iterable[Group]) -> tuple[Document, ...]:
    """The documents of all items, for a classifier to label."""
    return tuple(item.document for group in groups for item in group.items)


def solved(groups: Iterable[Group]) -> tuple[Document, ...]:
    """The documents of all items with the sentence that is scored alone, rightly labelled."""
    return tuple(
        item.document.replace(sentences=(item.target,)) for group in groups for item in group.items
    )


def score(groups: Sequence[Group], predicted: Iterable[Document]) -> ChallengeResult:
    """Score predictions for the documents of a suite.

    Raises:
        InputError: an item has no prediction, or another text; as `alignment.pair`.
    """
    pairs = pair(solved(groups), predicted, ("suite", "answers"))
    found = {p.gold.doc_id: judge(p)[0].labels for p in pairs}
    phenomena: dict[str, Phenomenon] = {}
    wrong, right = [], {}
    for group in groups:
        labels = {item.document.doc_id: found[item.document.doc_id] for item in group.items}
        missed = [Wrong(doc_id, *pair) for doc_id, pair in labels.items() if pair[0] != pair[1]]
        wrong.extend(missed)
        right[group.name] = not missed
        counted = Phenomenon(
            group.phenomenon, len(labels), len(labels) - len(missed), 1, int(not missed)
        )
        before = phenomena.get(group.phenomenon, Phenomenon(group.phenomenon))
        phenomena[group.phenomenon] = before + counted
    ordered = tuple(phenomena[name] for name in sorted(phenomena))
    return ChallengeResult(ordered, tuple(wrong), right)


def compare_with(
    reference: str, systems: Mapping[str, ChallengeResult], *, resamples: int = RESAMPLES
) -> dict[str, dict[str, Any]]:
    """Compare one system with each of the others: paired tests over groups.

    Returns:
        For each other system the comparison of the group accuracy, JSON-ready, with ``p_holm``.
    """
    ours = [int(right) for right in systems[reference].right.values()]
    others = {name: list(r.right.values()) for name, r in systems.items() if name != reference}
    found = [
        bootstrap.compare(
            [[right, 1] for right in ours],
            [[int(right), 1] for right in theirs],
            lambda counts: ratio(counts[..., 0], counts[..., 1]),
            resamples=resamples,
        )
        for theirs in others.values()
    ]
    adjusted = bootstrap.holm([c.p_permutation for c in found])
    return {
        name: {**c.to_dict(), "p_holm": round(p, 4)}
        for name, c, p in zip(others, found, adjusted, strict=True)
    }


def wilson(right: int, total: int, level: float = LEVEL) -> Interval:
    """Wilson's interval of a share (1927)."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    share, scale = right / total, 1 + z**2 / total
    middle = (share + z**2 / (2 * total)) / scale
    reach = z / scale * math.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    return Interval(max(0.0, middle - reach), min(1.0, middle + reach), level)


def _group(given: GroupSettings, phenomenon: str, labels: LabelSet) -> Group:
    items = tuple(
        _item(f"{given.id}/{number}", item, labels) for number, item in enumerate(given.items, 1)
    )
    found = {item.target.label for item in items}
    if given.same and len(found) > 1:
        raise InputError("its labels differ", remedy="remove same: true, or mend the spans")
    if not given.same and len(found) == 1:
        raise InputError("its labels are the same", remedy="add same: true, or mend the spans")
    return Group(given.id, phenomenon, given.same, items)


def _item(doc_id: str, item: ItemSettings, labels: LabelSet) -> Item:
    marked = read_markup(f"---\nid: sentence\n---\n{item.sentence}\n", labels)
    pieces = [*item.before, marked.text, *item.after]
    sentences, at = [], 0
    for piece in pieces:
        sentences.append(Sentence(at, at + len(piece)))
        at += len(piece) + 1
    own = sentences[len(item.before)]
    spans = [Span(own.start + s.start, own.start + s.end, s.label) for s in marked.spans]
    document = Document(" ".join(pieces), doc_id, tuple(sentences), tuple(spans), labels)
    target = document.with_labels_from_spans().sentences[len(item.before)]
    return Item(document.replace(spans=()), target)
