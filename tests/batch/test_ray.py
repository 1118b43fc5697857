"""The job on a Ray cluster of two nodes, which are processes on this machine."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from natostance.batch.job import JobInterrupted, label_files
from natostance.batch.ray_backend import plan
from natostance.batch.report import Progress
from natostance.batch.sources import find_sources
from natostance.errors import InputError

SENTENCES = [
    "She said the alliance would defend every inch of its land.",
    "He replied that the bloc had broken its word to the Kremlin.",
    "The committee met on Monday in the old town hall.",
]


def articles(folder: Path, files: int, lines: int) -> None:
    """JSONL files with ids that are taken, ids that are missing, and lines that are broken."""
    folder.mkdir()
    for i in range(files):
        records = []
        for k in range(lines):
            text = " ".join(SENTENCES[(i + k + s) % 3] for s in range(1 + k % 4))
            record: dict[str, Any] = {"id": f"n{i}-{k}", "text": f"{text} Day {k % 11}."}
            if k % 10 == 9:
                record["id"] = "taken"
            if k % 4 == 3:
                del record["id"]
            records.append("{broken" if k % 17 == 16 else json.dumps(record))
        (folder / f"part{i:02d}.jsonl").write_text("\n".join(records) + "\n")
    (folder / "z.txt").write_text(SENTENCES[0])


def rows(path: Path) -> list[str]:
    files = sorted(path.glob("rows-*.jsonl")) if path.is_dir() else [path]
    return sorted(line for file in files for line in file.read_text().splitlines())


def rejects(path: Path) -> list[str]:
    return sorted(path.read_text().splitlines())


def test_the_input_is_cut_into_units_in_its_order(tmp_path: Path) -> None:
    articles(tmp_path / "in", 7, 3)
    sources = find_sources(tmp_path / "in")
    units = plan(sources, 3)
    assert [(unit.number, unit.first, len(unit.sources)) for unit in units] == [
        (0, 0, 3),
        (1, 3, 3),
        (2, 6, 2),
    ]
    assert [source for unit in units for source in unit.sources] == sources
    assert len(plan(sources, 1)) == 8


def test_what_ray_cannot_do_is_said_first(tmp_path: Path, tiny_model: Path) -> None:
    articles(tmp_path / "in", 1, 3)
    with pytest.raises(InputError, match="Ray writes into a file or folder; give --out"):
        label_files(tmp_path / "in", "-", engine="ray", model=tiny_model)
    with pytest.raises(InputError, match="no engine 'spark'; choose one of local, ray"):
        label_files(tmp_path / "in", tmp_path / "rows", engine="spark", model=tiny_model)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 2})
    made.add_node(num_cpus=2)
    made.wait_for_nodes()
    ray.init(address=made.address, log_to_driver=False)
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.mark.cluster
@pytest.mark.parametrize("out", ["rows", "rows.jsonl"])
def test_the_same_rows_as_on_one_machine(
    cluster: Any, tmp_path: Path, tiny_model: Path, out: str
) -> None:
    articles(tmp_path / "in", 4, 60)
    options: dict[str, Any] = {"model": tiny_model, "shard_articles": 25}
    (tmp_path / "local").mkdir()
    (tmp_path / "ray").mkdir()
    one = label_files(tmp_path / "in", tmp_path / "local" / out, **options)
    many = label_files(tmp_path / "in", tmp_path / "ray" / out, engine="ray", **options)
    assert (many.read, many.labelled, many.rejected) == (one.read, one.labelled, one.rejected)
    assert (many.labels, many.languages) == (one.labels, one.languages)
    assert one.rejected > 20
    found, expected = tmp_path / "ray" / out, tmp_path / "local" / out
    assert rows(found) == rows(expected)
    if out == "rows":
        assert rejects(found / "rejected.jsonl") == rejects(expected / "rejected.jsonl")
        manifest = json.loads((found / "manifest.json").read_text())
        assert manifest["rows"] == len(rows(found))
        assert {shard["file"] for shard in manifest["shards"]} == {
            path.name for path in found.glob("rows-*")
        }
        assert not list(found.glob("*.part"))
    else:
        # one file has the order of the input
        assert found.read_bytes() == expected.read_bytes()


@pytest.mark.cluster
def test_a_node_that_dies_costs_no_row(cluster: Any, tmp_path: Path, tiny_model: Path) -> None:
    articles(tmp_path / "in", 8, 400)
    options: dict[str, Any] = {"model": tiny_model, "shard_articles": 50}
    one = label_files(tmp_path / "in", tmp_path / "local", **options)
    doomed = cluster.add_node(num_cpus=2)
    cluster.wait_for_nodes()
    killed = threading.Event()

    def kill(progress: Progress) -> None:
        if not killed.is_set() and progress.labelled > 300:
            killed.set()
            cluster.remove_node(doomed, allow_graceful=False)

    begin = time.monotonic()
    many = label_files(
        tmp_path / "in", tmp_path / "rows", engine="ray", on_progress=kill, **options
    )
    print(f"with a node killed: {time.monotonic() - begin:.1f} s")
    assert killed.is_set()
    assert (many.read, many.labelled, many.rejected) == (one.read, one.labelled, one.rejected)
    assert rows(tmp_path / "rows") == rows(tmp_path / "local")


@pytest.mark.cluster
def test_a_run_on_the_cluster_is_resumed(
    cluster: Any, tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    articles(tmp_path / "in", 4, 60)
    options: dict[str, Any] = {"model": tiny_model, "shard_articles": 25}
    label_files(tmp_path / "in", tmp_path / "local", **options)

    def interrupt(progress: Progress) -> None:
        if progress.labelled > 60:
            raise KeyboardInterrupt

    options["engine"] = "ray"
    with pytest.raises(JobInterrupted, match="go on with --resume"):
        label_files(tmp_path / "in", tmp_path / "rows", on_progress=interrupt, **options)
    report = label_files(tmp_path / "in", tmp_path / "rows", resume=True, **options)
    assert report.resumed > 60
    assert rows(tmp_path / "rows") == rows(tmp_path / "local")
    assert rejects(tmp_path / "rows" / "rejected.jsonl") == rejects(
        tmp_path / "local" / "rejected.jsonl"
    )
