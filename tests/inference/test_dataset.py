"""Datasets of Hugging Face: the same labels as from texts."""

from __future__ import annotations

from pathlib import Path

import datasets
import pytest

from natostance.errors import InputError
from natostance.inference.classifier import StanceClassifier

TEXTS = [
    "The committee met on Monday. She said the alliance would defend every inch of its land.",
    "",
    "He replied that the bloc had broken its word to the Kremlin.",
]


@pytest.fixture(scope="module")
def classifier(tiny_model: Path) -> StanceClassifier:
    return StanceClassifier.from_pretrained(tiny_model)


def table() -> datasets.Dataset:
    return datasets.Dataset.from_dict({"body": TEXTS, "outlet": ["A", "B", "C"]})


def test_a_dataset_gets_sentences_and_spans(classifier: StanceClassifier) -> None:
    found = classifier.map_dataset(table(), text_column="body", batch_size=2)
    assert found.column_names == ["body", "outlet", "sentences", "spans"]
    for text, row in zip(TEXTS, found, strict=True):
        document = classifier.label(text)
        assert [s["label"] for s in row["sentences"]] == [s.label for s in document.sentences]
        assert [s["text"] for s in row["sentences"]] == [document[s] for s in document.sentences]
        for given, sentence in zip(row["sentences"], document.sentences, strict=True):
            assert given["scores"] == pytest.approx(dict(sentence.scores or {}), abs=1e-5)
        assert [(s["start"], s["label"]) for s in row["spans"]] == [
            (s.start, s.label) for s in document.spans
        ]


def test_a_stream_and_a_dictionary_of_splits_too(classifier: StanceClassifier) -> None:
    stream = classifier.map_dataset(table().to_iterable_dataset(), text_column="body")
    assert [len(row["sentences"]) for row in stream] == [2, 0, 1]
    splits = classifier.map_dataset(datasets.DatasetDict(a=table(), b=table()), text_column="body")
    assert splits["b"].num_rows == 3
    assert splits["a"].features["spans"] == splits["b"].features["spans"]


def test_columns_that_are_missing_or_taken_are_named(classifier: StanceClassifier) -> None:
    with pytest.raises(InputError, match="no column 'text' with the text; its columns are body"):
        classifier.map_dataset(table())
    with pytest.raises(InputError, match="there is a column 'spans' already; rename it"):
        classifier.map_dataset(table().rename_column("outlet", "spans"), text_column="body")
