"""brat folders: text byte for byte, fragments at line breaks, discontinuous spans refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from any_document import LONE, PLAIN, as_document, documents, there_and_back
from hypothesis import given, settings

from natostance.document import Document, LabelSet, Span
from natostance.errors import InputError
from natostance.formats import brat
from natostance.formats.draft import Draft, Kind, Remark, check


def pair(folder: Path, text: str, annotations: str, name: str = "x") -> list[Draft | Remark]:
    (folder / f"{name}.txt").write_bytes(text.encode())
    (folder / f"{name}.ann").write_bytes(annotations.encode())
    return list(brat.read(folder))


@settings(max_examples=100)
@given(documents(solid=True, lone=False))
def test_any_document_comes_back(document: Document) -> None:
    assert there_and_back(brat.read, brat.write, "folder", document) == document


def test_what_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    brat.write([PLAIN, PLAIN.replace(doc_id="A"), PLAIN.replace(doc_id="a/ü.b")], folder)
    assert (folder / "a.txt").read_text() == PLAIN.text
    assert (folder / "a.ann").read_text() == (
        "T1\tNATO 10 27\tit was blackmail.\n"
        "T2\tRUSSIA 35 45\tdenied it.\n"
        "A1\tDoubtful T2\n"
        '#1\tnatostance document\t{"doc_id": "a", "sentences": [[0, 27], [28, 45]], '
        '"meta": {"outlet": "The Rift Courier (invented)", "year": 2023}}\n'
    )
    assert sorted(p.name for p in folder.glob("*.ann")) == ["A-2.ann", "a.ann", "a_.b.ann"]
    assert (folder / brat.CONFIG).read_text() == (
        "[entities]\nNATO\nRUSSIA\n[relations]\n[events]\n[attributes]\nDoubtful Arg:<ENTITY>\n"
    )


def test_a_span_over_line_breaks_is_one_span_in_fragments(tmp_path: Path) -> None:
    document = Document("Kyiv\r\nsaid\n\nno.", "a", spans=(Span(0, 14, "NATO"),))
    brat.write([document], tmp_path / "out")
    first = (tmp_path / "out" / "a.ann").read_text().splitlines()[0]
    assert first == "T1\tNATO 0 4;6 10;12 14\tKyiv said no"
    (draft,) = brat.read(tmp_path / "out")
    assert isinstance(draft, Draft)
    assert as_document(draft) == document


@pytest.mark.parametrize("said", ["0 4;10 12\tKyiv no", "0 4;5 9;10 12\tKyiv said no"])
def test_a_discontinuous_span_is_refused(tmp_path: Path, said: str) -> None:
    (draft,) = pair(tmp_path, "Kyiv said no.", f"T1\tNATO {said}\n")
    assert isinstance(draft, Draft)
    document, (problem,) = check(draft)
    assert document is None
    assert str(problem).startswith(f"{tmp_path / 'x.ann'}, line 1: document 'x': the span from 0 ")
    assert "is discontinuous" in str(problem)


def test_offsets_of_a_brat_that_counts_utf_16(tmp_path: Path) -> None:
    text = "💩 Kyiv said no. 💩 Moscow too."
    (draft,) = pair(tmp_path, text, "T1\tNATO 3 7\tKyiv\nT2\tRUSSIA 20 26\tMoscow\n")
    assert isinstance(draft, Draft)
    document = as_document(draft)
    assert [document[s] for s in document.spans] == ["Kyiv", "Moscow"]


def test_a_text_that_is_not_the_one_that_was_annotated(tmp_path: Path) -> None:
    (draft,) = pair(tmp_path, "Kyiv said no.", "T1\tNATO 0 4\tMinsk\n")
    assert isinstance(draft, Draft)
    _, (problem,) = check(draft)
    assert "the file names the text 'Minsk', there stands 'Kyiv'" in str(problem)


def test_what_a_document_has_no_place_for_is_listed(tmp_path: Path) -> None:
    (draft,) = pair(
        tmp_path,
        "Kyiv said no.",
        "T1\tNATO 0 4\tKyiv\r\nT2\tNATO 10 12\tno\nR1\tWhy Arg1:T1 Arg2:T2\n*\tEquiv T1 T2\n"
        "#1\tAnnotatorNotes T1\tsure?\nA1\tIrony T1\nM1\tDoubtful T2\n",
    )
    assert isinstance(draft, Draft)
    document, remarks = check(draft)
    assert document is not None
    assert [span.doubtful for span in document.spans] == [False, True]
    assert [(r.kind, r.reason) for r in remarks] == [
        (Kind.LEFT_OUT, "the relation R1 in line 3"),
        (Kind.LEFT_OUT, "the annotation * in line 4"),
        (Kind.LEFT_OUT, "the note #1 in line 5"),
        (Kind.LEFT_OUT, "the attribute A1 in line 6"),
    ]


@pytest.mark.parametrize(
    ("annotations", "line", "reason"),
    [
        ("T1\tNATO 0 4\tKyiv\nT1\tNATO 5 9\tsaid\n", 2, "'T1' stands in the file twice"),
        ("T1\tNATO 0\tKyiv\n", 1, "not a text-bound annotation"),
        (f"T1\tNATO {'4' * 30} 6\tKyiv\n", 1, "not a text-bound annotation"),
        (f"T1\tNATO 0 {'4' * 5000}\tKyiv\n", 1, "not a text-bound annotation"),
        ("T1 NATO 0 4 Kyiv\n", 1, "no tab"),
        ("#1\tnatostance document\t{\n", 1, "not JSON"),
        ("#1\tnatostance document\t[]\n", 1, "not an object"),
    ],
)
def test_a_bad_file_is_one_problem_and_the_others_are_read(
    tmp_path: Path, annotations: str, line: int, reason: str
) -> None:
    pair(tmp_path, "Kyiv said no.", "", "good")
    problem, draft = pair(tmp_path, "Kyiv said no.", annotations, "bad")
    assert isinstance(problem, Remark)
    assert (problem.file, problem.line) == (tmp_path / "bad.ann", line)
    assert reason in problem.reason
    assert isinstance(draft, Draft)


def test_half_pairs_and_folders_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    pair(tmp_path / "deep", "a.", "", "v1.2")
    (tmp_path / "y.txt").write_text("no annotations")
    (tmp_path / "z.ann").write_text("")
    (tmp_path / "w.txt").write_bytes(b"a\n\xff")
    (tmp_path / "w.ann").write_text("")
    draft, *problems = brat.read(tmp_path)
    assert isinstance(draft, Draft)
    assert draft.doc_id == "deep/v1.2"
    assert [str(problem) for problem in problems] == [
        f"{tmp_path / 'w.txt'}, line 2: not UTF-8; save it as UTF-8",
        f"{tmp_path / 'y.txt'}: no y.ann beside y.txt",
        f"{tmp_path / 'z.ann'}: no z.txt beside z.ann",
    ]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (Document("a\nb", spans=(Span(0, 2, "NATO"),)), "begins or ends with a line break"),
        (Document("a", spans=(Span(0, 1, "A B"),), labels=LabelSet(("A B",))), "spaces"),
        (Document(LONE), "lone surrogate"),
    ],
)
def test_what_brat_cannot_hold(tmp_path: Path, document: Document, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        brat.write([document], tmp_path / "out")


def test_a_folder_with_something_in_it_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_text("mine")
    with pytest.raises(InputError, match="not an empty folder"):
        brat.write([PLAIN], tmp_path)


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        list(brat.read(tmp_path / "none"))
    with pytest.raises(InputError, match="no pairs"):
        list(brat.read(tmp_path))
