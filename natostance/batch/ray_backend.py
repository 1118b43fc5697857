"""The engine of many machines: the same job on a Ray cluster, by Ray Data.

The input is cut into units: a large file, or several small ones that follow each other. Tasks read
units and give chunks, each a part of the job (see `natostance.batch.ledger`). Actors, one
classifier each, label chunks; tasks write them. The driver notes in the ledger what is written.

A chunk is a function of the input alone. So where a worker or a node dies, Ray does what was lost
once more, the same files are written under the same names, and the driver counts each chunk once.
Ids are looked at in a pass of its own before, in the order of the input, as one machine does it.

Every machine needs the same natostance, sees the input, the model and the output under the same
paths or URLs, and has two CPUs or more.
"""

from __future__ import annotations

import logging
import pickle
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Any

from natostance.batch.articles import MEGABYTE, Article, Fields
from natostance.batch.ids import SeenIds, duplicate
from natostance.batch.ledger import Part, part_name
from natostance.batch.output import Output
from natostance.batch.parts import Outcome
from natostance.batch.pipeline import label_part, prepared
from natostance.batch.readers import Item, Place, read_articles, read_items
from natostance.batch.rejects import Rejected
from natostance.batch.rowfiles import Columns
from natostance.batch.runs import Job, Run
from natostance.batch.sources import Source
from natostance.batch.storage import stamp
from natostance.errors import InputError, StoreError
from natostance.extras import require
from natostance.formats.rows import metadata
from natostance.inference.classifier import StanceClassifier

_UNIT_BYTES = 64 * MEGABYTE
# formats in which a file is one article, whose id is its path
_WHOLE = ("txt", "md", "html")
# rejects that the driver is told of with each part; all of them are in the ledger
_TOLD = 100

Row = dict[str, Any]


@dataclass(frozen=True)
class Unit:
    """Files that one task reads.

    Args:
        number: 0-based number.
        first: number of its first file in the input.
        sources: the files.
    """

    number: int
    first: int
    sources: list[Source]


@dataclass(frozen=True)
class Verdicts:
    """What was decided of ids that are not used as they are.

    Args:
        refused: places of articles whose id is taken.
        named: new ids of articles, by place.
    """

    refused: set[Place] = field(default_factory=set)
    named: dict[Place, str] = field(default_factory=dict)

    def apply(self, item: Item) -> Item:
        """The item with its id decided."""
        if isinstance(item.content, Rejected):
            return item
        if item.after in self.refused:
            return replace(item, content=duplicate(item.content))
        doc_id = self.named.get(item.after)
        return item if doc_id is None else replace(item, content=item.content.with_id(doc_id))


def label_on_ray(job: Job, target: Output, run: Run, device: str, address: str | None) -> None:
    """Label into a file or folder on a cluster.

    Args:
        job: what is to be done. Its classifier must come from `from_pretrained`; the nodes load
            its model folder.
        target: the output.
        run: the run.
        device: where the torch backend runs; other than ``cpu``, each actor has a GPU.
        address: of the cluster; by default the one around, or one on this machine.

    Raises:
        InputError: the job cannot run on Ray, or broke off there.
        MissingExtraError: Ray is not installed.
    """
    ray = require("ray", "ray", "Labelling on a cluster")
    require("ray.data", "ray", "Labelling on a cluster")
    if any(source.is_stdin for source in job.sources):
        raise InputError("Ray cannot read standard input", remedy="put it in a file")
    # what it does is told by our own progress
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    mine = not ray.is_initialized()
    if mine:
        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.WARNING)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise InputError(
                f"the cluster cannot be reached: {error}", remedy="check --address"
            ) from None
    try:
        if not run.begin(job.sources, job.report):
            return
        done = set()
        for part in run.done():
            job.report.add(part)
            done.add(part.name)
        job.report.resumed = job.report.labelled
        columns = _columns(job)
        target.share()
        _run(ray, job, target, columns, device, done)
        run.end(job.report, columns)
    except ray.exceptions.RayError as error:
        raise _broke_off(error, target) from None
    finally:
        if mine:
            ray.shutdown()


def _broke_off(error: BaseException, target: Output) -> Exception:
    """What is said where a task failed, for a cause that Ray has wrapped."""
    while (inner := getattr(error, "cause", None) or error.__cause__) is not None:
        error = inner
    if isinstance(error, (OSError, StoreError)):
        return error
    reason = (str(error).strip().splitlines() or [type(error).__name__])[-1]
    return InputError(
        f"the job broke off on the cluster: {reason}; what is done is kept",
        file=target.out,
        remedy="see to the cause, and go on with --resume",
    )


def _run(ray: Any, job: Job, target: Output, columns: Columns, device: str, done: set[str]) -> None:
    data = ray.data
    context = data.DataContext.get_current()
    context.enable_progress_bars = False
    # each chunk travels by itself
    context.target_max_block_size = 1
    units = plan(job.sources, job.size)
    verdicts = ray.put(_verdicts(ray, job, units))
    rows = [{"unit": pickle.dumps(unit)} for unit in units]
    cpus, workers = _workers(ray, device)
    found = (
        data.from_items(rows, override_num_blocks=len(rows))
        .map_batches(
            _read,
            fn_kwargs={"fields": job.fields, "verdicts": verdicts, "size": job.size, "done": done},
            batch_size=1,
            # other than an actor has, or Ray would read and label in the same process
            num_cpus=0.5,
        )
        .map_batches(
            Labeller,
            fn_constructor_kwargs={"classifier": job.classifier},
            batch_size=1,
            compute=data.ActorPoolStrategy(min_size=1, max_size=workers),
            num_cpus=0 if device != "cpu" else cpus,
            num_gpus=1 if device != "cpu" else 0,
        )
        .map_batches(
            _write, fn_kwargs={"target": target, "columns": columns}, batch_size=1, num_cpus=0.5
        )
    )
    for row in found.iter_rows():
        part = Part.from_json(row["part"])
        target.ledger.add(part)
        job.done_elsewhere(part, pickle.loads(row["rejects"]))


