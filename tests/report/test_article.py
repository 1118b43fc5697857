"""An article as a page shows it."""

from __future__ import annotations

from html.parser import HTMLParser

from any_document import documents
from hypothesis import given, settings

from natostance.document import STANCE, Document, LabelSet, Sentence, Span
from natostance.report.article import bar, level, mark, text_html
from natostance.report.glance import glance
from natostance.report.page import shown
from natostance.report.palette import in_line, letters

SCORES = {"NATO": 0.1, "RUSSIA": 0.8, "NEUTRAL": 0.1}


class Shown(HTMLParser):
    """Text, and which elements it stands in."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.pieces: list[tuple[str, list[dict[str, str | None]]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "br":
            self.open.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        self.pieces.append((data, [a for t, a in self.open if t in ("span", "mark")]))


def plain(text: str) -> str:
    """As the parser gives text back that a page holds."""
    read = Shown(f"<p>{shown(text)}</p>")
    return "".join(data for data, _ in read.pieces)


@settings(max_examples=200, deadline=None)
@given(documents())
def test_every_character_of_every_sentence_and_span_stands_in_its_element(
    document: Document,
) -> None:
    labelled = document.with_labels_from_spans()
    read = Shown(text_html(labelled))
    assert read.open == []
    sentences: dict[str, list[str]] = {}
    marks: list[tuple[str, str]] = []
    for data, around in read.pieces:
        for attributes in around:
            if attributes.get("id"):
                sentences.setdefault(attributes["id"] or "", []).append(data)
            elif attributes.get("class", "").startswith(("side-0", "side-1")):
                marks.append((attributes["data-l"] or "", data))
    found = ["".join(parts) for parts in sentences.values()]
    assert found == [plain(labelled[s]) for s in labelled.sentences]
    expected = [
        (span.label, plain(labelled.text[max(span.start, s.start) : min(span.end, s.end)]))
        for s in labelled.sentences
        for span in labelled.spans
        if span.start < s.end and s.start < span.end
    ]
    assert marks == expected


def test_text_outside_sentences_is_shown_apart() -> None:
    document = Document("Ahem. He said no. (END)", "a", (Sentence(6, 17, "RUSSIA", SCORES),))
    read = Shown(text_html(document))
    assert [d.strip() for d, around in read.pieces if around and "id" not in around[0]] == [
        "Ahem.",
        "(END)",
    ]


def test_headings_stand_on_lines_of_their_own() -> None:
    text = "Talks end He said no. She said yes."
    cuts = [(0, 9), (10, 21), (22, 35)]
    document = Document(text, "a", tuple(Sentence(a, b, "NEUTRAL", SCORES) for a, b in cuts))
    html = text_html(document)
    assert html.count("<br>") == 1
    assert html.index("end</span><br>") < html.index("no.</span> <span")


def test_shades_marks_and_letters() -> None:
    assert [level(p) for p in (0.0, 0.49, 0.5, 0.65, 0.8, 0.95, None)] == [0, 0, 1, 2, 3, 4, 4]
    marks = letters(STANCE)
    assert mark(Sentence(0, 1, "NATO", SCORES, mixed=True, abstained=True), marks) == "N*?"
    assert mark(Sentence(0, 1, "NEUTRAL", SCORES), marks) == ""
    assert mark(Sentence(0, 1, "NEUTRAL", SCORES, abstained=True), marks) == "·?"
    assert letters(LabelSet(("RUSSIA", "ROMANIA"), "NO"))["ROMANIA"] == "RO"


def test_a_bar_has_neutral_between_two_sides_and_says_its_shares() -> None:
    html = bar({"NATO": 0.25, "RUSSIA": 0.25, "NEUTRAL": 0.5}, STANCE)
    assert [html.index(f'class="{c}"') for c in ("side-0", "neutral", "side-1")] == sorted(
        html.index(f'class="{c}"') for c in ("side-0", "neutral", "side-1")
    )
    assert 'aria-label="NATO 25%, NEUTRAL 50%, RUSSIA 25%"' in html
    assert in_line(LabelSet(("A", "B", "C"), "N")) == ("A", "B", "C", "N")


def test_an_article_at_a_glance() -> None:
    text = "One. Two. Three. Four."
    cuts = [(0, 4), (5, 9), (10, 16), (17, 22)]
    names = ["NATO", "RUSSIA", "RUSSIA", "NEUTRAL"]
    sure = [0.9, 0.4, 0.8, 0.6]
    document = Document(
        text,
        "a",
        tuple(
            Sentence(a, b, name, {**dict.fromkeys(STANCE.names, 0.0), name: p})
            for (a, b), name, p in zip(cuts, names, sure, strict=True)
        ),
        (Span(5, 9, "RUSSIA"),),
        meta={"headline": " Counting ", "outlet": "Wire", "date": "2024-03-09"},
    )
    seen = glance(document, most=2)
    assert (seen.title, seen.outlet, seen.month) == ("Counting", "Wire", "2024-03")
    assert seen.year == "2024"
    assert seen.balance == -1 / 3
    assert seen.longest is not None
    assert (seen.longest.first, seen.longest.last, seen.longest_text) == (1, 2, "Two.")
    assert [(d.number, d.probability) for d in seen.doubtful] == [(1, 0.4), (3, 0.6)]
    neutral = Document("One.", "b", (Sentence(0, 4, "NEUTRAL"),))
    assert glance(neutral).balance is None
    assert glance(neutral).title == "b"
    assert glance(neutral).doubtful == ()
