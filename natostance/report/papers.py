"""A model folder's papers: how it was trained, and whatever was measured of it.

``run.json`` is what training wrote. ``results.json`` is what ``natostance evaluate --out`` wrote on
the dev split; further files of the same kind may lie beside it as ``results-<name>.json``
(``results-test.json``, ``results-gold.json``), and the challenge suite's as ``challenge.json``.
What ``natostance compare --seeds --out`` wrote of further runs of the recipe may lie there as
``seeds.json`` (dev) and ``seeds-<name>.json``.
Each may be missing, and each may lack a part: then that was not measured.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from natostance.checkpoint import CONFIG, RESULTS, RUN, ModelConfig, sha256_of
from natostance.errors import InputError

CHALLENGE = "challenge.json"
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Papers:
    """What is known of a model.

    Args:
        config: its ``config.json``.
        run: its ``run.json``; empty if there is none.
        results: results by name, ``dev`` first.
        seeds: mean and spread over runs that differ in their seed alone, by the same names.
        challenge: results of the challenge suite.
        sha256: the one hash for the whole model (`Checkpoint.sha256`).
    """

    config: ModelConfig
    run: Json = field(default_factory=dict)
    results: Mapping[str, Json] = field(default_factory=dict)
    challenge: Json | None = None
    seeds: Mapping[str, Json] = field(default_factory=dict)
    sha256: str | None = None

    @property
    def dev(self) -> Json | None:
        """Figures on the dev split: measured again, or those from the end of training."""
        return self.results.get("dev")

    @classmethod
    def of(cls, folder: Path) -> Papers:
        """Read them.

        Raises:
            InputError: the folder has no ``config.json``, or a file of these is no JSON object.
        """
        try:
            config = ModelConfig.model_validate_json((folder / CONFIG).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise InputError(
                f"no model folder: its {CONFIG} is missing or damaged",
                file=folder,
                remedy="name a folder made by natostance train",
            ) from None
        run = _read(folder / RUN) or {}
        results: dict[str, Json] = {}
        if (dev := _read(folder / RESULTS) or run.get("dev")) is not None:
            results["dev"] = dev
        for path in sorted(folder.glob("results-*.json")):
            results[path.stem.removeprefix("results-")] = _read(path) or {}
        seeds = {
            path.stem.partition("-")[2] or "dev": _read(path) or {}
            for path in (folder / "seeds.json", *sorted(folder.glob("seeds-*.json")))
            if path.exists()
        }
        challenge = _of_model(_read(folder / CHALLENGE), config.name)
        return cls(config, run, results, challenge, seeds, sha256_of(folder / CONFIG))


def _of_model(challenge: Json | None, name: str) -> Json | None:
    """The results of this model, where a file holds those of several systems."""
    if challenge is None or "all" in challenge:
        return challenge
    found = challenge.get(name) or (next(iter(challenge.values())) if len(challenge) == 1 else None)
    return found if isinstance(found, Mapping) else None


def get(papers: Json | None, *keys: str) -> Any:
    """A value deep in papers, None where any step is missing."""
    value: Any = papers
    for key in keys:
        if not isinstance(value, Mapping) or key not in value:
            return None
        value = value[key]
    return value


def _read(path: Path) -> Json | None:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot be read: {error}", file=path, remedy="write it again, or take it away"
        ) from None
    if not isinstance(value, dict):
        raise InputError("no JSON object", file=path, remedy="write it again, or take it away")
    return value
