"""What teachers said of articles, in a file: probabilities of sentences and tokens, and no text.

With it a student can be taught where its teachers are not at hand.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from natostance.document import Document, LabelSet
from natostance.errors import InputError
from natostance.text.windows import WindowReader
from natostance.training.distillation import SoftTargets

FORMAT = 2
# steps in which roots of probabilities are kept: finer near 0, where a temperature looks closely
SENTENCE_STEPS, TOKEN_STEPS = 255, 31

# what NumPy and its archive raise for a file that is damaged or something else
_DAMAGED = (
    *(OSError, EOFError, KeyError, TypeError, ValueError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error),
)

_AGAIN = "ask the teachers again with natostance teach, or learn from the articles that were asked"


def save_said(
    path: Path,
    documents: Sequence[Document],
    said: Mapping[str, Sequence[SoftTargets]],
    labels: LabelSet,
    teachers: Sequence[str] = (),
) -> None:
    """Write what teachers said.

    The file is a NumPy archive of plain numbers and strings: the hashes of the teachers' folders,
    where they are given; for each document its id, a hash of
    its text and sentences, and the count of its sentences; for each sentence its count of tokens
    and its probabilities; for each token its probabilities. Of probabilities the roots are kept,
    label by label, in steps of 1/255 for sentences and 1/31 for tokens: that takes a seventh of
    what half precision takes.

    Args:
        path: the file.
        documents: of which they spoke.
        said: what they said, by id of the document.
        labels: in the order of the probabilities.
        teachers: the hashes of their model folders.

    Raises:
        InputError: the file cannot be written.
    """
    every = [target for document in documents for target in said[document.doc_id]]
    width = len(labels.names)
    nothing = np.zeros((0, width), "f4")
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.savez_compressed(
                file,
                format=np.int64(FORMAT),
                labels=np.array(labels.names),
                teachers=np.array(teachers, dtype=np.str_),
                documents=np.array([d.doc_id for d in documents], dtype=np.str_),
                hashes=np.array([_hash(d) for d in documents], dtype=np.str_),
                sentences=_coarse(
                    np.concatenate([nothing, *(t.sentence[None] for t in every)]), SENTENCE_STEPS
                ),
                tokens=_coarse(np.concatenate([nothing, *(t.tokens for t in every)]), TOKEN_STEPS),
                counts=np.array([len(d.sentences) for d in documents], dtype=np.int32),
                lengths=np.array([len(t.tokens) for t in every], dtype=np.int32),
            )
        part.replace(path)
    except OSError as error:
        raise InputError(
            f"cannot be written: {error.strerror}", file=path, remedy="write elsewhere"
        ) from None


def load_said(
    path: Path,
    documents: Sequence[Document],
    reader: WindowReader,
    labels: LabelSet,
    *,
    partly: bool = False,
) -> dict[str, list[SoftTargets]]:
    """Read what teachers said of documents.

    Args:
        path: the file.
        documents: what is to be learned from; the file may hold others.
        reader: the student's, for the offsets of tokens.
        labels: the student's.
        partly: leave out documents that are not in the file, in place of refusing.

    Raises:
        InputError: the file cannot be read or has other labels; a document is not in it (unless
            ``partly``), has another text or other sentences, or is cut into other tokens.
    """
    try:
        with np.load(path, allow_pickle=False) as data:
            found = {name: data[name] for name in data.files}
        if int(found["format"]) != FORMAT:
            raise ValueError(f"its format is {found['format']}")
        _check(found)
    except FileNotFoundError:
        raise InputError(
            "no such file", file=path, remedy="make it with natostance teach"
        ) from None
    except _DAMAGED as error:
        raise InputError(
            f"this does not hold what teachers said: {error}", file=path, remedy=_AGAIN
        ) from None
    if tuple(found["labels"].tolist()) != labels.names:
        raise InputError(
            f"the teachers have the labels {', '.join(found['labels'])}",
            file=path,
            remedy=f"the corpus has {', '.join(labels.names)}",
        )
    if partly:
        spoken = set(found["documents"].tolist())
        documents = [document for document in documents if document.doc_id in spoken]
    return _deal(found, path, documents, reader)


def teachers_in(path: Path) -> list[str]:
    """The hashes of the teachers' folders, as far as a file names them."""
    with np.load(path, allow_pickle=False) as data:
        return [str(name) for name in data["teachers"]]


