"""Files and records: written whole or not at all, names that do not collide, clear errors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from natostance.errors import InputError
from natostance.formats.records import dumps, file_names, lines, read_text, write_parts


def test_a_failure_leaves_the_old_file_in_place(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "x.txt"
    write_parts(path, ["old\r\n"])

    def parts() -> Iterator[str]:
        yield "new"
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        write_parts(path, parts())
    assert path.read_bytes() == b"old\r\n"
    assert [p.name for p in path.parent.iterdir()] == ["x.txt"]


def test_file_names() -> None:
    name = file_names()
    ids = ["t1", "T1", "t1", "../../etc/passwd", "", "ü", "..", "a b", "x" * 300]
    assert [name(doc_id) for doc_id in ids] == [
        "t1",
        "T1-2",
        "t1-3",
        "_.._etc_passwd",
        "document",
        "_",
        "document-2",
        "a_b",
        "x" * 100,
    ]


def test_lines_end_at_line_feeds_alone(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xef\xbb\xbfa\x0bb\r\n\n \nc\x85")
    assert list(lines(tmp_path / "x")) == [(1, b"a\x0bb\r\n"), (4, b"c\x85")]


def test_bytes_that_are_not_utf_8_are_named_by_line(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"a\nb\n\xff")
    with pytest.raises(InputError, match="line 3: not UTF-8"):
        read_text(tmp_path / "x")


def test_numbers_that_json_does_not_have() -> None:
    with pytest.raises(InputError, match="not JSON"):
        dumps(float("nan"))
