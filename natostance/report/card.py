"""The model card: what a model is, what it learned from, how good it is, what it is not for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from natostance.checkpoint import CARD, CONFIG, RESULTS, RUN, ModelConfig


def write_card(folder: Path) -> Path:
    """Write the card of a model folder from its ``config.json``, ``run.json`` and ``results.json``.

    ``results.json`` is what ``natostance evaluate --out`` wrote for the dev split; without it the
    card gives the figures that ``run.json`` has from the end of training.
    """
    config = ModelConfig.model_validate_json((folder / CONFIG).read_text(encoding="utf-8"))
    run = json.loads((folder / RUN).read_text(encoding="utf-8"))
    if (folder / RESULTS).exists():
        run["dev"] = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
    path = folder / CARD
    path.write_text(card(config, run), encoding="utf-8")
    return path


def card(config: ModelConfig, run: dict[str, Any]) -> str:
    """The card in Markdown, with the front matter that model hubs read."""
    sides = " and ".join(config.labels.sides)
    return f"""---
language: {config.language}
license: apache-2.0
library_name: natostance
pipeline_tag: token-classification
tags: [stance-detection, news, media-monitoring]
base_model: {_base(run)}
---

# {config.name}

Tells, sentence by sentence, whose position a news text conveys: {sides}, or neither side's
({config.labels.neutral}); with spans, exact character offsets and calibrated probabilities.
What the labels mean is laid down in the project's codebook.

    natostance label --model FOLDER ARTICLE...

## Figures

{_figures(run)}

These are figures on the dev split, which also chose the epoch and the temperature: they flatter the
model a little. {_one_seed(run)}

## What it learned from

{_data(run)}

{_annotators(run)}

## What it is for, and what not

For counting and finding positions in news on the dispute, over collections of articles, by people
who look at the sentences behind the numbers.

A label says whose position a sentence *conveys*. It says nothing of whether the position is true,
what the writer thinks, or how honest an outlet is, and it is no ground for judging a person. On the
dev split {_errors(run)} of a hundred labels are wrong: a single label is a hint, and shares need
correction for the model's errors. It reads one language alone (`{config.language}`).

## How it was made

{_making(config, run)}
"""


def _base(run: dict[str, Any]) -> str:
    encoder = run["recipe"]["network"]["encoder"]
    return "sentence-transformers/all-MiniLM-L6-v2" if encoder == "minilm" else encoder


def _figures(run: dict[str, Any]) -> str:
    dev = run["dev"]
    lines = [
        f"Dev split: {dev['articles']} articles, {dev['sentences']} sentences. Sentence macro-F1 "
        f"**{dev['macro_f1']:.3f}**, accuracy {dev['accuracy']:.3f}; characters inside spans: F1 "
        f"{dev['character_f1']:.3f}.",
        "",
        "| label | precision | recall | F1 | sentences |",
        "|---|---|---|---|---|",
    ]
    for label, rates in dev["classes"].items():
        lines.append(
            f"| {label} | {rates['precision']:.3f} | {rates['recall']:.3f} | {rates['f1']:.3f} "
            f"| {rates['support']} |"
        )
    return "\n".join(lines)


def _one_seed(run: dict[str, Any]) -> str:
    return (
        f"They are of one run (seed {run['seed']}), without intervals; the test split was not "
        "looked at."
    )


def _data(run: dict[str, Any]) -> str:
    train, data = run["data"]["train"], run["recipe"]["data"]
    parts = ", ".join(data["parts"] or ["all parts"])
    return (
        f"{train['articles']} annotated articles with {train['sentences']} sentences: "
        f"`{data['corpus']}` ({parts}), splits {', '.join(data['train'])}; fingerprint of the "
        f"corpus `{run['data']['fingerprint'][:16]}`."
    )


def _annotators(run: dict[str, Any]) -> str:
    return (
        " ".join(run["data"]["annotators"].split()) or "The corpus does not say who annotated it."
    )


def _errors(run: dict[str, Any]) -> str:
    return f"about {100 * (1 - run['dev']['accuracy']):.0f}"


def _making(config: ModelConfig, run: dict[str, Any]) -> str:
    window, machine = config.window, run["machine"]
    parity = "; ".join(
        f"{p['backend']}: {p['differing']} of {p['sentences']} labels differ, scores by at most "
        f"{p['largest']:.1e}"
        for p in run["parity"]
    )
    return "\n".join(
        [
            f"- Windows of {window.tokens} tokens, {window.left_context} of them left context.",
            f"- {len(run['epochs'])} epochs, the best one kept, {run['minutes']:.0f} minutes on "
            f"{machine['system']} {machine['processor']} (bf16: {machine['bf16']}).",
            f"- Temperature {config.calibration.temperature}, abstention threshold "
            f"{config.calibration.threshold}.",
            f"- Exported graph against torch on the dev articles: {parity or 'not compared'}.",
            f"- natostance {run['code']['natostance']}, commit {run['code']['commit']}; the whole "
            "recipe, all settings and versions stand in `run.json`.",
        ]
    )
