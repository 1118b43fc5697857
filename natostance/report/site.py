"""The report: one page, or a folder with an index and a page for each article."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, TextIO

from natostance.document import Document, LabelSet
from natostance.errors import InputError
from natostance.formats.records import file_names
from natostance.report.article import LEVELS, article_html, classes
from natostance.report.glance import Glance, glance
from natostance.report.overview import Collection, Corrected
from natostance.report.page import Html, asset, data, page, render, shown
from natostance.report.palette import letters

INDEX = "index.html"
ARTICLES = "articles"
# the most articles that one page takes; browsers grow slow beyond
MOST_ON_ONE_PAGE = 300

Explain = Callable[[Document, int], Html | None]


@dataclass(frozen=True, slots=True)
class Written:
    """What was written.

    Args:
        path: the page to open first.
        articles: how many articles.
        sentences: how many sentences.
        missing: what the report lacks (plots, where matplotlib is not installed), if anything.
        remarks: which articles are in no group or month, and why.
    """

    path: Path
    articles: int
    sentences: int
    missing: str | None = None
    remarks: tuple[str, ...] = ()


def write_report(
    documents: Iterable[Document],
    out: str | PathLike[str],
    *,
    title: str = "natostance report",
    by: str = "outlet",
    date: str = "date",
    gold: Sequence[Document] | None = None,
    explain: Explain | None = None,
) -> Written:
    """Write the report on labelled articles.

    Args:
        documents: labelled documents of one label set; taken one at a time, and kept only where
            gold is given.
        out: a page, where the name ends in ``.html`` or ``.htm``; otherwise a new or empty folder.
        title: of the report.
        by: the metadata by which shares are given, beside time.
        date: the metadata with the date, which begins with the year (2024-03-17).
        gold: hand-labelled articles, a random sample of the documents; they correct the shares.
        explain: gives, for an article and its number, where labels of sentences come from.

    Raises:
        InputError: there are no articles, too many for one page, articles of several label sets,
            gold that does not serve, or ``out`` cannot be written.
    """
    target = Path(out)
    check_target(target)
    write = _one_page if is_page(target) else _folder
    return write(documents, target, title, by, date, gold, explain)


def check_target(out: Path) -> None:
    """Raise `InputError` where a report cannot be written to, as far as that shows beforehand."""
    if is_page(out):
        if out.is_dir():
            raise InputError("the page is a folder", file=out, remedy="name a file in it")
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(
            "the target is not an empty folder", file=out, remedy="name a new or an empty folder"
        )
    # folders that are missing are made
    there = out.parent if is_page(out) else out
    while not os.path.exists(there) and there != there.parent:
        there = there.parent
    if not os.path.isdir(there) or not os.access(there, os.W_OK | os.X_OK):
        raise InputError(
            f"cannot be written: {there} is no folder that can be written to",
            file=out,
            remedy="check its permissions, or write elsewhere",
        )


def is_page(out: Path) -> bool:
    """Whether a report is one page, by its name."""
    return out.suffix.lower() in (".html", ".htm")


def _one_page(
    documents: Iterable[Document],
    out: Path,
    title: str,
    by: str,
    date: str,
    gold: Sequence[Document] | None,
    explain: Explain | None,
) -> Written:
    collecting = _Collecting(by, date, keep=gold is not None)
    articles: list[Html] = []
    for document, seen in collecting.each(documents):
        number = len(articles) + 1
        if number > MOST_ON_ONE_PAGE:
            raise InputError(
                f"more than {MOST_ON_ONE_PAGE} articles are too many for one page",
                file=out,
                remedy="name a folder: it gets an index, and a page for each article",
            )
        collecting.add(seen, "", number)
        extra = explain(document, number) if explain else None
        articles.append(article_html(document, seen, number, extra))
    collection = collecting.collection(out)
    several = len(articles) > 1
    overview, missing = (
        collection.html(collecting.corrected(gold)) if several or gold else (None, None)
    )
    body = render(
        "report.html",
        title=shown(title),
        overview=overview,
        index=_index(collecting, collection) if several else None,
        articles=articles,
        back=None,
        **_tools(collection.labels),
    )
    script = asset("report.js") + (asset("index.js") if several else "")
    with _writing(out) as file:
        file.write(page(title, body, style=asset("report.css"), script=script))
    remarks = tuple(collection.remarks)
    return Written(out, len(articles), collection.all.sentences, missing, remarks)


def _folder(
    documents: Iterable[Document],
    out: Path,
    title: str,
    by: str,
    date: str,
    gold: Sequence[Document] | None,
    explain: Explain | None,
) -> Written:
    collecting = _Collecting(by, date, keep=gold is not None)
    name_of = file_names()
    waiting: tuple[str, Document, Glance] | None = None
    before: str | None = None

    def put(item: tuple[str, Document, Glance], earlier: str | None, later: str | None) -> None:
        name, document, seen = item
        extra = explain(document, 1) if explain else None
        body = render(
            "report.html",
            title=None,
            overview=None,
            index=None,
            articles=[article_html(document, seen, 1, extra)],
            back={"title": shown(title), "before": earlier, "after": later},
            **_tools(document.labels),
        )
        style, script = asset("report.css"), asset("report.js")
        with _writing(out / ARTICLES / name) as file:
            file.write(page(seen.title, body, style=style, script=script))

    for document, seen in collecting.each(documents):
        name = f"{name_of(document.doc_id)}.html"
        collecting.add(seen, f"{ARTICLES}/{name}", 1)
        if waiting:
            put(waiting, before, name)
            before = waiting[0]
        waiting = (name, document, seen)
    collection = collecting.collection(out)
    if waiting:
        put(waiting, before, None)
    overview, missing = collection.html(collecting.corrected(gold))
    body = render(
        "index.html",
        title=shown(title),
        overview=overview,
        index=_index(collecting, collection),
    )
    with _writing(out / INDEX) as file:
        file.write(page(title, body, style=asset("report.css"), script=asset("index.js")))
    counts = collection.all
    remarks = tuple(collection.remarks)
    return Written(out / INDEX, counts.articles, counts.sentences, missing, remarks)


class _Collecting:
    """Articles as they come: counted, listed for the index, kept where gold needs them."""

    def __init__(self, by: str, date: str, keep: bool) -> None:
        self.by = by
        self.date = date
        self.documents: list[Document] = []
        self.rows: list[list[Any]] = []
        self._keep = keep
        self._collection: Collection | None = None

    def each(self, documents: Iterable[Document]) -> Iterator[tuple[Document, Glance]]:
        for document in documents:
            if self._collection is None:
                self._collection = Collection(document.labels, self.by, self.date)
            elif document.labels != self._collection.labels:
                raise InputError(
                    f"the article {document.doc_id!r} has other labels than those before",
                    remedy="report on them apart",
                )
            if self._keep:
                self.documents.append(document)
            yield document, glance(document, self.by, date=self.date)

    def add(self, seen: Glance, link: str, number: int) -> None:
        assert self._collection is not None
        self._collection.add(seen, link, number)
        self.rows.append(
            [
                link or f"#a{number}",
                _plain(seen.title),
                _plain(seen.outlet or ""),
                _plain(seen.date or ""),
                *(seen.counts[label] for label in seen.labels.names),
                seen.mixed,
                seen.abstained,
            ]
        )

    def collection(self, out: Path) -> Collection:
        if self._collection is None:
            raise InputError(
                "there are no labelled articles", file=out, remedy="label some with natostance"
            )
        return self._collection

    def corrected(self, gold: Sequence[Document] | None) -> Corrected | None:
        if gold is None or self._collection is None:
            return None
        columns = [
            name
            for name, groups in (
                (self.by, self._collection.groups),
                (self._collection.period, self._collection.times),
            )
            if groups
        ]
        return Corrected.of(self.documents, gold, columns, self.date)


def _index(collecting: _Collecting, collection: Collection) -> Html:
    labels = collection.labels
    return render(
        "list.html",
        data=data(
            "articles",
            {
                "labels": list(labels.names),
                "classes": list(classes(labels).values()),
                "by": collection.by,
                "sides": len(labels.sides),
                "rows": collecting.rows,
            },
        ),
        articles=collection.all.articles,
    )


def _tools(labels: LabelSet) -> dict[str, Any]:
    """What the tool bar and the legend need."""
    return {
        "labels": labels,
        "classes": classes(labels),
        "letters": letters(labels),
        "levels": LEVELS,
        "settings": data(
            "settings",
            {
                "labels": list(labels.names),
                "classes": list(classes(labels).values()),
                "neutral": labels.neutral,
            },
        ),
    }


def _plain(text: str) -> str:
    """Text for the script: what UTF-8 cannot hold is replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")


@contextmanager
def _writing(path: Path) -> Iterator[TextIO]:
    """A file that takes its name when all of it is written."""
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("w", encoding="utf-8", newline="\n") as file:
                yield file
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror or error}", file=path) from None
