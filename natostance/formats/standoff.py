"""Stand-off annotations: offsets and labels without the text, which belongs to somebody else.

One line of JSON is one article in one annotator's reading. It names where the article lies in
public, the sha256 of its text, the sentences that the annotator saw and the spans they marked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from natostance.document import STANCE, Document, LabelSet, Sentence, Span
from natostance.errors import InputError
from natostance.settings import Settings

SUFFIX = ".standoff.jsonl"


class Record(Settings):
    """One line of a stand-off file. Offsets are code points of the article's text."""

    id: str = Field(description="the article")
    source: dict[str, str] = Field(
        description="where its text lies: repo, commit, path, record, and what else finds it"
    )
    sha256: str = Field(description="of the text's UTF-8 bytes")
    outlet: str
    family: str
    date: str | None = Field(description="YYYY-MM-DD where known")
    body: tuple[int, int] = Field(description="the article without page furniture")
    noise: list[tuple[int, int]] = Field(description="page furniture inside the body")
    split: str
    reading: int = Field(description="1 for the reference, 2 for an independent second reader")
    codebook: int = Field(description="version of the rules")
    sentences: list[tuple[int, int]]
    spans: list[tuple[int, int, str, bool]] = Field(description="start, end, label, doubtful")

    def to_document(self, text: str, labels: LabelSet = STANCE) -> Document:
        """The annotated document, given its text.

        Sentences that lie wholly in page furniture are left out. Everything else that the record
        knows of the article becomes metadata.

        Raises:
            InputError: the text is not the one that was annotated, or the offsets do not fit it.
        """
        found = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        if found != self.sha256:
            raise InputError(
                f"the text of {self.id} is not the one that was annotated (sha256 differs)",
                remedy="take it from the source that the record names",
            )
        sentences = tuple(
            Sentence(start, end)
            for start, end in self.sentences
            if not any(a <= start and end <= b for a, b in self.noise)
        )
        return Document(
            text=text,
            doc_id=self.id,
            sentences=sentences,
            spans=tuple(Span(a, b, label, doubtful=d) for a, b, label, d in self.spans),
            labels=labels,
            meta={"outlet": self.outlet, "family": self.family, "date": self.date},
        )


def read_standoff(lines: Iterable[str], file: Path) -> Iterator[Record]:
    """Read the lines of a stand-off file.

    Raises:
        InputError: naming the first line that is not a record.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield Record.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            raise InputError(
                f"{field + ': ' if field else ''}{first['msg']}", file=file, line=number
            ) from None


def write_standoff(records: Iterable[Record]) -> Iterator[str]:
    """The lines of a stand-off file, each with its line break."""
    for record in records:
        yield json.dumps(record.model_dump(), ensure_ascii=False, separators=(",", ":")) + "\n"


def from_release(article: Mapping[str, Any], annotation: Mapping[str, Any]) -> Record:
    """A record from one article and one annotation line of the annotators' own files."""
    optional = {key: article[key] for key in ("blob", "text_join") if article.get(key)}
    return Record(
        id=article["id"],
        source={
            "repo": article["repo"],
            "commit": article["commit"],
            "path": article["path"],
            "record": str(article["record_id"]),
            **{key: str(value) for key, value in optional.items()},
        },
        sha256=article["sha256"],
        outlet=article["outlet"],
        family=article["family"],
        date=article["date"] or None,
        body=(article["body_start"], article["body_end"]),
        noise=[tuple(stretch) for stretch in article["noise"]],
        split=annotation["split"],
        reading=annotation["pass"],
        codebook=annotation["codebook"],
        sentences=[tuple(s) for s in annotation["sentences"]],
        spans=[(s["start"], s["end"], s["label"], s["doubtful"]) for s in annotation["spans"]],
    )
