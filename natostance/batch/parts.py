"""One part of a job's output: its rows and rejects, written whole or not at all."""

from __future__ import annotations

import hashlib
import io
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from natostance.batch.ledger import Part
from natostance.batch.readers import Place
from natostance.batch.rejects import Rejected
from natostance.batch.rowfiles import Columns, RowFormat, RowWriter, row_writer
from natostance.batch.storage import Draft, Folder
from natostance.document import Document
from natostance.errors import InputError
from natostance.formats.compression import writing


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an article.

    Args:
        content: the labelled document, or why there is none.
        file: the file that holds the article.
        line: its line or row in it; None where it is the whole file.
        language: its language.
        foreign: that is another language than the model's.
        after: the place in the input behind it.
        ids: digests of the ids by which it is known.
    """

    content: Document | Rejected
    file: str
    line: int | None
    language: str
    foreign: bool
    after: Place
    ids: bytes = b""

    def rejected(self, error: InputError) -> Outcome:
        """The same article, rejected after all."""
        reject = Rejected.because(error, self.file, self.line)
        return replace(self, content=reject, foreign=False)

    @property
    def weight(self) -> int:
        """About how much memory it holds, in characters."""
        if isinstance(self.content, Rejected):
            return 200
        return len(self.content.text) + 200 * len(self.content.sentences)


class PartWriter:
    """Writes a part; nothing of it appears before `commit`.

    Args:
        part: its name, and later its figures.
        format: how rows are written.
        columns: the columns of a table.
        header: begin CSV with its header.
        rows: the folder and the name for its rows.
        rejects: the folder and the name for its rejects.
    """

    def __init__(
        self,
        part: Part,
        format: RowFormat,
        columns: Columns,
        *,
        header: bool,
        rows: tuple[Folder, str],
        rejects: tuple[Folder, str],
    ) -> None:
        self.part = part
        self._format, self._columns, self._header = format, columns, header
        self._rows_at, self._rejects_at = rows, rejects
        self._rows: RowWriter | None = None
        self._rows_file: Draft | None = None
        self._rejects_file: Draft | None = None
        self._stack = ExitStack()
        self._digest: _Digest | None = None
        self._ids: list[bytes] = []

    @property
    def records(self) -> int:
        """How many records of the input it holds."""
        return self.part.articles + self.part.rejected

    def add(self, outcome: Outcome) -> Outcome:
        """Write what became of an article.

        Returns:
            The same; or the article as rejected, where the format cannot hold it.
        """
        self._ids.append(outcome.ids)
        self.part.after = outcome.after
        if isinstance(outcome.content, Document):
            try:
                self._write(outcome.content)
            except InputError as error:
                outcome = outcome.rejected(error)
            else:
                count(self.part, outcome)
                return outcome
        assert isinstance(outcome.content, Rejected)
        if self._rejects_file is None:
            folder, name = self._rejects_at
            self._rejects_file = folder.create(name)
        self._rejects_file.stream.write(outcome.content.to_json().encode() + b"\n")
        self.part.rejected += 1
        return outcome

    def commit(self) -> Part:
        """Let its files appear.

        Returns:
            The part, for the ledger.
        """
        part = self.part
        if self._rows_file is not None and self._rows is not None and self._digest is not None:
            if part.articles:
                self._rows.close()
                self._stack.close()
                self._digest.flush()
                self._rows_file.commit()
                part.file = self._rows_at[1]
                part.sha256, part.size = self._digest.hexdigest(), self._digest.tell()
            else:
                self._rows_file.discard()
        if self._rejects_file is not None:
            self._rejects_file.commit()
            part.rejects = self._rejects_at[1]
        part.columns = self._columns.meta
        part.ids = b"".join(self._ids)
        return part

    def discard(self) -> None:
        """Leave nothing of it."""
        if self._digest is not None:
            # what compresses, and Parquet, want to write an ending
            self._digest.stop()
        self._stack.close()
        for draft in (self._rows_file, self._rejects_file):
            if draft is not None:
                draft.discard()

    def _write(self, document: Document) -> None:
        self._columns.settle(document)
        if self._rows is None:
            folder, name = self._rows_at
            self._rows_file = folder.create(name)
            self._digest = _Digest(self._rows_file.stream)
            packed = writing(self._digest, self._format.compression)
            stream = self._stack.enter_context(packed)
            self._rows = row_writer(self._format, stream, self._columns, header=self._header)
        self._rows.write(document)


def count(part: Part, outcome: Outcome) -> None:
    """Add a labelled article to the figures of a part."""
    assert isinstance(outcome.content, Document)
    part.articles += 1
    part.rows += len(outcome.content.sentences)
    part.foreign += outcome.foreign
    part.languages[outcome.language] = part.languages.get(outcome.language, 0) + 1
    for sentence in outcome.content.sentences:
        label = sentence.label or ""
        part.labels[label] = part.labels.get(label, 0) + 1


class _Digest(io.RawIOBase, BinaryIO):
    """Passes on what is written and takes its sha256, until it is stopped."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream
        self._hash = hashlib.sha256()
        self._length = 0
        self._stopped = False

    def stop(self) -> None:
        """Let what is still written go nowhere."""
        self._stopped = True

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if not self._stopped:
            self._hash.update(data)
            self._stream.write(data)
            self._length += len(data)
        return len(data)

    def flush(self) -> None:
        if not self._stopped and not self._stream.closed:
            self._stream.flush()

    def tell(self) -> int:
        return self._length

    def hexdigest(self) -> str:
        return self._hash.hexdigest()
