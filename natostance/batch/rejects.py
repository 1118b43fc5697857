"""What could not be processed, and why."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from natostance.errors import InputError


@dataclass(frozen=True, slots=True)
class Rejected:
    """An article, or a whole file, that was left out.

    Args:
        file: the file that holds it.
        line: its 1-based line, or its row in Parquet; None where the whole file is meant.
        reason: what is wrong.
        remedy: what the user can do about it, if anything is known.
    """

    file: str
    line: int | None
    reason: str
    remedy: str | None = None

    @classmethod
    def because(cls, error: InputError, file: str, line: int | None = None) -> Rejected:
        """What an error says, at a place that the error itself may know better."""
        placed = error.at(file, line)
        return cls(placed.file or file, placed.line, placed.reason, placed.remedy)

    def error(self) -> InputError:
        """The same as an error."""
        return InputError(self.reason, file=self.file, line=self.line, remedy=self.remedy)

    def to_json(self) -> str:
        """One line of JSON, in ASCII: a path may hold anything."""
        return json.dumps(asdict(self))

    def __str__(self) -> str:
        return str(self.error())
