"""Where files lie: on the disk, or behind a URL that fsspec knows (``s3://``, ``gs://``, ...).

What is written appears under its name in whole or not at all. On the disk that is: written under
another name, forced to the disk, renamed, and the folder forced to the disk; a power cut after that
loses nothing. An object store puts an object in whole by itself.

The packages of the stores raise errors of their own, which have no common base (botocore's are no
`OSError`). So each call of a foreign file system stands in a `reaching`.

Every step that changes the disk goes through `sync`, `rename` and `unlink`, so that the kill test
can stop a job at each of them.
"""

from __future__ import annotations

import errno
import io
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, Protocol, cast

from natostance.errors import InputError, MissingExtraError, NatostanceError, StoreError
from natostance.extras import require

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
PART = ".part"
_BUFFER = 1 << 20

# what a store says of one object; any other `OSError` of it is about the network or itself
OF_AN_OBJECT = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)
# codes with which S3 refuses the caller; its package makes a `PermissionError` of them too
_OF_THE_CALLER = re.compile(
    "Expired|Token|AccessKey|Signature|TimeTooSkewed|Account|Security|Payer|NotSignedUp"
)
# what the system says of itself or of a file system on the network, not of one file
_OF_THE_SYSTEM = {
    getattr(errno, name)
    for name in (
        *("EMFILE", "ENFILE", "ENOMEM", "ENOBUFS", "ESTALE", "ETIMEDOUT", "ENOTCONN", "ECONNRESET"),
        *("ECONNABORTED", "ECONNREFUSED", "EHOSTDOWN", "EHOSTUNREACH", "ENETDOWN", "ENETUNREACH"),
        *("ENETRESET", "EREMOTEIO", "ENOLINK", "ESHUTDOWN"),
    )
    if hasattr(errno, name)
}


def is_url(path: str) -> bool:
    """Whether a path is a URL for fsspec."""
    return _URL.match(path) is not None


@contextmanager
def reaching(url: str, *passed: type[Exception]) -> Iterator[None]:
    """Turn whatever a store raises in the block into one `StoreError`.

    Args:
        url: what is read or written there.
        passed: errors that the caller sees to; one that refuses the caller as such never passes.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, (*passed, NatostanceError)) and not _refuses_the_caller(error):
            raise
        raise _store_error(url, error) from None


def _refuses_the_caller(error: Exception) -> bool:
    """Whether a store says that credentials are wrong or have expired, in the words of botocore."""
    answer = getattr(error.__cause__, "response", None)
    code = answer.get("Error", {}).get("Code") if isinstance(answer, dict) else None
    return bool(_OF_THE_CALLER.search(str(code)))


def reading_failed(path: str, error: Exception) -> StoreError | None:
    """What is said where a file could not be read for a reason that is not its own.

    The next file would fail too, so it is no reject: the run is to go on from here later.

    Args:
        path: the file or URL.
        error: what was raised.

    Returns:
        None where the file itself cannot be read.
    """
    if not isinstance(error, OSError) or error.errno not in _OF_THE_SYSTEM:
        return None
    return StoreError(
        f"reading failed: {error.strerror}",
        file=path,
        remedy="see to the system or its network; a run that was begun goes on with --resume",
    )


def _store_error(url: str, error: Exception) -> StoreError:
    said = str(error).strip().partition("\n")[0]
    return StoreError(
        f"the store failed: {type(error).__name__}{said and f': {said}'}",
        file=url,
        remedy="check credentials, network and endpoint; a run that was begun goes on with "
        "--resume",
    )


def file_system(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it.

    Raises:
        MissingExtraError: fsspec, or the package for this kind of URL, is not installed.
        InputError: there is no such kind of URL, or the store cannot be used.
    """
    fsspec = require("fsspec", "remote", f"Reading and writing {url.partition(':')[0]}: URLs")
    try:
        fs, path = fsspec.core.url_to_fs(url)
    except ImportError as error:
        raise MissingExtraError(f"{url}: {error}") from None
    except ValueError as error:
        raise InputError(f"no URL that can be used: {error}", file=url) from None
    except Exception as error:
        raise _store_error(url, error) from None
    return fs, path


def open_binary(path: str) -> BinaryIO:
    """Open a file or URL for reading, as a stream.

    Raises:
        OSError: it cannot be opened.
        StoreError: the store failed, now or while the stream is read.
    """
    if is_url(path):
        fs, inner = file_system(path)
        with reaching(path, *OF_AN_OBJECT):
            return cast(BinaryIO, RemoteStream(path, fs.open(inner, "rb")))
    return open(path, "rb")


