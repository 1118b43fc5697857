"""What ``run.json`` says of a training run: enough to repeat it, and what came of it."""

from __future__ import annotations

import platform
import subprocess
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from natostance.checkpoint import Calibration, Checkpoint, sha256_of
from natostance.corpus import Corpus
from natostance.document import Document, LabelSet
from natostance.evaluation.calibration import measure
from natostance.evaluation.counts import Confusion
from natostance.inference.calibration import probabilities
from natostance.training import loop, release
from natostance.training.distillation import LEARNED, learned_by
from natostance.training.folds import Held
from natostance.training.recipe import Recipe


def papers(
    recipe: Recipe,
    corpus: Corpus,
    learned: Sequence[Document],
    unspoken: int,
    calibration: Calibration,
    parities: Sequence[release.Parity],
    history: Sequence[dict[str, float]],
) -> dict[str, Any]:
    """What ``run.json`` says of the run: enough to repeat it, and what came of it."""
    return {
        "recipe": recipe.model_dump(
            mode="json", exclude={"output", "cache"}
        ),  # where it lies changes nothing
        "seed": recipe.seed,
        "data": {
            "fingerprint": corpus.fingerprint,
            "annotators": corpus.settings.annotators,
            "train": _size(learned),
            # from which it is known of whom a teacher may speak
            LEARNED: _learned(learned, recipe.network.start),
            "teachers": teacher_hashes(recipe),
            "said": said_hash(recipe),
            # articles learned from annotations alone, beside others of which teachers spoke
            "unspoken": unspoken,
            "start": start_hashes(recipe),
            "dev": _size(corpus.split(recipe.data.dev) if recipe.data.dev else ()),
        },
        "packages": _packages(),
        "machine": {
            "python": platform.python_version(),
            "system": platform.system(),
            "processor": platform.machine(),
            "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
            "bf16": loop.uses_bf16(recipe.optimisation.precision),
        },
        "epochs": [
            {
                "epoch": entry["epoch"],
                "macro_f1": round(entry[loop.METRIC], 4),
                "character_f1": round(entry["eval_character_f1"], 4),
            }
            for entry in history
            if loop.METRIC in entry
        ],
        "calibration": calibration.model_dump(),
        "parity": [
            {
                "backend": p.backend,
                "precision": p.precision,
                "sentences": p.sentences,
                "differing": p.differing,
                "largest": round(p.largest, 6),
            }
            for p in parities
        ],
    }


def out_of_fold_figures(held: Held, labels: LabelSet, temperature: float) -> dict[str, Any]:
    """How good the predictions out of fold are, by sentence."""
    chances = probabilities(held.logits, temperature)
    pairs = zip(held.gold, chances.argmax(1), strict=True)
    names = labels.names
    confusion = Confusion.of(names, Counter((names[a], names[b]) for a, b in pairs))
    report = measure(chances, chances.argmax(1), held.gold, held.articles)
    return {
        "articles": len(set(held.articles.tolist())),
        "sentences": confusion.total,
        "macro_f1": round(confusion.macro_f1, 4),
        "classes": {name: round(confusion.counts(name).f1, 4) for name in names},
        "calibration": report.to_dict(),
    }


def teacher_hashes(recipe: Recipe) -> list[str]:
    """The hashes of a recipe's teachers, in order."""
    return [Checkpoint.load(teacher).sha256 for teacher in recipe.distillation.teachers]


def said_hash(recipe: Recipe) -> str | None:
    """The hash of the file with what a recipe's teachers said."""
    said = recipe.distillation.said
    return None if said is None or not said.exists() else sha256_of(said)


def start_hashes(recipe: Recipe) -> list[str]:
    """The hashes of the models that a recipe goes on from, in order."""
    return [Checkpoint.load(start).sha256 for start in recipe.network.start]


def commit() -> str | None:
    """The commit of the checkout that the code runs from, if it is one."""
    try:
        done = subprocess.run(
            ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _learned(documents: Sequence[Document], starts: Sequence[Path]) -> list[str] | None:
    """What a model learned from, its beginnings included; None where they are not known."""
    known = {d.doc_id for d in documents}
    for start in starts:
        before = learned_by(start)
        if before is None:
            return None
        known |= before
    return sorted(known)


def _packages() -> dict[str, str]:
    """The versions of the packages that decide the figures, as far as they are installed."""
    found = {}
    for name in ("torch", "transformers", "tokenizers", "openvino", "onnxruntime"):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _size(documents: Sequence[Document]) -> dict[str, int]:
    return {"articles": len(documents), "sentences": sum(len(d.sentences) for d in documents)}
