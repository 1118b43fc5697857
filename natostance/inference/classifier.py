"""The classifier: documents in, labelled documents out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from natostance.checkpoint import Calibration, Checkpoint
from natostance.document import Document, LabelSet, Sentence, Span
from natostance.inference.backend import Backend
from natostance.inference.decoding import TokenScores, decode, sentence_logits
from natostance.text.segmentation import segment
from natostance.text.windows import Part, Window, WindowReader

Floats = NDArray[np.float32]
Result = TypeVar("Result")

# windows handed to the backend at once: bounds memory, and how far documents are read ahead
_POOL = 64


class StanceClassifier:
    """Labels the sentences of documents.

    Make one with `from_pretrained`. It may be shared between threads, and it may be pickled: the
    copy loads the model folder again. ``sha256`` is the hash of its model folder, where it has one.
    """

    def __init__(
        self,
        reader: WindowReader,
        backend: Backend,
        labels: LabelSet,
        calibration: Calibration | None = None,
        language: str = "en",
    ) -> None:
        """Put a classifier together from its parts.

        Args:
            reader: cuts documents into windows.
            backend: scores the windows.
            labels: the labels, in the order of the scores.
            calibration: turns logits into probabilities; by default it leaves them alone.
            language: the language that the model reads, ISO 639-1.
        """
        self.reader = reader
        self.backend = backend
        self.labels = labels
        self.calibration = calibration or Calibration()
        self.language = language
        self.sha256: str | None = None
        self._source: tuple[str, str, str, str, int | None] | None = None

    @classmethod
    def from_pretrained(
        cls,
        model: str | Path | None = None,
        *,
        backend: str = "auto",
        device: str = "auto",
        precision: str = "fp32",
        threads: int | None = None,
    ) -> StanceClassifier:
        """Load a model.

        Args:
            model: a model folder, or a name on the hub (extra ``[hub]``); by default the released
                model that natostance carries.
            backend: ``openvino``, ``onnx``, ``torch`` (extra ``[train]``), or ``auto``: torch on a
                GPU, else the first of these that is installed.
            device: ``cpu``, ``cuda`` (all GPUs), ``cuda:1``, ``mps``, or ``auto``: a GPU where
                torch is installed and finds one, else the CPU.
            precision: of the arithmetic: ``fp32``, which gives the same labels on every processor;
                ``bf16``; or ``auto``: bf16 where the device has it. What is in use is
                ``classifier.backend.precision``.
            threads: cores to use; by default all that the process may use.

        Raises:
            ModelError: there is no such model, or it is incomplete or damaged.
            InputError: backend, device and precision do not go together, or not on this machine.
            MissingExtraError: the backend is not installed.
        """
        from natostance.inference.backend import make_backend

        checkpoint = Checkpoint.find(model)
        config = checkpoint.config
        reader = WindowReader.from_file(checkpoint.tokenizer, config.special, config.window)
        made = make_backend(checkpoint, backend, device, precision, threads)
        classifier = cls(reader, made, config.labels, config.calibration, config.language)
        classifier.sha256 = checkpoint.sha256
        # a copy computes as this one does, also on a machine that would choose otherwise; but where
        # all GPUs were asked for, it takes those that it finds
        several = device == "cuda" or (device == "auto" and made.device.startswith("cuda"))
        where = "cuda" if several else made.device
        classifier._source = (str(checkpoint.folder), made.name, where, made.precision, threads)
        return classifier

    def push_to_hub(
        self, repository: str, *, private: bool = False, token: str | None = None
    ) -> str:
        """Upload the model folder that this classifier was loaded from, with its card.

        Args:
            repository: ``owner/name`` on the hub; it is made where it is not there yet.
            private: make it private, where it is made.
            token: the hub's access token; by default the one that its own login keeps.

        Returns:
            The address of the model's page.

        Raises:
            InputError: the folder has no card, or the hub refuses.
            MissingExtraError: the extra ``[hub]`` is not installed.
        """
        from natostance.inference.hub import push

        if self._source is None:
            raise TypeError("only a classifier made by from_pretrained() has a folder to upload")
        return push(Path(self._source[0]), repository, private=private, token=token)

    def __reduce__(self) -> tuple[Any, ...]:
        if self._source is None:
            raise TypeError("only a classifier made by from_pretrained() can be pickled")
        return (_load, self._source)

    def label(self, text: str | Document) -> Document:
        """Label one text; see `label_many`."""
        return next(self.label_many([text]))

    def label_many(self, documents: Iterable[str | Document]) -> Iterator[Document]:
        """Label texts or documents, lazily and in order.

        A document that comes with sentences keeps them; otherwise its text is segmented. Every
        sentence comes out with a label and probabilities, whatever its length, and neither depends
        on which other documents are labelled with it. Spans and labels that a document had are
        replaced.

        Args:
            documents: texts or documents; taken as they are needed, some tens of windows ahead.

        Returns:
            An iterator over the labelled documents.
        """

        def result(
            document: Document, sentence: Sentence, scores: TokenScores
        ) -> tuple[Sentence, list[Span]]:
            return decode(document.text, sentence, scores, self.labels, self.calibration)

        for document, results in self._read(documents, result):
            yield document.replace(
                sentences=tuple(sentence for sentence, _ in results),
                spans=tuple(span for _, spans in results for span in spans),
                labels=self.labels,
            )

    def map_dataset(self, dataset: Any, text_column: str = "text", **options: Any) -> Any:
        """Label a dataset of Hugging Face ``datasets``: a table, a stream, or splits of either.

        Args:
            dataset: the dataset.
            text_column: the column with the texts.
            options: passed on to its ``map``: ``batch_size``, ``num_proc``, ...

        Returns:
            The dataset with two columns more: ``sentences``, a list of ``{start, end, text, label,
            scores, mixed, abstained}``, and ``spans``, a list of ``{start, end, label, score}``;
            offsets in code points of the text.

        Raises:
            InputError: it has no such column, or has columns of these names.
            MissingExtraError: ``datasets`` is not installed.
        """
        from natostance.inference.dataset import map_dataset

        return map_dataset(self, dataset, text_column, **options)

    def logits(self, documents: Iterable[str | Document]) -> Iterator[Floats]:
        """Sentence logits before calibration.

        Returns:
            For each document ``[sentences, labels]``.
        """
        for _, results in self._read(documents, lambda _, __, s: sentence_logits(s.votes)):
            yield np.stack(results) if results else np.zeros((0, len(self.labels.names)), "f4")

    def token_scores(self, documents: Iterable[str | Document]) -> Iterator[list[TokenScores]]:
        """Scores of the tokens of each sentence before anything is made of them.

        Returns:
            For each document the scores of its sentences.
        """
        for _, results in self._read(documents, lambda _, __, scores: scores):
            yield results

    def _read(
        self,
        documents: Iterable[str | Document],
        result: Callable[[Document, Sentence, TokenScores], Result],
    ) -> Iterator[tuple[Document, list[Result]]]:
        """Each document with the result of each of its sentences, in order."""
        readings: deque[_Reading[Result]] = deque()
        pool: list[tuple[_Reading[Result], Window]] = []
        for item in documents:
            document = item if isinstance(item, Document) else Document(item)
            if not document.sentences:
                document = document.replace(sentences=tuple(segment(document.text)))
            else:
                # labels of another label set must not stand in the way
                document = document.replace(
                    sentences=tuple(Sentence(s.start, s.end) for s in document.sentences)
                )
            document = document.replace(spans=(), labels=self.labels)
            reading = _Reading(document, result, len(self.labels.names))
            readings.append(reading)
            for window in self.reader.windows(document):
                pool.append((reading, window))
                if len(pool) == _POOL:
                    self._run(pool)
            reading.read_whole = True
            while readings and readings[0].done:
                ready = readings.popleft()
                yield ready.document, ready.results
        self._run(pool)
        for reading in readings:
            yield reading.document, reading.results

    def _run(self, pool: list[tuple[_Reading[Any], Window]]) -> None:
        """Score the windows of the pool and hand the scores back in the order of the text."""
        found = self.backend.scores([window for _, window in pool])
        for (reading, window), scores in zip(pool, found, strict=True):
            reading.take(window.parts, scores)
        pool.clear()


class _Reading(Generic[Result]):
    """A document under way: collects the scores of a sentence's parts until it is whole."""

    def __init__(
        self,
        document: Document,
        result: Callable[[Document, Sentence, TokenScores], Result],
        labels: int,
    ) -> None:
        self.document = document
        self.results: list[Result] = []
        self.read_whole = False
        self._result = result
        self._labels = labels
        self._scores: list[Floats] = []
        self._offsets: list[tuple[int, int]] = []

    @property
    def done(self) -> bool:
        return self.read_whole and len(self.results) == len(self.document.sentences)

    def take(self, parts: Sequence[Part], scores: Floats) -> None:
        """Scores of one window, ``[length, 2 * labels + 1]``; windows come in order."""
        for part in parts:
            self._scores.append(scores[part.start : part.end])
            self._offsets.extend(part.offsets)
            if part.last:
                whole = np.concatenate(self._scores)
                votes = self._labels + 1
                token_scores = TokenScores(whole[:, :votes], whole[:, votes:], self._offsets)
                sentence = self.document.sentences[part.sentence]
                self.results.append(self._result(self.document, sentence, token_scores))
                self._scores, self._offsets = [], []


def _load(
    folder: str, backend: str, device: str, precision: str, threads: int | None
) -> StanceClassifier:
    return StanceClassifier.from_pretrained(
        folder, backend=backend, device=device, precision=precision, threads=threads
    )
