"""``natostance convert``: what cannot be read or written is said in a line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from any_document import PLAIN
from support import Outcome

from natostance.formats.registry import read_documents

Run = Callable[..., Outcome]


def test_a_malformed_line_is_listed_and_the_others_are_converted(run: Run, tmp_path: Path) -> None:
    good = PLAIN.to_dict()
    bad = {**good, "doc_id": "bad", "sentences": [{"start": 0, "end": 2, "scores": "ab"}]}
    source, target = tmp_path / "in.jsonl", tmp_path / "out.json"
    source.write_text("".join(json.dumps(line) + "\n" for line in (bad, good)))
    done = run("convert", source, target)
    assert done.status == 1
    assert "in.jsonl, line 1: the scores of a sentence is not an object" in done.err
    assert list(read_documents(target)) == [PLAIN]


def test_a_file_where_a_folder_is_to_be_written_stays(run: Run, tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out"
    source.write_text(PLAIN.to_json() + "\n")
    target.write_text("mine")
    done = run("convert", source, target, "--to", "brat")
    assert done.status == 2
    assert "out: is a file, and brat is a folder; name a new or an empty folder" in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert target.read_text() == "mine"
