"""From sentences to token windows and back.

An article is read in windows of bounded length. Each sentence is scored in one window, from the
states of its own tokens; the tokens before it in the window, scored or not, are its context.
Nothing is cut off: a sentence longer than a window is spread over several, with the tokens before
each part as that part's context.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field
from tokenizers import Tokenizer

from natostance.document import Document, Sentence
from natostance.settings import Settings

Tokens = tuple[list[int], list[tuple[int, int]]]

# tokenized at a time, so that an article of any length costs bounded memory
_BLOCK = 256


class WindowSettings(Settings):
    """How an article is cut into windows."""

    tokens: int = Field(
        default=256, ge=16, description="longest window, in tokens, special tokens included"
    )
    left_context: int = Field(
        default=64, ge=0, description="tokens of earlier sentences repeated before a window"
    )

    sentences: int | None = Field(
        default=None,
        ge=1,
        description="most sentences scored in a window; 1 and no left context: each is read alone",
    )

    @property
    def scored(self) -> int:
        """Longest part of a sentence, in tokens: what a window scores whatever its context."""
        return self.tokens - 2 - self.left_context


@dataclass(frozen=True, slots=True)
class SpecialTokens:
    """Token ids that a window needs besides its text."""

    start: int
    end: int
    pad: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a window that is scored: tokens ``[start, end)`` of the window.

    Args:
        sentence: index of the sentence that it belongs to.
        start: first token in the window.
        end: one past the last token in the window.
        offsets: start and end of each token, in code points of the document's text.
        last: the sentence ends with this part.
    """

    sentence: int
    start: int
    end: int
    offsets: Sequence[tuple[int, int]]
    last: bool


@dataclass(frozen=True, slots=True)
class Window:
    """Token ids, special tokens included, and the parts of sentences that are scored in them."""

    ids: list[int]
    parts: tuple[Part, ...]


class WindowReader:
    """Cuts documents into windows.

    Args:
        tokenizer: a fast tokenizer; its own truncation and padding are switched off.
        special: ids of the special tokens.
        settings: lengths of window and context.
    """

    def __init__(
        self, tokenizer: Tokenizer, special: SpecialTokens, settings: WindowSettings
    ) -> None:
        if settings.scored < 8:
            raise ValueError("left_context leaves no room in a window")
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self.tokenizer = tokenizer
        self.special = special
        self.settings = settings

    @classmethod
    def from_file(
        cls, path: Path, special: SpecialTokens, settings: WindowSettings
    ) -> WindowReader:
        return cls(Tokenizer.from_file(str(path)), special, settings)

    def tokenize(self, text: str, sentences: Sequence[Sentence]) -> Iterator[Tokens]:
        """Ids and offsets of the tokens of each sentence; every sentence has at least one.

        Offsets are those of the whole text, in code points.
        """
        for first in range(0, len(sentences), _BLOCK):
            block = sentences[first : first + _BLOCK]
            texts = [_encodable(text[s.start : s.end]) for s in block]
            encodings = self.tokenizer.encode_batch(texts, add_special_tokens=False)
            for sentence, encoding in zip(block, encodings, strict=True):
                at = sentence.start
                offsets = [(at + a, at + b) for a, b in encoding.offsets]
                # a sentence of nothing that the tokenizer keeps (control characters, say)
                yield (
                    (encoding.ids, offsets)
                    if offsets
                    else (
                        [self.special.unknown],
                        [(sentence.start, sentence.end)],
                    )
                )

    def windows(self, document: Document) -> Iterator[Window]:
        """The windows of a document, in order, over its sentences as they are given."""
        limit, special = self.settings.tokens - 2, self.special
        context: list[int] = []
        ids: list[int] = []
        parts: list[Part] = []
        recent: list[list[int]] = []  # tokens of the latest sentences, enough for any context

        def close() -> Window:
            window = Window([special.start, *ids, special.end], tuple(parts))
            ids.clear()
            parts.clear()
            return window

        tokens = self.tokenize(document.text, document.sentences)
        for index, (sentence_ids, offsets) in enumerate(tokens):
            if parts and (
                len(ids) + len(sentence_ids) > limit or len(parts) == self.settings.sentences
            ):
                yield close()
            done = 0
            while done < len(sentence_ids):
                if not ids:
                    # no more than is needed: a sentence may be as long as a book
                    begun = sentence_ids[max(0, done - self.settings.left_context) : done]
                    context = self._context(recent, begun)
                    ids.extend(context)
                room = limit - len(ids)
                if len(sentence_ids) - done > room:
                    room = self.settings.scored  # the same cut however long the context was
                taken = sentence_ids[done : done + room]
                start = len(ids) + 1
                done += len(taken)
                last = done == len(sentence_ids)
                parts.append(
                    Part(
                        index,
                        start,
                        start + len(taken),
                        offsets[done - len(taken) : done],
                        last,
                    )
                )
                ids.extend(taken)
                if not last:
                    yield close()
            recent.append(sentence_ids)
            held = sum(map(len, recent))
            while len(recent) > 1 and held - len(recent[0]) >= self.settings.left_context:
                held -= len(recent.pop(0))
        if parts:
            yield close()

    def _context(self, recent: list[list[int]], begun: list[int]) -> list[int]:
        """Tokens to repeat before a window: whole sentences as far as they fit.

        The nearest sentence is shortened from its beginning where it is too long by itself.
        """
        room = self.settings.left_context
        if not room:
            return []
        if begun:
            return begun[-room:]
        context: list[int] = []
        for sentence_ids in reversed(recent):
            if len(context) + len(sentence_ids) > room:
                break
            context = sentence_ids + context
        if not context and recent:
            context = recent[-1][-room:]
        return context


def _encodable(text: str) -> str:
    """The text without lone surrogates, which no tokenizer takes; the length stays the same."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
    return text
