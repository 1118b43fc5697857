"""A training run, told from top to bottom."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import transformers

from natostance.checkpoint import RUN, Calibration, write_json
from natostance.corpus import Corpus
from natostance.document import Document
from natostance.errors import InputError
from natostance.evaluation.harness import Evaluation, evaluate
from natostance.inference.calibration import fit_temperature
from natostance.inference.classifier import StanceClassifier
from natostance.inference.torch_backend import TorchBackend
from natostance.modeling.encoder import load_tokenizer
from natostance.modeling.network import StanceNetwork
from natostance.text.windows import WindowReader
from natostance.training import examples, loop, release
from natostance.training.recipe import Recipe

STATE, RECIPE = "state", "recipe.json"


def train(
    recipe: Recipe,
    *,
    articles: Path | None = None,
    resume: bool = False,
    callbacks: Sequence[transformers.TrainerCallback] = (),
) -> Path:
    """Train a model and write its folder.

    The folder is ``<output>/<name>``; while training goes on, its subfolder ``state`` holds the
    state after each epoch.

    Args:
        recipe: everything that decides the run.
        articles: folder with the texts of stand-off annotations; see `Corpus.load`.
        resume: go on with a run that was stopped, from its last finished epoch.
        callbacks: callbacks of `transformers.Trainer`, for progress.

    Returns:
        The model folder: loadable, with ``run.json``.

    Raises:
        InputError: corpus or encoder cannot be used, or there is another run in the folder.
        ConversionError: the trained network and its exported graph differ.
    """
    began, commit = time.time(), _commit()
    folder = recipe.output / recipe.name
    resuming = _prepare(folder, recipe, resume)
    data = recipe.data
    corpus = Corpus.load(data.corpus, data.parts, articles)
    learned = [document for split in data.train for document in corpus.split(split)]
    dev = corpus.split(data.dev)

    transformers.set_seed(recipe.seed)
    tokenizer, special = load_tokenizer(recipe.network.encoder)
    reader = WindowReader(tokenizer, special, recipe.window)
    network = StanceNetwork.pretrained(recipe.network, len(corpus.labels.names))
    _check_length(network, recipe)

    def classifier() -> StanceClassifier:
        return StanceClassifier(reader, TorchBackend(network, special.pad), corpus.labels)

    def measure() -> dict[str, float]:
        result = evaluate(dev, classifier().label_many(dev))
        return {"macro_f1": result.macro_f1, "character_f1": result.character_f1}

    history = loop.fit(
        network,
        examples.build(learned, reader, corpus.labels),
        recipe.optimisation,
        pad=special.pad,
        seed=recipe.seed,
        folder=folder / STATE,
        measure=measure,
        callbacks=list(callbacks),
        resume=resuming,
    )
    calibration = calibrate(classifier(), dev)
    release.save(network, reader, corpus.labels, calibration, recipe.name, folder)
    parities = release.check_parity(folder, dev)
    # what is reported is what a user of the folder gets
    figures = evaluate(dev, StanceClassifier.from_pretrained(folder).label_many(dev))
    run = papers(recipe, corpus, learned, figures, calibration, parities, history)
    run["code"] = {"natostance": version("natostance"), "commit": commit}
    run["minutes"] = round((time.time() - began) / 60, 1)
    write_json(folder / RUN, run)
    shutil.rmtree(folder / STATE)
    return folder


def calibrate(classifier: StanceClassifier, dev: Sequence[Document]) -> Calibration:
    """The temperature that fits the dev split best; no threshold is promised yet."""
    labels = classifier.labels
    logits = np.concatenate(list(classifier.logits(dev)))
    gold = [labels.index(s.label) for d in dev for s in d.sentences if s.label is not None]
    return Calibration(temperature=round(fit_temperature(logits, np.array(gold)), 4))


def papers(
    recipe: Recipe,
    corpus: Corpus,
    learned: Sequence[Document],
    figures: Evaluation,
    calibration: Calibration,
    parities: Sequence[release.Parity],
    history: Sequence[dict[str, float]],
) -> dict[str, Any]:
    """What ``run.json`` says of the run: enough to repeat it, and what came of it."""
    return {
        "recipe": recipe.model_dump(
            mode="json", exclude={"output"}
        ),  # where it lies changes nothing
        "seed": recipe.seed,
        "data": {
            "fingerprint": corpus.fingerprint,
            "annotators": corpus.settings.annotators,
            "train": _size(learned),
            "dev": _size(corpus.split(recipe.data.dev)),
        },
        "packages": {
            name: version(name) for name in ("torch", "transformers", "tokenizers", "openvino")
        },
        "machine": {
            "python": platform.python_version(),
            "system": platform.system(),
            "processor": platform.machine(),
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
                "sentences": p.sentences,
                "differing": p.differing,
                "largest": round(p.largest, 6),
            }
            for p in parities
        ],
        "dev": figures.to_dict(),
    }


def _prepare(folder: Path, recipe: Recipe, resume: bool) -> bool:
    """Whether there is a state to go on from; refuse to mix two runs."""
    state = folder / STATE
    noted = state / RECIPE
    wanted = recipe.model_dump(mode="json")
    if not resume:
        if state.exists():
            raise InputError(
                "a run that was stopped lies here",
                file=folder,
                remedy="go on with --resume, remove the folder, or name another",
            )
        if (folder / RUN).exists():
            raise InputError(
                "a finished model lies here", file=folder, remedy="remove it, or name another"
            )
    elif not noted.exists():
        raise InputError("there is no run to resume", file=folder, remedy="leave out --resume")
    elif json.loads(noted.read_text(encoding="utf-8")) != wanted:
        raise InputError(
            "the run that was stopped had another recipe", file=noted, remedy="use the same one"
        )
    state.mkdir(parents=True, exist_ok=True)
    write_json(noted, wanted)
    return resume and any(state.glob("checkpoint-*"))


def _check_length(network: StanceNetwork, recipe: Recipe) -> None:
    limit = getattr(network.encoder.config, "max_position_embeddings", None)
    if limit is not None and recipe.window.tokens > limit:
        raise InputError(
            f"windows of {recipe.window.tokens} tokens are longer than the encoder's {limit}",
            remedy="lower window.tokens in the recipe",
        )


def _size(documents: Sequence[Document]) -> dict[str, int]:
    return {"articles": len(documents), "sentences": sum(len(d.sentences) for d in documents)}


def _commit() -> str | None:
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
