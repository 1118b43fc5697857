"""What teachers said, in a file."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from natostance.checkpoint import Checkpoint
from natostance.corpus import Corpus
from natostance.document import STANCE, Document, LabelSet
from natostance.errors import InputError
from natostance.text.windows import WindowReader, WindowSettings
from natostance.training.distillation import SoftTargets, soft_targets
from natostance.training.recipe import Recipe
from natostance.training.said import load_said, save_said

Said = dict[str, list[SoftTargets]]


@pytest.fixture(scope="module")
def documents(tiny_corpus: Path) -> list[Document]:
    return list(Corpus.load(tiny_corpus).split("dev"))


@pytest.fixture(scope="module")
def reader(tiny_model: Path) -> WindowReader:
    checkpoint = Checkpoint.load(tiny_model)
    settings = WindowSettings(tokens=48, left_context=8)
    return WindowReader.from_file(checkpoint.tokenizer, checkpoint.config.special, settings)


@pytest.fixture(scope="module")
def said(tiny_model: Path, documents: list[Document]) -> Said:
    return soft_targets([tiny_model], documents, STANCE)


def test_what_was_said_comes_back(
    documents: list[Document], reader: WindowReader, said: Said, tmp_path: Path
) -> None:
    file = tmp_path / "said.npz"
    save_said(file, documents, said, STANCE)
    # in another order, and not all of them
    some = documents[:0:-1]
    found = load_said(file, some, reader, STANCE)
    assert list(found) != [d.doc_id for d in documents]
    assert set(found) == {d.doc_id for d in some}
    for document in some:
        for one, two in zip(said[document.doc_id], found[document.doc_id], strict=True):
            np.testing.assert_array_equal(one.offsets, two.offsets)
            np.testing.assert_allclose(one.sentence, two.sentence, atol=0.005)
            np.testing.assert_allclose(one.tokens, two.tokens, atol=0.04)
            np.testing.assert_allclose(two.tokens.sum(axis=1), 1, rtol=1e-5)
    with np.load(file) as data:
        kinds = {name: data[name].dtype.kind for name in data.files}
    # numbers alone, but for labels, ids and hashes: no text
    assert {name for name, kind in kinds.items() if kind == "U"} == {
        "labels",
        "teachers",
        "documents",
        "hashes",
    }


def test_articles_that_changed_or_were_not_asked_are_refused(
    documents: list[Document], reader: WindowReader, said: Said, tmp_path: Path
) -> None:
    file = tmp_path / "said.npz"
    save_said(file, documents[1:], said, STANCE)
    with pytest.raises(InputError, match="did not speak of 1 articles or copies, first of a20"):
        load_said(file, documents, reader, STANCE)
    assert set(load_said(file, documents, reader, STANCE, partly=True)) == {"a21", "a22", "a23"}
    changed = documents[1].replace(sentences=documents[1].sentences[:-1])
    with pytest.raises(InputError, match="a21 has another text or other sentences"):
        load_said(file, [changed], reader, STANCE)
    with pytest.raises(InputError, match="teachers have the labels"):
        load_said(file, documents[1:], reader, LabelSet(("FAVOR", "AGAINST"), "NONE"))


def test_a_student_that_cuts_words_otherwise_is_refused(
    documents: list[Document], reader: WindowReader, said: Said, tmp_path: Path
) -> None:
    file = tmp_path / "said.npz"
    fewer = {
        name: [SoftTargets(s.sentence, s.tokens[1:], s.offsets[1:]) for s in targets]
        for name, targets in said.items()
    }
    save_said(file, documents, fewer, STANCE)
    with pytest.raises(InputError, match="other tokens than the student"):
        load_said(file, documents, reader, STANCE)


def npy() -> bytes:
    file = io.BytesIO()
    np.save(file, np.zeros(3))
    return file.getvalue()


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 broken", npy()])
def test_a_file_that_holds_something_else_is_refused(
    content: bytes, documents: list[Document], reader: WindowReader, tmp_path: Path
) -> None:
    file = tmp_path / "said.npz"
    with pytest.raises(InputError, match="no such file"):
        load_said(file, documents, reader, STANCE)
    file.write_bytes(content)
    with pytest.raises(InputError, match="does not hold what teachers said"):
        load_said(file, documents, reader, STANCE)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("lengths", lambda a: a[:-1]),
        ("lengths", lambda a: -a),
        ("lengths", lambda a: a.astype("f4")),
        ("counts", lambda a: a[:-1]),
        ("counts", lambda a: a + 1),
        ("hashes", lambda a: a[:-1]),
        ("tokens", lambda a: a[:-1]),
        ("tokens", lambda a: a[:, :2]),
        ("tokens", lambda a: a * np.float16(np.nan)),
        ("tokens", lambda a: a * np.uint8(0)),
        ("sentences", lambda a: a[:-1]),
        ("sentences", lambda a: a.astype("U")),
        ("documents", None),
        ("teachers", None),
    ],
)
def test_parts_that_do_not_fit_each_other_are_refused(
    documents: list[Document],
    reader: WindowReader,
    said: Said,
    tmp_path: Path,
    name: str,
    change: Callable[[Any], Any] | None,
) -> None:
    file = tmp_path / "said.npz"
    save_said(file, documents, said, STANCE)
    with np.load(file) as data:
        parts = {key: data[key] for key in data.files}
    if change is None:
        del parts[name]
    else:
        parts[name] = change(parts[name])
    np.savez(file, **parts)
    with pytest.raises(InputError, match="does not hold what teachers said"):
        load_said(file, documents[:1], reader, STANCE)


def test_a_damaged_file_is_refused_wherever_the_damage_lies(
    documents: list[Document], reader: WindowReader, said: Said, tmp_path: Path
) -> None:
    file = tmp_path / "said.npz"
    save_said(file, documents, said, STANCE)
    whole = file.read_bytes()
    refused = 0
    for place in range(0, len(whole), len(whole) // 60):
        file.write_bytes(whole[:place] + b"\xff\xfe" + whole[place + 2 :])
        try:
            load_said(file, documents, reader, STANCE)
        except InputError:
            refused += 1
    assert refused > 20  # some bytes of an archive say nothing


def test_a_file_that_cannot_be_written_is_named(
    documents: list[Document], said: Said, tmp_path: Path
) -> None:
    (tmp_path / "said.npz").mkdir()
    with pytest.raises(InputError, match=r"said\.npz: cannot be written: Is a directory"):
        save_said(tmp_path / "said.npz", documents, said, STANCE)


def test_objects_in_a_file_are_never_unpickled(
    documents: list[Document], reader: WindowReader, tmp_path: Path
) -> None:
    file = tmp_path / "said.npz"
    np.savez(file, format=np.array([print], dtype=object))
    with pytest.raises(InputError, match="does not hold what teachers said"):
        load_said(file, documents, reader, STANCE)


def test_teachers_and_a_file_of_theirs_together_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("distillation: {teachers: [a], said: b.npz}\n", encoding="utf-8")
    with pytest.raises(InputError, match="not both"):
        Recipe.load(path)