def plan(sources: list[Source], size: int) -> list[Unit]:
    """The input as units.

    Args:
        sources: the files.
        size: how many small files a unit has at most.
    """
    units: list[Unit] = []
    begin, total = 0, 0
    for number, source in enumerate(sources):
        length = stamp(source.path)[0] or 0
        if number > begin and (number - begin == size or total + length > _UNIT_BYTES):
            units.append(Unit(len(units), begin, sources[begin:number]))
            begin, total = number, 0
        total += length
    units.append(Unit(len(units), begin, sources[begin:]))
    return units


def _items(unit: Unit, fields: Fields) -> Iterator[Item]:
    """What a unit holds, with places in the whole input."""
    for item in read_items(unit.sources, fields):
        at = Place(unit.first + item.after.source, item.after.record)
        yield replace(item, after=at)


# --- ids, in a pass of their own


def _verdicts(ray: Any, job: Job, units: list[Unit]) -> Verdicts:
    """Decide on the ids of all articles in the order of the input."""
    verdicts = Verdicts()
    if all(source.format in (*_WHOLE, None) for source in job.sources):
        return verdicts  # paths, each once
    rows = [{"unit": pickle.dumps(unit)} for unit in units]
    context = ray.data.DataContext.get_current()
    context.execution_options.preserve_order = True
    found = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
        _read_ids, fn_kwargs={"fields": job.fields}, batch_size=1, num_cpus=1
    )
    seen = SeenIds()
    for row in found.iter_rows():
        for place, doc_id, made in pickle.loads(row["ids"]):
            admitted, _ = seen.admit_id(doc_id, made)
            if admitted is None:
                verdicts.refused.add(place)
            elif admitted != doc_id:
                verdicts.named[place] = admitted
    seen.close()
    context.execution_options.preserve_order = False
    return verdicts


def _read_ids(batch: Mapping[str, Any], fields: Fields) -> Iterator[Row]:
    unit: Unit = pickle.loads(batch["unit"][0])
    ids = (
        (item.after, item.content.document.doc_id, item.content.made_id)
        for item in _items(unit, fields)
        if isinstance(item.content, Article)
    )
    while some := list(islice(ids, 10_000)):
        yield {"ids": [pickle.dumps(some)]}


def _columns(job: Job) -> Columns:
    """The columns of a table: those of the first article that can be read."""
    for article in read_articles(job.sources, job.fields, lambda _: None):
        item = prepared(Item(article, Place())).item.content
        if isinstance(item, Article):
            labels = job.classifier.labels
            document = item.document.replace(sentences=(), spans=(), labels=labels)
            return Columns(labels, tuple(metadata(document)))
    return Columns(job.classifier.labels, ())


# --- the steps, on the nodes


def _read(
    batch: Mapping[str, Any], fields: Fields, verdicts: Any, size: int, done: set[str]
) -> Iterator[Row]:
    """Chunks of a unit that are not done yet, ready to be labelled."""
    import ray

    unit: Unit = pickle.loads(batch["unit"][0])
    decided: Verdicts = ray.get(verdicts)
    items = map(decided.apply, _items(unit, fields))
    for number, first in enumerate(items):
        chunk = chain([first], islice(items, size - 1))
        name = part_name(unit.number, number)
        if name in done:
            for _ in chunk:
                pass
            continue
        yield {"name": [name], "chunk": [pickle.dumps([prepared(item) for item in chunk])]}


class Labeller:
    """An actor with one classifier."""

    def __init__(self, classifier: StanceClassifier) -> None:
        self._classifier = classifier

    def __call__(self, batch: Mapping[str, Any]) -> Row:
        ready = pickle.loads(batch["chunk"][0])
        outcomes = list(label_part(ready, self._classifier))
        return {"name": batch["name"], "outcomes": [pickle.dumps(outcomes)]}


def _write(batch: Mapping[str, Any], target: Output, columns: Columns) -> Row:
    """Write a chunk; the same chunk always gives the same files."""
    outcomes: Iterable[Outcome] = pickle.loads(batch["outcomes"][0])
    writer = target.part(str(batch["name"][0]), columns)
    rejects: list[Rejected] = []
    try:
        for outcome in outcomes:
            content = writer.add(outcome).content
            if isinstance(content, Rejected) and len(rejects) < _TOLD:
                rejects.append(content)
        part = writer.commit()
    except BaseException:
        writer.discard()
        raise
    return {"part": [part.to_json()], "rejects": [pickle.dumps(rejects)]}


def _workers(ray: Any, device: str) -> tuple[int, int]:
    """CPUs of an actor, and how many actors there may be: one a GPU, or one a machine.

    An actor's runtime uses all cores of its machine; one is left for reading and writing.
    """
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    if device != "cpu":
        return 0, max(1, int(sum(node.get("GPU", 0) for node in nodes)))
    cpus = [int(node.get("CPU", 0)) for node in nodes]
    able = [count for count in cpus if count]
    return max(1, min(able, default=1) - 1), max(1, len(able))
