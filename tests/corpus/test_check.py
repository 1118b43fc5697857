"""What a check finds, each with its file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from natostance.corpus.check import check
from natostance.corpus.leaks import find_leaks, ngrams
from natostance.document import Document, Sentence
from natostance.errors import InputError

TEXT = "Kyiv accused Moscow of blackmail. It rained."


def marked(folder: Path, name: str, body: str, doc_id: str | None = None) -> None:
    part = folder / "articles"
    part.mkdir(parents=True, exist_ok=True)
    source = f"---\nid: {doc_id or name}\n---\n{body}\n"
    (part / f"{name}.marked.txt").write_text(source, encoding="utf-8")


def record(**changes: object) -> str:
    return json.dumps(
        {
            "id": "x1",
            "source": {"repo": "a/b"},
            "sha256": hashlib.sha256(TEXT.encode()).hexdigest(),
            "outlet": "x",
            "family": "x",
            "date": None,
            "body": [0, 44],
            "noise": [],
            "split": "train",
            "reading": 1,
            "codebook": 2,
            "sentences": [[0, 33], [34, 44]],
            "spans": [[5, 33, "NATO", False]],
            **changes,
        }
    )


def standoff(folder: Path, *lines: str) -> None:
    part = folder / "real"
    part.mkdir(parents=True, exist_ok=True)
    (part / "a.standoff.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def problems(folder: Path, articles: Path | None = None) -> list[str]:
    return [str(p).replace(str(folder), "") for p in check([folder], articles).problems]


def test_a_clean_corpus(tmp_path: Path) -> None:
    marked(tmp_path, "a", "She said [NATO: no.]")
    standoff(tmp_path, record())
    report = check([tmp_path])
    assert report.clean
    assert (report.articles, report.without_text) == (2, 1)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("[NATO: no,] she said.", "a: the span from 0 to 3 has a bare comma at an edge"),
        ("She said [NATO:  no.]", "a: the span from 9 to 13 has white space at an edge"),
        ("She said [NATO: no.", "line 4: a span that does not end"),
        ("She said [CHINA: no.]", "line 4: unknown span label 'CHINA'"),
    ],
)
def test_what_is_wrong_with_a_marked_article(tmp_path: Path, body: str, message: str) -> None:
    marked(tmp_path, "a", body)
    marked(tmp_path, "b", "It rained.")
    (found,) = problems(tmp_path)
    assert "a.marked.txt" in found
    assert message in found


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"spans": [[5, 40, "NATO", False]]}, "is not inside one sentence"),
        ({"spans": [[5, 33, "CHINA", False]]}, "unknown label 'CHINA'"),
        ({"spans": [[5, 33, "NATO", False], [9, 20, "NATO", False]]}, "overlaps"),
        ({"sentences": [[34, 44], [0, 33]]}, "overlaps"),
        ({"colour": "red"}, "line 1: colour"),
    ],
)
def test_what_is_wrong_with_a_record_shows_without_its_text(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    standoff(tmp_path, record(**changes))
    assert any("a.standoff.jsonl, line 1" in p and message in p for p in problems(tmp_path))


def test_texts_are_checked_where_they_are(tmp_path: Path) -> None:
    folder, articles = tmp_path / "corpus", tmp_path / "articles"
    articles.mkdir()
    lines = [json.dumps({"id": "x1", "text": TEXT}), json.dumps({"id": "x2", "text": "other"})]
    (articles / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    standoff(folder, record(), record(id="x2"), record(id="x3"))
    found = problems(folder, articles)
    assert len(found) == 2
    assert any("x2 is not the one that was annotated" in p for p in found)
    assert any("the text of x3 is missing" in p for p in found)


def test_ids_and_dev_articles(tmp_path: Path) -> None:
    marked(tmp_path, "a", "It rained.")
    marked(tmp_path, "b", "It snowed.", doc_id="a")
    (tmp_path / "corpus.yaml").write_text("dev: [z]\n")
    found = problems(tmp_path)
    assert any("the id 'a' stands in" in p for p in found)
    assert any("the dev article 'z' is not there" in p for p in found)


def test_ids_are_read_as_they_stand(tmp_path: Path) -> None:
    """007 is no number, neither in the article nor in the settings."""
    marked(tmp_path, "007", "It rained.")
    (tmp_path / "corpus.yaml").write_text("dev: [007]\n", encoding="utf-8")
    assert not problems(tmp_path)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such corpus folder"):
        check([tmp_path / "no"])


def article(name: str, text: str) -> Document:
    return Document(text, name, (Sentence(0, len(text)),))


def test_leaks_are_shared_five_word_runs_of_the_shorter_article() -> None:
    long = "one two three four five six seven eight nine ten eleven twelve"
    part = "one two three four five six other words stand here"
    assert len(ngrams(part)) == 6
    pairs = [("train", article("a", long)), ("test", article("b", part))]
    (leak,) = find_leaks(pairs)
    assert (leak.first, leak.second, leak.overlap) == ("a", "b", 2 / 6)
    assert str(leak) == "a (train) and b (test) share 33% of their word 5-grams"
    assert find_leaks([("train", d) for _, d in pairs]) == []
    assert find_leaks([("excluded", pairs[0][1]), pairs[1]]) == []
    assert find_leaks(pairs, limit=0.5) == []