def stamp(path: str) -> tuple[int | None, str | None]:
    """Size in bytes, and what changes when the content does; None where it is not known.

    Raises:
        StoreError: the store failed, or the system, for a reason that is not the file's own.
    """
    if not is_url(path):
        try:
            found = os.stat(path)
        except OSError as error:
            failed = reading_failed(path, error)
            if failed:
                raise failed from None
            return None, None
        return found.st_size, str(found.st_mtime_ns)
    fs, inner = file_system(path)
    try:
        with reaching(path, *OF_AN_OBJECT):
            info = fs.info(inner)
    except OSError:
        return None, None
    mark = next((info[k] for k in ("ETag", "etag", "LastModified", "mtime") if k in info), None)
    return info.get("size"), None if mark is None else str(mark)


def split(path: str) -> tuple[str, str]:
    """The folder and the name of a file."""
    if is_url(path):
        name = path.partition("://")[2].rpartition("/")[2]
        return path[: len(path) - len(name)], name
    return os.path.split(os.path.abspath(path))


# --- the steps that change the disk


def sync(file: BinaryIO) -> None:
    """Force what was written to the disk."""
    file.flush()
    os.fsync(file.fileno())


def rename(old: str, new: str) -> None:
    """Give a file its name, in place of an older one, and force the folder to the disk."""
    os.replace(old, new)
    sync_folder(os.path.dirname(new))


def unlink(path: str) -> None:
    """Remove a file, if it is there."""
    with suppress(FileNotFoundError):
        os.unlink(path)


def sync_folder(path: str) -> None:
    """Force the names in a folder to the disk, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(path or ".", os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- folders


class Draft(Protocol):
    """A file under way. It appears under its name with `commit`."""

    stream: BinaryIO

    def commit(self) -> None:
        """Let it appear."""

    def discard(self) -> None:
        """Leave no trace of it, as far as possible."""


class Folder(Protocol):
    """A folder on the disk or behind a URL."""

    path: str
    shared: bool

    def make(self) -> None:
        """Make it, if it is not there."""

    def create(self, name: str) -> Draft:
        """Begin a file."""

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading."""

    def size(self, name: str) -> int | None:
        """The size of a file in bytes; None where there is none."""

    def names(self) -> list[str]:
        """The names of its files and folders, sorted; none where there is no such folder."""

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""

    def remove_folder(self) -> None:
        """Remove the folder itself, which is empty."""


def folder_at(path: str) -> Folder:
    """The folder at a path or URL; it need not exist."""
    return RemoteFolder(path) if is_url(path) else LocalFolder(path)


@contextmanager
def whole(folder: Folder, name: str) -> Iterator[BinaryIO]:
    """A stream for a file that appears when the block ends, and only then."""
    draft = folder.create(name)
    try:
        yield draft.stream
        draft.commit()
    except BaseException:
        draft.discard()
        raise


def read_bytes(folder: Folder, name: str) -> bytes:
    """The content of a file."""
    with folder.open(name) as file:
        return file.read()


class LocalDraft:
    """A file under way on the disk, under its name and ``.part``."""

    def __init__(self, path: str, middle: str = "") -> None:
        self._path = path
        self._part = path + middle + PART
        self.stream: BinaryIO = open(self._part, "wb", buffering=_BUFFER)  # noqa: SIM115

    def commit(self) -> None:
        sync(self.stream)
        self.stream.close()
        rename(self._part, self._path)

    def discard(self) -> None:
        # on a full disk, what is still in the buffer cannot be written any more
        with suppress(OSError, ValueError):
            self.stream.close()
        with suppress(OSError):
            unlink(self._part)


class LocalFolder:
    """See `Folder`.

    Args:
        path: its path.
        shared: several processes write into it, perhaps the same file twice: the same content.
    """

    def __init__(self, path: str, shared: bool = False) -> None:
        self.path = path
        self.shared = shared

    def make(self) -> None:
        if not os.path.isdir(self.path):
            os.mkdir(self.path)
            sync_folder(os.path.dirname(os.path.abspath(self.path)))

    def create(self, name: str) -> LocalDraft:
        middle = f".{uuid.uuid4().hex}" if self.shared else ""
        return LocalDraft(os.path.join(self.path, name), middle)

    def open(self, name: str) -> BinaryIO:
        return open(os.path.join(self.path, name), "rb")

    def size(self, name: str) -> int | None:
        try:
            return os.path.getsize(os.path.join(self.path, name))
        except OSError:
            return None

    def names(self) -> list[str]:
        try:
            return sorted(os.listdir(self.path))
        except FileNotFoundError:
            return []

    def remove(self, name: str) -> None:
        unlink(os.path.join(self.path, name))

    def remove_folder(self) -> None:
        with suppress(FileNotFoundError):
            os.rmdir(self.path)


