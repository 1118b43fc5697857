"""Every command and snippet of the README and the documentation runs.

Blocks of ``sh`` and ``python`` are run as they stand, page by page, in the order of the page, in a
copy of the checkout. A block with ``not-run="reason"`` after its language is skipped, and the test
names it. Blocks of other languages are read where they can be (JSON, YAML).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from support import ROOT

PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]

_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE)
_NOT_RUN = re.compile(r'not-run="(?P<reason>[^"]+)"')
# files that are larger are linked, not copied; no page changes them
_LARGE = 1_000_000
_COPIED = ("examples", "eval", "training", "configs", "models")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Args:
        page: the page.
        line: where it begins, from 1.
        language: ``sh``, ``python``, ...
        code: what is in it.
        not_run: why a test cannot run it.
    """

    page: Path
    line: int
    language: str
    code: str
    not_run: str | None


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        info = found["info"].strip()
        reason = _NOT_RUN.search(info)
        yield Block(
            page,
            text.count("\n", 0, found.start()) + 1,
            info.split()[0] if info else "",
            found["code"],
            reason["reason"] if reason else None,
        )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder that looks like a checkout, and may be written to."""

    def copy(source: str, target: str) -> None:
        if os.path.getsize(source) > _LARGE:
            os.symlink(source, target)
        else:
            shutil.copyfile(source, target)

    for name in _COPIED:
        shutil.copytree(ROOT / name, tmp_path / name, copy_function=copy)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_command_and_snippet_runs(
    page: Path, checkout: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tools = tmp_path_factory.mktemp("bin")
    (tools / "natostance").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m natostance "$@"\n')
    (tools / "natostance").chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tools}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HF_HUB_OFFLINE": "1",
        "COLUMNS": "120",
    }
    skipped = []
    for block in blocks(page):
        where = f"{page.relative_to(ROOT)}, line {block.line}"
        if block.not_run:
            skipped.append(f"{where}: {block.not_run}")
            continue
        if block.language == "sh":
            command = ["sh", "-eu", "-c", block.code]
        elif block.language == "python":
            command = [sys.executable, "-c", block.code]
        else:
            continue
        done = subprocess.run(
            command, cwd=checkout, env=environment, capture_output=True, text=True, timeout=900
        )
        assert done.returncode == 0, f"{where}\n{block.code}\n{done.stdout}\n{done.stderr}"
    if skipped:
        # pytest shows warnings, so that nothing is left out in silence
        warnings.warn("not run: " + "; ".join(skipped), stacklevel=1)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_block_names_its_language_and_data_can_be_read(page: Path) -> None:
    for block in blocks(page):
        where = f"{page.name}, line {block.line}"
        assert block.language in {"sh", "python", "json", "yaml", "text", "bibtex"}, where
        if block.language == "json":
            json.loads(block.code)
        elif block.language == "yaml":
            assert yaml.safe_load(block.code), where
        if block.not_run is not None:
            assert len(block.not_run) > 10, where


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_no_command_hides_in_an_indented_block(page: Path) -> None:
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    assert not re.search(r"\n\n(    |\t)(natostance|pip|make|python|from|import)\b", text)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
