"""Which files are read: paths, folders and patterns, resolved before anything is processed."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import PurePath

from natostance.errors import InputError
from natostance.formats import markup

STDIN = "-"

Paths = str | PathLike[str] | Iterable[str | PathLike[str]]

# the format of each suffix; each but Parquet may be followed by .gz
FORMATS = {
    ".txt": "txt",
    ".md": "md",
    ".html": "html",
    ".htm": "html",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}
MARKED = "marked"
STDIN_FORMATS = ("txt", "md", "html", "jsonl", "csv", "tsv")


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read.

    Args:
        path: its path, or ``-`` for standard input.
        format: how it is read; None where its suffix tells nothing.
        compressed: it is compressed with gzip.
    """

    path: str
    format: str | None
    compressed: bool = False

    @property
    def is_stdin(self) -> bool:
        return self.path == STDIN

    @property
    def name(self) -> str:
        """How messages name it."""
        return "standard input" if self.is_stdin else _text(PurePath(self.path).as_posix())

    @property
    def doc_id(self) -> str:
        """The id of its article where it holds one, and the beginning of ids where several."""
        return "stdin" if self.is_stdin else self.name


def find_sources(paths: Paths, stdin_format: str = "txt") -> list[Source]:
    """The files that paths stand for, each once, in the order given.

    Args:
        paths: one or several of: a file; a folder, which stands for the files in it and in its
            subfolders, sorted, whose suffix is known and whose name does not begin with a dot; a
            pattern (``*``, ``?``, ``[...]``, and ``**`` for any folders) where no file has that
            very name; ``-`` for standard input.
        stdin_format: how standard input is read: one of `STDIN_FORMATS`.

    Raises:
        InputError: a path does not exist, a pattern matches nothing, a folder holds no article or
            cannot be listed, or there is no such format.
    """
    if stdin_format not in STDIN_FORMATS:
        raise InputError(
            f"standard input cannot be read as {stdin_format!r}",
            remedy=f"choose one of {', '.join(STDIN_FORMATS)}",
        )
    given = [paths] if isinstance(paths, (str, PathLike)) else paths
    found: dict[str, Source] = {}
    for path in [os.fspath(path) for path in given]:
        if path == STDIN:
            found.setdefault(STDIN, Source(STDIN, stdin_format))
            continue
        for file in _files(path):
            found.setdefault(os.path.abspath(file), _source(file))
    if not found:
        raise InputError("no input", remedy="name a file, a folder, a pattern, or -")
    return list(found.values())


def known_suffixes() -> str:
    """The suffixes of articles, for messages."""
    return f"{' '.join(FORMATS)}, each but .parquet also with .gz"


def _files(path: str) -> Iterable[str]:
    if os.path.isdir(path):
        files = list(_walk(path, set()))
        if not files:
            raise InputError(
                "a folder without articles",
                file=path,
                remedy=f"articles end in {known_suffixes()}",
            )
        return files
    if os.path.exists(path):
        return [path]
    if glob.has_magic(path):
        matches = sorted(glob.glob(path, recursive=True))
        files = [f for m in matches for f in (_walk(m, set()) if os.path.isdir(m) else [m])]
        if not files:
            raise InputError("no file matches the pattern", file=path, remedy="check the pattern")
        return files
    raise InputError("no such file or folder", file=path, remedy="check the path")


def _walk(folder: str, seen: set[str]) -> Iterator[str]:
    """The articles of a folder. Links are followed, but no folder is entered twice."""
    real = os.path.realpath(folder)
    if real in seen:
        return
    seen.add(real)
    try:
        with os.scandir(folder) as scan:
            entries = sorted(scan, key=lambda entry: entry.name)
    except OSError as error:
        raise InputError(
            f"the folder cannot be listed: {error.strerror}",
            file=folder,
            remedy="check its permissions",
        ) from None
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _walk(entry.path, seen)
        # a link to nothing is kept: reading it will say so
        elif _source(entry.name).format and (entry.is_file() or entry.is_symlink()):
            yield entry.path


def _source(path: str) -> Source:
    name = os.path.basename(path).lower()
    plain = name.removesuffix(".gz")
    compressed = plain != name
    if plain.endswith(markup.SUFFIX):
        return Source(path, MARKED, compressed)
    kind = FORMATS.get(os.path.splitext(plain)[1])
    # a Parquet file is compressed inside, and cannot be read as a stream
    return Source(path, None if kind == "parquet" and compressed else kind, compressed)


def _text(path: str) -> str:
    r"""A path as text that can be written: bytes that are not UTF-8 become ``\xNN``."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
