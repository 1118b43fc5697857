"""The way of an article through a job: read and cut into sentences, labelled, written.

Each of the three runs in a thread of its own, a bounded stretch of text ahead of the next. The
network computes without Python's lock, so that reading and writing cost little time beside it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Generic, TypeVar

from natostance.batch.articles import Article
from natostance.batch.language import UNDETERMINED, detect_language
from natostance.batch.parts import Outcome
from natostance.batch.readers import Item
from natostance.batch.rejects import Rejected
from natostance.document import Document
from natostance.errors import InputError, MissingExtraError, StoreError
from natostance.formats.rows import LANGUAGE
from natostance.inference.classifier import StanceClassifier
from natostance.text.segmentation import segment

T = TypeVar("T")

# characters that may lie between two steps; a longer article passes alone
_AHEAD = 1_000_000
# what any model labels that still works
_PROBE = "The committee met on Monday."


@dataclass(frozen=True, slots=True)
class Prepared:
    """An article that is ready to be labelled, or why it is not."""

    item: Item
    language: str = ""

    @property
    def weight(self) -> int:
        """About how much memory it holds, in characters."""
        content = self.item.content
        return 200 if isinstance(content, Rejected) else 200 + len(content.document.text)


def outcomes(
    items: Iterator[Item], classifier: StanceClassifier, part: int, *, overlap: bool = True
) -> Generator[Outcome, None, None]:
    """What becomes of each article, in order.

    Args:
        items: the input.
        classifier: labels the articles.
        part: how many records are labelled together. A run that is resumed at the beginning of
            a part runs the network over the very same batches, and gives the very same numbers.
        overlap: use threads. A thread that waits for somebody to type cannot be stopped.
    """
    if not overlap:
        yield from label_parts(map(prepared, items), classifier, part)
        return
    ready = ahead(map(prepared, items), lambda item: item.weight)
    labelled = ahead(label_parts(ready, classifier, part), lambda outcome: outcome.weight)
    try:
        yield from labelled
    finally:
        ready.stop()
        labelled.close()
        ready.close()


def prepared(item: Item) -> Prepared:
    """An article with its language as metadata and its sentences, or as rejected."""
    article = item.content
    if isinstance(article, Rejected):
        return Prepared(item)
    language = detect_language(article.document.text)
    try:
        document = _with_language(article.document, language)
        if not document.sentences:
            document = document.replace(sentences=tuple(segment(document.text)))
    except Exception as error:
        return Prepared(replace(item, content=_failed(article, error)))
    if not document.sentences:
        reject = Rejected(article.file, article.line, "no sentence was found in its text")
        return Prepared(replace(item, content=reject))
    return Prepared(replace(item, content=replace(article, document=document)), language)


def label_parts(
    ready: Iterable[Prepared], classifier: StanceClassifier, size: int
) -> Iterator[Outcome]:
    """Label articles, a part at a time."""
    ready = iter(ready)
    for first in ready:
        yield from label_part(chain([first], islice(ready, size - 1)), classifier)


def label_part(ready: Iterable[Prepared], classifier: StanceClassifier) -> Iterator[Outcome]:
    """Each article labelled, in order; one that cannot be labelled is rejected.

    Raises:
        StoreError: the model labels nothing any more, so that no article is to blame.
    """
    waiting: deque[Prepared] = deque()
    reading_failed = read_all = False

    def documents() -> Iterator[Document]:
        nonlocal reading_failed, read_all
        try:
            for one in ready:
                waiting.append(one)
                if isinstance(one.item.content, Article):
                    yield one.item.content.document
            read_all = True
        except Exception:
            reading_failed = True
            raise

    def rejects() -> Iterator[Outcome]:
        while waiting and isinstance(waiting[0].item.content, Rejected):
            yield _outcome(waiting.popleft(), None, classifier)

    source = documents()
    while True:
        try:
            for document in classifier.label_many(source):
                yield from rejects()
                yield _outcome(waiting.popleft(), document, classifier)
            yield from rejects()
            return
        except MissingExtraError:
            raise
        except Exception:
            # what one article broke is done again, one by one, to find it
            if reading_failed:
                raise
        while waiting:
            yield from rejects()
            if waiting:
                one = waiting.popleft()
                assert isinstance(one.item.content, Article)
                try:
                    labelled = classifier.label(one.item.content.document)
                except Exception as error:
                    _check_works(classifier, one.item.content)
                    reject = _failed(one.item.content, error)
                    one = Prepared(replace(one.item, content=reject))
                    yield _outcome(one, None, classifier)
                else:
                    yield _outcome(one, labelled, classifier)
        if read_all:
            return  # a model that fails at nothing, too, would be asked for ever


def _check_works(classifier: StanceClassifier, article: Article) -> None:
    """Raise `StoreError` where a model that failed at an article fails at any other, too."""
    try:
        classifier.label(_PROBE)
    except Exception as error:
        said = str(error).strip().partition("\n")[0]
        raise StoreError(
            f"the model stopped working here: {type(error).__name__}{said and f': {said}'}",
            file=article.file,
            line=article.line,
            remedy="see to memory and device; a run that was begun goes on with --resume",
        ) from None


def _outcome(one: Prepared, document: Document | None, classifier: StanceClassifier) -> Outcome:
    content = one.item.content
    return Outcome(
        content if isinstance(content, Rejected) else document or content.document,
        content.file,
        content.line,
        one.language,
        document is not None and one.language not in (classifier.language, UNDETERMINED),
        one.item.after,
        one.item.ids,
    )


def _failed(article: Article, error: Exception) -> Rejected:
    if isinstance(error, InputError):
        return Rejected.because(error, article.file, article.line)
    reason = f"could not be labelled: {type(error).__name__}: {error}"
    return Rejected(article.file, article.line, reason)


def _with_language(document: Document, language: str) -> Document:
    meta = dict(document.meta)
    if LANGUAGE in meta:
        name = f"meta_{LANGUAGE}"
        while name in meta:
            name = f"meta_{name}"
        meta = {(name if key == LANGUAGE else key): value for key, value in meta.items()}
    return document.replace(meta={**meta, LANGUAGE: language})


class ahead(Generic[T]):  # noqa: N801
    """An iterator that runs in a thread of its own, some way ahead of its reader.

    Args:
        items: the iterator; it is used by that thread alone.
        weight: how much an item counts.
        limit: how much may wait for the reader; one item may always wait.
    """

    def __init__(self, items: Iterator[T], weight: Callable[[T], int], limit: int = _AHEAD) -> None:
        self._items, self._weight, self._limit = items, weight, limit
        self._changed = threading.Condition()
        self._waiting: deque[tuple[T, int]] = deque()
        self._held = 0
        self._ended = self._closed = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        with self._changed:
            while not self._waiting and not self._ended:
                self._changed.wait()
            if self._waiting:
                item, weight = self._waiting.popleft()
                self._held -= weight
                self._changed.notify_all()
                return item
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        raise StopIteration

    def stop(self) -> None:
        """Give nothing more, and let the thread come to its end."""
        with self._changed:
            self._closed = self._ended = True
            self._waiting.clear()
            self._changed.notify_all()

    def close(self) -> None:
        """The same, and wait for it."""
        self.stop()
        self._thread.join()

    def _run(self) -> None:
        try:
            for item in self._items:
                weight = self._weight(item)
                with self._changed:
                    while self._waiting and self._held + weight > self._limit and not self._closed:
                        self._changed.wait()
                    if self._closed:
                        break
                    self._waiting.append((item, weight))
                    self._held += weight
                    self._changed.notify_all()
        except BaseException as error:
            self._error = error
        with self._changed:
            self._ended = True
            self._changed.notify_all()
