"""Which files a path, a folder, a pattern or - stands for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from natostance.batch.sources import Source, find_sources
from natostance.errors import InputError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in (
        "in/b.txt",
        "in/a.jsonl.gz",
        "in/sub/c.HTML",
        "in/sub/d.marked.txt",
        "in/.hidden.txt",
        "in/.git/e.txt",
        "in/picture.png",
        "other/f.csv",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def paths(sources: list[Source]) -> list[str]:
    return [source.path for source in sources]


@pytest.mark.usefixtures("folder")
def test_a_folder_stands_for_its_articles_sorted_without_hidden_ones() -> None:
    assert find_sources("in") == [
        Source("in/a.jsonl.gz", "jsonl", "gz"),
        Source("in/b.txt", "txt"),
        Source("in/sub/c.HTML", "html"),
        Source("in/sub/d.marked.txt", "marked"),
    ]


@pytest.mark.usefixtures("folder")
def test_a_pattern_stands_for_its_matches() -> None:
    assert paths(find_sources("*/*.txt")) == ["in/b.txt"]
    assert paths(find_sources("**/*.[ct]*")) == ["in/b.txt", "in/sub/d.marked.txt", "other/f.csv"]
    assert paths(find_sources("o*")) == ["other/f.csv"]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(folder: Path) -> None:
    (folder / "in" / "[b].txt").touch()
    assert paths(find_sources("in/[b].txt")) == ["in/[b].txt"]


@pytest.mark.usefixtures("folder")
def test_a_file_named_several_times_is_read_once_at_its_first_place() -> None:
    found = find_sources(["in/b.txt", "in", "./in/b.txt", "-", "-"])
    assert paths(found) == [
        *("in/b.txt", "in/a.jsonl.gz", "in/sub/c.HTML", "in/sub/d.marked.txt", "-")
    ]


def test_links_are_followed_but_loops_are_not(folder: Path) -> None:
    (folder / "in" / "loop").symlink_to(folder / "in", target_is_directory=True)
    (folder / "in" / "z").symlink_to(folder / "other", target_is_directory=True)
    (folder / "in" / "gone.txt").symlink_to("nowhere")
    assert paths(find_sources("in")) == [
        *("in/a.jsonl.gz", "in/b.txt", "in/gone.txt", "in/sub/c.HTML", "in/sub/d.marked.txt"),
        "in/z/f.csv",
    ]


def test_a_pipe_in_a_folder_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "in" / "pipe.txt")
    assert "in/pipe.txt" not in paths(find_sources("in"))


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("gone.txt", "gone.txt: no such file or folder; check the path"),
        ("*.parquet", r"\*.parquet: no file matches the pattern"),
        ("in/.git/objects", "no such file or folder"),
        ("", "no such file or folder"),
        ([], "no input"),
    ],
)
def test_a_path_that_stands_for_nothing_is_an_error(given: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        find_sources(given)


def test_a_folder_without_articles_is_an_error(folder: Path) -> None:
    (folder / "empty").mkdir()
    (folder / "empty" / "notes.docx").touch()
    with pytest.raises(InputError, match=r"empty: a folder without articles; articles end in .txt"):
        find_sources("empty")


def test_standard_input_has_a_format() -> None:
    assert find_sources("-", "jsonl") == [Source("-", "jsonl")]
    with pytest.raises(InputError, match="cannot be read as 'parquet'; choose one of txt, md"):
        find_sources("-", "parquet")


def test_an_unknown_suffix_is_left_to_the_reader() -> None:
    assert find_sources(__file__)[0].format is None


def test_a_name_that_is_not_utf8_can_be_written() -> None:
    assert Source("caf\udce9.txt", "txt").doc_id == "caf\\xe9.txt"
    assert Source("./a/b.txt", "txt").doc_id == "a/b.txt"
