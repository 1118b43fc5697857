"""The articles that are labelled: distinct ones, a sample that is always the same."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from natostance import Document, read_documents, segment
from natostance.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
COMPOSED = ("training/articles", "training/pairs", "eval/gold")


def composed_articles(root: Path = ROOT) -> Iterator[Document]:
    """The articles that the repository holds, with their sentences cut anew.

    Of the folders only the files directly in them: a second reading has the same text.
    """
    for folder in COMPOSED:
        for document in read_documents(sorted(map(str, (root / folder).glob("*.marked.txt")))):
            yield _cut(Document(document.text, doc_id=document.doc_id))


def folder_articles(folder: Path) -> Iterator[Document]:
    """The articles of a folder with ``*.jsonl`` and ``*.jsonl.gz`` of ``id`` and ``text``.

    Raises:
        InputError: there are none.
    """
    found = False
    for path in sorted([*folder.glob("*.jsonl"), *folder.glob("*.jsonl.gz")]):
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                if isinstance(record.get("text"), str):
                    found = True
                    yield _cut(Document(record["text"], doc_id=str(record["id"])))
    if not found:
        raise InputError("no articles with a text", file=folder, remedy="name another folder")


def distinct(articles: Iterable[Document]) -> Iterator[Document]:
    """Articles without those that were, for the most part, read before.

    A sentence was read before if it stood behind the same sentence in an earlier article.
    """
    seen: set[tuple[str, str]] = set()
    for document in articles:
        sentences = ["", *(" ".join(document[s].split()) for s in document.sentences)]
        pairs = set(pairwise(sentences))
        if pairs and 2 * len(pairs & seen) <= len(pairs):
            yield document
        seen |= pairs


def sample(articles: Iterable[Document], sentences: int, seed: int = 0) -> list[Document]:
    """Whole articles with at least so many sentences together, or all; 0: all."""
    shuffled = list(articles)
    random.Random(seed).shuffle(shuffled)
    chosen, count = [], 0
    for document in shuffled:
        if sentences and count >= sentences:
            break
        chosen.append(document)
        count += len(document.sentences)
    return chosen


def write_articles(articles: Sequence[Document], path: Path) -> None:
    """Articles as JSONL, as a user would hand them over: id and text alone."""
    with path.open("w", encoding="utf-8") as file:
        for document in articles:
            file.write(json.dumps({"id": document.doc_id, "text": document.text}) + "\n")


def _cut(document: Document) -> Document:
    return document.replace(sentences=tuple(segment(document.text)))
