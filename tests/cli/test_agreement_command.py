"""``natostance agreement``: where its figures cannot be written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support import Outcome

Run = Callable[..., Outcome]


@pytest.fixture
def annotators(tmp_path: Path) -> list[Path]:
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder, line in zip(folders, ("He said [NATO: no.]", "He [NATO: said no.]"), strict=True):
        folder.mkdir()
        (folder / "a.marked.txt").write_text(f"---\nid: a\n---\nIt rained.\n{line}\n")
    return folders


def test_a_folder_that_is_not_there_is_refused_before_the_work(
    annotators: list[Path], tmp_path: Path, run: Run
) -> None:
    done = run("agreement", *annotators, "--out", tmp_path / "no" / "agreement.json")
    assert done.status == 2
    assert not done.out
    assert "agreement.json: its folder is not there; make it first" in done.err
    assert "Traceback" not in done.err


def test_figures_are_shown_where_their_file_cannot_be_written(
    annotators: list[Path], tmp_path: Path, run: Run
) -> None:
    done = run("agreement", *annotators, "--out", tmp_path)
    assert done.status == 2
    assert "1 articles, 2 sentences" in done.out
    assert "cannot be written" in done.err
    assert "Traceback" not in done.err
