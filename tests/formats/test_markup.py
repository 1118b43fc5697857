"""Inline mark-up: pretty where it can be, exact everywhere, errors that name the line."""

from __future__ import annotations

from pathlib import Path

import pytest
from any_document import PLAIN, documents, there_and_back
from hypothesis import given, settings
from support import ROOT

from natostance.document import STANCE, Document, LabelSet, Sentence, Span
from natostance.errors import InputError
from natostance.formats import markup
from natostance.formats.draft import Draft, Remark
from natostance.formats.markup import read_markup, write_markup

FRONT = "---\nid: a\n---\n"
ARTICLES = sorted((ROOT / "training" / "articles").glob(f"*{markup.SUFFIX}"))


def body(document: Document) -> str:
    return write_markup(document).split("\n---\n", 1)[1]


def test_plain_case() -> None:
    source = (
        "---\nid: a\noutlet: The Rift Courier (invented)\nyear: 2023\n---\n"
        "Kyiv said [NATO: it was blackmail.]\nMoscow [RUSSIA?: denied it.]\n"
    )
    assert write_markup(PLAIN) == source
    assert read_markup(source) == PLAIN


def test_paragraphs_and_crlf_files() -> None:
    document = read_markup(FRONT + "One.\r\nTwo.\r\n\r\n\r\nThree.\r\n")
    assert document.text == "One. Two.\n\nThree."
    assert [document[s] for s in document.sentences] == ["One.", "Two.", "Three."]


def test_windows_line_ends_and_bom_of_the_file_are_not_text() -> None:
    source = "\ufeff" + write_markup(PLAIN).replace("\n", "\r\n")
    assert read_markup(source) == PLAIN


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.name[:4])
def test_articles_of_the_repository_come_back_byte_for_byte(path: Path) -> None:
    source = path.read_bytes().decode()
    _, _, text = source.partition("\n---\n")
    document = read_markup(source)
    assert document.sentences
    assert body(document) == text
    assert read_markup(write_markup(document)) == document


@settings(max_examples=300)
@given(documents())
def test_any_document_comes_back(document: Document) -> None:
    source = write_markup(document)
    assert read_markup(source.encode().decode()) == document


@settings(max_examples=60)
@given(documents())
def test_any_document_comes_back_from_a_file(document: Document) -> None:
    assert there_and_back(markup.read, markup.write, f"x{markup.SUFFIX}", document) == document


def test_page_furniture_around_the_sentences() -> None:
    text = "Menu | Home\nKyiv said no.\r\n Moscow\xa0too.\nSubscribe!\n\nContact"
    sentences = (Sentence(12, 25), Sentence(28, 39))
    assert body(Document(text, "a", sentences, (Span(22, 24, "NATO"),))) == (
        "~ Menu | Home\\n\\\n"
        "Kyiv said [NATO: no].\\r\\n\\s\\\n"
        "Moscow\\u{a0}too.\\n\\\n"
        "~ Subscribe!\n\n"
        "~ Contact\n"
    )


def test_spans_outside_and_over_the_edges_of_sentences() -> None:
    text = "Blackmail! It was. It is."
    sentences = (Sentence(11, 18), Sentence(19, 25))
    spans = (Span(0, 10, "NATO"), Span(11, 25, "RUSSIA", doubtful=True))
    document = Document(text, "a", sentences, spans)
    assert body(document) == "~ [NATO: Blackmail!]\n[RUSSIA?: It was.]\n[+: It is.]\n"
    assert read_markup(write_markup(document)) == document


def test_a_span_that_ends_with_white_space_between_sentences() -> None:
    document = Document("No. Yes.", "a", (Sentence(0, 3), Sentence(4, 8)), (Span(0, 4, "NATO"),))
    assert body(document) == "[NATO: No.][+: \\s]\\\nYes.\n"
    assert read_markup(write_markup(document)) == document


def test_sentences_with_white_space_at_their_edges() -> None:
    document = Document(" a b ", "a", (Sentence(0, 2), Sentence(3, 5)))
    assert body(document) == "\\< a\nb \\>\n"
    assert read_markup(write_markup(document)) == document


def test_without_sentences_the_segmenter_has_the_say() -> None:
    document = Document("One.\nTwo.\n\nThree.", "a")
    source = write_markup(document)
    assert source == "---\nid: a\nsentences: auto\n---\nOne.\\n\\\nTwo.\n\nThree.\n"
    assert read_markup(source) == document


