"""The ledger of a job: what it is, and which parts of it are done.

It is a folder beside the output, ``<out>.ledger``, as long as the job is not done:

    settings.json          what the run depends on; where it is missing, there is no run
    lock                   held by the process that writes
    inputs.jsonl           the files that are read, with size and time
    000000.part.json       one entry a part that is done
    000000.rejected.jsonl  what was rejected in it, if anything
    000000.rows            its rows, where the output is one file

A part is a stretch of the input. Its files are written first, its entry last; so an entry stands
for files that are complete, and a part without an entry is done again and writes the same files.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import IO, Any

from natostance.batch.readers import Place
from natostance.batch.sources import Source
from natostance.batch.storage import Folder, folder_at, is_url, read_bytes, stamp, whole
from natostance.errors import InputError

SUFFIX = ".ledger"
_SETTINGS, _INPUTS = "settings.json", "inputs.jsonl"
_ENTRY = ".part.json"
_LOCK = "lock"


@dataclass
class Part:
    """A part that is done.

    Args:
        name: its name, by which its files are named too: its 0-based number, in six digits.
        after: the place in the input behind it.
        file: the file with its rows; None where it has none.
        sha256: of that file, in hexadecimal.
        size: of that file, in bytes.
        rows: how many rows it has: one a sentence.
        articles: how many articles were labelled.
        rejected: how many were rejected.
        rejects: the file with what was rejected; None where it has none.
        foreign: how many are in another language than the model's.
        labels: sentences of each label.
        languages: articles of each language.
        columns: the columns of metadata, where a table has any.
        ids: digests of the ids that were seen in it.
    """

    name: str
    after: Place = field(default_factory=Place)
    file: str | None = None
    sha256: str = ""
    size: int = 0
    rows: int = 0
    articles: int = 0
    rejected: int = 0
    rejects: str | None = None
    foreign: int = 0
    labels: dict[str, int] = field(default_factory=dict)
    languages: dict[str, int] = field(default_factory=dict)
    columns: tuple[str, ...] | None = None
    ids: bytes = b""

    def to_json(self) -> bytes:
        data = asdict(self)
        data["ids"] = base64.b64encode(self.ids).decode()
        return json.dumps(data).encode() + b"\n"

    @classmethod
    def from_json(cls, data: bytes) -> Part:
        found = json.loads(data)
        found["after"], columns = Place(**found["after"]), found["columns"]
        found["columns"] = None if columns is None else tuple(columns)
        found["ids"] = base64.b64decode(found["ids"])
        return cls(**{f.name: found[f.name] for f in fields(cls)})


class Ledger:
    """The ledger beside an output.

    Args:
        out: the output: a file, a folder, or a URL of one.
    """

    def __init__(self, out: str) -> None:
        self.folder: Folder = folder_at(out + SUFFIX)
        self.path = self.folder.path

    @property
    def begun(self) -> bool:
        """Whether there is a run that was begun and not ended."""
        return self.folder.size(_SETTINGS) is not None

    def lock(self) -> IO[str] | None:
        """Keep other processes from the run, as long as the file that is returned is open.

        Behind a URL, and where the system has no such locks, nothing is kept.

        Raises:
            InputError: another process is at it.
        """
        if is_url(self.path):
            return None
        try:
            import fcntl
        except ImportError:
            return None
        self.folder.make()
        file = open(os.path.join(self.path, _LOCK), "w")  # noqa: SIM115
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise InputError(
                "another process is writing there", file=self.path, remedy="wait for it, or end it"
            ) from None
        except OSError:
            pass  # some file systems have no locks
        return file

    def begin(self, settings: Mapping[str, Any], sources: Iterable[Source]) -> None:
        """Write down what the run is."""
        self.folder.make()
        for name in self.folder.names():
            if name != _LOCK:
                self.folder.remove(name)  # what a run left that ended while it tidied up
        with whole(self.folder, _INPUTS) as file:
            for source in sources:
                file.write(_input_line(source))
        with whole(self.folder, _SETTINGS) as file:
            file.write(json.dumps(dict(settings)).encode())

    def settings(self) -> dict[str, Any]:
        """What the run is."""
        try:
            found = json.loads(read_bytes(self.folder, _SETTINGS))
        except ValueError as error:
            raise self._damaged(error) from None
        return dict(found)

    def check_inputs(self, sources: Iterable[Source]) -> None:
        """Raise `InputError` where the input is not what it was, naming the first difference."""
        with self.folder.open(_INPUTS) as file:
            for source in sources:
                before, now = file.readline(), _input_line(source)
                if before == now:
                    continue
                old = json.loads(before)["path"] if before else None
                if old == source.path:
                    reason = "it has changed since the run was begun"
                else:
                    reason = f"not in the input of the run, whose next file is {old}"
                raise InputError(reason, file=source.name, remedy=START_ANEW)
            if rest := file.readline():
                raise InputError(
                    "it was in the input of the run and no longer is",
                    file=json.loads(rest)["path"],
                    remedy=START_ANEW,
                )

    def parts(self) -> Iterator[Part]:
        """What is done, in the order of the input."""
        for name in self.folder.names():
            if name.endswith(_ENTRY):
                try:
                    yield Part.from_json(read_bytes(self.folder, name))
                except (ValueError, KeyError, TypeError) as error:
                    raise self._damaged(error) from None

    def add(self, part: Part) -> None:
        """Note that a part is done: its files must be on the disk by now."""
        with whole(self.folder, part.name + _ENTRY) as file:
            file.write(part.to_json())

    def clear(self) -> None:
        """Remove it; what says that there is a run goes first."""
        self.folder.remove(_SETTINGS)
        for name in self.folder.names():
            self.folder.remove(name)
        self.folder.remove_folder()

    def _damaged(self, error: Exception) -> InputError:
        return InputError(f"the ledger is damaged: {error}", file=self.path, remedy=START_ANEW)


START_ANEW = "begin a new run: remove the ledger, or write elsewhere"


def part_name(*numbers: int) -> str:
    """The name of a part with these numbers; names sort as they do."""
    return "-".join(f"{number:06d}" for number in numbers)


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What differs between the settings of two runs, one phrase each."""
    return [
        f"{name.replace('_', ' ')} was {_short(before.get(name))} and is {_short(now.get(name))}"
        for name in {**before, **now}
        if before.get(name) != now.get(name)
    ]


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) < 40 else f"{text[:12]}…"


def _input_line(source: Source) -> bytes:
    size, time = (None, None) if source.is_stdin else stamp(source.path)
    return json.dumps({"path": source.path, "bytes": size, "stamp": time}).encode() + b"\n"
