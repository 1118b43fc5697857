"""Sentence segmentation against its composed gold, beside four other segmenters.

Prints a table in Markdown. Precision, recall and F1 are those of boundaries; the speed is measured
in one thread, over the texts of the gold again and again, the best of three rounds, each segmenter
warm. The other segmenters are optional: those that are not installed are named below the table.

    python benchmarks/segmentation.py [--only SEGMENTER ...] [--split dev test]
"""

from __future__ import annotations

import argparse
import importlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from natostance import segment
from natostance.document import Sentence
from natostance.evaluation.counts import Counts
from natostance.evaluation.segmentation import SPLITS, GoldText, boundary_counts, read_gold

GOLD = Path(__file__).parents[1] / "eval" / "segmentation"
TARGET = 0.99
_ROUND_S = 0.5

Segmenter = Callable[[str], list[Sentence]]


def syntok() -> Segmenter:
    segmenter = importlib.import_module("syntok.segmenter")

    def run(text: str) -> list[Sentence]:
        return [
            Sentence(tokens[0].offset, tokens[-1].offset + len(tokens[-1].value))
            for paragraph in segmenter.analyze(text)
            for tokens in paragraph
            if tokens
        ]

    return run


def blingfire() -> Segmenter:
    library = importlib.import_module("blingfire")

    def run(text: str) -> list[Sentence]:
        return _trimmed(text, library.text_to_sentences_and_offsets(text)[1])

    return run


def pysbd() -> Segmenter:
    library = importlib.import_module("pysbd")
    segmenter = library.Segmenter(language="en", clean=False, char_span=True)

    def run(text: str) -> list[Sentence]:
        return _trimmed(text, [(span.start, span.end) for span in segmenter.segment(text)])

    return run


def sentencex() -> Segmenter:
    library = importlib.import_module("sentencex")

    def run(text: str) -> list[Sentence]:
        found = library.get_sentence_boundaries("en", text)
        return _trimmed(text, [(s["start_index"], s["end_index"]) for s in found])

    return run


def natostance() -> Segmenter:
    return segment


SEGMENTERS = {f.__name__: f for f in (natostance, syntok, blingfire, pysbd, sentencex)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=SEGMENTERS, default=list(SEGMENTERS))
    parser.add_argument("--split", nargs="+", choices=SPLITS, default=list(SPLITS))
    arguments = parser.parse_args()

    gold = {split: read_gold(GOLD, split) for split in arguments.split}
    segmenters, missing = _load(arguments.only)
    everything = [text for texts in gold.values() for text in texts]

    print("| segmenter |", *(f"{s} precision | recall | F1 |" for s in gold), "sentences/s |")
    print("|---|" + "---:|" * (3 * len(gold) + 1))
    traps: dict[str, dict[str, dict[str, Counts]]] = {}
    for name, run in segmenters.items():
        traps[name] = {split: _by_trap(run, texts) for split, texts in gold.items()}
        rates = [sum(counts.values(), Counts()) for counts in traps[name].values()]
        cells = [f"{c.precision:.3f} | {c.recall:.3f} | {c.f1:.3f} |" for c in rates]
        print(f"| {name} |", *cells, f"{_speed(run, everything):,.0f} |", flush=True)
    for split, texts in gold.items():
        boundaries = sum(len(text.sentences) for text in texts)
        print(f"\n{split}: {len(texts)} texts, {boundaries} boundaries.", end="")
    print("\n")
    for package in missing:
        print(f"{package} is not installed, and not measured: pip install {package}\n")
    _print_traps(traps, list(gold))


def _load(names: Sequence[str]) -> tuple[dict[str, Segmenter], list[str]]:
    """The segmenters that can be run, and the packages that the others lack."""
    segmenters, missing = {}, []
    for name in names:
        try:
            segmenters[name] = SEGMENTERS[name]()
        except ModuleNotFoundError as error:
            missing.append(error.name or name)
    return segmenters, missing


def _trimmed(text: str, spans: Sequence[tuple[int, int]]) -> list[Sentence]:
    """Sentences without the white space that some segmenters leave at the edges."""
    sentences = []
    for start, end in spans:
        piece = text[start:end]
        if piece.strip():
            start += len(piece) - len(piece.lstrip())
            sentences.append(Sentence(start, start + len(piece.strip())))
    return sentences


def _by_trap(run: Segmenter, texts: Sequence[GoldText]) -> dict[str, Counts]:
    counts: dict[str, Counts] = {}
    for text in texts:
        found = boundary_counts(text.sentences, run(text.text))
        counts[text.trap] = counts.get(text.trap, Counts()) + found
    return counts


def _speed(run: Segmenter, texts: Sequence[GoldText]) -> float:
    """Sentences of the gold a second, the best of three rounds."""
    sentences = sum(len(text.sentences) for text in texts)
    best = 0.0
    for _ in range(3):
        passes, began = 0, time.perf_counter()
        while (taken := time.perf_counter() - began) < _ROUND_S:
            for text in texts:
                run(text.text)
            passes += 1
        best = max(best, passes * sentences / taken)
    return best


def _print_traps(traps: dict[str, dict[str, dict[str, Counts]]], splits: Sequence[str]) -> None:
    """F1 by trap, for the traps in which any of the segmenters falls short."""
    names = sorted({trap for by_split in traps.values() for c in by_split.values() for trap in c})
    print(f"F1 by trap ({' / '.join(splits)}), where one is below {TARGET}:\n")
    print("| trap |", *(f"{name} |" for name in traps))
    print("|---|" + "---:|" * len(traps))
    for trap in names:
        rates = {
            name: [by_split[split][trap].f1 for split in splits if trap in by_split[split]]
            for name, by_split in traps.items()
        }
        if any(rate < TARGET for row in rates.values() for rate in row):
            cells = (" / ".join(f"{rate:.2f}" for rate in row) + " |" for row in rates.values())
            print(f"| {trap} |", *cells)


if __name__ == "__main__":
    main()
