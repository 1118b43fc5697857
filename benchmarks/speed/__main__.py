"""natostance beside its peers: the same articles, cores and encoder, interleaved, in one run.

    python -m benchmarks.speed [--articles FOLDER] [--sentences 600] [--rounds 3] [--write]

Prints Markdown; with --write it takes the place of the last result in benchmarks/README.md. What is
compared, and what is in whose favour, stands there too.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.speed.arithmetic import Shape, Work, work
from benchmarks.speed.articles import ROOT, sample, write_articles
from benchmarks.speed.command import add_input, articles_of, threads_of
from benchmarks.speed.context import ALONE, CONTEXT, context_reader, texts_of
from benchmarks.speed.environments import SetupError, environment
from benchmarks.speed.latency import Latency, latency
from benchmarks.speed.machine import machine, variables
from benchmarks.speed.peer_model import write_peer_model
from benchmarks.speed.picture import speed_picture
from benchmarks.speed.rounds import Fleet, Results, Worker
from benchmarks.speed.systems import OWN, SYSTEMS, System
from benchmarks.speed.tables import (
    README,
    TITLES,
    arithmetic_table,
    markdown_table,
    skipped_list,
    speed_table,
    versions_lines,
)
from benchmarks.speed.workers.protocol import Job
from natostance import Document
from natostance.checkpoint import Checkpoint
from natostance.inference.backend import PRECISIONS
from natostance.report.sections import replace_section
from natostance.text.windows import WindowReader

PICTURE = README.with_name("speed.svg")
_FEW = 3  # articles to warm up on


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    add_input(parser, sentences=600)
    parser.add_argument(
        "--only",
        nargs="+",
        metavar="WORD",
        help="only systems with one of these words in their name",
    )
    parser.add_argument(
        "--precision",
        choices=PRECISIONS,
        default="fp32",
        help="in which natostance computes (%(default)s)",
    )
    given = parser.parse_args()
    if given.rounds < 1:
        parser.error("--rounds must be at least 1")
    begin = time.monotonic()
    threads = threads_of(given)
    checkpoint = Checkpoint.find(given.model)
    articles = sample(articles_of(given), given.sentences)
    sentences = sum(len(document.sentences) for document in articles)
    systems = [s for s in SYSTEMS if not given.only or any(w in s.name for w in given.only)]
    with tempfile.TemporaryDirectory() as folder:
        results = measure(
            systems,
            checkpoint,
            articles,
            Path(folder),
            threads=threads,
            rounds=given.rounds,
            precision=given.precision,
        )
    waited = latency(checkpoint.folder, variables(threads, ROOT))
    config = checkpoint.config
    reader = WindowReader.from_file(checkpoint.tokenizer, config.special, config.window)
    needed = work((w for d in articles for w in reader.windows(d)), Shape.of(config))
    words = sum(len(document.text.split()) for document in articles)
    source = "real articles" if given.articles else "composed articles of the repository"
    about = (
        f"{datetime.now(UTC):%Y-%m-%d}. {machine(threads).words}.\n\n{len(articles):,} distinct "
        f"articles ({source}), {words:,} words, {sentences:,} sentences, {given.rounds} rounds; "
        f"model `{config.name}`, windows of {config.window.tokens} tokens, left context "
        f"{config.window.left_context}, {given.precision}. "
        f"The whole run took {time.monotonic() - begin:.0f} s.\n"
    )
    text = report(about, results, needed, waited)
    print(text)
    if given.write:
        speed_picture(results, PICTURE)
        replace_section(README, "speed", f"![Sentences a second]({PICTURE.name})\n\n{text}")


def measure(
    systems: Sequence[System],
    checkpoint: Checkpoint,
    articles: Sequence[Document],
    folder: Path,
    *,
    threads: int,
    rounds: int,
    precision: str = "fp32",
    root: Path = ROOT,
) -> Results:
    """Start the systems, one after the other, and measure them in rounds.

    Args:
        systems: what is measured.
        checkpoint: natostance's model; peers get its encoder.
        articles: with their sentences.
        folder: for what the workers read.
        threads: of each system.
        rounds: how often each works.
        precision: in which natostance computes.
        root: the checkout.
    """
    texts = texts_of(articles, context_reader(checkpoint))
    (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    write_articles(articles, folder / "articles.jsonl")
    write_articles(articles[:_FEW], folder / "few.jsonl")
    write_peer_model(checkpoint, folder / "peer")
    ours = Job(
        model=str(checkpoint.folder.resolve()),
        texts=str(folder / "texts.json"),
        articles=str(folder / "articles.jsonl"),
        few=str(folder / "few.jsonl"),
        batch=32,
        most=checkpoint.config.window.tokens,
        threads=threads,
        precision=precision,
    )
    theirs = replace(ours, model=str(folder / "peer"))
    missing: dict[str, str] = {}
    with Fleet(lambda words: print(words, file=sys.stderr, flush=True)) as fleet:
        for system in systems:
            own = system.environment == OWN
            try:
                python = Path(sys.executable) if own else environment(system.environment, root)
            except SetupError as error:
                missing[system.name] = str(error)
                continue
            job = ours if own else theirs
            fleet.start(Worker(system, python, job, folder, variables(threads, root)))
        results = fleet.run(rounds, len(texts[ALONE]))
    results.skipped = {**missing, **results.skipped}
    return results


def report(about: str, results: Results, needed: Work, waited: Latency) -> str:
    """Everything that was measured, in Markdown."""
    parts = [about]
    for texts in (ALONE, CONTEXT):
        parts.append(f"### {TITLES[texts]}\n\n{speed_table(results, texts)}")
    if results.skipped:
        parts.append(skipped_list(results.skipped))
    parts += [
        f"### How far the limit is\n\n{arithmetic_table(results, needed)}",
        f"{needed.tokens:,} tokens went through the network, {needed.scored:,} of them scored; "
        f"{needed.operations / 1e9:,.0f} GFLOP.\n",
        f"### Latency\n\n{markdown_table(('what', 'time'), waited.rows())}",
        f"### Versions\n\n{versions_lines(results)}",
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    main()
