"""The machine that figures were measured on, in words."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

# what decides how fast a matrix product can be
FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "amx_int8")


@dataclass(frozen=True)
class Machine:
    """A processor and what it has."""

    processor: str
    flags: tuple[str, ...]
    cores: int
    memory_gb: float
    python: str

    @property
    def words(self) -> str:
        has = ", ".join(self.flags) or "none"
        lacks = ", ".join(flag for flag in FLAGS if flag not in self.flags) or "none"
        return (
            f"{self.processor}, {self.cores} cores used, {self.memory_gb:.0f} GB; it has {has}; "
            f"it lacks {lacks}; Python {self.python}"
        )


def machine(cores: int, cpuinfo: Path = Path("/proc/cpuinfo")) -> Machine:
    """This machine.

    Args:
        cores: how many of its cores are used.
        cpuinfo: where Linux describes the processor.
    """
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    facts = {
        name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    flags = facts.get("flags", "").split()
    return Machine(
        facts.get("model name") or platform.processor() or platform.machine(),
        tuple(flag for flag in FLAGS if flag in flags),
        cores,
        os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9,
        platform.python_version(),
    )


def use_cores(count: int) -> int:
    """Bind this process, and what it starts, to so many cores; gives how many it got."""
    if not hasattr(os, "sched_setaffinity"):  # not Linux: threads are bounded all the same
        return count
    chosen = sorted(os.sched_getaffinity(0))[:count]
    os.sched_setaffinity(0, chosen)
    return len(chosen)


def variables(threads: int, root: Path) -> dict[str, str]:
    """The environment variables of all workers: so many threads, and no hub."""
    names = ("OMP", "MKL", "OPENBLAS", "NUMEXPR", "RAYON")
    return {
        **os.environ,
        **{f"{name}_NUM_THREADS": str(threads) for name in names},
        "TOKENIZERS_PARALLELISM": "true",
        "HF_HUB_OFFLINE": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "PYTHONPATH": str(root),
    }
