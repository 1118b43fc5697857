"""What a recipe learns from: its articles, what it holds out, and what teachers say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from natostance.checkpoint import Checkpoint
from natostance.corpus import Corpus
from natostance.document import Document, LabelSet
from natostance.errors import InputError
from natostance.modeling.encoder import load_tokenizer
from natostance.text.windows import WindowReader
from natostance.training.copies import copies, original
from natostance.training.distillation import SoftTargets, learned_by, soft_targets
from natostance.training.folds import share_of, split_fold
from natostance.training.recipe import Recipe
from natostance.training.said import load_said, save_said, teachers_in


def material(recipe: Recipe, corpus: Corpus) -> tuple[list[Document], list[Document]]:
    """What a recipe learns from, and the articles of the fold that it holds out.

    Raises:
        InputError: the fold holds no article, or nothing is left to learn from.
    """
    data = recipe.data
    documents = [document for split in data.train for document in corpus.split(split)]
    out: list[Document] = []
    if data.hold_out is not None:
        number, of = data.hold_out.number, data.hold_out.of
        documents, out = split_fold(documents, of, number - 1)
        if not out:
            raise InputError(f"fold {number} of {of} is empty", remedy="use fewer folds")
    if data.share < 1:
        documents = share_of(documents, data.share)
    if not recipe.optimisation.epochs:
        # what is averaged has learned already, and perhaps not from all of this
        known = [learned_by(start) or frozenset() for start in recipe.network.start]
        documents = [d for d in documents if any(d.doc_id in ids for ids in known)]
    if not documents:
        raise InputError(
            "nothing is left to learn from",
            remedy="check data.share, data.hold_out and, for 0 epochs, whether the run.json of "
            "network.start says that it learned from these articles",
        )
    return documents, out


def teach(
    recipe: Recipe,
    teachers: Sequence[Path],
    out: Path,
    articles: Path | None = None,
    before: Path | None = None,
    count: int | None = None,
) -> int:
    """Ask teachers about what a recipe learns from, and write what they say to a file.

    Args:
        recipe: says what is learned from; its own teachers are not asked.
        teachers: model folders; see `natostance.training.distillation.soft_targets`.
        out: the file.
        articles: folder with the texts of stand-off annotations; see `Corpus.load`.
        before: file with what others said before; where both spoke, the mean of the two is written.
        count: how many copies of each article they are asked about; None: those of the recipe.

    Returns:
        How many articles they spoke of.

    Raises:
        InputError: a teacher or the file cannot be used.
    """
    corpus = Corpus.load(recipe.data.corpus, recipe.data.parts, articles)
    learned, _ = material(recipe, corpus)
    every = [*learned, *copies(learned, recipe.distillation.copies if count is None else count)]
    others = {}
    if before is not None:
        others = load_said(before, every, _reader(recipe), corpus.labels, partly=True)
    said = beside(soft_targets(teachers, every, corpus.labels, recipe.cache), others)
    hashes = [Checkpoint.load(teacher).sha256 for teacher in teachers]
    if before is not None:
        hashes += teachers_in(before)
    save_said(out, every, said, corpus.labels, hashes)
    return len(learned)


def beside(
    said: Mapping[str, list[SoftTargets]], others: Mapping[str, list[SoftTargets]]
) -> dict[str, list[SoftTargets]]:
    """What was said, and the mean of it and of what others said where they spoke too.

    Args:
        said: by id of the document.
        others: the same of other teachers, of some of these documents.

    Raises:
        InputError: the others cut words into other tokens.
    """
    both, half = dict(said), np.float32(0.5)
    for name, theirs in others.items():
        pairs = list(zip(said[name], theirs, strict=True))
        if not all(np.array_equal(a.offsets, b.offsets) for a, b in pairs):
            raise InputError(
                f"those who spoke before cut the words of {name!r} into other tokens",
                remedy="use teachers with the student's tokenizer",
            )
        both[name] = [
            SoftTargets(half * (a.sentence + b.sentence), half * (a.tokens + b.tokens), a.offsets)
            for a, b in pairs
        ]
    return both


def _reader(recipe: Recipe) -> WindowReader:
    tokenizer, special = load_tokenizer(recipe.network.encoder)
    return WindowReader(tokenizer, special, recipe.window)


def taught(
    recipe: Recipe, learned: Sequence[Document], labels: LabelSet, cache: Path | None = None
) -> dict[str, list[SoftTargets]] | None:
    """What the recipe's teachers say, or said, of documents and their copies; None: no teachers."""
    settings = recipe.distillation
    every = [*learned, *copies(learned, settings.copies)]
    if settings.teachers:
        return soft_targets(settings.teachers, every, labels, cache)
    if settings.said is not None:
        partly = settings.unspoken == "annotations"
        heard = load_said(settings.said, every, _reader(recipe), labels, partly=partly)
        if learned and not heard:
            raise InputError(
                "the teachers spoke of none of these articles",
                file=settings.said,
                remedy="leave distillation.said out, or ask them with natostance teach",
            )
        missing = [d.doc_id for d in every if d.doc_id not in heard and original(d) in heard]
        if missing:
            raise InputError(
                f"the teachers did not speak of {len(missing)} copies, first of {missing[0]}",
                file=settings.said,
                remedy="lower distillation.copies, or ask them with natostance teach --copies",
            )
        return heard
    return None


def lessons(
    recipe: Recipe,
    learned: Sequence[Document],
    soft: Mapping[str, Sequence[SoftTargets]] | None,
) -> list[Document]:
    """Documents with their annotations, and the copies of which teachers spoke, without any."""
    spoken = soft or {}
    changed = copies(learned, recipe.distillation.copies if spoken else 0)
    return [*learned, *(copy for copy in changed if copy.doc_id in spoken)]


def refuse_seen(recipe: Recipe, held: Sequence[Document], dev: Sequence[Document] = ()) -> None:
    """Refuse to judge by what the model to go on from has learned from.

    Args:
        recipe: names the model, or several.
        held: articles that are held out; each model must say that it did not learn from them.
        dev: dev articles; a model that does not say is taken, so that any can be gone on from.

    Raises:
        InputError: it did learn from some, or does not say.
    """
    for start in recipe.network.start:
        ids = learned_by(start)
        if ids is None and held:
            what = "does not say what it learned from"
        elif seen := _seen(ids, held):
            what = f"has learned from {seen} of the {len(held)} articles that are held out"
        elif seen := _seen(ids, dev):
            what = f"has learned from {seen} of the {len(dev)} dev articles"
        else:
            continue
        raise InputError(
            f"the model to go on from {what}",
            file=start,
            remedy="start from the encoder, or hold out what it did not learn from",
        )


def _seen(ids: frozenset[str] | None, documents: Sequence[Document]) -> int:
    return sum(document.doc_id in (ids or ()) for document in documents)
