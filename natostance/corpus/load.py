"""An annotated corpus: a folder of annotation files, its documents by split, its fingerprint.

A corpus folder holds ``corpus.yaml`` and any number of parts. A part is a subfolder with articles
in inline mark-up (``*.marked.txt``), which carry their text, or with stand-off annotations
(``*.standoff.jsonl``), whose texts lie elsewhere: see `Corpus.load`.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import Field

from natostance.document import STANCE, Document, LabelSet
from natostance.errors import InputError
from natostance.formats import markup, registry, standoff
from natostance.formats.draft import Remark
from natostance.formats.records import read_text
from natostance.settings import Settings, load_yaml
from natostance.text.segmentation import segment

ARTICLES_VARIABLE = "NATOSTANCE_ARTICLES"
SETTINGS = "corpus.yaml"


class CorpusSettings(Settings):
    """What ``corpus.yaml`` holds."""

    labels: LabelSet = Field(default=STANCE, description="sides and neutral label")
    about: str = Field(default="", description="what the corpus is")
    annotators: str = Field(default="", description="who annotated it, and how far they agree")
    split: str = Field(default="train", description="split of articles that name none")
    dev: list[str] = Field(default_factory=list, description="ids of articles of the dev split")


@dataclass(frozen=True)
class Corpus:
    """Annotated documents by split.

    Args:
        documents: the documents of each split, ordered by id; each sentence is labelled by the
            codebook's rule.
        settings: what ``corpus.yaml`` holds.
    """

    documents: dict[str, tuple[Document, ...]]
    settings: CorpusSettings

    @property
    def labels(self) -> LabelSet:
        """The label set of its sentences and spans."""
        return self.settings.labels

    @classmethod
    def load(
        cls,
        folder: Path,
        parts: Sequence[str] | None = None,
        articles: Path | None = None,
        reading: int = 1,
    ) -> Corpus:
        """Read a corpus folder.

        Args:
            folder: the folder with ``corpus.yaml``.
            parts: the subfolders to read; all by default.
            articles: a folder with the texts of stand-off annotations, as ``*.jsonl`` or
                ``*.jsonl.gz`` with ``id`` and ``text``; by default the one that the environment
                variable ``NATOSTANCE_ARTICLES`` names.
            reading: which annotator's reading of stand-off annotations.

        Raises:
            InputError: the folder, a file in it, or the text of an article is missing or wrong;
                all missing and differing articles are named at once. Or ``dev`` in the settings
                names articles that no part and no reading holds, or that have another split.
        """
        if not folder.is_dir():
            raise InputError("no such corpus folder", file=folder, remedy="check the path")
        path = folder / SETTINGS
        settings = read_settings(path) if path.exists() else CorpusSettings()
        chosen = parts_of(folder, parts)
        found: dict[str, tuple[Path, str, Document]] = {}
        for split, document, file in [
            *_marked(chosen, settings),
            *_standoff(chosen, settings, articles, reading),
        ]:
            if document.doc_id in found:
                raise InputError(
                    f"the id {document.doc_id!r} stands in {found[document.doc_id][0]} too",
                    file=file,
                    remedy="give each article an id of its own",
                )
            if split != "dev" and document.doc_id in settings.dev:
                raise InputError(
                    f"{document.doc_id!r} is in the split {split!r} here, and in dev by {SETTINGS}",
                    file=file,
                    remedy="give it one split: what is not held out is learned from",
                )
            found[document.doc_id] = (file, split, document.with_labels_from_spans())
        if not found:
            raise InputError(
                "no annotated articles",
                file=folder,
                remedy=f"add *{markup.SUFFIX} or *{standoff.SUFFIX} in a subfolder",
            )
        if strange := [name for name in settings.dev if name not in found]:
            _check_elsewhere(strange, folder)
        splits: dict[str, tuple[Document, ...]] = {}
        for split in sorted({split for _, split, _ in found.values()}):
            members = [d for _, s, d in found.values() if s == split]
            splits[split] = tuple(sorted(members, key=lambda d: d.doc_id))
        return cls(splits, settings)

    def split(self, name: str) -> tuple[Document, ...]:
        """The documents of a split.

        Raises:
            InputError: the corpus has no such split.
        """
        if name not in self.documents:
            raise InputError(
                f"the corpus has no split {name!r}",
                remedy=f"its splits are {', '.join(self.documents)}",
            )
        return self.documents[name]

    @property
    def fingerprint(self) -> str:
        """A sha256 over texts, annotations and splits: equal for equal corpora."""
        digest = hashlib.sha256()
        for split, documents in sorted(self.documents.items()):
            for document in documents:
                line = json.dumps([split, document.to_dict()], sort_keys=True)
                digest.update(line.encode())
        return digest.hexdigest()


def read_settings(path: Path) -> CorpusSettings:
    """The settings of a ``corpus.yaml``, with the ids in it as they stand there: 007 stays 007.

    Raises:
        InputError: it cannot be read, or is wrong.
    """
    dev = _dev_nodes(path)
    # null and what is no scalar are left for the settings to refuse
    if dev and all(node.tag == "tag:yaml.org,2002:str" for node in dev):
        return load_yaml(path, CorpusSettings, dev=[node.value for node in dev])
    return load_yaml(path, CorpusSettings)


def _dev_nodes(path: Path) -> list[yaml.Node]:
    """The ids of the dev split as nodes of YAML; none where it cannot be read or has none."""
    try:
        root = yaml.compose(read_text(path), Loader=yaml.SafeLoader)
    except (InputError, yaml.YAMLError):
        return []
    found: list[yaml.Node] = []
    if isinstance(root, yaml.MappingNode):
        for key, value in root.value:
            if key.value == "dev":
                is_list = isinstance(value, yaml.SequenceNode)
                found = [markup.as_it_stands(node) for node in value.value] if is_list else []
    return found


def _check_elsewhere(names: Sequence[str], folder: Path) -> None:
    """Refuse ids of the dev split that no article has: the one that is meant would be learned.

    Other parts and readings may hold them. Where one cannot be read, nobody knows.

    Raises:
        InputError: naming them and the line of the first one.
    """
    missing = dict.fromkeys(names)
    try:
        for file in folder.rglob(f"*{markup.SUFFIX}"):
            missing.pop(markup.read_id(read_text(file)), None)
        for file in folder.rglob(f"*{standoff.SUFFIX}"):
            for record in standoff.read_standoff(read_text(file).split("\n"), file):
                missing.pop(record.id, None)
    except InputError:
        return
    if not missing:
        return
    path = folder / SETTINGS
    lines = {node.value: node.start_mark.line + 1 for node in _dev_nodes(path)}
    raise InputError(
        f"no article has the id of these in dev: {', '.join(map(repr, missing))}",
        file=path,
        line=lines.get(next(iter(missing))),
        remedy="correct them or take them out: what is not in dev is learned",
    )


def read_labels(folder: Path) -> LabelSet:
    """The label set that the ``corpus.yaml`` of a folder declares.

    Raises:
        InputError: there is none, or it is wrong.
    """
    path = folder / SETTINGS
    if not path.is_file():
        raise InputError(f"holds no {SETTINGS}", file=folder, remedy="name a corpus folder")
    return read_settings(path).labels


def read_annotated(
    path: Path,
    articles: Path | None = None,
    labels: LabelSet = STANCE,
    left_out: list[Remark] | None = None,
) -> tuple[Document, ...]:
    """Annotated documents from wherever they lie, each sentence labelled by the codebook's rule.

    Where the sentences of an article are labelled and no span is marked, these labels stand.

    Args:
        path: a corpus folder (all of its splits, the first reading), a folder with articles in
            inline mark-up (without its subfolders), a file with stand-off annotations, or a file
            or folder in any of the exchange formats.
        articles: folder with the texts of stand-off annotations; see `Corpus.load`.
        labels: the label set, where the path does not declare one.
        left_out: a list to which everything is added that an exchange format holds and that is left
            out: articles that an annotator skipped, say.

    Raises:
        InputError: it cannot be read; file and line are named.
    """
    if path.is_dir() and ((path / SETTINGS).exists() or marked_files([path])):
        # a part of a corpus may keep other readings of the same articles in its subfolders
        corpus = Corpus.load(path, None if (path / SETTINGS).exists() else ["."], articles)
        return tuple(document for split in corpus.documents.values() for document in split)
    if path.name.endswith(standoff.SUFFIX):
        try:
            with path.open(encoding="utf-8") as lines:
                records = [(path, record) for record in standoff.read_standoff(lines, path)]
        except FileNotFoundError:
            raise InputError("no such file", file=path, remedy="check the path") from None
        found: Iterable[Document] = (d for _, d, _ in _joined(records, labels, articles))
    else:
        found = registry.read_documents(path, labels=labels, left_out=left_out)
    return tuple(_with_labels(document) for document in found)


def _with_labels(document: Document) -> Document:
    """By the codebook's rule; where sentences are labelled and no span is marked, as they are."""
    document = segmented(document)
    if not document.spans and all(s.label is not None for s in document.sentences):
        return document
    return document.with_labels_from_spans()


