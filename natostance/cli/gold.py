"""Annotated articles as the subcommands take them: a corpus folder, or any annotated file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from natostance.cli.common import warn

if TYPE_CHECKING:
    from natostance.document import Document
    from natostance.formats.draft import Remark

_SHOWN = 5

Split = Annotated[
    str | None,
    typer.Option(help="Split of the corpus; by default its only one.", show_default=False),
]
Part = Annotated[
    list[str] | None,
    typer.Option(help="Subfolder of the corpus; may be repeated.", show_default=False),
]
Reading = Annotated[int, typer.Option(help="Which annotator's reading.", min=1)]


@dataclass(frozen=True)
class Gold:
    """Annotated articles.

    Args:
        documents: the articles.
        title: what they are, for titles.
        papers: what a results file says of them.
    """

    documents: tuple[Document, ...]
    title: str
    papers: dict[str, Any]


def read_gold(
    path: Path,
    *,
    split: str | None = None,
    part: Sequence[str] | None = None,
    articles: Path | None = None,
    reading: int = 1,
) -> Gold:
    """Read the articles that predictions are compared with.

    Raises:
        InputError: it cannot be read, has several splits and none is chosen, or is no corpus
            folder and a split, part or reading is asked for.
    """
    from natostance.corpus import SETTINGS, Corpus
    from natostance.errors import InputError

    wanted = split is not None or part or reading != 1
    if not path.is_dir() or not (wanted or (path / SETTINGS).exists()):
        if wanted and path.exists():
            raise InputError(
                "no corpus folder: it has no splits, parts or readings",
                file=path,
                remedy="leave out --split, --part and --reading",
            )
        return Gold(read_by_hand(path, articles), str(path), {})
    corpus = Corpus.load(path, part, articles, reading)
    if split is None:
        if len(corpus.documents) > 1:
            raise InputError(
                f"the corpus has several splits: {', '.join(corpus.documents)}",
                file=path,
                remedy="choose one with --split",
            )
        split = next(iter(corpus.documents))
    papers: dict[str, Any] = {"split": split, "fingerprint": corpus.fingerprint}
    if part:
        papers["parts"] = list(part)
    return Gold(corpus.split(split), f"{path} ({split})", papers)


def read_by_hand(
    path: Path, articles: Path | None = None, *, may_be_unmarked: bool = True
) -> tuple[Document, ...]:
    """Annotated articles from anywhere, and a warning of what would make them mean something else.

    Articles without any mark are wholly neutral, so it matters whether anybody has read them.

    Args:
        path: see `natostance.corpus.load.read_annotated`.
        articles: folder with the texts of stand-off annotations.
        may_be_unmarked: warn where nothing is marked; otherwise refuse.

    Raises:
        InputError: they cannot be read, or nothing is marked in them and something must be.
    """
    from natostance.corpus.load import read_annotated
    from natostance.errors import InputError

    left_out: list[Remark] = []
    documents = read_annotated(path, articles, left_out=left_out)
    for remark in left_out[:_SHOWN]:
        warn(f"left out: {remark}")
    if len(left_out) > _SHOWN:
        warn(f"left out: {len(left_out) - _SHOWN:,} more; natostance convert lists them all")
    neutral = all(s.label == d.labels.neutral for d in documents for s in d.sentences)
    marked = any(document.spans for document in documents)
    if not marked and not may_be_unmarked:
        raise InputError(
            "holds neither labels nor marked spans",
            file=path,
            remedy="label it with natostance label",
        )
    if documents and neutral and not marked:
        warn(f"{path}: nothing is marked in it, so all of it counts as neutral; is it annotated?")
    return documents
