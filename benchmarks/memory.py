"""Resident memory of one process over a million sentences.

Labels composed articles in this process, and prints a table in Markdown: sentences labelled,
resident memory in MB, seconds. A leak grows with what is done again and again, not with the size
of the network. So the model is by default a tiny one of random weights, of the released model's
class and with its tokenizer and windows: a million sentences take some 20 minutes on two slow
cores, and with the released model hours.

    python benchmarks/memory.py [--model FOLDER] [--backend NAME] [--sentences 1000000]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import shutil
import tempfile
import time
from pathlib import Path

from natostance.batch.job import label_files
from natostance.batch.report import Progress
from natostance.checkpoint import GRAPH, WEIGHTS, Checkpoint, write_config
from natostance.inference.classifier import StanceClassifier

SUBJECTS = ["The envoy", "A spokeswoman", "The ministry", "Nobody", "The alliance", "The Kremlin"]
VERBS = ["said", "denied", "wrote", "hoped", "warned", "knew"]
CLAUSES = [
    "that talks would resume on day {}",
    "that train {} would be late",
    "that the bloc had broken promise {}",
    "that every inch of land {} would be defended",
]
MARKS = (10_000, 20_000, 50_000, 100_000, 200_000, 400_000, 600_000, 800_000)
_SENTENCES = 25  # of an article
# of the tiny model's encoder
_TINY = {
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 64,
}


def write_articles(path: Path, sentences: int, seed: int = 1) -> None:
    """Composed articles, all of them different."""
    chance = random.Random(seed)
    with path.open("w", encoding="utf-8") as file:
        for i in range(sentences // _SENTENCES):
            text = " ".join(
                f"{chance.choice(SUBJECTS)} {chance.choice(VERBS)} "
                f"{chance.choice(CLAUSES).format(chance.randrange(10_000))}."
                for _ in range(_SENTENCES)
            )
            file.write(json.dumps({"id": f"n{seed}-{i}", "text": text}) + "\n")


def resident() -> float:
    """Resident memory of this process, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def tiny_model(folder: Path) -> None:
    """The released model with a tiny encoder of random weights (extra ``[train]``)."""
    import torch

    from natostance.modeling.conversion import save_graph, save_weights
    from natostance.modeling.encoder import build_encoder
    from natostance.modeling.network import StanceNetwork

    released = Checkpoint.find()
    encoder = {**released.config.encoder, **_TINY}
    labels = len(released.config.labels.names)
    torch.manual_seed(1)
    folder.mkdir()
    save_weights(StanceNetwork(build_encoder(encoder), labels), folder / WEIGHTS)
    save_graph(folder / WEIGHTS, encoder, labels, folder / GRAPH)
    shutil.copyfile(released.tokenizer, folder / released.tokenizer.name)
    write_config(folder, released.config.model_copy(update={"name": "tiny", "encoder": encoder}))


def measure(folder: Path, classifier: StanceClassifier, sentences: int) -> None:
    """Label so many sentences, and print the table.

    Args:
        folder: where input and output go; it is empty.
        classifier: labels them.
        sentences: how many.
    """
    write_articles(folder / "articles.jsonl", sentences)
    marks = [n for n in MARKS if n < sentences] + [sentences]
    begin = time.monotonic()
    print("| sentences | resident MB | seconds |\n|---:|---:|---:|", flush=True)

    def note(progress: Progress) -> None:
        if marks and progress.sentences >= marks[0]:
            taken = time.monotonic() - begin
            print(f"| {marks.pop(0):,} | {resident():.1f} | {taken:.0f} |", flush=True)

    report = label_files(
        folder / "articles.jsonl", folder / "rows", classifier=classifier, on_progress=note
    )
    print(f"\n{report.sentences:,} sentences, {report.sentences / report.seconds:,.0f} a second")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="by default a tiny one of random weights")
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--sentences", type=int, default=1_000_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        model = given.model
        if model is None:
            model = Path(name) / "tiny"
            # in a process of its own: torch would count as this one's memory
            maker = multiprocessing.get_context("spawn").Process(target=tiny_model, args=(model,))
            maker.start()
            maker.join()
            if maker.exitcode:
                raise SystemExit("the tiny model could not be made; see above, or give --model")
        (Path(name) / "job").mkdir()
        classifier = StanceClassifier.from_pretrained(model, backend=given.backend)
        measure(Path(name) / "job", classifier, given.sentences)


if __name__ == "__main__":
    main()