def segmented(document: Document) -> Document:
    """The document with sentences; those that it brings stay.

    What annotation tools give back has none, and in mark-up says ``sentences: auto``.
    """
    if document.sentences:
        return document
    return document.replace(sentences=tuple(segment(document.text)))


def parts_of(folder: Path, names: Sequence[str] | None) -> list[Path]:
    """The subfolders of those names; without names the folder itself and all of them."""
    if names is None:
        return [folder, *sorted(p for p in folder.iterdir() if p.is_dir())]
    for name in names:
        if not (folder / name).is_dir():
            raise InputError(f"no part {name!r}", file=folder, remedy="check the recipe's parts")
    return [folder / name for name in names]


def marked_files(parts: Sequence[Path]) -> list[Path]:
    """The articles in inline mark-up, in order."""
    return [path for part in parts for path in sorted(part.glob(f"*{markup.SUFFIX}"))]


def standoff_files(parts: Sequence[Path]) -> list[Path]:
    """The files with stand-off annotations, in order."""
    return [path for part in parts for path in sorted(part.glob(f"*{standoff.SUFFIX}"))]


def _marked(parts: list[Path], settings: CorpusSettings) -> Iterator[tuple[str, Document, Path]]:
    for path in marked_files(parts):
        try:
            read = markup.read_markup(read_text(path), settings.labels)
        except InputError as error:
            raise error.at(path) from None
        split = "dev" if read.doc_id in settings.dev else settings.split
        yield split, segmented(read), path


