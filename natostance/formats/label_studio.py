"""Label Studio JSON: a list of tasks with their annotations, for the config that is shipped.

A task has its text as ``data.text``; ``data`` also holds ``doc_id``, ``sentences`` (pairs of
offsets) and ``meta``. Spans that a person marked are an annotation, spans with scores a prediction.
A doubtful span has the choice ``doubtful`` (control ``doubtful``, per region). ``label_studio.xml``
beside this module is the labelling config for NATO and Russia; `config` makes it for any label set.
A document with neither spans nor labels has no annotation: Label Studio would count it as done. No
annotation is written as ground truth, which Label Studio else makes of all that it imports, so that
it never hides what a person adds there.

Read is the annotation of a task; where it has several, the one marked as ground truth, or one
annotator's. A task that was skipped (its annotations are cancelled) is left out and named: nobody
said that it is neutral. So is one without an annotation in a file in which people have annotated.
In a file in which nobody has, it is a task still to be done, and the latest prediction is read.

Offsets are written in code points, as Label Studio has counted since 1.4, a CRLF as two. Older
versions and other front ends count UTF-16 code units, or a CRLF as one, and do not say so. Each
region repeats its text, so an annotation is read in the unit in which most of its regions have
their text; a region that has another text in that unit is a problem. White space is not compared,
as Label Studio trims and collapses it in the text of a region.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from natostance.document import STANCE, Document, LabelSet, Span
from natostance.errors import InputError
from natostance.formats.draft import Draft, Kind, Mark, Remark
from natostance.formats.offsets import Stated, resolve
from natostance.formats.records import (
    as_list,
    as_object,
    as_offset,
    as_score,
    as_sentences,
    as_text,
    dumps,
    encoded,
    json_fault,
    metadata,
    read_text,
    sentence_offsets,
    write_parts,
)

CONFIG = Path(__file__).with_suffix(".xml")

_LABEL, _TEXT, _DOUBTFUL = "label", "text", "doubtful"
_DATA = ("text", "doc_id", "sentences")
_COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b")


def config(labels: LabelSet = STANCE) -> str:
    """The labelling config of a project with these labels, as XML.

    Its style shows every space of the text, so that an annotator sees what offsets count.
    """
    buttons = "\n".join(
        f'    <Label value={quoteattr(side)} background="{_COLOURS[i % len(_COLOURS)]}"/>'
        for i, side in enumerate(labels.sides)
    )
    return f"""\
<View>
  <Style>.htx-text, .htx-richtext, .lsf-richtext {{ white-space: pre-wrap; }}</Style>
  <Labels name="{_LABEL}" toName="{_TEXT}">
{buttons}
  </Labels>
  <Text name="{_TEXT}" value="$text" saveTextResult="yes"/>
  <Choices name="{_DOUBTFUL}" toName="{_TEXT}" choice="multiple" perRegion="true"
           visibleWhen="region-selected">
    <Choice value="{_DOUBTFUL}"/>
  </Choices>
