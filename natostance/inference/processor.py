"""What this process may compute on: how many cores, and whether there is a GPU.

Nothing heavy is imported to find out: a machine without a GPU does not pay for torch.
"""

from __future__ import annotations

import os
import platform
import sys
from importlib.util import find_spec
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")
# device files of NVIDIA's driver, of WSL's, and of AMD's
_GPU_FILES = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")


def available_cores(quota: Path = _QUOTA) -> int:
    """How many cores the process may use: its affinity, and the quota of its container.

    Runtimes count the cores of the machine, and in a container with fewer of them their threads
    wait for each other.

    Args:
        quota: what a control group (version 2) says of its quota: microseconds of processor time,
            or ``max``, in a period of so many microseconds.
    """
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # Linux alone has it
        cores = os.cpu_count() or 1
    try:
        allowed, period = quota.read_text(encoding="ascii").split()
        if allowed != "max":
            cores = min(cores, -(-int(allowed) // int(period)))
    except (OSError, ValueError):
        pass  # no such control group
    return max(1, cores)


def best_device() -> str:
    """``cuda`` or ``mps`` where torch is installed and has a GPU to compute on, else ``cpu``.

    torch is imported only where a driver's device file, or an Apple processor, says that there
    may be one.
    """
    if not find_spec("torch") or not _may_have_gpu():
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _may_have_gpu() -> bool:
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return False
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    if sys.platform == "win32":
        system = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32"
        return (system / "nvcuda.dll").exists()
    return any(Path(file).exists() for file in _GPU_FILES)
