"""The reader of the segmentation gold, and boundary counts by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from natostance.document import Sentence
from natostance.errors import InputError
from natostance.evaluation.counts import Counts
from natostance.evaluation.segmentation import SPLITS, GoldText, boundary_counts, read_gold

GOLD = Path(__file__).parents[2] / "eval" / "segmentation"


def write(folder: Path, name: str, source: str) -> Path:
    path = folder / name
    path.write_bytes(source.encode())
    return path


def test_marks_escapes_and_separators_are_read(tmp_path: Path) -> None:
    source = "One.‖ Two\nlines.‖\\r\n\\ufeffThree.‖\\r\n\n=====\n\\u00a0Four,\\tin tabs‖\n"
    write(tmp_path, "dev-lines.txt", source)
    write(tmp_path, "test-lines.txt", "Not read.‖\n")
    assert read_gold(tmp_path, "dev") == [
        GoldText(
            "lines",
            "One. Two\nlines.\r\n\ufeffThree.\r\n",
            (Sentence(0, 4), Sentence(5, 15), Sentence(18, 24)),
        ),
        GoldText("lines", "\u00a0Four,\tin tabs", (Sentence(1, 14),)),
    ]


def test_files_come_in_the_order_of_their_traps(tmp_path: Path) -> None:
    for trap in ("c", "a", "b"):
        write(tmp_path, f"dev-{trap}.txt", "One.‖\n")
    assert [text.trap for text in read_gold(tmp_path, "dev")] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("source", "line", "complaint"),
    [
        ("One.‖ Two.\n", 1, "missing after the last sentence"),
        ("One.‖\n=====\nTwo.‖\nThree.\n", 4, "missing after the last sentence"),
        ("One.‖\nTwo.‖ ‖\n", 2, "behind no sentence"),
        ("One. ‖\n", 1, "behind no sentence"),
        ("‖One.‖\n", 1, "behind no sentence"),
    ],
)
def test_a_misplaced_mark_is_named_with_its_line(
    tmp_path: Path, source: str, line: int, complaint: str
) -> None:
    path = write(tmp_path, "dev-bad.txt", source)
    with pytest.raises(InputError, match=complaint) as caught:
        read_gold(tmp_path, "dev")
    assert (caught.value.file, caught.value.line) == (str(path), line)


def test_a_folder_without_gold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no segmentation gold"):
        read_gold(tmp_path, "dev")


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dev-bad.txt").write_bytes(b"One.\xff\n")
    with pytest.raises(InputError, match=r"dev-bad\.txt: cannot be read"):
        read_gold(tmp_path, "dev")


def test_boundaries_are_compared_by_their_ends() -> None:
    gold = [Sentence(0, 4), Sentence(5, 9), Sentence(10, 20)]
    # the first two taken together, the third cut in two; another start does not count
    found = [Sentence(0, 9), Sentence(11, 15), Sentence(16, 20)]
    counts = boundary_counts(gold, found)
    assert counts == Counts(tp=2, fp=1, fn=1)
    assert (counts.precision, counts.recall, counts.f1) == (2 / 3, 2 / 3, 2 / 3)


def test_no_sentence_where_there_is_none_is_perfect() -> None:
    assert boundary_counts([], []).f1 == 1


def test_the_gold_of_the_project_is_readable_and_large_enough() -> None:
    for split in SPLITS:
        texts = read_gold(GOLD, split)
        assert sum(len(text.sentences) for text in texts) >= 200
        assert all(text.text[s.end - 1].strip() for text in texts for s in text.sentences)
