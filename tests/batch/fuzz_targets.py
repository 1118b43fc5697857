"""What is tried with any bytes. A target raises where something happens that is not documented."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from natostance.batch.readers import read_documents
from natostance.batch.rejects import Rejected
from natostance.document import Document
from natostance.errors import InputError
from natostance.formats import registry
from natostance.formats.compression import zstd
from natostance.formats.draft import Remark, check_all
from natostance.formats.markup import read_markup, write_markup
from natostance.text.segmentation import segment

Target = Callable[[bytes, Path], None]

SUFFIXES = ("txt", "md", "html", "marked.txt", "jsonl", "csv", "tsv", "parquet")
_LIMIT = 5000  # bytes of an article


def reader(suffix: str) -> Target:
    """Any bytes in a file are read or rejected."""

    def target(data: bytes, folder: Path) -> None:
        for ending, content in (("", data), (".gz", data), (".zst", data)):
            if suffix == "parquet" and ending:
                continue
            packed = content
            # half of the inputs are well packed, so that what is inside is reached
            if ending and data[:1] and data[0] % 2:
                packed = gzip.compress(data) if ending == ".gz" else zstd.compress(data)
            path = folder / f"a.{suffix}{ending}"
            path.write_bytes(packed)
            rejects: list[Rejected] = []
            documents = list(read_documents(str(path), rejected=rejects.append, max_article=_LIMIT))
            assert documents or rejects
            assert len({d.doc_id for d in documents}) == len(documents)
            for document in documents:
                assert document.doc_id
                assert document.text.strip("\ufeff \t\r\n")
            for reject in rejects:
                assert reject.reason
                assert "\n" not in str(reject)

    return target


def segmentation(data: bytes, folder: Path) -> None:
    """Sentences cover all of a text but white space, in order."""
    try:
        text = data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    at = 0
    for sentence in segment(text):
        assert sentence.start >= at
        assert not text[at : sentence.start].strip("\ufeff").replace("\ufeff", "").strip()
        part = text[sentence.start : sentence.end]
        assert part == part.strip()
        at = sentence.end
    assert not text[at:].replace("\ufeff", "").strip()


def mark_up(data: bytes, folder: Path) -> None:
    """Mark-up is read, and what is read can be written and read again; or it is an error."""
    with suppress(InputError):
        document = read_markup(data.decode("utf-8", "replace"))
        again = read_markup(write_markup(document))
        assert [document[s] for s in document.spans] == [again[s] for s in again.spans]


def exchange(name: str) -> Target:
    """Any bytes in a file of a format are documents, remarks, or an error."""

    def target(data: bytes, folder: Path) -> None:
        path = folder / "a.ann" if name == "brat" else folder / "a.data"
        if name == "brat":
            text, _, marks = data.partition(b"\0")
            (folder / "a.txt").write_bytes(text)
            path.write_bytes(marks)
        else:
            path.write_bytes(data)
        with suppress(InputError):
            for item in check_all(registry.FORMATS[name].read(path)):
                assert isinstance(item, (Document, Remark))

    return target


TARGETS: dict[str, Target] = {
    **{f"reader-{suffix}": reader(suffix) for suffix in SUFFIXES},
    "segmentation": segmentation,
    "mark-up": mark_up,
    **{f"format-{name}": exchange(name) for name in registry.FORMATS},
}

SEEDS: dict[str, list[bytes]] = {
    "reader-txt": [b"One. Two.", b"\xff\xfeA"],
    "reader-html": [b"<html><body><p>" + b"The lighthouse will be lit. " * 20 + b"</p></body>"],
    "reader-marked.txt": [
        b"---\nid: x\n---\nHe said [NATO: we stay.]\n",
        b"---\nid: x\x19\n---\nOne.\n",
    ],
    "reader-jsonl": [b'{"id": 1, "text": "One."}\n{"format": 1, "text": "A.", "sentences": []}\n'],
    "reader-csv": [b'id,text\n1,"One, two."\n'],
    "segmentation": ["Mr. A said: “No.” He left…\n\n- one\n2. two".encode()],
    "mark-up": [b"---\nid: x\n---\nHe said [NATO: we \\[stay\\].] [?RUSSIA: no]\n\nSo.\n"],
    "format-natostance": [b'{"format": 1, "doc_id": "x", "text": "A.", "spans": []}\n'],
    "format-label-studio": [
        b'[{"data": {"text": "A."}, "annotations": [{"result": [{"type": "labels", "value": '
        b'{"start": 0, "end": 1, "labels": ["NATO"]}}]}]}]'
    ],
    "format-doccano": [b'{"text": "A b.", "label": [[0, 1, "NATO"]]}\n'],
    "format-brat": [b"A b.\0T1\tNATO 0 1\tA\n"],
    "format-prodigy": [
        b'{"text": "A b.", "spans": [{"start": 0, "end": 1, "label": "NATO"}], "answer": "accept"}'
    ],
    "format-iob2": [b"# id = x\nA B-NATO\nb I-NATO\n. O\n\n"],
}