def _standoff(
    parts: list[Path], settings: CorpusSettings, articles: Path | None, reading: int
) -> Iterator[tuple[str, Document, Path]]:
    records = []
    for path in standoff_files(parts):
        with path.open(encoding="utf-8") as lines:
            records += [
                (path, r) for r in standoff.read_standoff(lines, path) if r.reading == reading
            ]
    return _joined(records, settings.labels, articles)


def _joined(
    records: list[tuple[Path, standoff.Record]], labels: LabelSet, articles: Path | None
) -> Iterator[tuple[str, Document, Path]]:
    """Records with their texts: split, document and file of each."""
    if not records:
        return
    texts = article_texts(articles, {record.id for _, record in records})
    missing, differing = [], []
    documents = []
    for path, record in records:
        if record.id not in texts:
            missing.append(record.id)
            continue
        try:
            documents.append((record.split, record.to_document(texts[record.id], labels), path))
        except InputError as error:
            if "sha256" not in error.reason:
                raise error.at(path) from None
            differing.append(record.id)
    if missing or differing:
        raise InputError(
            "; ".join(
                f"{len(ids)} annotated articles {what}: {', '.join(ids)}"
                for ids, what in ((missing, "have no text"), (differing, "have another text"))
                if ids
            ),
            file=articles_folder(articles),
            remedy="take the texts from the repositories that the annotations name",
        )
    yield from documents


def articles_folder(articles: Path | None) -> Path:
    """The folder with the texts: the one that is given, or that the environment names."""
    named = articles or os.environ.get(ARTICLES_VARIABLE)
    if not named:
        raise InputError(
            "the corpus has stand-off annotations, and no folder with their texts is named",
            remedy=f"give --articles FOLDER or set {ARTICLES_VARIABLE}",
        )
    folder = Path(named)
    if not folder.is_dir():
        raise InputError("no such folder of article texts", file=folder, remedy="check the path")
    return folder


def article_texts(articles: Path | None, wanted: set[str]) -> dict[str, str]:
    """The texts with the wanted ids, from every JSONL file of the folder."""
    folder = articles_folder(articles)
    texts: dict[str, str] = {}
    for path in sorted([*folder.glob("*.jsonl"), *folder.glob("*.jsonl.gz")]):
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    record = json.loads(line)
                except ValueError as error:
                    raise InputError(f"not JSON: {error}", file=path, line=number) from None
                if isinstance(record, dict) and record.get("id") in wanted and "text" in record:
                    texts[record["id"]] = record["text"]
    return texts
