"""A job on S3: moto's server, in a process of its own, over HTTP."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_kills import articles

pytestmark = pytest.mark.remote
COUNT, SHARD = 120, 10


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def aws(port: int) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "OMP_NUM_THREADS": "1",
    }


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A file system with the articles in ``lake/in/``; the environment names its server."""
    pytest.importorskip("moto.server")
    pytest.importorskip("s3fs")
    import fsspec

    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in aws(port).items():
                patch.setenv(name, value)
            deadline = time.monotonic() + 60
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except OSError:
                    assert time.monotonic() < deadline
                    assert server.poll() is None
                    time.sleep(0.1)
            fs = fsspec.filesystem("s3", skip_instance_cache=True, use_listings_cache=False)
            fs.mkdir("lake")
            source = tmp_path_factory.mktemp("in") / "a.jsonl"
            articles(source, COUNT)
            fs.put_file(str(source), "lake/in/a.jsonl")
            yield fs
    finally:
        server.terminate()
        server.wait()


def job(model: Path, out: str, *options: str) -> list[str]:
    command = [sys.executable, "-m", "natostance", "label", "s3://lake/in/", "--out", out]
    return [*command, "--model", str(model), "--shard-articles", str(SHARD), "--quiet", *options]


def content(fs: Any, folder: str) -> dict[str, bytes]:
    """All objects but the papers, which hold times."""
    found = {path.removeprefix(folder): fs.cat_file(path) for path in fs.find(folder)}
    return {name: data for name, data in found.items() if not name.endswith("run.json")}


def done(fs: Any, out: str) -> int:
    """How many parts the ledger has."""
    return sum(path.endswith(".part.json") for path in fs.find(f"{out}.ledger"))


@pytest.mark.parametrize("name", ["rows", "rows.jsonl"])
def test_a_killed_job_ends_with_the_same_bytes(
    s3: Any, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    quiet, killed = f"lake/quiet-{name}", f"lake/killed-{name}"
    ended = subprocess.run(
        job(tiny_model, f"s3://{quiet}/{name}"), capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 1, ended.stderr  # two articles are rejected
    expected = content(s3, quiet)
    # twelve shards, manifest and rejects; or the file and its rejects
    assert len(expected) == (14 if name == "rows" else 2)

    command = job(tiny_model, f"s3://{killed}/{name}", "--resume")
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and done(s3, f"{killed}/{name}") < 3:
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
        _, said = process.communicate()
    assert process.returncode == -signal.SIGKILL, said
    parts = done(s3, f"{killed}/{name}")
    assert 3 <= parts < 12
    assert not list(tmp_path.glob("natostance-*"))  # what waited to be put

    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1, ended.stderr
    assert "Traceback" not in ended.stderr
    assert content(s3, killed) == expected
    print(f"{name}: killed after {parts} of 12 parts, resumed, same bytes")


@pytest.mark.usefixtures("s3")
def test_a_wrong_endpoint_is_one_message(tiny_model: Path) -> None:
    ended = subprocess.run(
        job(tiny_model, "s3://lake/wrong/rows"),
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **aws(free_port())},
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    lines = ended.stderr.strip().splitlines()
    assert len(lines) == 1, ended.stderr
    assert "s3://lake/" in lines[0]
    assert "check credentials, network and endpoint" in lines[0]
    assert "--resume" in lines[0]
