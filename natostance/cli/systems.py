"""The systems that an evaluation compares: models, files of predictions, baselines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from natostance.document import Document, LabelSet

LEARNED = ("majority", "tfidf", "minilm-frozen")
BASELINES = ("majority", "keywords", "tfidf", "minilm-frozen")

Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        help="Model folder, or NAME=FOLDER; may be repeated. Without any system: the released one.",
        show_default=False,
    ),
]
Predictions = Annotated[
    list[str] | None,
    typer.Option(
        "--predictions",
        help="Predicted labels, or NAME=FILE: what natostance label wrote, or any format that "
        "natostance convert reads; may be repeated.",
        show_default=False,
    ),
]
Baselines = Annotated[
    list[str] | None,
    typer.Option("--baseline", help=f"{', '.join(BASELINES)}; may be repeated."),
]
Train = Annotated[
    Path | None,
    typer.Option(
        "--train",
        help="Corpus that the baselines majority, tfidf and minilm-frozen learn from.",
        show_default=False,
    ),
]
TrainPart = Annotated[
    list[str] | None,
    typer.Option(help="Subfolder of that corpus; may be repeated.", show_default=False),
]
TrainSplit = Annotated[str, typer.Option(help="Split of that corpus.")]
Cache = Annotated[
    Path | None,
    typer.Option(
        help="Folder in which minilm-frozen keeps what it computed of sentences.",
        show_default=False,
    ),
]

FixedPrecision = Annotated[
    str,
    typer.Option(
        "--precision",
        help="Of the models' arithmetic: fp32 (same labels on every processor), bf16, or auto.",
    ),
]

Label = Callable[[Sequence["Document"]], Iterable["Document"]]


@dataclass(frozen=True)
class System:
    """Something that labels articles, or has labelled them.

    Args:
        name: as it stands in tables.
        kind: ``model``, ``predictions`` or ``baseline``.
        label: gives the predictions for articles.
        papers: what a results file says of it; of a model, once it has labelled, also what it
            ran on.
        file: the predictions, where they come from a file.
    """

    name: str
    kind: str
    label: Label
    papers: dict[str, Any]
    file: Path | None = None


@dataclass(frozen=True)
class Runtime:
    """What models run on; see `StanceClassifier.from_pretrained`.

    A published figure must not depend on the processor: single precision is the default.
    """

    backend: str = "auto"
    device: str = "auto"
    precision: str = "fp32"
    threads: int | None = None


@dataclass(frozen=True)
class Learning:
    """What the learned baselines learn from, read when it is first needed.

    Args:
        corpus: corpus folder; None where none was given.
        parts: its subfolders.
        split: its split.
        articles: folder with the texts of stand-off annotations.
        cache: folder for features.
    """

    corpus: Path | None
    parts: Sequence[str] | None = None
    split: str = "train"
    articles: Path | None = None
    cache: Path | None = None

    def documents(self, baseline: str) -> tuple[Document, ...]:
        """The articles.

        Raises:
            InputError: none are given, or they cannot be read.
        """
        from natostance.corpus import Corpus
        from natostance.errors import InputError

        if self.corpus is None:
            raise InputError(
                f"the baseline {baseline} has nothing to learn from",
                remedy="name a corpus with --train, for instance --train training",
            )
        return Corpus.load(self.corpus, self.parts, self.articles).split(self.split)


def find_systems(
    models: Sequence[str] | None,
    predictions: Sequence[str] | None,
    baselines: Sequence[str] | None,
    learning: Learning,
    labels: LabelSet,
    runtime: Runtime | None = None,
) -> tuple[System, ...]:
    """The systems that were asked for, models first; without any, the released model.

    Raises:
        InputError: one of them does not exist; two have one name.
    """
    runtime = runtime or Runtime()
    if not (models or predictions or baselines):
        return (_model(None, runtime),)
    found = [
        *(_model(given, runtime) for given in models or ()),
        *(_predictions(given, labels, learning.articles) for given in predictions or ()),
        *(_baseline(name, learning, labels) for name in baselines or ()),
    ]
    return tuple(_distinct(found))


def _model(given: str | None, runtime: Runtime) -> System:
    from natostance.checkpoint import Checkpoint

    name, where = _named(given) if given is not None else (None, None)
    folder = None if where is None else Path(where)
    checkpoint = Checkpoint.find(folder)
    made = name or checkpoint.config.name

    def label(documents: Sequence[Document]) -> Iterable[Document]:
        from natostance.inference.classifier import StanceClassifier

        ready = StanceClassifier.from_pretrained(folder, **asdict(runtime))
        backend = ready.backend
        papers["model"]["runtime"] = {
            "backend": backend.name,
            "device": backend.device,
            "precision": backend.precision,
        }
        return ready.label_many(documents)

    papers: dict[str, Any] = {
        "model": {"name": checkpoint.config.name, "sha256": checkpoint.sha256}
    }
    return System(made, "model", label, papers)


def _predictions(given: str, labels: LabelSet, articles: Path | None) -> System:
    from natostance.corpus.load import read_annotated
    from natostance.errors import InputError
    from natostance.formats.predictions import read_predictions

    name, where = _named(given)
    path = Path(where)
    if not path.exists():
        raise InputError("no such file or folder", file=path, remedy="check the path")

    def label(documents: Sequence[Document]) -> Iterable[Document]:
        # another reader's annotations are predictions too
        if path.name.endswith(".standoff.jsonl") or (path / "corpus.yaml").exists():
            return read_annotated(path, articles, labels)
        return read_predictions(path, documents, labels)

    return System(name or path.stem, "predictions", label, {}, path)


def _baseline(name: str, learning: Learning, labels: LabelSet) -> System:
    from natostance.errors import InputError
    from natostance.evaluation.baselines import KeywordRule, Majority

    if name not in BASELINES:
        raise InputError(
            f"there is no baseline {name!r}", remedy=f"the baselines are {', '.join(BASELINES)}"
        )
    if name in LEARNED and learning.corpus is None:
        learning.documents(name)

    def label(documents: Sequence[Document]) -> Iterable[Document]:
        if name == "keywords":
            return KeywordRule(labels).label_many(documents)
        learned = learning.documents(name)
        _check_apart(name, learned, documents)
        if name == "majority":
            return Majority.of(learned).label_many(documents)
        from natostance.extras import require

        require("sklearn", "train", f"The baseline {name}")
        require("torch", "train", f"The baseline {name}")
        from natostance.training.baselines import FrozenEncoder, Tfidf

        if name == "tfidf":
            return Tfidf.learn(learned).label_many(documents)
        logging = require("transformers", "train", f"The baseline {name}").logging
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        return FrozenEncoder.learn(learned, cache=learning.cache).label_many(documents)

    papers: dict[str, Any] = {"baseline": {"name": name}}
    if name in LEARNED:
        papers["baseline"]["train"] = {
            "corpus": str(learning.corpus),
            "parts": list(learning.parts) if learning.parts else None,
            "split": learning.split,
        }
    return System(name, "baseline", label, papers)


def _check_apart(name: str, learned: Sequence[Document], judged: Sequence[Document]) -> None:
    from natostance.errors import InputError

    known = {(document.doc_id, document.text) for document in learned}
    if shared := [d.doc_id for d in judged if (d.doc_id, d.text) in known]:
        raise InputError(
            f"the baseline {name} would learn from {len(shared)} of the articles that judge it: "
            f"{', '.join(shared[:10])}",
            remedy="choose another --train or --train-split",
        )


def _named(given: str) -> tuple[str | None, str]:
    """``NAME=PATH``, or a path alone, also one with an equals sign in it."""
    name, equals, path = given.partition("=")
    if equals and name and "/" not in name and not Path(given).exists():
        return name, path
    return None, given


def _distinct(systems: Sequence[System]) -> list[System]:
    """Systems with names of their own: equal ones are numbered."""
    found: list[System] = []
    taken: set[str] = set()
    for system in systems:
        name, number = system.name, 1
        while name in taken:
            number += 1
            name = f"{system.name}-{number}"
        taken.add(name)
        found.append(replace(system, name=name))
    return found
