"""Small gold and prediction files for the tests of the commands."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from natostance.batch.writers import write_documents
from natostance.document import Document


def documents_file(path: Path, documents: Iterable[Document]) -> Path:
    path.write_text("".join(d.to_json() + "\n" for d in documents), encoding="utf-8")
    return path


def rows_file(path: Path, documents: Iterable[Document]) -> Path:
    write_documents(documents, path)
    return path
