"""An environment of its own for each peer: their pins conflict."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = ".venv-benchmarks"
REQUIREMENTS = Path(__file__).parent / "requirements"


class SetupError(Exception):
    """An environment could not be made; the message says why, in one line."""


def environment(name: str, root: Path, requirements: Path = REQUIREMENTS) -> Path:
    """The Python of a peer's environment, which is made where it is not there yet.

    Args:
        name: of the requirements file, without its suffix. A line ``# without: PACKAGE`` in it
            takes away what a dependency brought along and what does not work.
        root: the checkout; environments lie in a folder of it that git ignores.
        requirements: the folder with the requirements files.

    Raises:
        SetupError: the packages cannot be installed.
    """
    wanted = (requirements / f"{name}.txt").read_text(encoding="utf-8")
    folder = root / FOLDER / name
    python, stamp = folder / "bin" / "python", folder / ".installed"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    print(f"installing the environment {name}", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    # our own pip serves: to put another into each environment takes longer than the rest
    _run([sys.executable, "-m", "venv", "--without-pip", str(folder)])
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    _run([*pip, "install", "--quiet", "-r", str(requirements / f"{name}.txt")])
    if unwanted := re.findall(r"^# without: (\S+)$", wanted, re.MULTILINE):
        _run([*pip, "uninstall", "--quiet", "--yes", *unwanted])
    stamp.write_text(wanted, encoding="utf-8")
    return python


def _run(command: list[str]) -> None:
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=clean
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        last = (lines or done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise SetupError(f"its environment cannot be installed: {last}")
