"""Whose position does a news sentence convey: NATO's, Russia's, or nobody's?

The names below are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from natostance.batch.job import label_files
    from natostance.batch.readers import read_documents
    from natostance.batch.writers import write_documents
    from natostance.corpus import Corpus
    from natostance.document import Document, LabelSet, Sentence, Span
    from natostance.evaluation.harness import Evaluation, evaluate
    from natostance.inference.classifier import StanceClassifier
    from natostance.report.site import write_report
    from natostance.text.segmentation import segment
    from natostance.training.recipe import Recipe
    from natostance.training.run import train

_HOMES = {
    "LabelSet": "document",
    "Span": "document",
    "Sentence": "document",
    "Document": "document",
    "segment": "text.segmentation",
    "StanceClassifier": "inference.classifier",
    "read_documents": "batch.readers",
    "write_documents": "batch.writers",
    "label_files": "batch.job",
    "Corpus": "corpus",
    "train": "training.run",
    "Recipe": "training.recipe",
    "evaluate": "evaluation.harness",
    "Evaluation": "evaluation.harness",
    "write_report": "report.site",
}

__all__ = [
    "Corpus",
    "Document",
    "Evaluation",
    "LabelSet",
    "Recipe",
    "Sentence",
    "Span",
    "StanceClassifier",
    "evaluate",
    "label_files",
    "read_documents",
    "segment",
    "train",
    "write_documents",
    "write_report",
]

try:
    __version__ = version("natostance")
except PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0+unknown"


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'natostance' has no attribute {name!r}")
    value = getattr(import_module(f"natostance.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
