"""Any bytes are read, or refused in a way that is documented."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from fuzz_targets import SEEDS, TARGETS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SCRIPT = Path(__file__).with_name("fuzz.py")
FIRST = 40
SECONDS = int(os.environ.get("FUZZ_SECONDS", "20"))

# pieces of what the parsers look for, so that random bytes get somewhere
PIECES = [
    *(b"{", b"}", b"[", b"]", b":", b",", b'"', b"\\", b"\n", b"\r\n", b"\t", b" ", b"---\n"),
    *(b'"text": ', b'"id": ', b'"spans": ', b'"label": ', b'"start": ', b'"end": ', b"id: x\n"),
    *(b"[NATO: ", b"[RUSSIA: ", b"[?NATO: ", b"NATO", b"O\n", b"B-NATO", b"I-NATO", b"T1\t"),
    *(b"text,id\n", b"<p>", b"</p>", b"<div>", b"\xff", b"\0", b"\xef\xbb\xbf", b"0", b"1", b"9"),
    *(b"A.", b"Mr. B", b"null", b"NaN", b"1e999", b"\xed\xa0\x80", "… “no” ".encode(), b"text"),
]


def anything(name: str) -> st.SearchStrategy[bytes]:
    """Bytes, pieces of syntax, and seeds with something cut out or put in."""
    pieces = st.lists(st.sampled_from(PIECES) | st.binary(max_size=3), max_size=30).map(b"".join)
    seeds = SEEDS.get(name)
    if not seeds:
        return pieces | st.binary(max_size=200)
    changed = st.tuples(
        st.sampled_from(seeds), st.integers(0, 200), st.integers(0, 20), pieces
    ).map(lambda c: c[0][: c[1]] + c[3][:20] + c[0][c[1] + c[2] :])
    return changed | pieces | st.binary(max_size=200)


@pytest.mark.parametrize("name", TARGETS)
def test_any_bytes(name: str, tmp_path: Path) -> None:
    @settings(
        max_examples=FIRST,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(anything(name))
    def check(data: bytes) -> None:
        TARGETS[name](data, tmp_path)

    check()


@pytest.mark.fuzz
@pytest.mark.parametrize("name", TARGETS)
def test_for_some_time(name: str, tmp_path: Path) -> None:
    pytest.importorskip("atheris")
    for i, seed in enumerate(SEEDS.get(name, [])):
        (tmp_path / f"seed{i}").write_bytes(seed)
    done = subprocess.run(
        [sys.executable, SCRIPT, name, f"-max_total_time={SECONDS}", "-max_len=2000", tmp_path],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    runs = re.search(r"Done (\d+) runs", done.stderr)
    assert runs
    print(f"{name}: {int(runs[1]):,} inputs")
