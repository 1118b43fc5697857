"""IOB2 columns: exact with our comments, readable without them, strict about tags."""

from __future__ import annotations

from pathlib import Path

import pytest
from any_document import PLAIN, as_document, documents, everything, there_and_back
from hypothesis import given, settings

from natostance.document import Document, LabelSet, Sentence, Span
from natostance.errors import InputError
from natostance.formats import iob2
from natostance.formats.draft import Draft, Remark

HEAD = '# doc_id = "a"\n# text = "Kyiv said no."\n'


@settings(max_examples=200)
@given(documents())
def test_any_document_comes_back(document: Document) -> None:
    assert there_and_back(iob2.read, iob2.write, "x.iob2", document) == document


def test_what_is_written(tmp_path: Path) -> None:
    document = PLAIN.replace(
        text="Kyiv said it was blackmail. Moscow denied it.\nMenu\\", meta={"year": 2023}
    )
    iob2.write([document], tmp_path / "x.iob2")
    assert (tmp_path / "x.iob2").read_text() == (
        '# doc_id = "a"\n'
        '# text = "Kyiv said it was blackmail. Moscow denied it.\\nMenu\\\\"\n'
        '# meta = {"year": 2023}\n'
        "# doubtful = [1]\n"
        "Kyiv\tO\nsaid\tO\nit\tB-NATO\nwas\tI-NATO\nblackmail\tI-NATO\n.\tI-NATO\n"
        "\n"
        "Moscow\tO\ndenied\tB-RUSSIA\nit\tI-RUSSIA\n.\tI-RUSSIA\n"
        "\n"
        "# not a sentence\nMenu\tO\n\\\\\tO\n"
        "\n"
    )


def test_white_space_is_a_token_only_where_something_begins_or_ends_with_it(tmp_path: Path) -> None:
    document = Document("a  b \n c", "a", (Sentence(0, 8),), (Span(1, 4, "NATO"),))
    iob2.write([document], tmp_path / "x.iob2")
    rows = (tmp_path / "x.iob2").read_text().splitlines()[2:]
    assert rows == ["a\tO", "\\s\\s\tB-NATO", "b\tI-NATO", "c\tO", ""]


def test_a_file_of_other_origin(tmp_path: Path) -> None:
    source = (
        "-DOCSTART- -X- O O\n\nKyiv NNP B-NP B-NATO\r\nsaid VBD O I-NATO\n\nC:\\new NN O O\n"
        "\n-DOCSTART- -X- O O\n\n# a comment\n#1 NN O B-RUSSIA\n"
    )
    first, second = everything(iob2.read, tmp_path / "x.conll", source)
    assert as_document(first) == Document(
        "Kyiv said\nC:\\new", "x-1", (Sentence(0, 9), Sentence(10, 16)), (Span(0, 9, "NATO"),)
    )
    assert as_document(second) == Document("#1", "x-2", (Sentence(0, 2),), (Span(0, 2, "RUSSIA"),))


def test_adjacent_spans_stay_two(tmp_path: Path) -> None:
    (draft,) = everything(iob2.read, tmp_path / "x.iob2", HEAD + "Kyiv\tB-NATO\nsaid no.\tB-NATO\n")
    assert [(m.start, m.end) for m in draft.marks] == [(0, 4), (5, 13)]


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        (HEAD + "Kyiv\tO\nsaid\tI-NATO\nno.\tO\n", 4, "I-NATO continues nothing"),
        (HEAD + "Kyiv\tB-NATO\nsaid\tI-RUSSIA\nno.\tO\n", 4, "I-RUSSIA continues nothing"),
        (HEAD + "Kyiv\tNATO\nsaid\tO\nno.\tO\n", 3, "'NATO' is not a tag of IOB2"),
        (HEAD + "Kyiv\tO\nsays\tO\nno.\tO\n", 4, "'says' does not follow in the text"),
        (HEAD + "Kyiv\tO\n", 1, "no tokens for the text from 4 on"),
        (HEAD + "Kyiv\tO\nsaid\nno.\tO\n", 4, "no tag beside the token"),
        ('# doc_id = "a"\n# text = Kyiv said no.\nKyiv\tO\n', 2, "text: not JSON"),
        ('# doc_id = "a"\n# text = 3\nKyiv\tO\n', 1, "the text is not a string"),
        ('# doc_id = "a"\n# meta = [1]\nKyiv\tO\n', 1, "metadata"),
    ],
)
def test_a_bad_document_is_one_problem_and_the_next_one_is_read(
    tmp_path: Path, source: str, line: int, reason: str
) -> None:
    good = '\n# doc_id = "b"\n# text = "No."\nNo\tO\n.\tO\n'
    problem, draft = everything(iob2.read, tmp_path / "x.iob2", source + good)
    assert isinstance(problem, Remark)
    assert (problem.doc_id, problem.line) == ("a", line)
    assert reason in problem.reason
    assert isinstance(draft, Draft)
    assert draft.doc_id == "b"


def test_bytes_that_are_not_utf_8(tmp_path: Path) -> None:
    source = HEAD.encode() + b"Kyiv\tO\n\xff\tO\n" + b'# doc_id = "b"\nNo\tO\n'
    problem, draft = everything(iob2.read, tmp_path / "x.iob2", source)
    assert (problem.line, problem.reason) == (4, "not UTF-8")
    assert draft.text == "No"


def test_a_label_with_spaces_is_refused(tmp_path: Path) -> None:
    document = Document("a", "a", (), (Span(0, 1, "A B"),), LabelSet(("A B",)))
    with pytest.raises(InputError, match="cannot hold the spaces"):
        iob2.write([document], tmp_path / "x.iob2")
