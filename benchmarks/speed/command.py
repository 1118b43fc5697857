"""Options that the programs in here share."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from benchmarks.speed.articles import composed_articles, distinct, folder_articles
from benchmarks.speed.machine import use_cores
from natostance import Document
from natostance.corpus.load import ARTICLES_VARIABLE


def add_input(parser: argparse.ArgumentParser, sentences: int) -> None:
    """Which articles, how many, how often, on how many cores, and where the result goes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    named = os.environ.get(ARTICLES_VARIABLE)
    parser.add_argument(
        "--articles",
        type=Path,
        default=Path(named) if named else None,
        help=f"folder with texts as *.jsonl; default: {ARTICLES_VARIABLE}, or composed articles",
    )
    parser.add_argument("--model", type=Path, help="model folder; default: the released one")
    parser.add_argument(
        "--sentences", type=int, default=sentences, help="about so many; 0: all (%(default)s)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="(%(default)s)")
    parser.add_argument("--cores", type=int, default=2, help="(%(default)s)")
    parser.add_argument(
        "--write", action="store_true", help="put the result into benchmarks/README.md"
    )


def articles_of(given: argparse.Namespace) -> Iterator[Document]:
    """The distinct articles that the options name."""
    return distinct(folder_articles(given.articles) if given.articles else composed_articles())


def threads_of(given: argparse.Namespace) -> int:
    """Keep to the cores that the options allow; gives how many there are."""
    return use_cores(given.cores)
