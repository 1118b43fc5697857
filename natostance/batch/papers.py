"""The papers of a run: what it depends on, and what it did; enough to repeat it."""

from __future__ import annotations

import datetime
import hashlib
import os
import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from natostance.inference.classifier import StanceClassifier

if TYPE_CHECKING:
    from natostance.batch.report import JobReport

# what the numbers in a row come from, as far as it is not our own code
_PACKAGES = (
    *("backports.zstd", "numpy", "onnxruntime", "openvino", "py3langid", "tokenizers"),
    *("natostance", "pyarrow", "ray", "torch", "trafilatura"),
)


def settings(classifier: StanceClassifier, **others: Any) -> dict[str, Any]:
    """What a run depends on, beside its input: each value is JSON.

    A run goes on only where all of it is the same.
    """
    return {
        "natostance": packages().get("natostance", "unknown"),
        "code": code_sha256(),
        "model": classifier.sha256,
        "backend": classifier.backend.name,
        "device": classifier.backend.device,
        "precision": classifier.backend.precision,
        "labels": list(classifier.labels.names),
        **{
            f"version_of_{name}": found
            for name, found in packages().items()
            if name != "natostance"
        },
        **others,
    }


def papers(
    settings: Mapping[str, Any], report: JobReport, *, inputs: Mapping[str, Any], start: str
) -> dict[str, Any]:
    """What stands in ``run.json``.

    Args:
        settings: what the run depends on.
        report: what it did.
        inputs: what was read.
        start: when it was begun.
    """
    rate = report.session_sentences / report.seconds if report.seconds else 0.0
    return {
        "settings": dict(settings),
        "inputs": dict(inputs),
        "counts": {
            "read": report.read,
            "labelled": report.labelled,
            "rejected": report.rejected,
            "sentences": report.sentences,
            "foreign": report.foreign,
            "labels": report.labels,
            "languages": dict(sorted(report.languages.items())),
        },
        "machine": {
            "python": platform.python_version(),
            "system": platform.platform(),
            "processor": platform.machine(),
            "cores": os.cpu_count(),
        },
        "start": start,
        "end": now(),
        # of the last session, where the run was resumed
        "seconds": round(report.seconds, 3),
        "sentences_per_second": round(rate, 1),
    }


def now() -> str:
    """The time, in UTC."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


@cache
def code_sha256() -> str:
    """One hash over the package's code: a version in the making has no other name."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@cache
def packages() -> dict[str, str]:
    """Versions of the packages that rows depend on, where they are installed."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
