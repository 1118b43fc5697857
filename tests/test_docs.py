"""Every command and snippet of the README and the documentation runs.

Blocks of ``sh`` and ``python`` are run as they stand, page by page, in the order of the page, in a
copy of the checkout, each command and snippet in a process of its own (see `forked`). A block with
``not-run="reason"`` after its language is skipped, and the test names it. Blocks of other languages
are read where they can be (JSON, YAML).
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import forked
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


@dataclass(frozen=True)
class Shell:
    """How blocks are run.

    Args:
        environment: its variables; the command ``natostance`` is on its path.
        python: what a snippet is an argument of.
    """

    environment: dict[str, str]
    python: list[str]


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    tools = tmp_path_factory.mktemp("bin")
    path = str(tools / "socket")
    environment = {
        **os.environ,
        "PATH": f"{tools}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HF_HUB_OFFLINE": "1",
        "COLUMNS": "120",
    }
    call = [sys.executable, "-SE", forked.__file__, "call", path]
    (tools / "natostance").write_text(f'#!/bin/sh\nexec {shlex.join(call)} natostance "$@"\n')
    (tools / "natostance").chmod(0o755)
    with subprocess.Popen(
        [sys.executable, forked.__file__, "serve", path],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        yield Shell(environment, [*call, "python"])
        server.communicate()


@pytest.mark.parametrize(
    "arguments", [["--version"], ["label", "nowhere.txt"], ["convert", "-", "x", "--to", "y"]]
)
def test_a_forked_command_is_the_command(
    shell: Shell, tmp_path: Path, arguments: list[str]
) -> None:
    calls = ["natostance"], [sys.executable, "-m", "natostance"]
    one, other = (
        subprocess.run(
            [*call, *arguments], cwd=tmp_path, env=shell.environment, capture_output=True
        )
        for call in calls
    )
    assert (one.returncode, one.stdout, one.stderr) == (
        other.returncode,
        other.stdout,
        other.stderr,
    )


def test_a_forked_snippet_that_breaks_is_noticed(shell: Shell, tmp_path: Path) -> None:
    code = "import os, sys\nprint(os.getcwd(), sys.stdin.read())\nassert __name__ != '__main__'"
    done = subprocess.run(
        [*shell.python, code], input="abc", cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stdout == f"{tmp_path} abc\n"
    assert "line 3" in done.stderr
    assert done.stderr.endswith("AssertionError\n")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_command_and_snippet_runs(page: Path, checkout: Path, shell: Shell) -> None:
    skipped = []
    for block in blocks(page):
        where = f"{page.relative_to(ROOT)}, line {block.line}"
        if block.not_run:
            skipped.append(f"{where}: {block.not_run}")
            continue
        if block.language == "sh":
            command = ["sh", "-eu", "-c", block.code]
        elif block.language == "python":
            command = [*shell.python, block.code]
        else:
            continue
        done = subprocess.run(
            command,
            cwd=checkout,
            env=shell.environment,
            capture_output=True,
            text=True,
            timeout=900,
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
