"""What the formats share: files read by line or whole, files written whole, records checked.

A record is one object of JSON. Files are UTF-8; a file appears under its name only when all of it
is written.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from natostance.document import Document, Sentence
from natostance.errors import InputError
from natostance.formats.draft import Kind, Remark

# beside what JSON escapes anyway: characters that some programs take for line ends, and lone
# surrogates, which UTF-8 cannot hold
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def read_bytes(path: Path) -> bytes:
    """The bytes of a file, or an `InputError` that names it."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError("no such file", file=path, remedy="check the path") from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=path) from None


def read_text(path: Path) -> str:
    """The text of a UTF-8 file with its line ends and BOM as they are.

    Raises:
        InputError: the file cannot be read, or is not UTF-8; the line is named.
    """
    data = read_bytes(path)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError("not UTF-8", file=path, line=line, remedy="save it as UTF-8") from None


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that are not blank, with their numbers; a BOM is taken off."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                if line.strip():
                    yield number, line
    except FileNotFoundError:
        raise InputError("no such file", file=path, remedy="check the path") from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=path) from None


def records(path: Path) -> Iterator[tuple[int, dict[str, Any]] | Remark]:
    """The records of a JSONL file with their line numbers; a line that is none is a problem."""
    for number, line in lines(path):
        try:
            yield number, as_object(json.loads(line.decode("utf-8")), "a record")
        except (ValueError, RecursionError, InputError) as error:
            yield Remark(Kind.PROBLEM, json_fault(error), path, number)


def json_fault(error: Exception) -> str:
    """What is wrong with a line or file that is not the JSON that is asked for."""
    if isinstance(error, InputError):
        return error.reason
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    return f"not JSON: {error}"


def dumps(value: Any, indent: int | None = None) -> str:
    """JSON in which no line ends but where it should, and which UTF-8 can hold.

    Raises:
        InputError: the value is not JSON, or holds a surrogate pair as two characters, which JSON
            cannot tell from the one character that they stand for.
    """
    try:
        source = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
    except (TypeError, ValueError) as error:
        raise InputError(f"the metadata is not JSON: {error}") from None
    if _PAIR.search(source):
        raise InputError(
            "a surrogate pair stands as two characters, which JSON cannot hold",
            remedy="put the character that they stand for in their place",
        )
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", source)


def write_parts(path: Path, parts: Iterable[str]) -> None:
    """Write a file of these parts, which are encoded as UTF-8 and otherwise left alone.

    The file takes its name when all is written, so that a failure leaves an older one in place.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.part")
    try:
        with partial.open("wb") as file:
            for part in parts:
                file.write(part.encode("utf-8"))
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def encoded(
    documents: Iterable[Document],
    encode: Callable[[Document], str],
    path: Path,
    refused: list[Remark] | None,
) -> Iterator[str]:
    """Each document in its format; one that the format cannot hold is kept in ``refused``.

    Raises:
        InputError: the format cannot hold a document and ``refused`` is None.
    """
    for document in documents:
        try:
            yield encode(document)
        except InputError as error:
            refuse(document, error, path, refused)


def refuse(document: Document, error: InputError, path: Path, refused: list[Remark] | None) -> None:
    """Keep why a document cannot be written, or raise it where nobody keeps it."""
    remark = Remark(
        Kind.PROBLEM,
        f"cannot be written: {error.reason}",
        path,
        doc_id=document.doc_id,
        remedy=error.remedy,
    )
    if refused is None:
        raise remark.error
    refused.append(remark)


def folder_for(path: Path) -> Path:
    """The folder that documents are written to: new or empty, so that nothing is mixed up."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise InputError(
            "the target is not an empty folder", file=path, remedy="name a new or an empty folder"
        )
    path.mkdir(parents=True, exist_ok=True)
    return path


def file_names() -> Callable[[str], str]:
    """A function from document ids to file names, no two of which are the same."""
    taken: set[str] = set()

    def name(doc_id: str) -> str:
        base = _UNSAFE.sub("_", doc_id).strip(".")[:100] or "document"
        found, number = base, 1
        # some file systems take upper and lower case for the same
        while found.casefold() in taken:
            number += 1
            found = f"{base}-{number}"
        taken.add(found.casefold())
        return found

    return name


def as_object(value: Any, what: str) -> dict[str, Any]:
    """A value that must be an object of JSON."""
    if not isinstance(value, dict):
        raise InputError(f"{what} is not an object of JSON")
    return value


def as_list(value: Any, what: str) -> list[Any]:
    """A value that must be a list."""
    if not isinstance(value, list):
        raise InputError(f"{what} is not a list")
    return value


def as_text(value: Any, what: str) -> str:
    """A value that must be a string."""
    if not isinstance(value, str):
        raise InputError(f"{what} is not a string")
    return value


def as_offset(value: Any, what: str = "an offset") -> int:
    """A value that must be a whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise InputError(f"{what} is not a whole number: {value!r}")
    return value


def as_score(value: Any) -> float | None:
    """A probability, or None where there is none."""
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise InputError(f"a score is not a number: {value!r}")


def as_sentences(value: Any) -> tuple[Sentence, ...]:
    """Sentences from pairs of offsets."""
    found = []
    for pair in as_list(value, "the list of sentences"):
        if len(as_list(pair, "a sentence")) != 2:
            raise InputError("a sentence is not a pair of offsets")
        found.append(Sentence(as_offset(pair[0]), as_offset(pair[1])))
    return tuple(found)


def sentence_offsets(document: Document) -> list[list[int]]:
    """The sentences of a document as pairs of offsets."""
    return [[sentence.start, sentence.end] for sentence in document.sentences]


def metadata(record: Mapping[str, Any], known: Iterable[str]) -> dict[str, Any]:
    """The metadata of a record: its ``meta``, and fields that its tool does not know."""
    others = {key: value for key, value in record.items() if key not in {*known, "meta"}}
    return {**others, **as_object(record.get("meta") or {}, "the metadata")}


def document_id(record: Mapping[str, Any], path: Path, line: int, own: str = "id") -> str:
    """The id of a record: ``doc_id``, or the tool's own id, or one made of file and line."""
    for key in ("doc_id", own):
        if isinstance(record.get(key), str | int):
            return str(record[key])
    return f"{path.stem}-{line}"
