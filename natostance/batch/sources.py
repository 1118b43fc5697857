"""Which files are read: paths, folders, patterns, URLs, resolved before anything is processed."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import PurePath

from natostance.batch.storage import file_system, is_url, reaching, reading_failed
from natostance.errors import InputError
from natostance.formats import markup
from natostance.formats.compression import SUFFIXES, split_suffix

STDIN = "-"

Paths = str | PathLike[str] | Iterable[str | PathLike[str]]

# the format of each suffix; each but Parquet may be followed by .gz or .zst
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
        path: its path or URL, or ``-`` for standard input.
        format: how it is read; None where its suffix tells nothing.
        compression: ``gz`` or ``zst``, where it is compressed.
        problem: why it cannot be read at all, where that is known.
    """

    path: str
    format: str | None
    compression: str | None = None
    problem: str | None = None

    @property
    def is_stdin(self) -> bool:
        return self.path == STDIN

    @property
    def name(self) -> str:
        """How messages name it."""
        if self.is_stdin:
            return "standard input"
        return _text(self.path if is_url(self.path) else PurePath(self.path).as_posix())

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
            very name; a URL for fsspec (extra ``[remote]``) that is one of these; ``-`` for
            standard input.
        stdin_format: how standard input is read: one of `STDIN_FORMATS`.

    Raises:
        InputError: a path does not exist, a pattern matches nothing, a folder holds no article or
            cannot be listed, a store or the system fails, or there is no such format. A subfolder
            that may not be listed is a source with a problem.
        MissingExtraError: fsspec, or what it needs for the URL, is not installed.
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
        if is_url(path):
            for url in _remote_files(path):
                found.setdefault(url, _source(url))
            continue
        for source in _files(path):
            found.setdefault(os.path.abspath(source.path), source)
    if not found:
        raise InputError("no input", remedy="name a file, a folder, a pattern, or -")
    return list(found.values())


def known_suffixes() -> str:
    """The suffixes of articles, for messages."""
    return f"{' '.join(FORMATS)}, each but .parquet also with {' or '.join(SUFFIXES)}"


def _files(path: str) -> Iterable[Source]:
    if os.path.isdir(path):
        return _folder(path)
    if os.path.exists(path):
        return [_source(path)]
    if glob.has_magic(path):
        matches = sorted(glob.glob(path, recursive=True))
        found = [
            s for m in matches for s in (_walk(m, set()) if os.path.isdir(m) else [_source(m)])
        ]
        if not found:
            raise InputError("no file matches the pattern", file=path, remedy="check the pattern")
        return found
    raise InputError("no such file or folder", file=path, remedy="check the path")


def _folder(path: str) -> list[Source]:
    found = list(_walk(path, set()))
    if not found:
        raise InputError(
            "a folder without articles",
            file=path,
            remedy=f"articles end in {known_suffixes()}",
        )
    if found[0].problem and found[0].path == path:
        raise InputError(found[0].problem, file=path, remedy="check its permissions")
    return found


def _walk(folder: str, seen: set[str]) -> Iterator[Source]:
    """The articles of a folder. Links are followed, but no folder is entered twice."""
    real = os.path.realpath(folder)
    if real in seen:
        return
    seen.add(real)
    try:
        with os.scandir(folder) as scan:
            entries = sorted(scan, key=lambda entry: entry.name)
    except OSError as error:
        failed = reading_failed(folder, error)
        if failed:
            raise failed from None
        yield Source(folder, None, problem=f"the folder cannot be listed: {error.strerror}")
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if os.path.isdir(entry.path):
            yield from _walk(entry.path, seen)
        # a link to nothing, or to itself, is kept: reading it will say so
        elif os.path.isfile(entry.path) or not os.path.exists(entry.path):
            source = _source(entry.path)
            if source.format:
                yield source


def _remote_files(url: str) -> list[str]:
    fs, path = file_system(url)
    try:
        with reaching(url, OSError):
            if fs.isfile(path):
                return [url]
            if glob.has_magic(path):
                found = [p for p in fs.glob(path) if fs.isfile(p)]
                missing = "no file matches the pattern"
            else:
                found = [p for p in fs.find(path) if _is_article(p[len(path) :])]
                missing = "no such file, or a folder without articles"
    except OSError as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot be listed: {reason}", file=url, remedy="check the URL") from None
    if not found:
        raise InputError(missing, file=url, remedy="check the URL")
    return [str(fs.unstrip_protocol(p)) for p in sorted(found)]


def _is_article(path: str) -> bool:
    hidden = any(part.startswith(".") for part in path.split("/"))
    return not hidden and _source(path).format is not None


def _source(path: str) -> Source:
    plain, compression = split_suffix(os.path.basename(path).lower())
    if plain.endswith(markup.SUFFIX):
        return Source(path, MARKED, compression)
    kind = FORMATS.get(os.path.splitext(plain)[1])
    # a Parquet file is compressed inside, and cannot be read as a stream
    return Source(path, None if kind == "parquet" and compression else kind, compression)


def _text(path: str) -> str:
    r"""A path as text that can be written: bytes that are not UTF-8 become ``\xNN``."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
