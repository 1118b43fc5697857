"""Where the label of a sentence comes from, as a page shows it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from natostance.document import Document
from natostance.errors import InputError
from natostance.inference.attribution import Attribution, Attributor, Word
from natostance.report.page import Html, render, shown

UNSURE = "unsure"
_SHADES = 5
_SPACE = re.compile(r"\s+")
# below this share of the strongest word's score, a word is not marked
_FAINT = 0.08
# a model that differs by more from the label's probability is not the one that gave it
_SAME = 0.02


class Explainer:
    """Explains chosen sentences of articles.

    Args:
        attributor: the model that gave the labels.
        wanted: ``unsure`` for the least sure sentence of each article, or ``ARTICLE:SENTENCE``, the
            id of an article and the number of a sentence as the page has it, from 1.

    Raises:
        InputError: one of these is neither.
    """

    def __init__(self, attributor: Attributor, wanted: Sequence[str]) -> None:
        self.attributor = attributor
        self.unsure = UNSURE in wanted
        self.chosen: dict[str, list[int]] = {}
        for item in wanted:
            if item == UNSURE:
                continue
            doc_id, colon, number = item.rpartition(":")
            if not colon or not number.isdecimal() or number == "0":
                raise InputError(
                    f"{item!r} names no sentence to explain",
                    remedy=f"write ARTICLE:SENTENCE, for instance a.txt:3, or {UNSURE}",
                )
            self.chosen.setdefault(doc_id, []).append(int(number) - 1)
        self._left = set(self.chosen)

    @classmethod
    def load(cls, model: Path | None, wanted: Sequence[str]) -> Explainer:
        """With a model loaded.

        Raises:
            ModelError: there is no such model.
            MissingExtraError: the extra ``[train]`` is not installed.
        """
        return cls(Attributor.from_pretrained(model), wanted)

    def __call__(self, document: Document, number: int) -> Html | None:
        """The explanations of an article's chosen sentences, None where there are none.

        Args:
            document: the article.
            number: its number on the page.
        """
        self._left.discard(document.doc_id)
        sentences = list(self.chosen.get(document.doc_id, ()))
        if self.unsure:
            scored = [
                (s.scores[s.label], i)
                for i, s in enumerate(document.sentences)
                if s.scores and s.label
            ]
            sentences += [i for _, i in sorted(scored)[:1]]
        parts = [
            explanation_html(document, self.attributor.attribute(document, i), number)
            for i in dict.fromkeys(sentences)
        ]
        return render("explanations.html", parts=parts) if parts else None

    def check_all_used(self) -> None:
        """Raise `InputError` where a chosen article did not come up."""
        if self._left:
            raise InputError(
                f"there is no article {min(self._left)!r} to explain a sentence of",
                remedy="give its id as the report shows it",
            )


def explanation_html(document: Document, found: Attribution, number: int) -> Html:
    """One sentence: what was read around it, its words by what they did, the strongest of them."""
    own = [word for word in found.words if word.own]
    around = [word for word in found.words if not word.own]
    before = [word for word in around if not own or word.start < own[0].start]
    after = [word for word in around if own and word.start > own[0].start]
    strongest = max((abs(word.score) for word in found.words), default=0.0)
    sentence = document.sentences[found.sentence]
    given = sentence.scores[found.label] if sentence.scores else None
    return render(
        "explanation.html",
        identifier=f"s{number}-{found.sentence + 1}",
        found=found,
        before=_marked(document, before, strongest),
        own=_marked(document, own, strongest),
        after=_marked(document, after, strongest),
        given=given if given is not None and abs(given - found.probability) > _SAME else None,
        strongest=[(shown(document.text[w.start : w.end]), w) for w in found.strongest()],
        inside=sum(word.score for word in own),
        outside=sum(word.score for word in around),
    )


def _marked(document: Document, words: Sequence[Word], strongest: float) -> Html:
    parts: list[str] = []
    for word, following in pairwise([*words, None]):
        assert word is not None
        text = shown(document.text[word.start : word.end])
        share = abs(word.score) / strongest if strongest else 0.0
        if share < _FAINT:
            parts.append(text)
        else:
            kind = "for" if word.score > 0 else "against"
            shade = min(_SHADES - 1, int(share * _SHADES))
            parts.append(f'<span class="tok {kind} p{shade}">{text}</span>')
        end = following.start if following else word.end
        # what no word holds: white space, and marks that the tokenizer takes off (the accent of a
        # letter that is written as two characters)
        parts.append(shown(_SPACE.sub(" ", document.text[word.end : end])))
    return Html("".join(parts))
