"""The errors that natostance raises on purpose.

Every one carries a message that a user can act on; the command prints it without a traceback.
"""

from __future__ import annotations

from os import PathLike, fspath


class NatostanceError(Exception):
    """Base of every error that natostance raises on purpose."""


class InputError(NatostanceError):
    """Something that the user gave cannot be used.

    Args:
        reason: what is wrong, without file and line.
        file: the file that holds it, if any.
        line: the 1-based line in that file, if known.
        remedy: what the user can do about it, as an imperative.
    """

    def __init__(
        self,
        reason: str,
        *,
        file: str | PathLike[str] | None = None,
        line: int | None = None,
        remedy: str | None = None,
    ) -> None:
        self.reason = reason
        self.file = fspath(file) if file is not None else None
        self.line = line
        self.remedy = remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        where = ""
        if self.file is not None:
            # repr() shows a line break in a path instead of printing it: one error stays one line
            name = self.file if self.file.isprintable() else repr(self.file)
            where = f"{name}, line {self.line}: " if self.line is not None else f"{name}: "
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{where}{self.reason}{remedy}"

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.reason, self.file, self.line, self.remedy))

    def at(self, file: str | PathLike[str], line: int | None = None) -> InputError:
        """The same error with its place filled in, where it had none."""
        return type(self)(
            self.reason,
            file=self.file if self.file is not None else file,
            line=self.line if self.line is not None else line,
            remedy=self.remedy,
        )


class ModelError(InputError):
    """A model folder is incomplete, damaged or of a format that this version does not read."""


class StoreError(InputError):
    """A store behind a URL failed as a whole: by its credentials, the network or its address.

    So did, for what is on the disk, the system or a file system on the network; and so does a model
    that labels nothing any more. A run ends with it, and goes on later.
    """


class MissingExtraError(NatostanceError):
    """A feature needs packages that the default install leaves out."""


def _rebuild(
    kind: type[InputError], reason: str, file: str | None, line: int | None, remedy: str | None
) -> InputError:
    return kind(reason, file=file, line=line, remedy=remedy)