class RemoteStream(io.RawIOBase):
    """A file behind a URL; `OF_AN_OBJECT` passes, what else its store raises is a `StoreError`.

    Args:
        url: its URL.
        file: the file as fsspec opened it.
    """

    def __init__(self, url: str, file: Any) -> None:
        self._url, self._file = url, file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self._file.seekable())

    def readinto(self, buffer: Any) -> int:
        with reaching(self._url, *OF_AN_OBJECT):
            data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        with reaching(self._url, *OF_AN_OBJECT, ValueError):
            return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def close(self) -> None:
        if not self.closed:
            with reaching(self._url, *OF_AN_OBJECT):
                self._file.close()
        super().close()


class RemoteDraft:
    """A file under way to a URL: it waits in a temporary file, and is put in one go.

    Where the system names open files (Linux), the temporary file has no name of its own, so that
    nothing is left of it when the process is killed.
    """

    def __init__(self, fs: Any, path: str, url: str) -> None:
        self._fs, self._path, self._url = fs, path, url
        handle, self._spool = tempfile.mkstemp(prefix="natostance-")
        self.stream: BinaryIO = os.fdopen(handle, "wb", buffering=_BUFFER)
        self._named = not os.path.exists(_open_file(handle))
        if not self._named:
            unlink(self._spool)
            self._spool = _open_file(handle)

    def commit(self) -> None:
        if self._named:
            self.stream.close()  # Windows forbids to open it a second time
        else:
            self.stream.flush()
        with reaching(self._url):
            self._fs.put_file(self._spool, self._path)
        self.discard()

    def discard(self) -> None:
        with suppress(OSError, ValueError):
            self.stream.close()
        if self._named:
            with suppress(OSError):
                unlink(self._spool)


def _open_file(handle: int) -> str:
    """The name by which Linux knows an open file, whether it has one of its own or not."""
    return f"/proc/self/fd/{handle}"


class RemoteFolder:
    """See `Folder`. What its store raises is a `StoreError`."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.shared = True  # what is put is put in whole
        self._fs, self._inner = file_system(path)

    def make(self) -> None:
        with reaching(self.path):
            self._fs.makedirs(self._inner, exist_ok=True)

    def create(self, name: str) -> RemoteDraft:
        return RemoteDraft(self._fs, self._at(name), self._url(name))

    def open(self, name: str) -> BinaryIO:
        with reaching(self._url(name)):
            file = self._fs.open(self._at(name), "rb")
        return cast(BinaryIO, RemoteStream(self._url(name), file))

    def size(self, name: str) -> int | None:
        try:
            with reaching(self._url(name), FileNotFoundError):
                return cast("int | None", self._fs.info(self._at(name)).get("size"))
        except FileNotFoundError:
            return None

    def names(self) -> list[str]:
        try:
            with reaching(self.path, FileNotFoundError):
                self._fs.invalidate_cache(self._inner)
                listed = self._fs.ls(self._inner, detail=False)
        except FileNotFoundError:
            return []
        return sorted(path.rstrip("/").rpartition("/")[2] for path in listed)

    def remove(self, name: str) -> None:
        with suppress(FileNotFoundError), reaching(self._url(name), FileNotFoundError):
            self._fs.rm_file(self._at(name))

    def remove_folder(self) -> None:
        # object stores have no folders, and one that holds something else is not ours to remove;
        # the job counts on files alone, so nothing is lost where a folder stays
        with suppress(Exception):
            self._fs.rmdir(self._inner)

    def _at(self, name: str) -> str:
        return f"{self._inner.rstrip('/')}/{name}"

    def _url(self, name: str) -> str:
        return f"{self.path.rstrip('/')}/{name}"


def copy(source: BinaryIO, target: BinaryIO) -> None:
    """Copy the rest of a stream."""
    shutil.copyfileobj(source, target, _BUFFER)
