"""Input that means no good: it is labelled, or rejected in one line; composed texts.

The sizes are those of the issue divided by a hundred; `make test-hostile` runs them in full.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import pickle
import re
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from batch_support import word_classifier, written

from natostance.batch.job import label_files
from natostance.batch.rejects import Rejected
from natostance.batch.report import JobReport
from natostance.errors import InputError
from natostance.formats.compression import zstd
from natostance.inference.classifier import StanceClassifier

SENTENCE = "The alliance w1 w2 stays w3. "


@pytest.fixture
def classifier() -> StanceClassifier:
    return word_classifier()


@pytest.fixture(params=[100, pytest.param(1, marks=pytest.mark.hostile)])
def divisor(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def label(path: str | Path, classifier: StanceClassifier, **options: Any) -> JobReport:
    return label_files(path, "out.jsonl", classifier=classifier, **options)


def only_reject(path: str | Path, classifier: StanceClassifier, **options: Any) -> str:
    report = label(path, classifier, **options)
    assert report.labelled == 0
    (reject,) = report.rejects
    return str(reject)


@pytest.mark.usefixtures("here")
def test_an_article_of_50_megabytes_in_one_line(classifier: StanceClassifier, divisor: int) -> None:
    count = 50_000_000 // len(SENTENCE) // divisor
    text = SENTENCE * count
    Path("a.txt").write_text(text)
    report = label("a.txt", classifier)
    assert (report.labelled, report.sentences) == (1, count)
    assert report.labels["NATO"] == count
    with open("out.jsonl") as rows:
        at = 0
        for row in map(json.loads, rows):
            assert text[row["start"] : row["end"]] == row["text"]
            assert row["start"] >= at
            at = row["end"]


@pytest.mark.usefixtures("here")
def test_5_megabytes_without_a_full_stop(classifier: StanceClassifier, divisor: int) -> None:
    count = 5_000_000 // 9 // divisor
    Path("a.txt").write_text("alliance " * count)
    report = label("a.txt", classifier)
    assert (report.labelled, report.sentences) == (1, 1)
    (row,) = written("out.jsonl")
    assert (row["label"], row["end"]) == ("NATO", 9 * count - 1)


@pytest.mark.usefixtures("here")
def test_a_million_lines_of_one_word(classifier: StanceClassifier, divisor: int) -> None:
    count = 1_000_000 // divisor
    Path("a.txt").write_text("Alliance\n" * count)
    report = label("a.txt", classifier)
    assert report.labelled == 1
    assert 0 < report.sentences <= count
    with open("out.jsonl") as rows:
        covered = sum(json.loads(row)["text"].count("Alliance") for row in rows)
    assert covered == count


@pytest.mark.usefixtures("here")
def test_100000_line_breaks(classifier: StanceClassifier, divisor: int) -> None:
    breaks = "\n" * (100_000 // divisor)
    Path("a.txt").write_text(breaks)
    Path("b.txt").write_text(f"{breaks}Alliance.{breaks}Kremlin.{breaks}")
    Path("c.jsonl").write_text(breaks + '{"text": "Alliance."}' + breaks)
    report = label(".", classifier)
    assert (report.labelled, report.rejected, report.sentences) == (2, 1, 3)
    assert [str(reject) for reject in report.rejects] == [
        "a.txt: no text; leave it out, or add its text"
    ]
    assert [row["paragraph"] for row in written("out.jsonl")] == [0, 1, 0]


@pytest.mark.usefixtures("here")
def test_a_sentence_of_100000_characters(classifier: StanceClassifier) -> None:
    for name, text in {
        "words": "w1 " * 33_000 + "alliance.",
        "one word": "w" * 100_000,
        "marks": "!?" * 50_000,
        "quotes": '"' * 100_000,
        "brackets": "(" * 100_000,
        "stops": "U.S." * 25_000,
        "dashes": "- " * 50_000,
    }.items():
        Path("a.txt").write_text(text)
        begin = time.monotonic()
        report = label("a.txt", classifier)
        assert report.read == 1, name
        assert report.labelled == 1, name
        assert sum(len(row["text"]) for row in written("out.jsonl")) > 49_000, name
        assert time.monotonic() - begin < 20, name


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("depth", [500, 5_000, pytest.param(50_000, marks=pytest.mark.hostile)])
def test_deep_html(classifier: StanceClassifier, depth: int) -> None:
    body = "<p>The alliance w1 w2 stays in the valley, said a woman of the village.</p>" * 5
    Path("a.html").write_text(f"<html><body>{'<div>' * depth}{body}{'</div>' * depth}</body>")
    Path("b.html").write_text(f"<html><body>{'<b><p>' * depth}{body}</body>")
    report = label(".", classifier)
    assert report.read == 2
    for reject in report.rejects:
        assert "main text" in reject.reason or "not a web page" in reject.reason


@pytest.mark.usefixtures("here")
def test_html_with_scripts_gives_its_text_alone(classifier: StanceClassifier) -> None:
    Path("a.html").write_text(
        "<html><head><script>document.write('Kremlin w1.')</script>"
        "<style>p:after {content: 'Kremlin'}</style></head><body><article>"
        + "<p onclick=\"alert('Kremlin')\">The alliance stays in the valley, said a woman.</p>"
        * 4
        + "<img src=x onerror=\"alert('Kremlin')\"><svg onload=\"alert('Kremlin')\"></svg>"
        "<iframe src='javascript:Kremlin'></iframe>"
        "</article><script>var a = 'Kremlin';</script></body></html>"
    )
    assert label("a.html", classifier).labelled == 1
    assert "Kremlin" not in Path("out.jsonl").read_text()


def bomb(size: int) -> bytes:
    """A megabyte and a bit that unpacks to a thousand times that."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9) as file:
        for _ in range(size >> 20):
            file.write(bytes(1 << 20).replace(b"\0", b"A"))
    return packed.getvalue()


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", ["a.txt.gz", "a.html.gz", "a.jsonl.gz", "a.csv.gz", "a.txt.zst"])
def test_a_bomb_does_not_fill_the_memory(
    classifier: StanceClassifier, name: str, divisor: int
) -> None:
    size = (2000 // divisor) << 20
    data = zstd.compress(b"A" * size) if name.endswith(".zst") else bomb(size)
    assert len(data) < size / 500
    head = gzip.compress(b"text\n") if name == "a.csv.gz" else b""
    Path(name).write_bytes(head + data)
    tracemalloc.start()
    message = only_reject(name, classifier, max_article=4 << 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "longer than 4,194,304 bytes, the most that one article may have" in message
    assert peak < 40 << 20


@pytest.mark.usefixtures("here")
def test_a_long_line_is_rejected_and_the_lines_around_it_are_not(
    classifier: StanceClassifier,
) -> None:
    texts = ["Alliance.", "Alliance. " * 999, "Alliance."]
    lines = [json.dumps({"id": str(i), "text": text}) for i, text in enumerate(texts)]
    Path("a.jsonl").write_text("\n".join(lines))
    report = label("a.jsonl", classifier, max_article=500)
    assert [row["doc_id"] for row in written("out.jsonl")] == ["0", "2"]
    assert [str(reject) for reject in report.rejects] == [
        "a.jsonl, line 2: longer than 500 bytes, the most that one article may have; raise "
        "--max-article, if it is no mistake"
    ]


@pytest.mark.usefixtures("here")
def test_a_cell_that_never_ends_is_rejected_and_what_is_left_out_is_said(
    classifier: StanceClassifier,
) -> None:
    Path("a.csv").write_text('text\nAlliance.\n"' + "Kremlin.\n" * 100)
    report = label("a.csv", classifier, max_article=500)
    assert report.labelled == 1
    assert [(r.line, r.reason) for r in report.rejects] == [
        (
            3,
            "longer than 500 bytes, the most that one article may have; the rest of the file is "
            "left out",
        )
    ]


@pytest.mark.usefixtures("here")
def test_nulls_and_lone_surrogates(classifier: StanceClassifier) -> None:
    texts = ["Alli\0ance alliance.", "Alliance \ud800 w1.", "\udc00\ud800 Kremlin.", "\0\0\0"]
    Path("a.jsonl").write_text("".join(json.dumps({"text": t}) + "\n" for t in texts))
    for out in ("out.jsonl", "out.csv", "out.parquet"):
        report = label_files("a.jsonl", out, classifier=classifier)
        assert (report.labelled, report.rejected) == (4, 0)
    rows = written("out.jsonl")
    assert [row["text"] for row in rows[:3]] == texts[:3]
    for row in rows:
        assert len(row["text"]) == row["end"] - row["start"]  # type: ignore[arg-type]


@pytest.mark.usefixtures("here")
def test_encodings_that_are_mixed(classifier: StanceClassifier) -> None:
    good = json.dumps({"text": "Alliance é."}, ensure_ascii=False)
    Path("a.jsonl").write_bytes(
        f"{good}\n".encode()
        + f"{good}\n".encode("latin-1")
        + f"\ufeff{good}\r\n".encode()
        + f"{good}\n".encode("utf-16-le")
    )
    report = label("a.jsonl", classifier)
    assert report.labelled == 2
    assert report.rejected >= 2
    assert all("UTF-8" in r.reason or "JSON" in r.reason for r in report.rejects)


@pytest.mark.usefixtures("here")
def test_right_to_left_and_zero_width_characters_keep_their_offsets(
    classifier: StanceClassifier,
) -> None:
    text = (
        "\u202eThe alliance\u202c said. "
        "\u05d4\u05d1\u05e8\u05d9\u05ea w1. "
        "\u200bKremlin\u200d\u200c w2\u2060.\u200b "
        "\u0627\u0644\u062d\u0644\u0641\u061f \u2067Alliance\u2069. e\u0301\u0301\u0301 w3."
    )
    Path("a.txt").write_text(text)
    assert label("a.txt", classifier).labelled == 1
    at = 0
    for row in written("out.jsonl"):
        start, end = int(str(row["start"])), int(str(row["end"]))
        assert text[start:end] == row["text"]
        assert not text[at:start].strip("\u200b \ufeff")
        at = end
    assert not text[at:].strip()


@pytest.mark.usefixtures("here")
def test_ids_that_stand_twice_are_told_apart(classifier: StanceClassifier) -> None:
    records = [{"id": "x", "text": "Alliance."}, {"id": "x", "text": "Kremlin."}]
    Path("a.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))
    Path("b.csv").write_text("text\nSnow w1.\nSnow w1.\n")
    report = label(["a.jsonl", "b.csv"], classifier)  # type: ignore[arg-type]
    ids = [row["doc_id"] for row in written("out.jsonl")]
    assert ids[0] == "x"
    assert str(ids[1]).startswith("b.csv#")
    assert ids[2] == f"{ids[1]}-2"
    assert [str(r) for r in report.rejects] == [
        "a.jsonl, line 2: an earlier article has the id 'x' too; give each article an id of its own"
    ]


FORMULAS = [
    "=1+1",
    '+HYPERLINK("http://a.example")',
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "=cmd|' /C calc'!A0",
    "'=1+1",
    "''-5",
]


@pytest.mark.usefixtures("here")
def test_formulas_are_not_run_by_a_spreadsheet_and_come_back(classifier: StanceClassifier) -> None:
    texts = [f"{formula} alliance." for formula in FORMULAS]
    records = [
        {"id": formula, "text": text, formula: formula, "n": "-5"}
        for formula, text in zip(FORMULAS, texts, strict=True)
    ]
    Path("a.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))
    label_files("a.jsonl", "out.csv", classifier=classifier)
    label_files("a.jsonl", "out.jsonl", classifier=classifier)
    with open("out.csv", encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    for cell in (cell for line in lines for cell in line):
        assert not cell.startswith(("=", "+", "@", "\t", "\r", "\n"))
        assert not cell.startswith("-") or cell == "-5"
    # the first apostrophe before one of these marks is ours: taking it off gives the text again
    header = lines[0]
    found = [
        cell[1:] if re.match("'+[=+@\t\r\n-]", cell) else cell
        for line in lines[1:]
        for cell in [line[header.index("text")]]
    ]
    assert found == [row["text"] for row in written("out.jsonl")]


@pytest.mark.usefixtures("here")
def test_paths_with_line_breaks(classifier: StanceClassifier) -> None:
    Path("a\nb.txt").write_text("Alliance.")
    Path("c\nd.txt").write_bytes(b"\xff")
    os.rename(os.fsencode("a\nb.txt"), b"a\nb\xff.txt")
    report = label(".", classifier)
    assert [row["doc_id"] for row in written("out.jsonl")] == ["a\nb\\xff.txt"]
    (reject,) = report.rejects
    assert "\n" not in str(reject)
    assert str(reject).startswith(r"'c\nd.txt': not UTF-8")
    (line,) = written("out.jsonl.rejected.jsonl")
    assert line["file"] == "c\nd.txt"


@pytest.mark.usefixtures("here")
def test_links_in_a_circle(classifier: StanceClassifier) -> None:
    Path("in/sub").mkdir(parents=True)
    Path("in/a.txt").write_text("Alliance.")
    Path("in/sub/up").symlink_to("../..", target_is_directory=True)
    Path("in/self.txt").symlink_to("self.txt")
    Path("in/one.txt").symlink_to("two.txt")
    Path("in/two.txt").symlink_to("one.txt")
    report = label("in", classifier)
    assert report.labelled == 1
    assert [r.file for r in report.rejects] == ["in/one.txt", "in/self.txt", "in/two.txt"]
    assert {r.reason for r in report.rejects} == {
        "cannot be read: Too many levels of symbolic links"
    }


@pytest.mark.usefixtures("here")
def test_files_that_cannot_be_read(classifier: StanceClassifier) -> None:
    Path("in/sub").mkdir(parents=True)
    Path("in/a.txt").write_text("Alliance.")
    # not even root may read this at its beginning
    Path("in/b.txt").symlink_to("/proc/self/mem")
    Path("in/gone.txt").symlink_to("nowhere")
    os.mkfifo("in/pipe.txt")
    report = label("in", classifier)
    assert report.labelled == 1
    assert [(r.file, r.reason.partition(":")[0]) for r in report.rejects] == [
        ("in/b.txt", "cannot be read"),
        ("in/gone.txt", "cannot be read"),
    ]


@pytest.mark.usefixtures("here")
def test_a_folder_that_cannot_be_listed_is_rejected(
    classifier: StanceClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("in/sub").mkdir(parents=True)
    Path("in/a.txt").write_text("Alliance.")
    scan = os.scandir

    def denied(path: str) -> Any:
        if str(path).endswith("sub"):
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", denied)
    report = label("in", classifier)
    assert report.labelled == 1
    assert [str(r) for r in report.rejects] == [
        "in/sub: the folder cannot be listed: Permission denied; check its permissions"
    ]
    with pytest.raises(InputError, match="in/sub: the folder cannot be listed"):
        label("in/sub", classifier)


class Payload:
    """What a stranger's model folder would like to have run."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path("ran").write_text, ("yes",))


@pytest.mark.usefixtures("here")
def test_nothing_in_a_strangers_model_folder_is_run(tiny_model: Path) -> None:
    folder = Path("model")
    folder.mkdir()
    for file in tiny_model.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    for name in ("pytorch_model.bin", "model.pkl", "training_args.bin", "scheduler.pt"):
        (folder / name).write_bytes(pickle.dumps(Payload()))
    for name in ("modeling_custom.py", "setup.py", "__init__.py", "conftest.py"):
        (folder / name).write_text("open('ran', 'w').write('yes')\n")
    Path("a.txt").write_text("Alliance.")
    for backend in ("openvino", "onnx", "torch"):
        report = label_files("a.txt", "out.jsonl", model=folder, backend=backend)
        assert report.labelled == 1
    for name in ("model.safetensors", "model.onnx", "tokenizer.json", "config.json"):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(pickle.dumps(Payload()))
        with pytest.raises(InputError):
            label_files("a.txt", "out.jsonl", model=folder)
        (folder / name).write_bytes(whole)
    assert not Path("ran").exists()


def test_rejects_by_the_million_are_not_kept(
    tmp_path: Path, classifier: StanceClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.jsonl").write_text("{broken\n" * 3000 + '{"text": "Alliance."}\n')
    told: list[Rejected] = []
    report = label_files(
        tmp_path / "a.jsonl", tmp_path / "out.jsonl", classifier=classifier, on_reject=told.append
    )
    assert (report.rejected, len(report.rejects), len(told)) == (3000, 1000, 3000)
    assert len(written(tmp_path / "out.jsonl.rejected.jsonl")) == 3000


def test_metadata_that_cannot_be_written_rejects_its_article_alone(
    tmp_path: Path, classifier: StanceClassifier
) -> None:
    def documents() -> Iterator[str]:
        yield json.dumps({"text": "Alliance."})
        yield '{"text": "Kremlin.", "deep": ' + "[" * 400 + "]" * 400 + "}"
        yield json.dumps({"text": "Snow."})

    (tmp_path / "a.jsonl").write_text("\n".join(documents()))
    report = label_files(tmp_path / "a.jsonl", tmp_path / "out.jsonl", classifier=classifier)
    assert report.read == 3
    assert report.labelled >= 2
