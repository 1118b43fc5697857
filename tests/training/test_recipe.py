"""Recipes refuse what contradicts itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from natostance.errors import InputError
from natostance.training.recipe import Recipe


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("data: {train: [dev]}\n", "both learned from and measured on"),
        ("window: {tokens: 64, left_context: 60}\n", "no room"),
        ("optimisation: {learning_rate: -1}\n", "greater than 0"),
        ("data: {hold_out: {number: 4, of: 3}}\n", "no fold 4 of 3"),
        ("data: {share: 0}\n", "greater than 0"),
        ("optimisation: {epochs: 0}\n", "nothing to keep after 0 epochs"),
        ("epochs: 3\n", "the fields are"),
    ],
)
def test_contradictions_are_refused(tmp_path: Path, source: str, message: str) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(source, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        Recipe.load(path)


@pytest.mark.parametrize("fold", ["0/5", "6/5", "1", "one/5", "1/1", ""])
def test_a_fold_that_does_not_exist_is_refused(fold: str) -> None:
    with pytest.raises(InputError, match="no fold"):
        Recipe().holding_out(fold)


def test_a_fold_is_held_out() -> None:
    held = Recipe().holding_out("2/5").data.hold_out
    assert held is not None
    assert (held.number, held.of) == (2, 5)


def test_every_field_is_documented() -> None:
    def walk(schema: dict[str, object], path: str) -> list[str]:
        fields = schema.get("properties", {})
        assert isinstance(fields, dict)
        return [
            f"{path}.{name}"
            for name, field in fields.items()
            if "description" not in field and "$ref" not in field
        ]

    schema = Recipe.model_json_schema()
    missing = [
        name
        for title, part in schema["$defs"].items()
        if title.endswith("Settings")
        for name in walk(part, title)
    ]
    assert missing == []
