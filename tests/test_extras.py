"""A missing package names the pip line that installs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from natostance.errors import MissingExtraError
from natostance.extras import require


def test_a_package_that_is_there() -> None:
    assert require("json", "train", "JSON") is json


def test_a_package_that_is_missing_names_its_extra() -> None:
    with pytest.raises(MissingExtraError) as caught:
        require("no_such_package.part", "ray", "Scaling out")
    assert str(caught.value) == (
        "Scaling out needs the package no_such_package; install it with: "
        'pip install "natostance[ray]"'
    )


def test_a_package_that_is_broken_inside_is_not_called_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_inside.py").write_text("import no_such_package\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        require("broken_inside", "train", "It")
