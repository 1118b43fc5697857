"""The model card: what a model is, what it learned from, how good it is, what it is not for.

It says what its papers say (`natostance.report.papers`); what they lack was not measured, and the
card says that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from natostance.checkpoint import CARD, CONFIG, ModelConfig
from natostance.report.card_figures import (
    NOT_MEASURED,
    TITLES,
    challenge,
    count,
    figures,
    probabilities,
    slices,
)
from natostance.report.papers import Json, Papers, get

__all__ = ["card", "card_of", "figures", "front_matter", "write_card"]


def write_card(folder: Path) -> Path:
    """Write the card of a model folder, its README.md.

    Raises:
        InputError: the folder is no model folder, or its papers cannot be read.
    """
    path = folder / CARD
    path.write_text(card_of(Papers.of(folder)), encoding="utf-8")
    return path


def card(config: ModelConfig, run: Json) -> str:
    """The card of a model that has nothing but the papers of its training."""
    results = {"dev": run["dev"]} if run.get("dev") else {}
    return card_of(Papers(config, run, results))


def card_of(papers: Papers) -> str:
    """The card in Markdown, with the front matter that model hubs read."""
    config = papers.config
    sides = " and ".join(config.labels.sides)
    front = yaml.safe_dump(front_matter(papers), sort_keys=False, allow_unicode=True)
    return f"""---
{front}---

# {config.name}

Tells, sentence by sentence, whose position a news text conveys: {sides}, or neither side's
({config.labels.neutral}); with spans, exact character offsets and calibrated probabilities.
What the labels mean is laid down in the project's codebook.

    pip install natostance
    natostance label --model FOLDER ARTICLE...

```python
from natostance import StanceClassifier

classifier = StanceClassifier.from_pretrained("FOLDER or owner/name")
document = classifier.label("The text of an article.")
```

## Figures

{figures(papers)}

### Slices

{slices(papers.dev)}

### Probabilities

{probabilities(papers)}

### Challenge suite

{challenge(papers.challenge)}

## What it learned from

{_data(papers.run)}

{_annotators(papers.run)}

## What it is for, and what not

For counting and finding positions in news on the dispute, over collections of articles, by people
who look at the sentences behind the numbers: media monitors, fact-checkers, researchers, newsrooms.

A label says whose position a sentence *conveys*. It is no verdict on truth, on what the writer
thinks, or on an outlet's honesty, and no ground for judging, ranking or sanctioning a person or an
outlet. Don't use it to filter or remove what people write, and don't publish raw shares as if they
were counted by hand.

{_limits(papers)}

## How it was made

{_making(papers)}

## Licence

Apache-2.0. The articles that it learned from belong to their outlets; none of their text is in the
model folder.
"""


def front_matter(papers: Papers) -> dict[str, Any]:
    """The card's metadata, as the Hugging Face Hub has it."""
    config = papers.config
    front: dict[str, Any] = {
        "language": config.language,
        "license": "apache-2.0",
        "library_name": "natostance",
        "pipeline_tag": "token-classification",
        "tags": ["stance-detection", "news", "media-monitoring"],
    }
    if base := _base(papers.run):
        front["base_model"] = base
    if results := list(_results(papers)):
        front["model-index"] = [{"name": config.name, "results": results}]
    return front


def _base(run: Json) -> str | None:
    encoder = get(run, "recipe", "network", "encoder")
    if encoder == "minilm":
        return "sentence-transformers/all-MiniLM-L6-v2"
    # a folder on somebody's machine is nothing that others can look up
    named = isinstance(encoder, str) and re.fullmatch(r"[\w.-]+(/[\w.-]+)?", encoder)
    return encoder if named and not encoder.startswith(".") else None


def _results(papers: Papers) -> Iterator[dict[str, Any]]:
    """What a hub shows as evaluation results."""
    for name, results in papers.results.items():
        metrics = [
            {"type": "f1", "name": "sentence macro-F1", "value": results.get("macro_f1")},
            {"type": "accuracy", "name": "sentence accuracy", "value": results.get("accuracy")},
            {"type": "f1", "name": "character F1", "value": results.get("character_f1")},
        ]
        if known := [metric for metric in metrics if metric["value"] is not None]:
            yield {
                "task": {"type": "text-classification", "name": "stance of sentences"},
                "dataset": {
                    "type": "natostance",
                    "name": TITLES.get(name, name),
                    "split": str(get(results, "gold", "split") or name),
                },
                "metrics": known,
            }