def _check(found: Mapping[str, NDArray[Any]]) -> None:
    """Raise `ValueError` where the arrays of a file do not fit each other."""
    documents, sentences = len(found["documents"]), len(found["lengths"])
    counts, lengths, width = found["counts"], found["lengths"], len(found["labels"])
    if (
        counts.dtype.kind != "i"
        or lengths.dtype.kind != "i"
        or min(counts.min(initial=0), lengths.min(initial=0)) < 0
    ):
        raise ValueError("its counts are no counts")
    if found["teachers"].ndim != 1:
        raise ValueError("its teachers are no list")
    shapes = {
        "hashes": (documents,),
        "counts": (documents,),
        "sentences": (width, sentences),
        "tokens": (width, int(lengths.sum())),
    }
    for name, shape in shapes.items():
        if found[name].shape != shape:
            raise ValueError(f"its {name} have the shape {found[name].shape}, not {shape}")
    if int(counts.sum()) != sentences:
        raise ValueError(f"it counts {counts.sum()} sentences and holds {sentences}")
    for name in ("sentences", "tokens"):
        if found[name].dtype != np.uint8 or not found[name].any(axis=0).all():
            raise ValueError(f"its {name} are no probabilities")


def _coarse(probabilities: NDArray[np.float32], steps: int) -> NDArray[np.uint8]:
    """``[items, labels]`` to ``[labels, items]``, which the archive makes much smaller."""
    coarse: NDArray[np.uint8] = np.rint(np.sqrt(probabilities.T) * steps).astype(np.uint8)
    return coarse


def _fine(coarse: NDArray[np.uint8]) -> NDArray[np.float32]:
    """``[labels, items]`` back to ``[items, labels]`` that sum to 1."""
    found: NDArray[np.float32] = np.ascontiguousarray(coarse.T, dtype=np.float32) ** 2
    found /= found.sum(axis=1, keepdims=True)
    return found


def _deal(
    found: Mapping[str, NDArray[Any]],
    path: Path,
    documents: Sequence[Document],
    reader: WindowReader,
) -> dict[str, list[SoftTargets]]:
    """Each document with its own sentences and tokens of the file."""
    wanted = {d.doc_id: d for d in documents}
    missing = sorted(set(wanted) - set(found["documents"].tolist()))
    if missing:
        raise InputError(
            f"the teachers did not speak of {len(missing)} articles or copies, first of "
            f"{missing[0]}",
            file=path,
            remedy=f"lower distillation.copies, or {_AGAIN}",
        )
    ends = np.concatenate([[0], np.cumsum(found["lengths"])])
    sentences, tokens = _fine(found["sentences"]), _fine(found["tokens"])
    dealt: dict[str, list[SoftTargets]] = {}
    first = 0
    for name, digest, count in zip(
        found["documents"].tolist(), found["hashes"].tolist(), found["counts"].tolist(), strict=True
    ):
        own, first = range(first, first + count), first + count
        if (document := wanted.get(name)) is None:
            continue
        if digest != _hash(document):
            raise InputError(
                f"{name} has another text or other sentences than the teachers read",
                file=path,
                remedy=_AGAIN,
            )
        offsets = _offsets(document, reader)
        if [len(o) for o in offsets] != found["lengths"][own.start : own.stop].tolist():
            raise InputError(
                f"the teachers cut the words of {name!r} into other tokens than the student",
                file=path,
                remedy="use teachers with the student's tokenizer",
            )
        dealt[name] = [
            SoftTargets(sentences[i], tokens[ends[i] : ends[i + 1]], np.array(o, np.int32))
            for i, o in zip(own, offsets, strict=True)
        ]
    return dealt


def _offsets(document: Document, reader: WindowReader) -> list[list[tuple[int, int]]]:
    """The offsets of each sentence's tokens."""
    found: list[list[tuple[int, int]]] = [[] for _ in document.sentences]
    for window in reader.windows(document):
        for part in window.parts:
            found[part.sentence].extend(part.offsets)
    return found


def _hash(document: Document) -> str:
    edges = [(s.start, s.end) for s in document.sentences]
    return hashlib.sha256(json.dumps([document.text, edges]).encode()).hexdigest()[:32]
