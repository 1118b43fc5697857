"""The challenge suite: read, labelled, scored by whole groups."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from natostance.document import Document, Span
from natostance.errors import InputError
from natostance.evaluation.challenge import documents, read_challenge, score, wilson

ROOT = Path(__file__).resolve().parents[2]

SWAP = """\
phenomenon: swap
about: Names are swapped.
groups:
- id: swap-01
  items:
  - before: ["It was late."]
    sentence: "Moscow [RUSSIA: accused Kyiv of theft.]"
    after: ["Nobody slept."]
  - sentence: "Kyiv [NATO: accused Moscow of theft.]"
- id: swap-02
  items:
  - sentence: "Moscow [RUSSIA: refused.]"
  - sentence: "Moscow refuelled."
"""
STAY = """\
phenomenon: spelling
about: Another spelling, the same label.
groups:
- id: spelling-01
  same: true
  items:
  - sentence: "Kyiv [NATO: refused.]"
  - sentence: "Kiev [NATO: refused.]"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "swap.yaml").write_text(SWAP, encoding="utf-8")
    (tmp_path / "spelling.yaml").write_text(STAY, encoding="utf-8")
    return tmp_path


def answers(folder: Path, wrong: Collection[str] = ()) -> list[Document]:
    """The right answers, but for some items, which are called neutral."""
    found = []
    for group in read_challenge(folder):
        for item in group.items:
            label = "NEUTRAL" if item.document.doc_id in wrong else item.target.label
            spans = () if label == "NEUTRAL" else (Span(item.target.start, item.target.end, label),)
            found.append(item.document.replace(spans=spans).with_labels_from_spans())
    return found


def test_an_item_is_a_document_with_its_context(folder: Path) -> None:
    group = read_challenge(folder)[1]
    assert (group.name, group.phenomenon, group.same) == ("swap-01", "swap", False)
    item = group.items[0]
    assert item.document.doc_id == "swap-01/1"
    assert item.document.text == "It was late. Moscow accused Kyiv of theft. Nobody slept."
    assert [item.document[s] for s in item.document.sentences] == [
        "It was late.",
        "Moscow accused Kyiv of theft.",
        "Nobody slept.",
    ]
    assert item.document[item.target] == "Moscow accused Kyiv of theft."
    assert item.target.label == "RUSSIA"
    # nothing of the answer is handed out
    assert item.document.spans == ()
    assert {s.label for s in item.document.sentences} == {None}


def test_groups_count_only_as_a_whole(folder: Path) -> None:
    groups = read_challenge(folder)
    found = score(groups, answers(folder, {"swap-01/1", "spelling-01/1", "spelling-01/2"}))
    spelling, swap = found.phenomena
    assert (spelling.name, spelling.groups_right, spelling.items_right) == ("spelling", 0, 0)
    assert (swap.groups, swap.groups_right, swap.items, swap.items_right) == (2, 1, 4, 3)
    assert (found.total.group_accuracy, found.total.item_accuracy) == (pytest.approx(1 / 3), 0.5)
    assert [(w.doc_id, w.gold, w.predicted) for w in found.wrong] == [
        ("spelling-01/1", "NATO", "NEUTRAL"),
        ("spelling-01/2", "NATO", "NEUTRAL"),
        ("swap-01/1", "RUSSIA", "NEUTRAL"),
    ]
    assert found.to_dict()["phenomena"]["swap"]["group_accuracy"] == 0.5


def test_right_answers_are_all_right(folder: Path) -> None:
    found = score(read_challenge(folder), answers(folder)[::-1])
    assert found.total.group_accuracy == found.total.item_accuracy == 1
    assert found.wrong == ()


def test_the_context_is_not_scored(folder: Path) -> None:
    changed = [
        d.replace(spans=(*d.spans, Span(0, 2, "NATO"))).with_labels_from_spans()
        if d.doc_id == "swap-01/1"
        else d
        for d in answers(folder)
    ]
    assert score(read_challenge(folder), changed).total.group_accuracy == 1


def test_an_item_without_an_answer_is_named(folder: Path) -> None:
    with pytest.raises(
        InputError, match="1 articles of the suite are missing in the answers: swap-02/2"
    ):
        score(read_challenge(folder), answers(folder)[:-1])


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("swap-02", "swap-01", "'swap-01' stands there twice"),
        ("Moscow refuelled.", "He [RUSSIA: refused.]", "'swap-02': its labels are the same"),
        ("- id: swap-02", "- id: swap-02\n  same: true", "'swap-02': its labels differ"),
        ("[RUSSIA: refused.]", "[MARS: refused.]", "'swap-02': unknown span label 'MARS'"),
        ("[RUSSIA: refused.]", "[RUSSIA: refused.", "'swap-02': "),
        ("about: Names", "abuot: x\nabout: Names", "abuot"),
    ],
)
def test_a_broken_file_is_named(folder: Path, old: str, new: str, complaint: str) -> None:
    assert old in SWAP
    (folder / "swap.yaml").write_text(SWAP.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=complaint) as caught:
        read_challenge(folder)
    assert caught.value.file == str(folder / "swap.yaml")


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no challenge files"):
        read_challenge(tmp_path)


def test_wilson_by_hand() -> None:
    # Wilson 1927 for 8 of 10 at 95 %
    found = wilson(8, 10)
    assert (found.low, found.high) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 10).low == pytest.approx(0)
    assert wilson(10, 10).high == pytest.approx(1)


def test_the_shipped_suite_is_sound() -> None:
    groups = read_challenge(ROOT / "eval" / "challenge")
    ids = [d.doc_id for d in documents(groups)]
    assert len(set(ids)) == len(ids) >= 400
    assert any(g.same for g in groups)
