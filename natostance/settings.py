"""Settings: strict, documented at the field, overridden by YAML files.

Defaults in code are complete; a YAML file only overrides. An unknown key, a wrong type or a
contradiction is refused with the line of the file that holds it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from natostance.errors import InputError

SettingsType = TypeVar("SettingsType", bound="Settings")


class Settings(BaseModel):
    """Base of all settings: immutable, and no key is ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def load_yaml(path: Path, kind: type[SettingsType], **overrides: Any) -> SettingsType:
    """Read settings from a YAML file.

    Args:
        path: the file; an empty one means the defaults.
        kind: the settings class.
        overrides: top-level fields that take precedence over the file; of a group of settings,
            given as a dictionary, those that it names.

    Raises:
        InputError: the file cannot be read, is not YAML, or holds what the class refuses; file,
            line and field are named.
    """
    try:
        source = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError("no such file", file=path, remedy="check the path") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", file=path) from None
    try:
        node = yaml.compose(source, Loader=yaml.SafeLoader)
        data = yaml.safe_load(source)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise InputError(
            f"not valid YAML: {getattr(error, 'problem', None) or error}",
            file=path,
            line=mark.line + 1 if mark else None,
        ) from None
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise InputError("a settings file holds keys and values", file=path, line=1)
    try:
        return kind.model_validate(_overridden(data, overrides))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"{field + ': ' if field else ''}{first['msg'].removeprefix('Value error, ')}",
            file=path,
            line=_line(node, first["loc"]),
            remedy=f"the fields are {', '.join(_fields(kind, first['loc']))}"
            if first["type"] == "extra_forbidden"
            else None,
        ) from None


def _overridden(data: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    """What a file holds, with other values where they are given."""
    new = dict(data)
    for key, value in overrides.items():
        group = new.get(key) or {}
        if not isinstance(value, dict):
            new[key] = value
        elif isinstance(group, dict):  # what is no group is refused where it stands
            new[key] = {**group, **value}
    return new


def _line(node: yaml.Node | None, loc: tuple[str | int, ...]) -> int | None:
    """The line of the deepest part of a field's path that stands in the file."""
    line = None
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    line, node = key.start_mark.line + 1, value
                    break
            else:
                break
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _fields(kind: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """The fields that are allowed where an unknown one stands."""
    for part in loc[:-1]:
        field = kind.model_fields.get(str(part))
        annotation = field.annotation if field else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            break
        kind = annotation
    return list(kind.model_fields)
