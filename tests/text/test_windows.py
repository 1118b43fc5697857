"""Windows: every sentence is scored once, in order, whole, with the tokens before it as context."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import WORDS, word_reader

from natostance.document import Document, Sentence
from natostance.text.windows import Window, WindowSettings


def article(lengths: list[int]) -> Document:
    """Sentences of these many words, each word different from its neighbours."""
    text, sentences, word = "", [], 0
    for length in lengths:
        words = [WORDS[(word + i) % len(WORDS)] for i in range(length)]
        word += length
        start = len(text)
        text += " ".join(words)
        sentences.append(Sentence(start, len(text)))
        text += " "
    return Document(text, "", tuple(sentences))


def scored(document: Document, windows: list[Window]) -> dict[int, list[str]]:
    """The words that are scored for each sentence, through their offsets."""
    words: dict[int, list[str]] = {}
    for window in windows:
        for part in window.parts:
            found = [document.text[a:b] for a, b in part.offsets]
            words.setdefault(part.sentence, []).extend(found)
    return words


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=12),
    st.integers(16, 40),
    st.integers(0, 6),
)
def test_every_sentence_is_scored_whole_once_and_in_order(
    lengths: list[int], tokens: int, context: int
) -> None:
    document = article(lengths)
    windows = list(word_reader(tokens, context).windows(document))
    words = scored(document, windows)
    assert list(words) == list(range(len(lengths)))
    for index, sentence in enumerate(document.sentences):
        assert words[index] == document[sentence].split()
        parts = [p for w in windows for p in w.parts if p.sentence == index]
        assert [p.last for p in parts] == [False] * (len(parts) - 1) + [True]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=12), st.integers(1, 3))
def test_no_window_scores_more_sentences_than_is_allowed(lengths: list[int], most: int) -> None:
    document = article(lengths)
    windows = list(word_reader(24, 0, most).windows(document))
    assert max(len({p.sentence for p in w.parts}) for w in windows) <= most
    assert list(scored(document, windows)) == list(range(len(lengths)))
    if most == 1:  # and nothing else is read with it
        assert all(len(w.ids) == 2 + sum(p.end - p.start for p in w.parts) for w in windows)


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=12),
    st.integers(16, 40),
    st.integers(0, 6),
)
def test_windows_keep_to_their_length_and_continue_the_text(
    lengths: list[int], tokens: int, context: int
) -> None:
    reader = word_reader(tokens, context)
    document = article(lengths)
    everything = [i for ids, _ in reader.tokenize(document.text, document.sentences) for i in ids]
    at = 0
    for window in reader.windows(document):
        assert len(window.ids) <= tokens
        assert (window.ids[0], window.ids[-1]) == (2, 3)
        begin = window.parts[0].start
        assert begin - 1 <= context
        # context and scored tokens are one stretch of the article
        assert window.ids[1:-1] == everything[at - (begin - 1) : at + len(window.ids) - 1 - begin]
        at += len(window.ids) - 1 - begin
    assert at == len(everything)


def test_a_sentence_that_fits_is_not_split() -> None:
    windows = list(word_reader(20, 6).windows(article([5, 5, 5, 5, 5, 5])))
    assert all(part.last for window in windows for part in window.parts)


def test_context_is_whole_sentences_as_far_as_they_fit() -> None:
    windows = list(word_reader(20, 6).windows(article([10, 3, 2, 10])))
    # 10 + 3 + 2 are in the first window; the second repeats 3 + 2, the ten do not fit
    assert [w.parts[0].start - 1 for w in windows] == [0, 5]


def test_a_longer_sentence_before_is_shortened_from_its_beginning() -> None:
    document = article([12, 12])
    reader = word_reader(20, 6)
    first, second = reader.windows(document)
    assert second.ids[1:7] == first.ids[-7:-1]


def test_offsets_are_those_of_the_whole_text() -> None:
    text = "😀 w1 w2.\r\n\u00a0w3 w4"
    document = Document(text, "", (Sentence(0, 8), Sentence(11, 16)))
    assert scored(document, list(word_reader().windows(document))) == {
        0: ["😀", "w1", "w2", "."],
        1: ["w3", "w4"],
    }


@pytest.mark.parametrize("text", ["\ud800", "\x00", "\u200b", "a\udfffb"])
def test_sentences_of_nothing_readable_are_scored_too(text: str) -> None:
    document = Document(text, "", (Sentence(0, len(text)),))
    (window,) = word_reader().windows(document)
    assert window.parts[0].last
    assert window.parts[0].offsets[0][1] <= len(text)


def test_no_sentences_no_windows() -> None:
    assert list(word_reader().windows(Document(""))) == []


def test_context_must_leave_room() -> None:
    with pytest.raises(ValueError, match="no room"):
        word_reader(20, 16)


def test_settings_say_how_much_a_window_scores() -> None:
    assert WindowSettings(tokens=128, left_context=32).scored == 94
