"""What every backend does: scores for the tokens of windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from natostance.checkpoint import Checkpoint
from natostance.errors import InputError
from natostance.extras import require
from natostance.inference.processor import best_device
from natostance.text.windows import Window

# module and extra of each backend, in the order of preference
BACKENDS = {
    "openvino": ("openvino", "openvino"),
    "onnx": ("onnxruntime", "onnx"),
    "torch": ("torch", "train"),
}

PRECISIONS = ("auto", "fp32", "bf16")

# tokens, padding included, that go through the network at once; on two cores with AVX2, 2,048 were
# 8 % slower with two streams, and 8,192 took twice as long
BATCH_TOKENS = 1024

# windows that are collected for a processor: sixteen batches of long ones
CPU_POOL = 64


class Backend(Protocol):
    """Runs the network over windows.

    A window's scores must not depend on the other windows of the call. ``precision`` is the one
    that its floating-point arithmetic really has, ``device`` where it runs. ``pool`` is how many
    windows a call should have where there are that many: enough for several batches of windows of
    about the same length, and few enough to bound memory and how far documents are read ahead.
    """

    name: str
    precision: str
    device: str
    pool: int

    def scores(self, windows: Sequence[Window]) -> list[NDArray[np.float32]]:
        """Scores of windows, any number of them.

        Returns:
            For each window ``[length, 2 * labels + 1]``: the sentence head's votes and their
            weight, then the token head's logits.
        """
        ...


def make_backend(
    checkpoint: Checkpoint,
    name: str = "auto",
    device: str = "auto",
    precision: str = "fp32",
    threads: int | None = None,
) -> Backend:
    """The backend of a name for a model folder.

    Args:
        checkpoint: the model folder. One that was exported runs on what it was exported to.
        name: ``openvino``, ``onnx``, ``torch``, or ``auto``: torch on a GPU, else the first that is
            installed.
        device: ``cpu``, ``cuda``, ``mps``, or ``auto``: a GPU where torch is installed and finds
            one, else the CPU. ``cuda`` means all GPUs, ``cuda:1`` one of them, ``cuda:0,cuda:2``
            these. The backends other than torch run on the CPU.
        precision: ``fp32``, ``bf16``, or ``auto``: ``bf16`` where the device computes in it
            faster, else ``fp32``.
        threads: cores to use; by default all that the process may use.

    Raises:
        InputError: there is no such backend, device or precision, or they do not go together.
        MissingExtraError: the backend is not installed.
    """
    if threads is not None and threads < 1:
        raise InputError(f"--threads is {threads}", remedy="give a number above 0")
    if precision not in PRECISIONS:
        raise InputError(f"no precision {precision!r}", remedy=f"choose of {', '.join(PRECISIONS)}")
    if name not in (*BACKENDS, "auto"):
        raise InputError(f"no backend {name!r}", remedy=f"choose of {', '.join(BACKENDS)} or auto")
    exported = checkpoint.config.export
    if exported is not None:
        if name not in (exported.to, "auto"):
            raise InputError(
                f"the model was exported to {exported.to} and does not run on {name}",
                file=checkpoint.folder,
                remedy="use the model that it was exported from",
            )
        name = exported.to
    if name == "auto":
        if device == "auto":
            device = best_device()
        installed = [n for n, (module, _) in BACKENDS.items() if find_spec(module)]
        name = "torch" if device != "cpu" else (installed or ["openvino"])[0]
    elif device == "auto":
        device = best_device() if name == "torch" else "cpu"
    if device != "cpu" and name != "torch":
        raise InputError(
            f"the backend {name} runs on the CPU alone", remedy="use the torch backend"
        )
    require(*BACKENDS[name], f"The backend {name}")
    if name == "torch":
        from natostance.inference.torch_backend import make_torch_backend

        return make_torch_backend(checkpoint, device, precision, threads)
    if name == "onnx":
        from natostance.inference.onnx_backend import OnnxBackend

        return OnnxBackend(checkpoint, precision, threads)
    from natostance.inference.openvino_backend import OpenVinoBackend

    return OpenVinoBackend(checkpoint, precision, threads)


def batches(windows: Sequence[Window], tokens: int = BATCH_TOKENS) -> Iterator[list[int]]:
    """Indices of windows that go through the network together, by length, so little is padded."""
    order = sorted(range(len(windows)), key=lambda i: len(windows[i].ids))
    batch: list[int] = []
    for i in order:
        if batch and (len(batch) + 1) * len(windows[i].ids) > tokens:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def padded(
    windows: Sequence[Window], pad: int, multiple: int = 8
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ids and mask of windows, padded on the right.

    Args:
        windows: at least one window.
        pad: id of the padding token.
        multiple: the length is rounded up to a multiple of this, so that shapes recur.

    Returns:
        Ids and mask, each ``[windows, length]``.
    """
    length = -(-max(len(w.ids) for w in windows) // multiple) * multiple
    ids = np.full((len(windows), length), pad, dtype=np.int64)
    mask = np.zeros((len(windows), length), dtype=np.int64)
    for row, window in enumerate(windows):
        ids[row, : len(window.ids)] = window.ids
        mask[row, : len(window.ids)] = 1
    return ids, mask