</View>
"""


def read(path: Path, annotator: str | None = None) -> Iterator[Draft | Remark]:
    """The documents of a file, one a task; tasks before a break in the JSON are read.

    Args:
        path: the file.
        annotator: whose annotations are read: the id or mail address of a user of Label Studio; by
            default each task may have one annotation, or one that is the ground truth.

    Raises:
        InputError: the file cannot be read, or nothing in it is by the annotator.
    """
    tasks = list(_tasks(path))
    people = {
        name: None
        for item in tasks
        if not isinstance(item, Remark)
        for annotation in _stated(item[1])
        for name in _names(annotation)
    }
    if annotator is not None and annotator not in people:
        who = f"the annotators are {', '.join(people)}" if people else "it names no annotators"
        raise InputError(f"no annotation by {annotator!r}", file=path, remedy=who)
    for number, item in enumerate(tasks, 1):
        if isinstance(item, Remark):
            yield item
            continue
        line, task = item
        try:
            yield _draft(as_object(task, "a task"), path, line, number, annotator, bool(people))
        except _NotDoneError as why:
            yield Remark(Kind.LEFT_OUT, str(why), path, line, _doc_id(task, path, number))
        except InputError as error:
            reason = f"task {number}: {error.reason}"
            doc_id = _doc_id(task, path, number)
            yield Remark(Kind.PROBLEM, reason, path, line, doc_id, remedy=error.remedy)


def write(documents: Iterable[Document], path: Path, refused: list[Remark] | None = None) -> None:
    """Write documents as a list of tasks; those that JSON cannot hold go to ``refused``.

    Raises:
        InputError: JSON cannot hold a document and ``refused`` is None.
    """
    write_parts(path, _listed(encoded(documents, _task, path, refused)))


def _listed(tasks: Iterator[str]) -> Iterator[str]:
    """One task a line, so that a diff and a line number mean something."""
    separator = "[\n"
    for task in tasks:
        yield separator + task
        separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


def _task(document: Document) -> str:
    data: dict[str, Any] = {"text": document.text, "doc_id": document.doc_id}
    if document.sentences:
        data["sentences"] = sentence_offsets(document)
    if document.meta:
        data["meta"] = dict(document.meta)
    result = [
        part
        for number, span in enumerate(document.spans)
        for part in _regions(document, span, f"span-{number}")
    ]
    scores = [span.score for span in document.spans if span.score is not None]
    scored = bool(scores) or any(s.scores is not None for s in document.sentences)
    if not scored:
        annotated = bool(result) or any(s.label is not None for s in document.sentences)
        annotation = {"ground_truth": False, "result": result}
        return dumps({"data": data, "annotations": [annotation] if annotated else []})
    prediction: dict[str, Any] = {"model_version": "natostance", "result": result}
    if scores:
        prediction["score"] = sum(scores) / len(scores)
    return dumps({"data": data, "predictions": [prediction]})


def _regions(document: Document, span: Span, name: str) -> Iterator[dict[str, Any]]:
    """The region of a span, and the choice that says that it is doubtful."""
    place = {"start": span.start, "end": span.end, "text": document[span]}
    region: dict[str, Any] = {
        "id": name,
        "from_name": _LABEL,
        "to_name": _TEXT,
        "type": "labels",
        "value": {**place, "labels": [span.label]},
    }
    if span.score is not None:
        region["score"] = span.score
    yield region
    if span.doubtful:
        yield {
            "id": name,
            "from_name": _DOUBTFUL,
            "to_name": _TEXT,
            "type": "choices",
            "value": {**place, "choices": [_DOUBTFUL]},
        }


def _tasks(path: Path) -> Iterator[tuple[int, Any] | Remark]:
    """Each task with the line on which it begins, up to where the file is no JSON any more."""
    source = read_text(path).removeprefix("\ufeff")
    decoder = json.JSONDecoder()
    at, line = 0, 1
    listed = source.lstrip().startswith("[")
    first = True
    while True:
        here = _skip(source, at, "[" if listed and first else "," if listed else "")
        line += source.count("\n", at, here)
        at, first = here, False
        if listed and source[at : at + 1] == "]":
            return
        if at == len(source):
            if listed:
                yield Remark(Kind.PROBLEM, "not JSON: the list of tasks does not end", path, line)
            return
        try:
            task, end = decoder.raw_decode(source, at)
        except (ValueError, RecursionError) as error:
            place = error.lineno if isinstance(error, json.JSONDecodeError) else line
            yield Remark(Kind.PROBLEM, json_fault(error), path, place)
            return
        yield line, task
        line += source.count("\n", at, end)
        at = end


def _skip(source: str, at: int, sign: str) -> int:
    """The place after white space, and after one sign where it stands there."""
    while at < len(source) and (source[at].isspace() or (sign and source[at] == sign)):
        if source[at] == sign:
            sign = ""
        at += 1
    return at


class _NotDoneError(Exception):
    """Nobody has annotated a task, or not the annotator whose work is read."""


def _doc_id(task: Any, path: Path, number: int) -> str:
    """The id that a task's text has, or the task itself."""
    task = task if isinstance(task, dict) else {}
    data = task.get("data")
    given = data.get("doc_id") if isinstance(data, dict) else None
    names = (given, task.get("id"), f"{path.stem}-{number}")
    return next(str(name) for name in names if isinstance(name, str | int))


def _stated(task: Any) -> list[dict[str, Any]]:
    """The annotations of a task, cancelled ones too; none where it is no task."""
    found = task.get("annotations", task.get("completions")) if isinstance(task, dict) else None
    return [a for a in found if isinstance(a, dict)] if isinstance(found, list) else []


def _names(annotation: dict[str, Any]) -> tuple[str, ...]:
    """What the annotator of an annotation is called, the first name best; none where it is unsaid.

    Label Studio gives the user's id, or in some exports an object.
    """
    user = annotation.get("completed_by")
    found = [user.get(key) for key in ("email", "id")] if isinstance(user, dict) else [user]
    return tuple(str(name) for name in found if isinstance(name, str | int) and name != "")