def test_metadata_with_the_names_of_the_front_matter() -> None:
    document = PLAIN.replace(
        meta={"id": 7, "sentences": "auto", "meta": {"a": 1}, "date": "2023-06-19"}
    )
    source = write_markup(document)
    assert "\ndate: 2023-06-19\n" in source
    assert read_markup(source) == document


def test_other_label_sets() -> None:
    labels = LabelSet(("FAVOR", "AGAINST it"), "NONE")
    document = Document("Yes. No.", "a", (), (Span(5, 8, "AGAINST it"),), labels)
    assert read_markup(write_markup(document), labels) == document


@pytest.mark.parametrize("label", ["A:B", "A?", "[A]", "+"])
def test_a_label_that_the_mark_up_cannot_hold(label: str) -> None:
    document = Document("Yes.", "a", (), (Span(0, 3, label),), LabelSet((label,)))
    with pytest.raises(InputError, match="cannot hold the label"):
        write_markup(document)


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        ("id: a\n", 1, "no front matter"),
        ("---\nid: a\n", 1, "does not end"),
        ("---\nid: a: b\n---\n", 2, "not YAML"),
        ("---\n- a\n---\n", 2, "holds no keys"),
        ("---\nid: a\nmeta: 3\n---\n", 2, "holds no keys"),
        (FRONT + "One.\n[CHINA: Two.]\n", 5, "unknown span label 'CHINA'"),
        (FRONT + "One.\n[NATO: Two.\n", 5, "does not end on its line"),
        (FRONT + "[NATO: a [NATO: b]]\n", 4, "span inside a span"),
        (FRONT + "[NATO: ]\n", 4, "empty span"),
        (FRONT + "a] b\n", 4, "stray ']' at column 2"),
        (FRONT + "a \\q b\n", 4, "stray '\\\\' at column 3"),
        (FRONT + "a \\u{110000} b\n", 4, "stray '\\\\' at column 3"),
        (FRONT + "[+: a]\n", 4, "continues no span"),
    ],
)
def test_errors_name_the_line(source: str, line: int, reason: str) -> None:
    with pytest.raises(InputError) as caught:
        read_markup(source)
    assert reason in caught.value.reason
    assert caught.value.line == line


def test_a_folder_of_articles(tmp_path: Path) -> None:
    other = Document("No.", "A", (Sentence(0, 3),), (), STANCE, {})
    markup.write([PLAIN, other], tmp_path / "out")
    (tmp_path / "out" / f"b{markup.SUFFIX}").write_text(FRONT + "[NATO: a\n")
    (tmp_path / "out" / "README.md").write_text("not an article")
    items = list(markup.read(tmp_path / "out"))
    drafts = [item for item in items if isinstance(item, Draft)]
    assert sorted(draft.doc_id for draft in drafts) == ["A", "a"]
    (problem,) = (item for item in items if isinstance(item, Remark))
    assert str(problem).endswith(
        "b.marked.txt, line 4: a span that does not end on its line; add a ]"
    )


def test_one_file_holds_one_document(tmp_path: Path) -> None:
    refused: list[Remark] = []
    markup.write([PLAIN, PLAIN.replace(doc_id="b")], tmp_path / f"x{markup.SUFFIX}", refused)
    assert ["one file holds one document" in str(remark) for remark in refused] == [True]
    assert len(list(markup.read(tmp_path / f"x{markup.SUFFIX}"))) == 1


def test_an_error_of_the_front_matter_is_one_line() -> None:
    with pytest.raises(InputError, match="special characters are not allowed") as caught:
        read_markup("---\nid: x\x19\n---\nOne.\n")
    assert "\n" not in str(caught.value)


AWKWARD_IDS = ["007", "0123", "12:30", "on", "2022_01", "1e3", "2022-01-02", "0x1F", "0b_", "null"]


@pytest.mark.parametrize("doc_id", AWKWARD_IDS)
def test_an_id_is_what_stands_in_the_file_and_not_what_yaml_makes_of_it(doc_id: str) -> None:
    text = "It rained.\n"
    assert read_markup(f"---\nid: '{doc_id}'\n---\n{text}").doc_id == doc_id
    if doc_id != "null":  # that is how YAML says that there is none
        document = read_markup(f"---\nid: {doc_id}\nyear: 2023\n---\n{text}")
        assert (document.doc_id, document.meta["year"]) == (doc_id, 2023)
    written = Document("It rained.", doc_id, (Sentence(0, 10),), meta={"id": 7})
    assert read_markup(write_markup(written)) == written
