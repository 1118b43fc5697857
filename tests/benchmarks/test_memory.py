from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.memory import MARKS, measure, tiny_model
from natostance import StanceClassifier
from natostance.checkpoint import Checkpoint


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("models") / "tiny"
    tiny_model(made)
    return made


def test_the_tiny_model_differs_from_the_released_one_in_its_size_alone(folder: Path) -> None:
    tiny, released = Checkpoint.load(folder), Checkpoint.find()
    assert tiny.config.window == released.config.window
    assert tiny.tokenizer.read_bytes() == released.tokenizer.read_bytes()
    assert tiny.config.encoder["model_type"] == released.config.encoder["model_type"]
    assert tiny.weights.stat().st_size < released.weights.stat().st_size / 20


def test_memory_is_noted_along_the_way(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measure(tmp_path, StanceClassifier.from_pretrained(folder), MARKS[0] // 10)
    rows = [line.split("|") for line in capsys.readouterr().out.splitlines() if "|" in line]
    (row,) = rows[2:]
    assert row[1].strip() == f"{MARKS[0] // 10:,}"
    assert 20 < float(row[2]) < 5000
