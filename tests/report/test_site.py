"""Reports on disk: one page, or a folder; shares raw and corrected."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from natostance.document import Document, LabelSet, Sentence
from natostance.errors import InputError, MissingExtraError
from natostance.evaluation.quantification import shares
from natostance.report.overview import Corrected
from natostance.report.site import MOST_ON_ONE_PAGE, write_report

NAMES = ("NATO", "RUSSIA", "NEUTRAL")


def article(i: int, labels: list[str], **meta: object) -> Document:
    text = " ".join(f"Word {n}." for n in range(len(labels)))
    sentences, at = [], 0
    for n, label in enumerate(labels):
        end = at + len(f"Word {n}.")
        scores = {name: (0.8 if name == label else 0.1) for name in NAMES}
        sentences.append(Sentence(at, end, label, scores))
        at = end + 1
    return Document(text, f"a{i:03d}", tuple(sentences), meta=meta)


def collection(count: int = 60) -> Iterator[tuple[Document, Document]]:
    """Labelled articles and their gold, with one label in five wrong."""
    draw = random.Random(1)
    for i in range(count):
        right = [draw.choice(NAMES) for _ in range(10)]
        given = [draw.choice(NAMES) if draw.random() < 0.2 else label for label in right]
        meta = {"outlet": f"Outlet {i % 3}", "date": f"2024-0{1 + i % 4}-01"}
        yield article(i, given, **meta), article(i, right, **meta)


def text_of(path: Path) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", path.read_text(encoding="utf-8")))


def test_raw_shares_are_called_raw(tmp_path: Path) -> None:
    done = write_report((d for d, _ in collection()), tmp_path / "r.html", title="Mine & <yours>")
    assert (done.articles, done.sentences, done.missing) == (60, 600, None)
    text = text_of(done.path)
    assert "Mine &amp; &lt;yours&gt;" in text
    assert "Raw shares : what the model answered, errors included" in text
    assert "share of sentences, raw" in text
    assert "corrected for the model" not in text


def test_articles_that_are_in_no_group_are_counted(tmp_path: Path) -> None:
    some = [d for d, _ in collection(12)]
    some[0] = some[0].replace(meta={"date": "2024-01-01"})
    some[1] = some[1].replace(meta={"outlet": "Outlet 1", "date": "2024"})
    text = text_of(write_report(some, tmp_path / "r.html").path)
    assert "1 of 12 articles have no" in text
    assert "and are in no group." in text
    assert "1 of 12 articles are in no month" in text


def test_years_count_articles_of_which_no_month_is_known(tmp_path: Path) -> None:
    pairs = list(collection(60))
    dates = [["2022", "2023", "2023-05-01"][i % 3] for i in range(60)]
    labelled = [d.replace(meta={"date": date}) for (d, _), date in zip(pairs, dates, strict=True)]
    gold = [g for _, g in pairs[:30]]
    done = write_report(labelled, tmp_path / "r.html", gold=gold)
    text = text_of(done.path)
    raw = {row.value: row for row in shares(labelled, gold, by="year").rows if row.label == "NATO"}
    for year, articles in (("2022", 20), ("2023", 40)):
        assert raw[year].articles == articles
        assert f" {year} {articles} {10 * articles} " in text
    assert "in no year" not in text
    assert "in no month" not in text


def test_gold_gives_corrected_shares_with_intervals(tmp_path: Path) -> None:
    pairs = list(collection())
    labelled, gold = [d for d, _ in pairs], [g for _, g in pairs[:30]]
    done = write_report(labelled, tmp_path / "r.html", gold=gold)
    text = text_of(done.path)
    expected = {row.label: row for row in shares(labelled, gold).rows}
    for row in expected.values():
        assert row.interval
        assert (
            f"{row.corrected:.0%} {row.interval.low:.0%} to {row.interval.high:.0%} ; raw "
            f"{row.raw:.0%}"
        ).replace(" ;", ";") in text.replace(" ;", ";")
    assert "corrected for the model's errors by 30 hand-labelled articles" in text
    assert "corrected, 95 % intervals" in text
    assert "Raw shares" not in text.split("By outlet")[0].replace("The bar shows the raw", "")


def test_groups_are_corrected_as_the_shares_command_does() -> None:
    pairs = list(collection())
    labelled, gold = [d for d, _ in pairs], [g for _, g in pairs[:30]]
    found = Corrected.of(labelled, gold, ["outlet"]).by_group("outlet")
    assert found
    for row in shares(labelled, gold, by="outlet").rows:
        assert found[row.value][row.label] == row


def test_gold_that_is_not_among_the_articles_is_refused(tmp_path: Path) -> None:
    labelled = [d for d, _ in collection(4)]
    with pytest.raises(InputError, match="not among the labelled ones"):
        write_report(labelled, tmp_path / "r.html", gold=[article(99, ["NATO"])])
    assert not (tmp_path / "r.html").exists()


def test_a_folder_has_an_index_and_a_page_each(tmp_path: Path) -> None:
    done = write_report((d for d, _ in collection(5)), tmp_path / "r")
    assert done.path == tmp_path / "r" / "index.html"
    pages = sorted((tmp_path / "r" / "articles").iterdir())
    assert [p.name for p in pages] == [f"a00{i}.html" for i in range(5)]
    second = pages[1].read_text(encoding="utf-8")
    assert 'href="a000.html"' in second
    assert 'href="a002.html"' in second
    assert 'href="../index.html"' in second


def test_ids_that_no_file_can_have_get_names_of_their_own(tmp_path: Path) -> None:
    made = [article(1, ["NATO"]), article(2, ["NATO"]), article(3, ["NATO"])]
    ids = ["../../etc/passwd", "a/b?#%", "A/B?#%"]
    documents = [d.replace(doc_id=i) for d, i in zip(made, ids, strict=True)]
    write_report(documents, tmp_path / "r")
    names = [p.name for p in (tmp_path / "r" / "articles").iterdir()]
    assert len({n.casefold() for n in names}) == 3
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", n) for n in names)


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    documents = [d for d, _ in collection(2)]
    with pytest.raises(InputError, match="no labelled articles"):
        write_report([], tmp_path / "r.html")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("")
    with pytest.raises(InputError, match="not an empty folder"):
        write_report(documents, tmp_path / "full")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_report(documents, tmp_path / "file" / "r.html")
    other = Document("Yes.", "z", (Sentence(0, 4, "A"),), labels=LabelSet(("A", "B"), "C"))
    with pytest.raises(InputError, match="'z' has other labels"):
        write_report([*documents, other], tmp_path / "r.html")
    assert not (tmp_path / "r.html").exists()


def test_too_many_articles_for_one_page_are_told_where_to_go(tmp_path: Path) -> None:
    many = (article(i, ["NATO"]) for i in range(MOST_ON_ONE_PAGE + 1))
    with pytest.raises(InputError, match="too many for one page; name a folder"):
        write_report(many, tmp_path / "r.html")


def test_without_matplotlib_there_are_tables_and_a_word_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> None:
        raise MissingExtraError('Plots need matplotlib: pip install "natostance[report]"')

    monkeypatch.setattr("natostance.report.plots.require", missing)
    done = write_report((d for d, _ in collection(6)), tmp_path / "r.html")
    assert done.missing
    assert "natostance[report]" in done.missing
    assert "By outlet: figures" in text_of(done.path)


def test_pictures_are_vectors_that_the_policy_lets_through(tmp_path: Path) -> None:
    done = write_report((d for d, _ in collection()), tmp_path / "r.html")
    html = done.path.read_text(encoding="utf-8")
    plots = re.findall(r'<svg[^>]* class="plot".*?</svg>', html, re.DOTALL)
    assert len(plots) == 2
    seen: set[str] = set()
    for plot in plots:
        root = ElementTree.fromstring(plot)
        for element in root.iter():
            assert "style" not in element.attrib
            assert not element.tag.endswith(("}style", "}script", "}metadata"))
            if identifier := element.get("id"):
                assert identifier not in seen
                seen.add(identifier)
        assert root.get("role") == "img"
        assert root.get("aria-label")
        texts = {e.text for e in root.iter() if e.tag.endswith("}text")}
        assert "NATO" in texts


def test_the_same_articles_give_the_same_bytes(tmp_path: Path) -> None:
    first = write_report((d for d, _ in collection()), tmp_path / "a.html").path.read_bytes()
    second = write_report((d for d, _ in collection()), tmp_path / "b.html").path.read_bytes()
    assert first == second


def test_outlets_with_signs_of_mathematics_are_drawn(tmp_path: Path) -> None:
    documents = [
        article(i, ["NATO", "NEUTRAL"], outlet=name)
        for i, name in enumerate(["$x^", "a_b$", "<i>", "\u0416", "\x00"])
    ]
    assert write_report(documents, tmp_path / "r.html").missing is None


def test_a_group_of_one_article_has_no_corrected_share(tmp_path: Path) -> None:
    pairs = list(collection())
    lonely = article(999, ["NATO"] * 5, outlet="Lonely", date="2024-02-01")
    labelled, gold = [*(d for d, _ in pairs), lonely], [g for _, g in pairs[:30]]
    done = write_report(labelled, tmp_path / "r.html", gold=gold)
    row = re.search("Lonely (.*?) Outlet|Lonely (.*)", text_of(done.path).split("By outlet: f")[1])
    assert row
    assert "– (raw 100%)" in row[0][:80]


def test_few_articles_a_month_are_shown_by_year(tmp_path: Path) -> None:
    documents = [
        article(i, ["NATO", "NEUTRAL"], date=f"20{20 + i % 4}-{1 + i % 12:02d}-01")
        for i in range(24)
    ]
    text = text_of(write_report(documents, tmp_path / "r.html").path)
    assert "By year: figures" in text
    assert "By month" not in text


def test_articles_that_are_in_no_group_or_month_are_told(tmp_path: Path) -> None:
    labels = ["NATO", "NEUTRAL"]
    documents = [
        article(0, labels, outlet="A", published="2024-01-05"),
        article(1, labels, outlet="B", published="2024/02/05"),
        article(2, labels, published="17/03/2024"),
        article(3, labels, outlet="A", published="1710633600"),
    ]
    done = write_report(documents, tmp_path / "r.html", date="published")
    ungrouped, undated = done.remarks
    assert ungrouped == "1 of 4 articles have no 'outlet' and are in no group."
    assert undated.startswith("2 of 4 articles are in no month")
    assert "'17/03/2024'" in undated
    text = text_of(done.path)
    assert "1 of 4 articles have no" in text
    assert "2 of 4 articles are in no month" in text
    assert "By month: figures" in text
    assert "1710" not in text.split("By month: figures")[1].split("in no month")[0]
    # nobody has to have outlets and dates, but a column that is asked for has to be there
    plain = [article(i, labels) for i in range(3)]
    assert write_report(plain, tmp_path / "p.html").remarks == ()
    asked = write_report(plain, tmp_path / "q.html", by="owner", date="published").remarks
    assert asked == (
        "No article has the metadata 'owner': there are no shares by it.",
        "No article has the metadata 'published': there are no months.",
    )


def test_a_column_of_months_without_years_is_left_to_the_date(tmp_path: Path) -> None:
    documents = [
        article(i, ["NATO"], month="3", date=f"202{i}-03-01", outlet="A") for i in range(2)
    ]
    text = text_of(write_report(documents, tmp_path / "r.html").path)
    assert "2020-03 1 1" in text
    assert "2021-03 1 1" in text
