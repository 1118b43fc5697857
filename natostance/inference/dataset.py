"""Datasets of Hugging Face ``datasets``, labelled column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from natostance.document import Document
from natostance.errors import InputError
from natostance.extras import require

if TYPE_CHECKING:
    from natostance.inference.classifier import StanceClassifier

COLUMNS = ("sentences", "spans")


def map_dataset(
    classifier: StanceClassifier, dataset: Any, text_column: str, **options: Any
) -> Any:
    """See `StanceClassifier.map_dataset`."""
    datasets = require("datasets", "train", "Labelling a dataset")
    if isinstance(dataset, (datasets.DatasetDict, datasets.IterableDatasetDict)):
        return type(dataset)(
            {
                name: map_dataset(classifier, part, text_column, **options)
                for name, part in dataset.items()
            }
        )
    known = dataset.column_names
    if known is not None:
        if text_column not in known:
            raise InputError(
                f"no column {text_column!r} with the text",
                remedy=f"its columns are {', '.join(known)}; name one of them",
            )
        if taken := sorted(set(COLUMNS) & set(known)):
            raise InputError(f"there is a column {taken[0]!r} already", remedy="rename it")
    if dataset.features is not None:
        options["features"] = datasets.Features(
            {**dataset.features, **_features(datasets, classifier)}
        )
    return dataset.map(_Label(classifier, text_column), batched=True, **options)


class _Label:
    """Labels a batch of a dataset.

    The model's hash is part of it, so that what ``datasets`` keeps is that of this model.
    """

    def __init__(self, classifier: StanceClassifier, text_column: str) -> None:
        self.classifier = classifier
        self.text_column = text_column
        self.model = classifier.sha256

    def __call__(self, batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
        texts = [text or "" for text in batch[self.text_column]]
        # an article without a sentence has a row all the same
        labelled = list(self.classifier.label_many(texts))
        return {
            "sentences": [[_sentence(d, s) for s in d.sentences] for d in labelled],
            "spans": [
                [
                    {"start": s.start, "end": s.end, "label": s.label, "score": s.score}
                    for s in d.spans
                ]
                for d in labelled
            ],
        }


def _sentence(document: Document, sentence: Any) -> dict[str, Any]:
    return {
        "start": sentence.start,
        "end": sentence.end,
        "text": document[sentence],
        "label": sentence.label,
        "scores": dict(sentence.scores),
        "mixed": sentence.mixed,
        "abstained": sentence.abstained,
    }


def _features(datasets: Any, classifier: StanceClassifier) -> dict[str, Any]:
    value = datasets.Value
    offsets = {"start": value("int64"), "end": value("int64")}
    scores = {name: value("float64") for name in classifier.labels.names}
    sentence = {
        **offsets,
        "text": value("string"),
        "label": value("string"),
        "scores": scores,
        "mixed": value("bool"),
        "abstained": value("bool"),
    }
    span = {**offsets, "label": value("string"), "score": value("float64")}
    return {"sentences": [sentence], "spans": [span]}
