"""A training run, told from top to bottom."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import transformers
from tokenizers import Tokenizer

from natostance.checkpoint import RUN, Calibration, Checkpoint, write_json
from natostance.corpus import Corpus
from natostance.document import Document, LabelSet
from natostance.errors import InputError
from natostance.evaluation.calibration import Promise, promise
from natostance.evaluation.harness import Evaluation, evaluate
from natostance.inference.calibration import fit_temperature, probabilities
from natostance.inference.classifier import StanceClassifier
from natostance.inference.torch_backend import TorchBackend
from natostance.modeling.encoder import load_tokenizer
from natostance.modeling.network import StanceNetwork
from natostance.text.windows import WindowReader
from natostance.training import examples, loop, release
from natostance.training.distillation import SoftTargets
from natostance.training.folds import Held, split_fold
from natostance.training.material import lessons, material, refuse_seen, taught
from natostance.training.papers import (
    commit,
    out_of_fold_figures,
    papers,
    said_hash,
    start_hashes,
    teacher_hashes,
)
from natostance.training.recipe import Recipe
from natostance.training.states import last_state

STATE, RECIPE, MATERIAL = "state", "recipe.json", "material.json"
# on which runtimes are compared where there is no dev split
PARITY_ARTICLES = 50


def train(
    recipe: Recipe,
    *,
    articles: Path | None = None,
    resume: bool = False,
    callbacks: Sequence[transformers.TrainerCallback] = (),
) -> Path:
    """Train a model and write its folder.

    The folder is ``<output>/<name>``; while training goes on, its subfolder ``state`` holds the
    state, saved every ten minutes and after each epoch.

    Args:
        recipe: everything that decides the run.
        articles: folder with the texts of stand-off annotations; see `Corpus.load`.
        resume: go on with a run that was stopped, from its last state.
        callbacks: callbacks of `transformers.Trainer`, for progress.

    Returns:
        The model folder: loadable, with ``run.json``.

    Raises:
        InputError: corpus or encoder cannot be used, or there is another run in the folder.
        ConversionError: the trained network and its exported graph differ.
    """
    began, at_commit = time.time(), commit()
    folder = recipe.output / recipe.name
    _check_folder(folder, recipe, resume)
    data = recipe.data
    corpus = Corpus.load(data.corpus, data.parts, articles)
    learned, held_out = material(recipe, corpus)
    dev = corpus.split(data.dev) if data.dev is not None else ()
    among = temperature_articles(recipe, dev, articles)
    _check_promise(recipe, learned if recipe.calibration.folds else dev)
    if resume:
        _check_material(folder, recipe, corpus.fingerprint)

    soft = taught(recipe, learned, corpus.labels, recipe.cache)
    refuse_seen(recipe, learned if recipe.calibration.folds else held_out, dev)
    resuming = _begin(folder, recipe, corpus.fingerprint, resume)
    held = [
        crossfit(recipe, learned, _Pupil(recipe, corpus.labels, soft), fold, corpus.fingerprint)
        for fold in range(recipe.calibration.folds)
    ]
    pupil = _Pupil(recipe, corpus.labels, soft)
    history = pupil.learn(learned, dev, folder / STATE, list(callbacks), resuming)
    classifier = pupil.classifier()
    on = (
        sum(held[1:], held[0]) if held else Held.of(dev, list(classifier.logits(dev)), pupil.labels)
    )
    calibration, promised = calibrate(on, recipe.calibration.promised_error, among)
    release.save(pupil.network, pupil.reader, pupil.labels, calibration, recipe.name, folder)
    # without a dev split, sentences that were learned from serve as well: this compares runtimes
    parities = release.check_parity(folder, dev or learned[:PARITY_ARTICLES])
    unspoken = 0 if soft is None else sum(d.doc_id not in soft for d in learned)
    run = papers(recipe, corpus, learned, unspoken, calibration, parities, history)
    if dev:
        # what is reported is what a user of the folder gets, on whatever processor
        ready = StanceClassifier.from_pretrained(folder, device="cpu", precision="fp32")
        figures = evaluate(dev, ready.label_many(dev))
        run["dev"] = figures.to_dict()
    if held_out:
        figures = evaluate(held_out, pupil.classifier(calibration).label_many(held_out))
        run["held_out"] = figures.to_dict()
    if held:
        run["out_of_fold"] = out_of_fold_figures(on, pupil.labels, calibration.temperature)
    if promised is not None:
        run["promise"] = promised.to_dict()
    run["code"] = {"natostance": version("natostance"), "commit": at_commit}
    run["minutes"] = round((time.time() - began) / 60, 1)
    write_json(folder / RUN, run)
    shutil.rmtree(folder / STATE)
    return folder


def screen(
    recipe: Recipe,
    *,
    folds: int,
    fold: int,
    articles: Path | None = None,
    callbacks: Sequence[transformers.TrainerCallback] = (),
) -> Evaluation:
    """Figures of a recipe on one fold of what it learns from, by a network that saw the others.

    For choosing between recipes: dev and test are not touched, and no model is kept.

    Args:
        recipe: its dev split is ignored, and so is the choice of the best epoch.
        folds: how many folds.
        fold: which one is held out, from 1.
        articles: folder with the texts of stand-off annotations; see `Corpus.load`.
        callbacks: callbacks of `transformers.Trainer`, for progress.
    """
    corpus = Corpus.load(recipe.data.corpus, recipe.data.parts, articles)
    learned, held = material(recipe.holding_out(f"{fold}/{folds}"), corpus)
    refuse_seen(recipe, held)
    pupil = _Pupil(recipe, corpus.labels, taught(recipe, learned, corpus.labels))
    with tempfile.TemporaryDirectory() as state:
        pupil.learn(learned, (), Path(state), list(callbacks))
    return evaluate(held, pupil.classifier().label_many(held))


class _Pupil:
    """A network that a recipe makes, and what it takes to teach it."""

    def __init__(
        self,
        recipe: Recipe,
        labels: LabelSet,
        soft: Mapping[str, Sequence[SoftTargets]] | None,
    ) -> None:
        self.recipe = recipe
        self.labels = labels
        self._soft = soft
        tokenizer, self._special = load_tokenizer(recipe.network.encoder)
        self.reader = WindowReader(tokenizer, self._special, recipe.window)
        self.network: StanceNetwork

    def classifier(self, calibration: Calibration | None = None) -> StanceClassifier:
        """The network as it stands, behind the production classifier."""
        # where it is: the trainer's optimiser would lose weights that are moved
        backend = TorchBackend(self.network, self._special.pad, str(self.network.device))
        return StanceClassifier(self.reader, backend, self.labels, calibration)

    def _fresh(self) -> StanceNetwork:
        """The network before training: pretrained, or the model that the recipe goes on from."""
        settings = self.recipe.network
        if not settings.start:
            return StanceNetwork.pretrained(settings, len(self.labels.names))
        checkpoints = [Checkpoint.load(start) for start in settings.start]
        for checkpoint in checkpoints:
            self._check_start(checkpoint)
        return StanceNetwork.started(settings, checkpoints)

    def _check_start(self, checkpoint: Checkpoint) -> None:
        config = checkpoint.config
        if config.labels != self.labels:
            raise InputError(
                f"the model to go on from has the labels {', '.join(config.labels.names)}",
                file=checkpoint.folder,
                remedy=f"the corpus has {', '.join(self.labels.names)}",
            )
        own = Tokenizer.from_file(str(checkpoint.tokenizer))
        if own.get_vocab() != self.reader.tokenizer.get_vocab() or config.special != self._special:
            raise InputError(
                "the model to go on from has other tokens than the recipe's encoder",
                file=checkpoint.folder,
                remedy="give the encoder that it was made of as network.encoder",
            )

    def learn(
        self,
        learned: Sequence[Document],
        dev: Sequence[Document],
        folder: Path,
        callbacks: list[transformers.TrainerCallback],
        resuming: bool = False,
    ) -> list[dict[str, float]]:
        """Make a fresh network and train it; returns what was logged.

        Without dev documents no epoch is best, and in its place the last one is kept.
        """
        transformers.set_seed(self.recipe.seed)
        self.network = self._fresh()
        _check_length(self.network, self.recipe)

        def measure() -> dict[str, float]:
            result = evaluate(dev, self.classifier().label_many(dev))
            return {"macro_f1": result.macro_f1, "character_f1": result.character_f1}

        optimisation = self.recipe.optimisation
        if not optimisation.epochs:
            return []
        if not dev and optimisation.keep == "best":
            optimisation = optimisation.model_copy(update={"keep": "last"})
        return loop.fit(
            self.network,
            examples.build(
                lessons(self.recipe, learned, self._soft), self.reader, self.labels, self._soft
            ),
            optimisation,
            self.recipe.distillation,
            pad=self._special.pad,
            seed=self.recipe.seed,
            folder=folder,
            measure=measure if dev else None,
            callbacks=callbacks,
            resume=resuming,
        )


def crossfit(
    recipe: Recipe, learned: Sequence[Document], pupil: _Pupil, fold: int, fingerprint: str
) -> Held:
    """One fold's predictions by a network that learned from the others.

    They are kept in the recipe's cache, and serve all seeds of a recipe.
    """
    folder = folds_folder(recipe, fingerprint)
    path = folder / f"{fold + 1}-of-{recipe.calibration.folds}.npz"
    if path.exists():
        return Held.load(path)
    rest, held = split_fold(learned, recipe.calibration.folds, fold)
    state = folder / f"state-{fold + 1}"
    pupil.learn(rest, (), state, [])
    found = Held.of(held, list(pupil.classifier().logits(held)), pupil.labels)
    folder.mkdir(parents=True, exist_ok=True)
    found.save(path)
    shutil.rmtree(state, ignore_errors=True)
    return found


def folds_folder(recipe: Recipe, fingerprint: str) -> Path:
    """Where a recipe's folds are kept: all that decides them but the seed is in its name.

    Args:
        recipe: the recipe.
        fingerprint: of the corpus.
    """
    settings = recipe.model_dump(mode="json", exclude={"output", "cache", "name", "seed"})
    settings["calibration"].pop("promised_error")
    # a folder's name says nothing of the weights in it
    settings["distillation"]["teachers"] = teacher_hashes(recipe)
    settings["distillation"]["said"] = said_hash(recipe)
    settings["network"]["start"] = start_hashes(recipe)
    text = json.dumps([settings, fingerprint], sort_keys=True)
    return recipe.cache / f"folds-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def temperature_articles(
    recipe: Recipe, dev: Sequence[Document], articles: Path | None
) -> frozenset[str] | None:
    """The ids of the dev articles that decide the temperature; None: all that calibrate.

    Raises:
        InputError: the parts that the recipe names are not among those it reads, or hold no
            sentence of its dev split.
    """
    parts, data = recipe.calibration.temperature_parts, recipe.data
    if parts is None:
        return None
    remedy = "name other parts in calibration.temperature_parts, or leave it out"
    if strange := sorted(set(parts) - set(data.parts or parts)):
        raise InputError(f"{strange[0]!r} is not among the recipe's data.parts", remedy=remedy)
    named = Corpus.load(data.corpus, parts, articles).documents.values()
    ids = {document.doc_id for documents in named for document in documents}
    ids &= {document.doc_id for document in dev if document.sentences}
    if not ids:
        raise InputError(f"no dev article lies in {', '.join(parts)}", remedy=remedy)
    return frozenset(ids)


def calibrate(
    held: Held, promised_error: float | None, among: frozenset[str] | None = None
) -> tuple[Calibration, Promise | None]:
    """Temperature and threshold from sentences that the network did not learn from.

    Args:
        held: the sentences.
        promised_error: what the threshold promises; None: no threshold.
        among: ids of the articles that decide the temperature; None: all.

    Raises:
        InputError: no threshold keeps the promised error.
    """
    counted = np.isin(held.articles, sorted(among)) if among is not None else slice(None)
    temperature = round(fit_temperature(held.logits[counted], held.gold[counted]), 4)
    if promised_error is None:
        return Calibration(temperature=temperature), None
    chances = probabilities(held.logits, temperature)
    right = chances.argmax(1) == held.gold
    kept = promise(chances.max(1), right, held.articles, promised_error)
    if not kept.kept:
        raise InputError(
            f"no threshold keeps an error of {promised_error}",
            remedy="promise a larger one in calibration.promised_error, or none, and go on with "
            "--resume",
        )
    threshold = math.ceil(kept.threshold * 1e6) / 1e6
    return Calibration(temperature=temperature, threshold=min(1.0, threshold)), kept


def _check_promise(recipe: Recipe, calibrating: Sequence[Document]) -> None:
    """Refuse, before hours of training, an error that no threshold can keep.

    By `natostance.evaluation.calibration.promise`, 1 / (articles + 1) is left without one mistake.
    """
    error = recipe.calibration.promised_error
    count = len({document.doc_id for document in calibrating if document.sentences})
    if error is None or 1 / (count + 1) <= error + 1e-12:
        return
    needed = math.ceil(1 / error - 1 - 1e-9)
    what = "articles to learn from" if recipe.calibration.folds else "dev articles"
    raise InputError(
        f"calibration.promised_error is {error}, and the {count} {what} that calibrate promise "
        f"{math.ceil(1e4 / (count + 1)) / 1e4} at best",
        remedy=f"give {needed} {what} or more, promise a larger error, or none",
    )


def _check_folder(folder: Path, recipe: Recipe, resume: bool) -> None:
    """Refuse to mix two runs."""
    state = folder / STATE
    noted = state / RECIPE
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
    elif _of_weights(json.loads(noted.read_text(encoding="utf-8"))) != _of_weights(
        recipe.model_dump(mode="json")
    ):
        raise InputError(
            "the run that was stopped had another recipe",
            file=noted,
            remedy="use the same one; only calibration.promised_error may differ",
        )


def _of_weights(settings: dict[str, Any]) -> dict[str, Any]:
    """A recipe's settings without the promised error: it is read once the weights are made."""
    calibration = {k: v for k, v in settings["calibration"].items() if k != "promised_error"}
    return {**settings, "calibration": calibration}


