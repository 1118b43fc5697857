"""Documents to a running Label Studio and back: by its API, and drawn in its page.

`run.sh` starts the server and calls this; plain `make test` does not collect it.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, Response, Route, sync_playwright

from natostance.document import STANCE, Document, Sentence, Span
from natostance.formats.convert import convert
from natostance.formats.jsonl import write
from natostance.formats.label_studio import CONFIG
from natostance.formats.registry import read_documents

URL = os.environ["LABEL_STUDIO_URL"]
STARTING = 180  # seconds until a server that does not answer has failed
BROWSER = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)

# from the beginning of one piece of the text to the end of another, where a hand would drag
PLACES = """(box, [first, last]) => {
    const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
    const nodes = [];
    let whole = "";
    while (walker.nextNode()) {
        nodes.push([walker.currentNode, whole.length]);
        whole += walker.currentNode.data;
    }
    const character = (at) => {
        const [node, from] = nodes.findLast(([, from]) => from <= at);
        const range = document.createRange();
        range.setStart(node, at - from);
        range.setEnd(node, at - from + 1);
        return range.getBoundingClientRect();
    };
    const found = (piece) => {
        const at = whole.indexOf(piece);
        if (at < 0 || at !== whole.lastIndexOf(piece)) throw new Error(`not once there: ${piece}`);
        return at;
    };
    const left = character(found(first));
    const right = character(found(last) + last.length - 1);
    return [
        [left.left + 1, left.top + left.height / 2],
        [right.right - 1, right.top + right.height / 2],
    ];
}"""


def marked(doc_id: str, text: str, *spans: tuple[str, str] | tuple[str, str, bool]) -> Document:
    """A document whose spans are named by their text, each of which stands in it once."""
    made = []
    for piece, label, *doubtful in spans:
        assert text.count(piece) == 1, piece
        start = text.index(piece)
        made.append(Span(start, start + len(piece), label, doubtful=any(doubtful)))
    return Document(text, doc_id, spans=tuple(made), meta={"outlet": "composed", "year": 2023})


COMPOSED = (
    marked(
        "emoji",
        "💩 Kyiv called it blackmail 👨\u200d👩\u200d👧. 🇺🇦 Moscow said: a reply 👍🏽 to threats.",
        ("it blackmail 👨\u200d👩\u200d👧", "NATO"),
        ("a reply 👍🏽 to threats", "RUSSIA", True),
    ),
    marked(
        "line-ends",
        "First line.\r\n\r\nKyiv called it blackmail.\r\nMoscow\tdenied it.\nLast line.\r\n",
        ("called it blackmail.", "NATO"),
        ("Moscow\tdenied it.\nLast", "RUSSIA"),
    ),
    marked(
        "scripts",
        "The cafe\u0301 of Zelenskyi\u0306 said \u200fשלום שקר\u200e no,\xa0never. "
        "\ufeffThe Kremlin: \u202bאב\u202c yes.",
        ("\u200fשלום שקר\u200e no,\xa0never", "NATO", True),
        ("\u202bאב\u202c yes", "RUSSIA"),
    ),
    Document(
        'Nothing <here> & "there" {takes} a side.  Two spaces; a back\\nslash.',
        "none",
        (Sentence(0, 40), Sentence(42, 68)),
        meta={"nested": {"list": [1, None, True], "text": "é💩\r\n"}},
    ),
    marked(
        "all",
        "💩 One.\r\n💩 Kyiv said no.\r\n\tMoscow\xa0said e\u0301 yes.",
        ("said no", "NATO"),
        ("Moscow\xa0said e\u0301 yes", "RUSSIA"),
    ),
)


@dataclass(frozen=True)
class Drawing:
    """A document, and the span to draw in it: from the piece ``first`` to the piece ``last``."""

    document: Document
    label: str
    first: str
    last: str
    doubtful: bool = False

    @property
    def span(self) -> Span:
        start, last = (self.document.text.index(piece) for piece in (self.first, self.last))
        return Span(start, last + len(self.last), self.label, doubtful=self.doubtful)


DRAWINGS = (
    Drawing(
        marked("after-emoji", "💩👨\u200d👩\u200d👧 Kyiv called it blackmail. Moscow denied it."),
        "NATO",
        "called it",
        "blackmail",
    ),
    Drawing(
        marked(
            "after-crlf", "First line.\r\n\r\nKyiv called it a lie.\r\nMoscow denied it firmly."
        ),
        "RUSSIA",
        "denied it",
        "firmly",
        doubtful=True,
    ),
    # beside a span that is there already, and over an emoji
    Drawing(
        marked(
            "after-both",
            "💩 One line.\r\n💩 Kyiv said no.\r\n🇺🇦 Moscow spoke 👍🏽 of threats.",
            ("said no", "NATO"),
        ),
        "RUSSIA",
        "spoke",
        "of threats",
    ),
    Drawing(
        marked("over-crlf", "💩 Kyiv said:\r\nno to threats,\r\n💩 no to deals.\r\nThe end."),
        "NATO",
        "no to threats",
        "no to deals",
    ),
)


class Server:
    """The API of the server, and the formats between it and natostance."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(self, method: str, path: str, body: bytes | None = None) -> Any:
        headers = {
            "Authorization": f"Token {os.environ['LABEL_STUDIO_TOKEN']}",
            "Content-Type": "application/json",
        }
        request = urllib.request.Request(URL + path, body, headers, method=method)
        try:
            with self.opener.open(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error}: {error.read().decode()}") from error

    def wait(self) -> None:
        for _ in range(STARTING):
            os.kill(int(os.environ["LABEL_STUDIO_PID"]), 0)
            try:
                self.ask("GET", "/health")
            except OSError:
                time.sleep(1)
            else:
                return
        raise SystemExit(f"Label Studio does not answer after {STARTING} s")

    def project(self, title: str, documents: tuple[Document, ...]) -> int:
        """A new project with the shipped config and these documents, converted; its number."""
        settings = {"title": title, "label_config": CONFIG.read_text()}
        number = self.ask("POST", "/api/projects", json.dumps(settings).encode())["id"]
        source, tasks = self.folder / f"{title}.jsonl", self.folder / f"{title}.json"
        write(documents, source)
        report = convert(source, tasks)
        assert not report.remarks, report.remarks
        found = self.ask("POST", f"/api/projects/{number}/import", tasks.read_bytes())
        assert found["task_count"] == len(documents), found
        return int(number)

    def tasks(self, project: int) -> dict[str, Any]:
        """The exported tasks, by the name of their document."""
        path = f"/api/projects/{project}/export?exportType=JSON&download_all_tasks=true"
        exported = self.ask("GET", path)
        (self.folder / "export.json").write_text(json.dumps(exported), encoding="utf-8")
        return {task["data"]["doc_id"]: task for task in exported}

    def documents(self, project: int) -> tuple[Document, ...]:
        """What is exported, converted back, in the order in which it was imported."""
        self.tasks(project)
        target = self.folder / "back.jsonl"
        report = convert(self.folder / "export.json", target)
        # an export of all tasks has those that nobody has annotated yet; they are no gold
        others = [remark for remark in report.remarks if remark.reason != "no annotation"]
        assert not others, others
        return tuple(read_documents(target))

    def by_name(self, project: int) -> dict[str, Document]:
        return {document.doc_id: document for document in self.documents(project)}


