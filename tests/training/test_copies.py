"""Copies of articles with other words."""

from __future__ import annotations

import hashlib
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natostance.document import Document, Sentence
from natostance.errors import InputError
from natostance.modeling.encoder import load_tokenizer
from natostance.training.copies import NEAREST, copies, copy, neighbours, original

NEAR = {"tanks": ("trucks", "guns"), "rolled": ("moved",), "nato": ("alliance",)}
TEXT = "Tanks rolled in.\n\nNATO said 14 tanks rolled; “they’re here”."
DOCUMENT = Document(TEXT, "a1", (Sentence(0, 16, "NEUTRAL"), Sentence(18, len(TEXT), "NATO")))


def test_a_copy_changes_words_and_nothing_else() -> None:
    seen = set()
    for number in range(1, 40):
        changed = copy(DOCUMENT, number, NEAR)
        first, second = (changed.text[s.start : s.end] for s in changed.sentences)
        assert re.fullmatch("(Tanks|Trucks|Guns) (rolled|moved) in.", first)
        assert re.fullmatch(
            "(NATO|ALLIANCE) said 14 (tanks|trucks|guns) (rolled|moved); “they’re here”.", second
        )
        assert changed.text == f"{first}\n\n{second}"
        seen.add(changed.text)
    assert len(seen) > 8


def test_a_copy_has_no_annotation_and_knows_its_article() -> None:
    first, second = copies([DOCUMENT], 2)
    assert [first.doc_id, second.doc_id] == ["a1~1", "a1~2"]
    assert original(first) == original(DOCUMENT) == "a1"
    assert all(sentence.label is None for sentence in first.sentences)
    assert not first.spans
    assert copies([DOCUMENT], 0) == []


def test_an_article_is_not_taken_for_a_copy() -> None:
    """Or a teacher that learned from it would speak of it."""
    assert original(DOCUMENT.replace(meta={"copy_of": "b2"})) == "a1"
    assert original(DOCUMENT.replace(doc_id="b2~1", meta={"copy_of": "b2"})) == "b2~1"
    with pytest.raises(InputError, match="'a1~1' is that of a copy"):
        copies([DOCUMENT, DOCUMENT.replace(doc_id="a1~1")], 1)


def test_copies_are_the_same_everywhere() -> None:
    """What teachers said of them is kept by a hash of their text."""
    # one in thirty of all; the whole table takes seconds
    tokenizer, _ = load_tokenizer("minilm")
    words = sorted(w for w in tokenizer.get_vocab() if re.fullmatch("[a-z]{2,}", w))
    some = frozenset(words[::30])
    table = json.dumps({word: list(others) for word, others in neighbours(some).items()})
    assert len(some) > 700
    assert hashlib.sha256(table.encode()).hexdigest()[:16] == "2c615579cee1e80e"
    text = "\n".join(c.text for c in copies([DOCUMENT], 5))
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "3ccdd887d6123229"


def test_near_words_are_near() -> None:
    near = neighbours(frozenset({"kiev", "missile", "the", "nonesuchword"}))
    assert set(near) == {"kiev", "missile", "the"}
    assert all(len(set(others)) == NEAREST for others in near.values())
    assert not any(word in others for word, others in near.items())
    assert {"kyiv", "ukraine"} < set(near["kiev"])
    assert {"missiles", "rocket"} < set(near["missile"])


@given(st.lists(st.text(max_size=30), min_size=1, max_size=4), st.integers(1, 9))
def test_any_text_keeps_its_sentences(texts: list[str], number: int) -> None:
    sentences, length = [], 0
    for text in texts:
        if text.strip():
            sentences.append(Sentence(length, length + len(text)))
        length += len(text) + 1
    document = Document(" ".join(texts), "a", tuple(sentences))
    changed = copy(document, number, {})
    assert changed.text == document.text
    assert changed.sentences == document.sentences
    changed = copy(document, number, dict.fromkeys(("a", "an", "is"), ("another",)))
    assert len(changed.sentences) == len(document.sentences)
    edges = [0, *(e for s in document.sentences for e in (s.start, s.end)), len(document.text)]
    others = [0, *(e for s in changed.sentences for e in (s.start, s.end)), len(changed.text)]
    for place in range(0, len(edges), 2):  # what lies between sentences
        between = document.text[edges[place] : edges[place + 1]]
        assert changed.text[others[place] : others[place + 1]] == between


@pytest.mark.parametrize("text", ["don't", "rock’n", "x", "été", "U.S."])
def test_what_is_no_plain_word_stays(text: str) -> None:
    document = Document(text, "a", (Sentence(0, len(text)),))
    near = dict.fromkeys(("don", "rock", "x", "t", "n", "u", "s", "été"), ("other",))
    assert all(copy(document, number, near).text == text for number in range(1, 20))
