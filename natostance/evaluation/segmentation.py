"""Sentence boundaries against the segmentation gold.

A boundary is the end offset of a sentence. The format of the gold is described beside it, in
``eval/segmentation/README.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from natostance.document import Sentence
from natostance.errors import InputError
from natostance.evaluation.counts import Counts

SPLITS = ("dev", "test")

_MARK = "\u2016"
_SEPARATOR = "\n=====\n"
_ESCAPES = {"\\r": "\r", "\\t": "\t", "\\n": "\n", "\\u00a0": "\u00a0", "\\ufeff": "\ufeff"}
_ESCAPE = re.compile("|".join(map(re.escape, _ESCAPES)))
# what may stand between sentences: white space and byte-order marks
_GAP = re.compile(r"[\s\ufeff]*")


@dataclass(frozen=True, slots=True)
class GoldText:
    """One text of the gold.

    Args:
        trap: what it is difficult in, for instance ``"clock-times"``.
        text: the text, without marks and escapes.
        sentences: its sentences, in order.
    """

    trap: str
    text: str
    sentences: tuple[Sentence, ...]


def read_gold(folder: Path, split: str) -> list[GoldText]:
    """Read the texts of one split from all its files, ordered by trap.

    Raises:
        InputError: there is no such file, one cannot be read, or a mark is out of place.
    """
    paths = sorted(folder.glob(f"{split}-*.txt"))
    if not paths:
        raise InputError(f"no segmentation gold {split}-*.txt in this folder", file=folder)
    return [text for path in paths for text in _read_file(path, split)]


def boundary_counts(gold: Sequence[Sentence], predicted: Sequence[Sentence]) -> Counts:
    """Compare the sentences of one text by their end offsets."""
    right, found = ({s.end for s in sentences} for sentences in (gold, predicted))
    return Counts(len(right & found), len(found - right), len(right - found))


def _read_file(path: Path, split: str) -> Iterator[GoldText]:
    try:
        # bytes, since reading as text would turn a carriage return into a line feed
        source = path.read_bytes().decode("utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", file=path) from None
    line = 1
    for marked in source.split(_SEPARATOR):
        text, sentences = _parse(marked, path, line)
        yield GoldText(path.stem.removeprefix(f"{split}-"), text, sentences)
        line += marked.count("\n") + _SEPARATOR.count("\n")


def _parse(marked: str, path: Path, line: int) -> tuple[str, tuple[Sentence, ...]]:
    *pieces, rest = marked.split(_MARK)
    sentences: list[Sentence] = []
    parts: list[str] = []
    length = 0
    for piece in pieces:
        plain = _unescape(piece)
        line += piece.count("\n")
        start = _gap(plain)
        if start == len(plain) or _GAP.fullmatch(plain[-1]):
            raise _misplaced("stands behind no sentence", path, line)
        sentences.append(Sentence(length + start, length + len(plain)))
        parts.append(plain)
        length += len(plain)
    plain = _unescape(rest)
    if _gap(plain) < len(plain):
        line += rest.rstrip("\n").count("\n")
        raise _misplaced("is missing after the last sentence", path, line)
    return "".join([*parts, plain]), tuple(sentences)


def _misplaced(what: str, path: Path, line: int) -> InputError:
    remedy = "put one right after each sentence"
    return InputError(f"a mark {_MARK} {what}", file=path, line=line, remedy=remedy)


def _unescape(marked: str) -> str:
    return _ESCAPE.sub(lambda match: _ESCAPES[match[0]], marked)


def _gap(text: str) -> int:
    """How much white space the text begins with."""
    match = _GAP.match(text)
    assert match is not None  # the pattern matches the empty string
    return match.end()
