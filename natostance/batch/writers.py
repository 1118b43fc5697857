"""Labelled documents into one file or to standard output, one row a sentence.

A file is written beside its name as ``<name>.part`` and takes its place when it is complete. Where
the work breaks off, the part stays and holds every document that was written until then. (A job
does more: see `natostance.batch.output`.)
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from os import PathLike
from types import TracebackType
from typing import BinaryIO

from natostance.batch.rowfiles import Columns, RowFormat, row_writer
from natostance.batch.storage import PART, rename, sync
from natostance.document import Document
from natostance.errors import InputError
from natostance.formats.compression import writing

STDOUT = "-"


def write_documents(
    documents: Iterable[Document], out: str | PathLike[str], format: str | None = None
) -> int:
    """Write labelled documents.

    In a table (CSV, Parquet) the columns of metadata are those of the first document; what a
    later document has beyond them stands in the column ``metadata``, as JSON. Documents are taken
    one at a time.

    Args:
        documents: labelled documents, all with the same label set.
        out: the file, or ``-`` for standard output. A name that ends in ``.gz`` or ``.zst`` is
            compressed.
        format: ``jsonl``, ``csv`` or ``parquet``; by default what the suffix says, and JSONL on
            standard output.

    Returns:
        How many documents were written.

    Raises:
        InputError: before anything is written, where ``out`` cannot be written or its format is
            not known; later, where a document has no sentences or another label set.
        MissingExtraError: Parquet is asked for and the extra ``[parquet]`` is not installed.
    """
    written = 0
    with DocumentWriter(out, format) as writer:
        for document in documents:
            writer.write(document)
            written += 1
    return written


class DocumentWriter:
    """Writes labelled documents to a file or to standard output; a context manager.

    Making one checks that ``out`` can be written, and raises `InputError` where it cannot;
    nothing is created before the context is entered.

    Args:
        out: the file, or ``-``.
        format: the format, where the suffix does not say it.
    """

    def __init__(self, out: str | PathLike[str], format: str | None = None) -> None:
        self.out = os.fspath(out)
        if self.is_stdout:
            if format == "parquet":
                raise InputError(
                    "Parquet needs a file",
                    file="standard output",
                    remedy="write to a file that ends in .parquet",
                )
            self.format = RowFormat.of("", format, "jsonl")
        else:
            self.format = RowFormat.of(self.out, format)
        # through a link, so that replacing the file keeps the link
        self.target = os.path.realpath(self.out)
        if not self.is_stdout:
            check_writable(self.out, self.target)

    @property
    def is_stdout(self) -> bool:
        return self.out == STDOUT

    @property
    def part(self) -> str | None:
        """The file that is being written; None for standard output."""
        return None if self.is_stdout else self.target + PART

    def __enter__(self) -> DocumentWriter:
        if self.part is None:
            self._file: BinaryIO = sys.stdout.buffer
        else:
            try:
                self._file = open(self.part, "wb")
            except OSError as error:
                raise InputError(
                    f"cannot be written: {error.strerror}", file=self.out, remedy="write elsewhere"
                ) from None
        self._stack = ExitStack()
        stream = self._stack.enter_context(writing(self._file, self.format.compression))
        self._rows = row_writer(self.format, stream, Columns())
        return self

    def write(self, document: Document) -> None:
        """Write the rows of a document.

        Raises:
            InputError: the document has no sentences, or another label set than the one before.
            BrokenPipeError: nobody reads standard output any more; writing more does no harm.
            OSError: the disk is full, for instance.
        """
        try:
            self._rows.write(document)
            if self.is_stdout:
                sys.stdout.buffer.flush()
        except BrokenPipeError:
            _silence_stdout()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self._close()
        except BrokenPipeError:
            _silence_stdout()
        except OSError:
            if error is None:
                raise
            return  # the first error tells more
        if error is None and self.part is not None:
            rename(self.part, self.target)

    def _close(self) -> None:
        with ExitStack() as stack:
            if self.part is None:
                stack.callback(sys.stdout.buffer.flush)
            else:
                stack.callback(self._file.close)
                stack.callback(sync, self._file)
            stack.push(self._stack)
            self._rows.close()


def check_writable(out: str, target: str) -> None:
    """Raise `InputError` where no file can be written under a name.

    Args:
        out: the name as it was given.
        target: the file that it stands for.
    """
    folder = os.path.dirname(os.path.abspath(target))
    if os.path.isdir(target):
        raise InputError("the output is a folder", file=out, remedy="name a file in it")
    if os.path.exists(target) and not os.path.isfile(target):
        raise InputError(
            "no regular file", file=out, remedy="name a file, or - for standard output"
        )
    if not os.path.isdir(folder):
        raise InputError("the folder of the output does not exist", file=out, remedy="make it")
    if not os.access(folder, os.W_OK):
        raise InputError(
            "the folder of the output cannot be written to",
            file=out,
            remedy="check its permissions, or write elsewhere",
        )


def _silence_stdout() -> None:
    """Let what is still to come go nowhere, so that Python does not complain when it ends."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
