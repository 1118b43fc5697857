"""A name for good for gold and predictions, so that a result says what it was made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from natostance.document import Document


def fingerprint(documents: Iterable[Document]) -> str:
    """A sha256 over texts, sentences, spans and labels; order and metadata do not matter."""
    lines = []
    for document in documents:
        data = document.to_dict()
        del data["meta"]
        lines.append(json.dumps(data, sort_keys=True))
    digest = hashlib.sha256()
    for line in sorted(lines):
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()
