"""Window length and left context against accuracy and speed, on the dev split.

One model, read with other windows than it was trained with: what a setting costs and brings. Prints
a table in Markdown: macro-F1 on the dev articles, sentences a second (median of rounds that go
over all settings in turn), and what of the network's tokens is scored, context, and padding.

    python benchmarks/windows.py [--model FOLDER] [--articles FOLDER] [--rounds 3]
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

from natostance.checkpoint import Checkpoint
from natostance.corpus import Corpus
from natostance.document import Document
from natostance.evaluation.harness import evaluate
from natostance.inference.backend import batches, padded
from natostance.inference.classifier import StanceClassifier
from natostance.text.windows import Window, WindowReader, WindowSettings

# longest window and left context, in tokens
SETTINGS = [(96, 24), (128, 0), (128, 32), (128, 48), (192, 48)] + [
    (256, context) for context in (0, 24, 48, 96)
]
SETTINGS += [(384, 48), (512, 48), (512, 128)]


def shares(windows: list[Window], pad: int) -> tuple[float, float, float]:
    """What of the tokens that go through the network is scored, context, and padding."""
    scored = sum(part.end - part.start for window in windows for part in window.parts)
    real = sum(len(window.ids) for window in windows)
    whole = sum(padded([windows[i] for i in batch], pad)[0].size for batch in batches(windows))
    return scored / whole, (real - scored) / whole, (whole - real) / whole


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--articles", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    checkpoint = Checkpoint.find(given.model)
    part = "real" if given.articles else "articles"
    dev = Corpus.load(Path("training"), [part], given.articles).split("dev")
    classifier = StanceClassifier.from_pretrained(given.model)
    readers = {
        (tokens, context): WindowReader.from_file(
            checkpoint.tokenizer,
            checkpoint.config.special,
            WindowSettings(tokens=tokens, left_context=context),
        )
        for tokens, context in SETTINGS
    }
    seconds: dict[tuple[int, int], list[float]] = {setting: [] for setting in SETTINGS}
    labelled: dict[tuple[int, int], list[Document]] = {}
    for number in range(given.rounds + 1):
        for setting, reader in readers.items():
            classifier.reader = reader
            begin = time.perf_counter()
            labelled[setting] = list(classifier.label_many(dev))
            if number:  # the first round warms up
                seconds[setting].append(time.perf_counter() - begin)
    sentences = sum(len(document.sentences) for document in dev)
    print(f"{len(dev)} dev articles of {part}, {sentences} sentences\n")
    print("| window | context | macro-F1 | sentences/s | scored | context | padding |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    for setting, reader in readers.items():
        windows = [window for document in dev for window in reader.windows(document)]
        scored, context, padding = shares(windows, checkpoint.config.special.pad)
        figures = evaluate(dev, iter(labelled[setting]))
        rate = sentences / statistics.median(seconds[setting])
        print(
            f"| {setting[0]} | {setting[1]} | {figures.macro_f1:.3f} | {rate:.0f} "
            f"| {scored:.0%} | {context:.0%} | {padding:.0%} |"
        )


if __name__ == "__main__":
    main()