def _data(run: Json) -> str:
    train = get(run, "data", "train")
    if not train:
        return "Its papers do not say what it learned from."
    data = get(run, "recipe", "data") or {}
    parts = ", ".join(data.get("parts") or ["all parts"])
    splits = ", ".join(data.get("train") or [])
    text = (
        f"{count(train, 'articles')} annotated articles with {count(train, 'sentences')} "
        f"sentences: `{data.get('corpus')}` ({parts}), splits {splits}; "
        f"fingerprint of the corpus `{str(get(run, 'data', 'fingerprint'))[:16]}`."
    )
    if teachers := get(run, "data", "teachers"):
        text += f" It also learned from the probabilities of {len(teachers)} other models."
    elif said := get(run, "data", "said"):
        text += (
            " It also learned from what other models said, kept in a file "
            f"(sha256 `{str(said)[:16]}`)."
        )
    if copies := get(run, "recipe", "distillation", "copies"):
        text += (
            f" Of each article it also learned {copies} copies in which words gave way to near "
            "ones, from what those models said of them alone."
        )
    return text + _beginnings(run)


def _beginnings(run: Json) -> str:
    """What models it was made of, if any."""
    start = get(run, "data", "start") or []
    # papers of before name one model, without a list
    hashes = ", ".join(
        f"`{sha256[:16]}`" for sha256 in ([start] if isinstance(start, str) else start)
    )
    if not hashes:
        return ""
    if get(run, "recipe", "optimisation", "epochs") == 0:
        if "," not in hashes:
            return f" Its weights are those of the model {hashes} (sha256)."
        return f" Its weights are the mean of those of the models {hashes} (sha256)."
    return f" Training went on from the model {hashes} (sha256)."


def _annotators(run: Json) -> str:
    said = " ".join(str(get(run, "data", "annotators") or "").split())
    return said or "The corpus does not say who annotated it."


def _limits(papers: Papers) -> str:
    accuracy = get(papers.dev, "accuracy")
    wrong = (
        f"On the dev split about {100 * (1 - accuracy):.0f} of a hundred labels are wrong"
        if accuracy is not None
        else f"How many of its labels are wrong was {NOT_MEASURED}"
    )
    return (
        f"{wrong}: a single label is a hint, and shares need correction for the model's errors "
        f"(`natostance report --gold`). It reads one language alone (`{papers.config.language}`), "
        "and learned from one dispute, some outlets and some years: expect more errors elsewhere."
    )


def _making(papers: Papers) -> str:
    config, run = papers.config, papers.run
    window = config.window
    lines = [f"- Windows of {window.tokens} tokens, {window.left_context} of them left context."]
    if papers.sha256:
        lines.insert(0, f"- sha256 of the model (of its `{CONFIG}`): `{papers.sha256}`.")
    if epochs := run.get("epochs"):
        machine = run.get("machine") or {}
        took = f", {run['minutes']:.0f} minutes" if run.get("minutes") is not None else ""
        lines.append(
            f"- {len(epochs)} epochs{took} on {machine.get('system')} {machine.get('processor')} "
            f"(bf16: {machine.get('bf16')})."
        )
    lines.append(
        f"- Temperature {config.calibration.temperature}, abstention threshold "
        f"{config.calibration.threshold}."
    )
    parity = "; ".join(
        f"{p.get('backend')}{_rounded(p)}: {p.get('differing')} of {p.get('sentences')} labels "
        f"differ, scores by at most {p.get('largest', 0):.1e}"
        for p in run.get("parity") or []
    )
    lines.append(f"- Exported graph against torch: {parity or NOT_MEASURED}.")
    if code := run.get("code"):
        lines.append(f"- natostance {code.get('natostance')}, commit {code.get('commit')}.")
    if get(run, "recipe", "optimisation", "epochs") == 0:
        lines.append(
            "- Nothing was trained in this last step. Its recipe, settings and versions stand in "
            "`run.json`; how the models that it took were trained stands in theirs, where they are "
            "kept."
        )
    else:
        lines.append("- The whole recipe, all settings and versions stand in `run.json`.")
    return "\n".join(lines)


def _rounded(parity: Mapping[str, Any]) -> str:
    precision = parity.get("precision", "fp32")
    return "" if precision == "fp32" else f" in {precision}"
