"""Label Studio JSON: the shipped config, regions and choices, every unit that offsets come in."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from any_document import PLAIN, as_document, documents, everything, there_and_back
from hypothesis import given, settings
from hypothesis import strategies as st

from natostance.document import Document, LabelSet, Sentence, Span
from natostance.formats import label_studio
from natostance.formats.draft import Draft, Kind, Remark, check
from natostance.formats.offsets import from_code_points

TEXT = "💩 Kyiv said no.\r\n💩 Moscow too."


def region(start: int | str, end: int, text: str | None = None, **other: Any) -> dict[str, Any]:
    value = {"start": start, "end": end, "labels": ["NATO"]}
    if text is not None:
        value["text"] = text
    return {"type": "labels", "from_name": "label", "to_name": "text", "value": value, **other}


def read_tasks(folder: Path, *tasks: Any) -> list[Any]:
    return everything(label_studio.read, folder / "x.json", json.dumps(tasks))


def read_regions(folder: Path, text: str, *regions: dict[str, Any]) -> Draft:
    task = {"id": 5, "data": {"text": text}, "annotations": [{"result": list(regions)}]}
    (draft,) = read_tasks(folder, task)
    assert isinstance(draft, Draft), draft
    return draft


def texts(document: Document) -> list[str]:
    return [document[span] for span in document.spans]


@settings(max_examples=100)
@given(documents())
def test_any_document_comes_back(document: Document) -> None:
    assert there_and_back(label_studio.read, label_studio.write, "x.json", document) == document


@settings(max_examples=100)
@given(documents(solid=True, lone=False), st.booleans(), st.booleans())
def test_any_document_comes_back_in_any_unit(document: Document, wide: bool, crlf: bool) -> None:
    """As a browser hands it over: UTF-16, perhaps CRLF as one, the text of regions cleaned."""
    offsets = from_code_points(document.text) if wide else list(range(len(document.text) + 1))
    task = json.loads(label_studio._task(document))
    for part in (p for annotation in task["annotations"] for p in annotation["result"]):
        value = part["value"]
        for key in ("start", "end"):
            before = document.text[: value[key]].count("\r\n") if crlf else 0
            value[key] = offsets[value[key]] - before
        value["text"] = " ".join(value["text"].split()).replace("\n", "\\n")
    with tempfile.TemporaryDirectory() as folder:
        (draft,) = read_tasks(Path(folder), task)
    assert isinstance(draft, Draft)
    found = as_document(draft)
    # a span whose text stands in two places may be found in the wrong one, but never a wrong text
    assert [t.split() for t in texts(found)] == [t.split() for t in texts(document)]


def test_what_is_written(tmp_path: Path) -> None:
    label_studio.write([PLAIN], tmp_path / "x.json")
    (task,) = json.loads((tmp_path / "x.json").read_text())
    assert task["data"] == {
        "text": PLAIN.text,
        "doc_id": "a",
        "sentences": [[0, 27], [28, 45]],
        "meta": {"outlet": "The Rift Courier (invented)", "year": 2023},
    }
    assert task["annotations"] == [
        {
            "ground_truth": False,
            "result": [
                {
                    "id": "span-0",
                    "from_name": "label",
                    "to_name": "text",
                    "type": "labels",
                    "value": {
                        "start": 10,
                        "end": 27,
                        "text": "it was blackmail.",
                        "labels": ["NATO"],
                    },
                },
                {
                    "id": "span-1",
                    "from_name": "label",
                    "to_name": "text",
                    "type": "labels",
                    "value": {"start": 35, "end": 45, "text": "denied it.", "labels": ["RUSSIA"]},
                },
                {
                    "id": "span-1",
                    "from_name": "doubtful",
                    "to_name": "text",
                    "type": "choices",
                    "value": {
                        "start": 35,
                        "end": 45,
                        "text": "denied it.",
                        "choices": ["doubtful"],
                    },
                },
            ],
        }
    ]
    assert "predictions" not in task


@pytest.mark.parametrize(
    ("document", "annotations"),
    [
        (Document("No."), []),
        (Document("No.", sentences=(Sentence(0, 3),)), []),
        (
            Document("No.", sentences=(Sentence(0, 3, "NEUTRAL"),)),
            [{"ground_truth": False, "result": []}],
        ),
    ],
)
def test_what_nobody_annotated_is_still_to_be_done(
    document: Document, annotations: list[Any]
) -> None:
    assert json.loads(label_studio._task(document))["annotations"] == annotations


def test_what_was_imported_does_not_hide_what_a_person_added(tmp_path: Path) -> None:
    task = json.loads(label_studio._task(PLAIN))
    task["annotations"].append({"result": []})
    (problem,) = read_tasks(tmp_path, task)
    assert isinstance(problem, Remark)
    assert "2 annotations" in problem.reason


def test_what_a_model_said_is_a_prediction(tmp_path: Path) -> None:
    scores = {"NATO": 0.5, "RUSSIA": 0.25, "NEUTRAL": 0.25}
    document = Document(
        "No. Yes.",
        "a",
        (Sentence(0, 3, "NATO", scores), Sentence(4, 8, "NATO", scores)),
        (Span(0, 3, "NATO", 0.5), Span(4, 8, "NATO", 1.0)),
    )
    label_studio.write([document], tmp_path / "x.json")
    (task,) = json.loads((tmp_path / "x.json").read_text())
    assert "annotations" not in task
    assert task["predictions"][0]["score"] == 0.75
    (draft,) = label_studio.read(tmp_path / "x.json")
    assert isinstance(draft, Draft)
    assert as_document(draft).spans == document.spans


def test_the_shipped_config() -> None:
    assert label_studio.CONFIG.read_text() == label_studio.config()
    view = ElementTree.fromstring(label_studio.config(LabelSet(("A & B", 'say "no"'), "-")))
    assert [label.get("value") for label in view.iter("Label")] == ["A & B", 'say "no"']
    names = {tag.get("name") for tag in view}
    assert {tag.get("toName") for tag in view if tag.get("toName")} <= names
    task = json.loads(label_studio._task(PLAIN))
    for part in task["annotations"][0]["result"]:
        assert {part["from_name"], part["to_name"]} <= names


@pytest.mark.parametrize(
    ("unit", "kyiv", "moscow"),
    [
        ("code points", (2, 6), (19, 25)),
        ("UTF-16", (3, 7), (21, 27)),
        ("code points, CRLF as one", (2, 6), (18, 24)),
        ("UTF-16, CRLF as one", (3, 7), (20, 26)),
    ],
)
def test_an_emoji_and_a_crlf_before_the_span(
    tmp_path: Path, unit: str, kyiv: tuple[int, int], moscow: tuple[int, int]
) -> None:
    draft = read_regions(tmp_path, TEXT, region(*kyiv, "Kyiv"), region(*moscow, "Moscow"))
    assert texts(as_document(draft)) == ["Kyiv", "Moscow"], unit


def test_without_their_text_regions_are_in_code_points(tmp_path: Path) -> None:
    draft = read_regions(tmp_path, TEXT, region(19, 25))
    assert texts(as_document(draft)) == ["Moscow"]


def test_white_space_in_the_text_of_a_region_is_not_compared(tmp_path: Path) -> None:
    # what the front end makes of line breaks and of several spaces
    draft = read_regions(tmp_path, "no,\r\nit  was", region(0, 12, "no,\\n\\nit was"))
    assert texts(as_document(draft)) == ["no,\r\nit  was"]


def test_a_region_with_another_text_is_a_problem_and_the_rest_of_the_file_is_read(
    tmp_path: Path,
) -> None:
    bad = {
        "id": 1,
        "data": {"text": TEXT},
        "annotations": [{"result": [region(3, 7, "Kyiv"), region(8, 12, "sad")]}],
    }
    good = {"id": 2, "data": {"text": TEXT}, "annotations": []}
    first, second = read_tasks(tmp_path, bad, good)
    document, (problem,) = check(first)
    assert document is None
    assert (problem.start, problem.end) == (7, 11)
    assert "the file names the text 'sad', there stands 'said'" in problem.reason
    assert check(second) == (Document(TEXT, "2"), [])


def test_which_annotation_counts(tmp_path: Path) -> None:
    def task(**fields: Any) -> dict[str, Any]:
        return {"data": {"text": "no yes"}, **fields}

    no, yes = {"result": [region(0, 2)]}, {"result": [region(3, 6)]}
    drafts = read_tasks(
        tmp_path,
        task(annotations=[no], predictions=[yes]),
        task(annotations=[{**yes, "was_cancelled": True}, no]),
        task(annotations=[yes, {**no, "ground_truth": True}]),
        task(annotations=[], predictions=[yes, no]),
        task(completions=[no]),
        task(annotations=[yes, no]),
    )
    *right, problem = drafts
    assert [texts(as_document(draft)) for draft in right] == [["no"]] * 5
    assert isinstance(problem, Remark)
    assert str(problem).startswith(f"{tmp_path / 'x.json'}, line 1: document 'x-6': task 6: 2 anno")


def test_a_prediction_is_no_annotation_where_people_annotate(tmp_path: Path) -> None:
    yes = {"result": [region(3, 6)]}
    data = {"data": {"text": "no yes"}}
    done = {**data, "annotations": [{**yes, "completed_by": {"id": 4, "email": "a@b.example"}}]}
    todo = {**data, "annotations": [], "predictions": [yes]}
    skipped = {**todo, "annotations": [{"was_cancelled": True, "completed_by": 4, "result": []}]}
    first, second, third = read_tasks(tmp_path, done, skipped, todo)
    assert texts(as_document(first)) == ["yes"]
    assert (second.kind, second.doc_id) == (Kind.LEFT_OUT, "x-2")
    assert "skipped" in second.reason
    assert (third.kind, third.doc_id) == (Kind.LEFT_OUT, "x-3")
    for name in ("4", "a@b.example"):
        first, second, third = label_studio.read(tmp_path / "x.json", name)
        assert isinstance(first, Draft)
        assert [second.kind, third.kind] == [Kind.LEFT_OUT] * 2
    # where nobody has annotated anything yet, the file is a model's
    assert texts(as_document(read_tasks(tmp_path, todo)[0])) == ["yes"]


def test_metadata_and_ids(tmp_path: Path) -> None:
    named, numbered, nameless = read_tasks(
        tmp_path,
        {"id": 1, "data": {"text": "a", "doc_id": "t1", "outlet": "x"}, "meta": {"year": 1}},
        {"id": 7, "data": {"text": "a", "meta": {"b": 2}}},
        {"data": {"text": "a"}},
    )
    assert (named.doc_id, named.meta) == ("t1", {"outlet": "x", "year": 1})
    assert (numbered.doc_id, numbered.meta) == ("7", {"b": 2})
    assert nameless.doc_id == "x-3"


def test_results_of_other_controls_are_listed(tmp_path: Path) -> None:
    draft = read_regions(
        tmp_path,
        "no",
        region(0, 2, id="r"),
        {"type": "choices", "from_name": "doubtful", "id": "r", "value": {"choices": ["doubtful"]}},
        {"type": "choices", "from_name": "mood", "id": "r", "value": {"choices": ["angry"]}},
        {"type": "relation", "from_id": "r", "to_id": "r"},
    )
    document, remarks = check(draft)
    assert document is not None
    assert document.spans == (Span(0, 2, "NATO", doubtful=True),)
    assert [(r.kind, r.reason) for r in remarks] == [
        (Kind.LEFT_OUT, "a result of type 'choices'"),
        (Kind.LEFT_OUT, "a result of type 'relation'"),
    ]


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        (3, "not an object"),
        ({"text": "a", "label": []}, "no data; export the project as JSON"),
        ({"data": {"html": "a"}}, "data.text"),
        ({"data": {"text": "a"}, "annotations": {"a": 1}}, "not a list"),
        (
            {"data": {"text": "a"}, "annotations": [{"result": [region("/p[1]", 1)]}]},
            "hypertext; annotate plain text",
        ),
        (
            {"data": {"text": "a"}, "annotations": [{"result": [{"type": "labels"}]}]},
            "the value of a region",
        ),
        (
            {
                "data": {"text": "a"},
                "annotations": [
                    {"result": [{"type": "labels", "value": {"start": 0, "end": 1, "labels": []}}]}
                ],
            },
            "has not one label: []",
        ),
    ],
)
def test_tasks_that_are_none(tmp_path: Path, task: Any, reason: str) -> None:
    (item,) = read_tasks(tmp_path, task)
    assert isinstance(item, Remark)
    assert reason in str(item)


def test_tasks_before_a_break_in_the_json_are_read(tmp_path: Path) -> None:
    source = '[\n {"data": {"text": "a"}},\n {"data": {"text": "b"}},\n {"data": \n'
    *drafts, problem = everything(label_studio.read, tmp_path / "x.json", source)
    assert [(draft.text, draft.line) for draft in drafts] == [("a", 2), ("b", 3)]
    assert isinstance(problem, Remark)
    assert "not JSON" in problem.reason
    *drafts, problem = everything(
        label_studio.read, tmp_path / "x.json", '[{"data": {"text": "a"}}\n'
    )
    assert len(drafts) == 1
    assert "does not end" in problem.reason


def test_one_task_or_one_a_line(tmp_path: Path) -> None:
    source = '\ufeff{"data": {"text": "a"}}\n\n{"data": {"text": "b"}}\n'
    drafts = everything(label_studio.read, tmp_path / "x.json", source)
    assert [(draft.text, draft.line) for draft in drafts] == [("a", 1), ("b", 3)]
