"""Articles that stand, all or in large part, in two splits."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from natostance.document import Document

LENGTH = 5
LIMIT = 0.25
# the split of articles that are kept for the record and used for nothing
EXCLUDED = "excluded"

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Leak:
    """Two articles of different splits that share too much.

    Args:
        first: id of one.
        first_split: its split.
        second: id of the other.
        second_split: its split.
        overlap: share of the shorter one's word 5-grams that the other has too.
    """

    first: str
    first_split: str
    second: str
    second_split: str
    overlap: float

    def __str__(self) -> str:
        return (
            f"{self.first} ({self.first_split}) and {self.second} ({self.second_split}) share "
            f"{self.overlap:.0%} of their word {LENGTH}-grams"
        )


def ngrams(text: str) -> set[tuple[str, ...]]:
    """The word 5-grams of a text, in lower case."""
    words = _WORD.findall(text.lower())
    return set(zip(*(words[i:] for i in range(LENGTH)), strict=False))


def find_leaks(articles: Iterable[tuple[str, Document]], limit: float = LIMIT) -> list[Leak]:
    """Pairs of articles of different splits whose overlap is above a limit.

    Args:
        articles: split and document; those of the split ``excluded`` don't count.
        limit: the overlap that is still allowed.
    """
    known: list[tuple[str, str, int]] = []
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    leaks = []
    used = [(split, document) for split, document in articles if split != EXCLUDED]
    for number, (split, document) in enumerate(used):
        # page furniture is alike on all pages of an outlet, and is no part of any sentence
        grams = ngrams(" ".join(document[s] for s in document.sentences))
        shared: Counter[int] = Counter()
        for gram in grams:
            shared.update(holders[gram])
            holders[gram].append(number)
        for other, count in shared.items():
            name, other_split, size = known[other]
            overlap = count / max(1, min(size, len(grams)))
            if other_split != split and overlap > limit:
                leaks.append(Leak(name, other_split, document.doc_id, split, overlap))
        known.append((document.doc_id, split, len(grams)))
    return leaks
