"""Label Studio JSON: a list of tasks with their annotations, for the config that is shipped.

A task has its text as ``data.text``; ``data`` also holds ``doc_id``, ``sentences`` (pairs of
offsets) and ``meta``. Spans that a person marked are an annotation, spans with scores a prediction.
A doubtful span has the choice ``doubtful`` (control ``doubtful``, per region). ``label_studio.xml``
beside this module is the labelling config for NATO and Russia; `config` makes it for any label set.
A document with neither spans nor labels has no annotation: Label Studio would count it as done. No
annotation is written as ground truth, which Label Studio else makes of all that it imports, so that
it never hides what a person adds there.

Read is the annotation of a task; where it has several, the one marked as ground truth; where it has
none, the latest prediction. Cancelled annotations do not count.

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


def read(path: Path) -> Iterator[Draft | Remark]:
    """The documents of a file, one a task; tasks before a break in the JSON are read.

    Raises:
        InputError: the file cannot be read.
    """
    for number, item in enumerate(_tasks(path), 1):
        if isinstance(item, Remark):
            yield item
            continue
        line, task = item
        try:
            yield _draft(as_object(task, "a task"), path, line, number)
        except InputError as error:
            reason = f"task {number}: {error.reason}"
            yield Remark(Kind.PROBLEM, reason, path, line, remedy=error.remedy)


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


def _draft(task: dict[str, Any], path: Path, line: int, number: int) -> Draft:
    if "data" not in task:
        raise InputError(
            "no data", remedy="export the project as JSON (JSON-MIN leaves out what is needed)"
        )
    data = as_object(task["data"], "its data")
    text = as_text(data.get("text"), "its text (data.text)")
    names = (data.get("doc_id"), task.get("id"), f"{path.stem}-{number}")
    results = [as_object(part, "a result") for part in _result(task)]
    doubtful = {part.get("id") for part in results if _says_doubtful(part)}
    regions = [part for part in results if part.get("type") == "labels"]
    others = [p for p in results if p.get("type") not in ("labels", "choices") or _foreign(p)]
    return Draft(
        text=text,
        doc_id=next(str(name) for name in names if isinstance(name, str | int)),
        file=path,
        line=line,
        marks=_marks(text, regions, doubtful),
        sentences=as_sentences(data.get("sentences") or []),
        meta={**metadata(data, _DATA), **as_object(task.get("meta") or {}, "its meta")},
        left_out=tuple(f"a result of type {part.get('type')!r}" for part in others),
    )


def _result(task: dict[str, Any]) -> list[Any]:
    """The results of the annotation that counts, or of the latest prediction."""
    found = task.get("annotations", task.get("completions")) or []
    annotations = [as_object(a, "an annotation") for a in as_list(found, "annotations")]
    annotations = [a for a in annotations if not a.get("was_cancelled")]
    if len(annotations) > 1:
        annotations = [a for a in annotations if a.get("ground_truth")]
        if len(annotations) != 1:
            raise InputError(
                f"{len(found)} annotations, and not one of them the ground truth",
                remedy="mark one as ground truth, or export one annotator's work",
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
