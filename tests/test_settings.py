"""Settings: what a YAML file may override, and how a mistake in it is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import Field

from natostance.errors import InputError
from natostance.settings import Settings, load_yaml


class Inner(Settings):
    size: int = Field(default=3, ge=1)


class Outer(Settings):
    name: str = "x"
    inner: Inner = Field(default_factory=Inner)


def written(folder: Path, source: str) -> Path:
    path = folder / "s.yaml"
    path.write_text(source, encoding="utf-8")
    return path


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    assert load_yaml(written(tmp_path, "# nothing\n"), Outer) == Outer()


def test_a_file_overrides_and_an_argument_overrides_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "name: y\ninner:\n  size: 5\n")
    assert load_yaml(path, Outer, name="z") == Outer(name="z", inner=Inner(size=5))


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("name: y\ninner:\n  sise: 5\n", 3, "the fields are size"),
        ("name: y\ncolour: red\n", 2, "the fields are name, inner"),
        ("inner:\n  size: 0\n", 2, "inner.size: .*greater than or equal to 1"),
        ("inner:\n  size: many\n", 2, "inner.size: .*integer"),
        ("name: [\n", 2, "not valid YAML"),
        ("- a\n", 1, "keys and values"),
    ],
)
def test_a_mistake_is_named_with_its_line(
    tmp_path: Path, source: str, line: int, message: str
) -> None:
    path = written(tmp_path, source)
    with pytest.raises(InputError, match=message) as caught:
        load_yaml(path, Outer)
    assert (caught.value.file, caught.value.line) == (str(path), line)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_yaml(tmp_path / "no.yaml", Outer)