def _material(recipe: Recipe, fingerprint: str) -> dict[str, Any]:
    """What a run learns from, by its content: a recipe only names it."""
    return {
        "data.corpus": fingerprint,
        "network.start": start_hashes(recipe),
        "distillation.teachers": teacher_hashes(recipe),
        "distillation.said": said_hash(recipe),
    }


def _check_material(folder: Path, recipe: Recipe, fingerprint: str) -> None:
    """Refuse to go on with other data than the run began with."""
    noted = folder / STATE / MATERIAL
    if not noted.exists():  # of a run that an earlier version began
        return
    before = json.loads(noted.read_text(encoding="utf-8"))
    for setting, content in _material(recipe, fingerprint).items():
        if before.get(setting) != content:
            raise InputError(
                f"what {setting} names has changed since the run that was stopped began",
                file=noted,
                remedy="put it back as it was, or remove the folder and train anew",
            )


def _begin(folder: Path, recipe: Recipe, fingerprint: str, resume: bool) -> bool:
    """Note what runs here, once nothing is left that could refuse it; whether it goes on."""
    state = folder / STATE
    state.mkdir(parents=True, exist_ok=True)
    write_json(state / MATERIAL, _material(recipe, fingerprint))
    write_json(state / RECIPE, recipe.model_dump(mode="json"))
    return resume and last_state(state) is not None


def _check_length(network: StanceNetwork, recipe: Recipe) -> None:
    limit = getattr(network.encoder.config, "max_position_embeddings", None)
    if limit is not None and recipe.window.tokens > limit:
        raise InputError(
            f"windows of {recipe.window.tokens} tokens are longer than the encoder's {limit}",
            remedy="lower window.tokens in the recipe",
        )