def _draft(
    task: dict[str, Any],
    path: Path,
    line: int,
    number: int,
    annotator: str | None,
    exported: bool,
) -> Draft:
    if "data" not in task:
        raise InputError(
            "no data", remedy="export the project as JSON (JSON-MIN leaves out what is needed)"
        )
    data = as_object(task["data"], "its data")
    text = as_text(data.get("text"), "its text (data.text)")
    results = [as_object(part, "a result") for part in _result(task, annotator, exported)]
    doubtful = {part.get("id") for part in results if _says_doubtful(part)}
    regions = [part for part in results if part.get("type") == "labels"]
    others = [p for p in results if p.get("type") not in ("labels", "choices") or _foreign(p)]
    return Draft(
        text=text,
        doc_id=_doc_id(task, path, number),
        file=path,
        line=line,
        marks=_marks(text, regions, doubtful),
        sentences=as_sentences(data.get("sentences") or []),
        meta={**metadata(data, _DATA), **as_object(task.get("meta") or {}, "its meta")},
        left_out=tuple(f"a result of type {part.get('type')!r}" for part in others),
    )


def _result(task: dict[str, Any], annotator: str | None, exported: bool) -> list[Any]:
    """The results of the annotation that counts, or of the latest prediction.

    Raises:
        _NotDoneError: there is no annotation, and people have annotated other tasks.
        InputError: there are several.
    """
    stated = task.get("annotations", task.get("completions")) or []
    found = [as_object(a, "an annotation") for a in as_list(stated, "annotations")]
    if annotator is not None:
        found = [a for a in found if annotator in _names(a)]
    by = "" if annotator is None else f" by {annotator}"
    annotations = [a for a in found if not a.get("was_cancelled")]
    if found and not annotations:
        raise _NotDoneError(f"skipped{by}, so not annotated")
    if exported and not annotations:
        raise _NotDoneError(f"no annotation{by}")
    if len(annotations) > 1:
        several = annotations
        annotations = [a for a in annotations if a.get("ground_truth")]
        if len(annotations) != 1:
            people = dict.fromkeys(name for a in several for name in _names(a)[:1])
            whose = f", by {', '.join(people)}," if people else ","
            remedy = "mark one as ground truth"
            if len(people) > 1:
                remedy += ", or choose a person with natostance convert --annotator"
            raise InputError(
                f"{len(several)} annotations{whose} and not one of them the ground truth",
                remedy=remedy,
            )
    predictions = as_list(task.get("predictions") or [], "predictions")
    counting = annotations or [p for p in predictions[-1:] if isinstance(p, dict)]
    return as_list(counting[0].get("result") or [], "a result") if counting else []


def _marks(text: str, regions: list[dict[str, Any]], doubtful: set[Any]) -> tuple[Mark, ...]:
    stated, labels = [], []
    for region in regions:
        value = as_object(region.get("value"), "the value of a region")
        start, end = value.get("start"), value.get("end")
        if isinstance(start, str):
            raise InputError(
                "a region of hypertext", remedy="annotate plain text, with the tag Text"
            )
        surface = value.get("text")
        stated.append(
            Stated(
                as_offset(start, "the start of a region"),
                as_offset(end, "the end of a region"),
                surface if isinstance(surface, str) else None,
            )
        )
        labels.append(value.get("labels"))
    found = []
    for region, names, place in zip(regions, labels, resolve(text, stated), strict=True):
        if not isinstance(names, list) or len(names) != 1 or not isinstance(names[0], str):
            raise InputError(
                f"a region from {place.start} to {place.end} has not one label: {names!r}"
            )
        found.append(
            Mark(
                place.start,
                place.end,
                names[0],
                doubtful=region.get("id") in doubtful,
                score=as_score(region.get("score")),
                fault=place.fault,
            )
        )
    return tuple(found)


def _says_doubtful(part: dict[str, Any]) -> bool:
    value = part.get("value")
    choices = value.get("choices") if isinstance(value, dict) else None
    return part.get("type") == "choices" and isinstance(choices, list) and _DOUBTFUL in choices


def _foreign(part: dict[str, Any]) -> bool:
    """Whether a choice is none that the shipped config asks for."""
    return part.get("type") == "choices" and part.get("from_name") != _DOUBTFUL
