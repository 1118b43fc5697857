"""A model folder is complete and undamaged, or refused with the file's name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from natostance.checkpoint import Checkpoint, released_folder, write_config
from natostance.errors import ModelError


@pytest.fixture
def copy(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def test_a_complete_folder_loads(tiny_model: Path) -> None:
    checkpoint = Checkpoint.load(tiny_model)
    assert checkpoint.config.labels.names == ("NATO", "RUSSIA", "NEUTRAL")
    assert checkpoint.config.window.tokens == 48


def test_the_hash_stands_for_the_whole_model(copy: Path) -> None:
    before = Checkpoint.load(copy).sha256
    (copy / "model.onnx").write_bytes(b"another graph")
    write_config(copy, Checkpoint(copy, _config(copy)).config)
    assert Checkpoint.load(copy).sha256 != before


def _config(folder: Path) -> object:
    from natostance.checkpoint import ModelConfig

    return ModelConfig.model_validate_json((folder / "config.json").read_text())


@pytest.mark.parametrize(
    "name", ["config.json", "model.safetensors", "model.onnx", "tokenizer.json"]
)
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ModelError, match=name):
        Checkpoint.load(copy)


@pytest.mark.parametrize("name", ["model.safetensors", "model.onnx", "tokenizer.json"])
def test_a_damaged_file_is_named(copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(ModelError, match=rf"{name}: damaged.*copy the model folder again"):
        Checkpoint.load(copy)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: "not json", "damaged"),
        (lambda data: json.dumps({**data, "format": 99}), "model format 99 is not 1"),
        (lambda data: json.dumps({**data, "colour": "red"}), "colour"),
        (lambda data: json.dumps({**data, "window": {"tokens": 1}}), "window.tokens"),
        (lambda data: json.dumps([]), "damaged"),
    ],
)
def test_a_wrong_configuration_is_refused(
    copy: Path, change: Callable[[dict[str, object]], str], message: str
) -> None:
    path = copy / "config.json"
    path.write_text(change(json.loads(path.read_text())), encoding="utf-8")
    with pytest.raises(ModelError, match=message):
        Checkpoint.load(copy)


@pytest.mark.parametrize("model", ["no/such/folder", Path("nowhere"), "./nowhere"])
def test_a_folder_that_is_not_there(model: str | Path) -> None:
    with pytest.raises(ModelError, match="no such model folder"):
        Checkpoint.find(model)


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not a model folder"):
        Checkpoint.find(tmp_path)


def test_a_name_on_a_hub_that_cannot_be_reached() -> None:
    with pytest.raises(ModelError, match="no-such-owner/model"):
        Checkpoint.find("no-such-owner/model")


def test_the_released_model_is_there_by_default() -> None:
    assert Checkpoint.find().folder == released_folder()
