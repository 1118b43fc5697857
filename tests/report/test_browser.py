"""Reports in a real browser: headless Chromium, driven by Playwright; `make test-browser`."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from natostance.document import Document, Sentence, Span
from natostance.inference.attribution import Attribution, Word
from natostance.report.attributions import explanation_html
from natostance.report.page import Html, render
from natostance.report.site import write_report

playwright = pytest.importorskip("playwright.sync_api", reason="make test-browser installs it")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="as above")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's package chromium is not installed"),
]

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}

HOSTILE = (
    "</style><script>window.stolen = 1</script> said the envoy.\n\n"
    "<img src=http://example.com/x.png onerror=\"window.stolen = 2\"> was his answer & 'more'. "
    "</p></article><!-- <b>bold</b> &lt; \x00\x1b[31m \u202eright to left\u202c 💩 e\u0301 done.\n"
    "<a href=\"javascript:window.stolen = 3\" style='position: fixed'>Click</a> it."
)


def labelled(text: str, doc_id: str, seed: int = 0, **meta: object) -> Document:
    """An article with a sentence for each line and for each stop in it, labelled at random."""
    draw = random.Random(f"{doc_id}-{seed}")
    sentences, spans = [], []
    at = 0
    for piece in text.replace("\n", " ").split(". "):
        start, end = at, min(len(text), at + len(piece) + 1)
        at = end + 1
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if end - start < 2:
            continue
        weights = [draw.random() ** 2 for _ in range(3)]
        scores = {
            n: w / sum(weights) for n, w in zip(("NATO", "RUSSIA", "NEUTRAL"), weights, strict=True)
        }
        label = max(scores, key=scores.__getitem__)
        mixed = label != "NEUTRAL" and draw.random() < 0.3
        if label != "NEUTRAL":
            middle = (start + end) // 2
            spans.append(Span(start, middle, label, scores[label]))
            if mixed:
                other = "RUSSIA" if label == "NATO" else "NATO"
                spans.append(Span(middle, end, other, 0.5))
        sentences.append(Sentence(start, end, label, scores, mixed, scores[label] < 0.5))
    return Document(text, doc_id, tuple(sentences), tuple(spans), meta=meta)


def some_text(draw: random.Random, sentences: int) -> str:
    words = ["the", "envoy", "minister", "talks", "border", "missile", "said", "winter", "harbour"]
    parts = [
        " ".join(draw.choice(words) for _ in range(draw.randint(6, 22))).capitalize() + "."
        for _ in range(sentences)
    ]
    return "\n\n".join(" ".join(parts[i : i + 3]) for i in range(0, len(parts), 3))


def explained(document: Document, number: int) -> Html:
    """An explanation of the second sentence, with every kind of word in it."""
    sentence = document.sentences[1]
    words = tuple(
        Word(s.start + i, s.start + i + 1, (-1) ** i * i / 10, s is sentence)
        for s in document.sentences[:3]
        for i in range(min(8, s.end - s.start))
    )
    found = Attribution(1, sentence.label or "", 0.5, -1.0, words, 0.01)
    part = explanation_html(document, found, number)
    return render("explanations.html", parts=[part])


def collection(count: int, sentences: int = 22) -> Iterator[Document]:
    for i in range(count):
        draw = random.Random(i)
        yield labelled(
            some_text(draw, sentences),
            f"article-{i:04d}",
            title=f"Composed article {i}",
            outlet=f"Outlet {i % 12} (invented)",
            date=f"20{20 + i % 4}-{1 + i % 12:02d}-03",
        )


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


class Opened:
    """A page, what it asked for and what it complained of."""

    def __init__(self, browser: Any, path: Path, size: str = "desktop", dark: bool = False) -> None:
        width, height = SIZES[size]
        self.context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            has_touch=size == "phone",
        )
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda m: self.complaints.append(f"{m.type}: {m.text}"))
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))
        self.page.on("request", lambda r: self.requests.append(r.url))
        self.address = path.resolve().as_uri()
        self.page.goto(self.address)

    def close(self) -> None:
        """End, and say what must hold for every page at any time."""
        assert self.complaints == []
        asked = {url.partition("#")[0] for url in self.requests if not url.startswith("data:")}
        assert all(url.startswith("file://") and url.endswith(".html") for url in asked), asked
        assert self.page.evaluate("window.stolen") is None
        self.context.close()


@pytest.fixture(scope="module")
def one_page(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Document]]:
    documents = [
        labelled(HOSTILE, "<hostile> & \"co\"", title="</title><script>window.stolen = 4</script>",
                 outlet="<b>Bold</b>", date="2024-01-01"),
        *collection(4, 12),
    ]  # fmt: skip
    out = tmp_path_factory.mktemp("report") / "report.html"
    write_report(documents, out, explain=explained)
    return out, documents


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    out = tmp_path_factory.mktemp("site") / "report"
    documents = list(collection(1000))
    begin = time.monotonic()
    write_report(documents, out)
    return out, time.monotonic() - begin


def test_highlights_stand_where_the_offsets_say(
    browser: Any, one_page: tuple[Path, list[Document]]
) -> None:
    path, documents = one_page
    opened = Opened(browser, path)
    for number, document in enumerate(documents, 1):
        found = opened.page.evaluate(
            """(id) => [...document.querySelectorAll(`#a${id} .text .s`)].map((s) => ({
                 text: s.textContent, label: s.dataset.l,
                 marks: [...s.querySelectorAll("mark")].map((m) => {
                   const before = new Range();
                   before.setStart(s, 0); before.setEndBefore(m);
                   return [before.toString(), m.textContent, m.dataset.l];
                 })}))""",
            number,
        )
        assert len(found) == len(document.sentences)
        for sentence, seen in zip(document.sentences, found, strict=True):
            text = document[sentence]
            # code points, not UTF-16 units: both sides are Python strings here
            assert len(seen["text"]) == len(text)
            assert "".join(c if c >= " " else "?" for c in text) == "".join(
                "?" if "\u2400" <= c <= "\u2421" or c < " " else c for c in seen["text"]
            )
            assert seen["label"] == sentence.label
            spans = document.spans_of(sentence)
            assert [
                (sentence.start + len(before), len(words), label)
                for before, words, label in seen["marks"]
            ] == [(s.start, s.end - s.start, s.label) for s in spans]
    opened.close()


def test_a_hostile_article_is_shown_as_text(
    browser: Any, one_page: tuple[Path, list[Document]]
) -> None:
    path, _ = one_page
    opened = Opened(browser, path)
    page = opened.page
    assert "onerror=" in page.inner_text("#a1 .text")
    assert "</style><script>" in page.inner_text("#a1 .text")
    assert page.locator("#a1 img, #a1 script, #a1 style, #a1 .text a").count() == 0
    assert "window.stolen = 4" in page.inner_text("#a1 .title")
    assert "<b>Bold</b>" in page.inner_text("#a1 .meta")
    page.locator("#s1-1").click()
    opened.close()


def test_the_policy_stops_a_script_that_is_put_in_later(
    browser: Any, one_page: tuple[Path, list[Document]]
) -> None:
    opened = Opened(browser, one_page[0])
    opened.page.evaluate(
        """() => {
             const script = document.createElement("script");
             script.textContent = "window.stolen = 5";
             document.body.append(script);
             document.body.insertAdjacentHTML("beforeend",
               '<img src="http://example.com/x.png" onerror="window.stolen = 6">');
           }"""
    )
    opened.page.wait_for_timeout(200)
    assert any("Content Security Policy" in c for c in opened.complaints)
    opened.complaints.clear()
    opened.requests[:] = [r for r in opened.requests if "example.com" not in r]
    opened.close()


def test_details_follow_mouse_tap_and_focus(
    browser: Any, one_page: tuple[Path, list[Document]]
) -> None:
    path, documents = one_page
    sentence = documents[1].sentences[2]
    assert sentence.scores
    percent = f"{100 * sentence.scores['NATO']:.0f}%"
    for size, act in (("desktop", "hover"), ("desktop", "focus"), ("phone", "tap")):
        opened = Opened(browser, path, size)
        getattr(opened.page.locator("#s2-3"), act)()
        details = opened.page.inner_text("#details")
        assert f"Sentence 3: {sentence.label}" in details
        assert percent in details
        opened.page.keyboard.press("Escape")
        assert not opened.page.is_visible("#details")
        opened.close()


def test_filter_and_search_work(browser: Any, one_page: tuple[Path, list[Document]]) -> None:
    path, documents = one_page
    sentences = [(d, s) for d in documents for s in d.sentences]
    opened = Opened(browser, path)
    page = opened.page
    bright = ".text .s:not(.dim)"
    page.locator("button.filter[data-filter=RUSSIA]").click()
    russian = [s for _, s in sentences if s.label == "RUSSIA"]
    assert page.locator(bright).count() == len(russian)
    assert f"{len(russian)} of {len(sentences)} sentences" in page.inner_text("#matches")
    page.fill("#search", "Missile")
    both = [1 for d, s in sentences if s.label == "RUSSIA" and "missile" in d[s].lower()]
    assert both
    assert page.locator(bright).count() == len(both)
    assert page.evaluate("CSS.highlights.get('search').size") >= len(both)
    page.locator("button.filter[data-filter=RUSSIA]").click()
    page.fill("#search", "onerror=")
    assert page.locator(bright).count() == 1
    assert page.locator(".article:visible").count() == 1
    page.fill("#search", "")
    assert page.locator(bright).count() == len(sentences)
    page.locator("button.filter[data-filter='*']").click()
    assert page.locator(bright).count() == sum(s.mixed for _, s in sentences)
    page.locator("button.filter[data-filter='?']").click()
    assert page.locator(bright).count() == sum(s.mixed or s.abstained for _, s in sentences)
    opened.close()


def test_the_keyboard_suffices(browser: Any, one_page: tuple[Path, list[Document]]) -> None:
    opened = Opened(browser, one_page[0])
    page = opened.page
    focused = "document.activeElement.id"
    page.locator("#search").focus()
    page.keyboard.type("missile")
    page.keyboard.press("Enter")
    first = page.evaluate(focused)
    assert "missile" in page.inner_text(f"#{first}").lower()
    page.keyboard.press("n")
    second = page.evaluate(focused)
    assert second != first
    assert "missile" in page.inner_text(f"#{second}").lower()
    page.keyboard.press("p")
    assert page.evaluate(focused) == first
    page.keyboard.press("Home")  # articles without a match are hidden
    assert page.evaluate(focused) == page.locator(".article:visible .s").first.get_attribute("id")
    page.fill("#search", "")
    page.locator("#s2-1").focus()
    page.keyboard.press("Home")
    assert page.evaluate(focused) == "s1-1"
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused) == "s1-2"
    assert "Sentence 2" in page.inner_text("#details")
    # one stop of the tab key for all sentences
    assert page.locator(".text .s[tabindex='0']").count() == 1
    opened.close()


def test_a_sentence_leads_to_where_its_label_comes_from(
    browser: Any, one_page: tuple[Path, list[Document]]
) -> None:
    opened = Opened(browser, one_page[0])
    opened.page.locator("#s2-2").click()
    opened.page.locator("#details a").click()
    assert opened.page.url.endswith("#why-s2-2")
    assert "A hint, not a proof." in opened.page.inner_text("#a2 .why")
    opened.close()


def test_links_from_the_overview_lead_to_the_sentence(
    browser: Any, one_page: tuple[Path, list[Document]]
) -> None:
    opened = Opened(browser, one_page[0])
    link = opened.page.locator(".overview .look a").last
    target = link.get_attribute("href")
    link.click()
    assert f"#{opened.page.evaluate('document.activeElement.id')}" == target
    assert opened.page.locator(target).is_visible()
    opened.close()


def test_mixed_and_unsure_are_marked_by_more_than_colour(
    browser: Any, one_page: tuple[Path, list[Document]]
) -> None:
    opened = Opened(browser, one_page[0])
    look = """(selector) => {
        const s = document.querySelector(selector);
        return [getComputedStyle(s, "::before").content, getComputedStyle(s).backgroundImage,
                getComputedStyle(s).outlineStyle];
    }"""
    mixed = opened.page.evaluate(look, ".text .s.mixed:not(.abstained)")
    assert "*" in mixed[0]
    assert "repeating-linear-gradient" in mixed[1]
    unsure = opened.page.evaluate(look, ".text .s.abstained:not(.mixed)")
    assert "?" in unsure[0]
    assert unsure[2] == "dotted"
    opened.close()


def test_a_folder_of_a_thousand_articles_opens_within_two_seconds(
    browser: Any, folder: tuple[Path, float]
) -> None:
    out, seconds = folder
    assert len(list((out / "articles").iterdir())) == 1000
    begin = time.monotonic()
    opened = Opened(browser, out / "index.html")
    opened.page.wait_for_selector("#table tbody tr")
    opening = time.monotonic() - begin
    sentences = 1000 * 22
    print(f"\nwritten in {seconds:.1f} s ({sentences / seconds:,.0f} sentences/s); "
          f"index open in {opening:.2f} s")  # fmt: skip
    assert opening < 2
    # labelling runs at some two thousand sentences a second on two fast cores
    assert seconds < sentences / 2000
    opened.close()


def test_the_index_sorts_searches_and_leads_to_articles(
    browser: Any, folder: tuple[Path, float]
) -> None:
    out, _ = folder
    opened = Opened(browser, out / "index.html")
    page = opened.page
    assert page.locator("#table tbody tr").count() == 100
    page.locator("#more").click()
    assert page.locator("#table tbody tr").count() == 600
    page.locator("button.sort", has_text="NATO").click()
    shares = page.locator("#table tbody tr td:nth-child(3)").all_inner_texts()
    numbers = [int(s.rstrip("%")) for s in shares]
    assert numbers == sorted(numbers, reverse=True)
    page.fill("#find", "article 77")
    assert page.locator("#table tbody tr").count() == 11
    assert "11 of 1,000" in page.inner_text("#found")
    page.fill("#find", "composed article 777")
    page.locator("#table tbody a").click()
    assert "Composed article 777" in page.inner_text("h2.title")
    page.locator("a[rel=next]").click()
    assert "Composed article 778" in page.inner_text("h2.title")
    page.locator(".crumbs a").first.click()
    assert page.url.endswith("index.html")
    opened.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_no_serious_accessibility_fault_and_nothing_wider_than_the_screen(
    browser: Any,
    one_page: tuple[Path, list[Document]],
    folder: tuple[Path, float],
    size: str,
    dark: bool,
) -> None:
    pages = [one_page[0], folder[0] / "index.html", folder[0] / "articles" / "article-0007.html"]
    for path in pages:
        opened = Opened(browser, path, size, dark)
        if path.name != "index.html":
            opened.page.locator(".text .s").first.click()
        found = axe.Axe().run(opened.page)
        faults = [
            (v["id"], v["help"], [n["html"][:120] for n in v["nodes"]][:3])
            for v in found.response["violations"]
            if v["impact"] in ("serious", "critical")
        ]
        assert faults == [], path
        width = opened.page.evaluate("document.documentElement.scrollWidth")
        assert width <= SIZES[size][0], path
        opened.close()


def test_paper_shows_every_sentence_and_no_tools(
    browser: Any, one_page: tuple[Path, list[Document]], tmp_path: Path
) -> None:
    opened = Opened(browser, one_page[0])
    opened.page.emulate_media(media="print")
    assert not opened.page.is_visible(".bar-tools")
    assert not opened.page.is_visible("#theme")
    assert opened.page.is_visible("#s5-12")
    opened.page.pdf(path=tmp_path / "report.pdf", format="A4")
    assert (tmp_path / "report.pdf").stat().st_size > 10_000
    opened.close()


def test_light_and_dark_can_be_chosen(browser: Any, one_page: tuple[Path, list[Document]]) -> None:
    opened = Opened(browser, one_page[0])
    paper = "getComputedStyle(document.body).backgroundColor"
    light = opened.page.evaluate(paper)
    opened.page.locator("#theme").click()
    assert opened.page.evaluate(paper) != light
    opened.page.reload()
    assert opened.page.evaluate(paper) != light
    opened.close()