class Annotator:
    """Somebody who is logged in, and works in the page with mouse and keyboard."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.outside: list[str] = []
        page.context.route("**/*", self._route)
        page.goto(f"{URL}/user/login")
        page.fill("input[name=email]", os.environ["LABEL_STUDIO_USERNAME"])
        page.fill("input[name=password]", os.environ["LABEL_STUDIO_PASSWORD"])
        page.click("button[type=submit]")
        page.wait_for_url(lambda address: "/login" not in address)

    def draw(self, project: int, task: int, drawing: Drawing) -> None:
        """Draw a span in a task, mark it as doubtful where it is, and save the annotation."""
        page = self.page
        page.goto(f"{URL}/projects/{project}/data?task={task}", wait_until="networkidle")
        # a font or a panel that comes late moves the text away from under the mouse
        page.evaluate("document.fonts.ready.then(() => null)")
        done = bool(drawing.document.spans)
        save = page.locator("button", has_text=re.compile("^Update$" if done else "^Submit$"))
        save.wait_for()
        page.keyboard.press(str(STANCE.sides.index(drawing.label) + 1))
        page.locator(".lsf-label_selected", has_text=drawing.label).wait_for()
        text = page.locator(".lsf-htx-richtext")
        begin, end = text.evaluate(PLACES, [drawing.first, drawing.last])
        page.mouse.move(*begin)
        page.mouse.down()
        page.mouse.move((begin[0] + end[0]) / 2, (begin[1] + end[1]) / 2, steps=5)
        page.mouse.move(*end, steps=5)
        page.mouse.up()
        region = text.locator(".htx-highlight", has_text=drawing.first)
        region.wait_for()
        if drawing.doubtful:
            region.click()
            page.get_by_label("doubtful").click()
        with page.expect_response(_saves) as answer:
            save.click()
        assert answer.value.ok, answer.value

    def _route(self, route: Route) -> None:
        address = route.request.url
        if urlsplit(address).hostname == "127.0.0.1" or not address.startswith(("http", "ws")):
            route.continue_()
        else:
            self.outside.append(address)
            route.abort()


def _saves(response: Response) -> bool:
    return response.request.method in ("POST", "PATCH") and "/annotations" in response.url


class Tally:
    """Runs checks, says how each went, and counts."""

    def __init__(self) -> None:
        self.passed = self.failed = 0

    @contextmanager
    def check(self, name: str) -> Iterator[None]:
        try:
            yield
        except Exception:
            traceback.print_exc()
            print(f"FAILED  {name}", flush=True)
            self.failed += 1
        else:
            print(f"ok      {name}", flush=True)
            self.passed += 1


def same(found: Document, expected: Document) -> None:
    assert found.to_dict() == expected.to_dict(), f"\n{found.to_dict()}\n{expected.to_dict()}"


def by_the_api(server: Server, tally: Tally) -> None:
    """Documents go there and come back; then one annotation is changed there."""
    project = server.project("by-the-api", COMPOSED)
    found = server.by_name(project)
    annotated = [document for document in COMPOSED if document.spans]
    for document in annotated:
        with tally.check(f"imported, exported: {document.doc_id}"):
            same(found[document.doc_id], document)
    with tally.check("what was imported without annotation is left out"):
        assert sorted(found) == sorted(document.doc_id for document in annotated)

    changed, *others = annotated
    span = replace(changed.spans[0], start=changed.spans[0].start + len("it "), label="RUSSIA")
    (annotation,) = server.tasks(project)[changed.doc_id]["annotations"]
    (region,) = (r for r in annotation["result"] if r["value"]["end"] == span.end)
    region["value"].update(start=span.start, text=changed[span], labels=[span.label])
    body = json.dumps({"result": annotation["result"]}).encode()
    server.ask("PATCH", f"/api/annotations/{annotation['id']}/", body)
    found = server.by_name(project)
    with tally.check("one annotation changed by the API: exactly that comes back"):
        same(found[changed.doc_id], changed.replace(spans=(span, *changed.spans[1:])))
        for document in others:
            same(found[document.doc_id], document)
        assert len(found) == len(annotated), sorted(found)


def in_the_page(server: Server, tally: Tally, page: Page) -> None:
    """Spans are drawn in the page; what is exported counts code points, as do documents."""
    project = server.project("in-the-page", tuple(drawing.document for drawing in DRAWINGS))
    tasks = server.tasks(project)
    annotator = Annotator(page)
    for drawing in DRAWINGS:
        document, span = drawing.document, drawing.span
        with tally.check(f"drawn in the page: {document.doc_id}"):
            annotator.draw(project, tasks[document.doc_id]["id"], drawing)
            found = server.by_name(project)[document.doc_id]
            same(found, document.replace(spans=(*document.spans, span)))
            (annotation,) = server.tasks(project)[document.doc_id]["annotations"]
            offsets = [(r["value"]["start"], r["value"]["end"]) for r in annotation["result"]]
            assert (span.start, span.end) in offsets, f"{span}: the file has {offsets}"
    with tally.check("the page asks nothing of other hosts"):
        assert not annotator.outside, annotator.outside


def main() -> int:
    began = time.perf_counter()
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        server.wait()
        release = server.ask("GET", "/api/version")["release"]
        print(f"Label Studio {release} is up after {time.perf_counter() - began:.0f} s", flush=True)
        by_the_api(server, tally)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=os.environ["CHROMIUM"], args=BROWSER
            )
            print(f"Chromium {browser.version}", flush=True)
            in_the_page(server, tally, browser.new_page(viewport={"width": 1400, "height": 1000}))
            browser.close()
    print(f"{time.perf_counter() - began:.0f} s with the start of the server")
    print(f"{tally.passed} passed, {tally.failed} failed")
    return int(tally.failed > 0)


if __name__ == "__main__":
    sys.exit(main())
