"""The classifier: documents in, labelled documents out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from natostance.checkpoint import Calibration, Checkpoint
from natostance.document import Document, LabelSet, Sentence
from natostance.inference.backend import Backend
from natostance.inference.decoding import Decoded, Scored, TokenScores, decode_many, sentence_logits
from natostance.text.segmentation import segment
from natostance.text.windows import Part, Window, WindowReader

Floats = NDArray[np.float32]
Result = TypeVar("Result")


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
            documents: texts or documents; taken as they are needed, as many windows ahead as
                the backend takes at once: 64 on a processor, 512 on a GPU.

        Returns:
            An iterator over the labelled documents.
        """

        def decoded(given: Sequence[Scored]) -> list[Decoded]:
            return decode_many(given, self.labels, self.calibration)

        for document, results in self._read(documents, decoded):
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

        def pooled(given: Sequence[Scored]) -> list[Floats]:
            return [sentence_logits(scores.votes) for _, _, scores in given]

        for _, results in self._read(documents, pooled):
            yield np.stack(results) if results else np.zeros((0, len(self.labels.names)), "f4")

    def token_scores(self, documents: Iterable[str | Document]) -> Iterator[list[TokenScores]]:
        """Scores of the tokens of each sentence before anything is made of them.

        Returns:
            For each document the scores of its sentences.
        """

        def as_they_are(given: Sequence[Scored]) -> list[TokenScores]:
            return [scores for _, _, scores in given]

        for _, results in self._read(documents, as_they_are):
            yield results

    def _read(
        self,
        documents: Iterable[str | Document],
        finish: Callable[[Sequence[Scored]], list[Result]],
    ) -> Iterator[tuple[Document, list[Result]]]:
        """Each document with the result of each of its sentences, in order.

        Args:
            documents: the documents.
            finish: makes of some sentences, whichever were scored together, a result of each.
        """
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
            reading: _Reading[Result] = _Reading(document, len(self.labels.names))
            readings.append(reading)
            for window in self.reader.windows(document):
                pool.append((reading, window))
                if len(pool) == self.backend.pool:
                    self._run(pool, finish)
            reading.read_whole = True
            while readings and readings[0].done:
                ready = readings.popleft()
                yield ready.document, ready.results
        self._run(pool, finish)
        for reading in readings:
            yield reading.document, reading.results

    def _run(
        self,
        pool: list[tuple[_Reading[Result], Window]],
        finish: Callable[[Sequence[Scored]], list[Result]],
    ) -> None:
        """Score the windows of the pool, and finish the sentences that end in them."""
        found = self.backend.scores([window for _, window in pool])
        whole = [
            (reading, scored)
            for (reading, window), scores in zip(pool, found, strict=True)
            for scored in reading.take(window.parts, scores)
        ]
        results = finish([scored for _, scored in whole])
        for (reading, _), result in zip(whole, results, strict=True):
            reading.results.append(result)
        pool.clear()


class _Reading(Generic[Result]):
    """A document under way: collects the scores of a sentence's parts until it is whole."""

    def __init__(self, document: Document, labels: int) -> None:
        self.document = document
        self.results: list[Result] = []
        self.read_whole = False
        self._labels = labels
        self._scores: list[Floats] = []
        self._offsets: list[tuple[int, int]] = []

    @property
    def done(self) -> bool:
        return self.read_whole and len(self.results) == len(self.document.sentences)

    def take(self, parts: Sequence[Part], scores: Floats) -> Iterator[Scored]:
        """The sentences that end in a window; windows come in order, in the order of the text.

        Args:
            parts: what is scored in the window.
            scores: of its tokens, ``[length, 2 * labels + 1]``.
        """
        for part in parts:
            self._scores.append(scores[part.start : part.end])
            self._offsets.extend(part.offsets)
            if part.last:
                whole = self._scores[0] if len(self._scores) == 1 else np.concatenate(self._scores)
                votes = self._labels + 1
                token_scores = TokenScores(whole[:, :votes], whole[:, votes:], self._offsets)
                yield self.document.text, self.document.sentences[part.sentence], token_scores
                self._scores, self._offsets = [], []


def _load(
    folder: str, backend: str, device: str, precision: str, threads: int | None
) -> StanceClassifier:
    return StanceClassifier.from_pretrained(
        folder, backend=backend, device=device, precision=precision, threads=threads
    )
