"""Streams of compressed files, both ways: gzip and Zstandard.

Both check what they read: a file that is cut or damaged is an error, never a shorter text. What is
written is the same for the same content: without name and time.
"""

from __future__ import annotations

import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from gzip import GzipFile
from typing import Any, BinaryIO, cast

from natostance.errors import InputError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP, ZSTD = "gz", "zst"
SUFFIXES = {".gz": GZIP, ".zst": ZSTD}

# what a damaged file raises when it is read
DAMAGED = (OSError, EOFError, zlib.error, zstd.ZstdError)

_LEVEL = 6  # gzip's own default; level 9 takes four times as long for 1 % less
_CHUNK = 1 << 20


def split_suffix(name: str) -> tuple[str, str | None]:
    """A name without the suffix of its compression, and the compression."""
    for suffix, kind in SUFFIXES.items():
        if name.lower().endswith(suffix):
            return name[: -len(suffix)], kind
    return name, None


def reading(raw: BinaryIO, kind: str | None) -> io.BufferedReader:
    """The content of a stream, decompressed as it is read."""
    if kind == GZIP:
        return io.BufferedReader(cast(Any, GzipFile(fileobj=raw)))
    if kind == ZSTD:
        return io.BufferedReader(cast(Any, zstd.ZstdFile(raw)))
    if isinstance(raw, io.BufferedReader):
        return raw
    return io.BufferedReader(cast(Any, raw))


@contextmanager
def writing(stream: BinaryIO, kind: str | None) -> Iterator[BinaryIO]:
    """A stream that compresses what it is given into another, which stays open."""
    with ExitStack() as stack:
        if kind == GZIP:
            packed: Any = GzipFile("", "wb", _LEVEL, fileobj=stream, mtime=0)
            stack.callback(packed.close)
            yield packed
        elif kind == ZSTD:
            packed = zstd.ZstdFile(
                stream, "wb", options={zstd.CompressionParameter.checksum_flag: 1}
            )
            stack.callback(packed.close)
            yield packed
        else:
            yield stream


def read_all(stream: io.BufferedReader, limit: int) -> bytes:
    """The rest of a stream.

    Raises:
        InputError: it is longer than the limit, in bytes; no more than that was read.
    """
    data = stream.read(limit + 1)
    if len(data) > limit:
        raise too_long(limit)
    return data


def lines(stream: io.BufferedReader, limit: int) -> Iterator[bytes | int]:
    """The lines of a stream; of a line beyond the limit its length alone, in bytes."""
    while line := stream.readline(limit + 1):
        if len(line) <= limit or line.endswith(b"\n"):
            yield line
            continue
        length = len(line)
        while rest := stream.readline(_CHUNK):
            length += len(rest)
            if rest.endswith(b"\n"):
                break
        yield length


def too_long(limit: int) -> InputError:
    """What is said of an article beyond the limit."""
    return InputError(
        f"longer than {limit:,} bytes, the most that one article may have",
        remedy="raise --max-article, if it is no mistake",
    )
