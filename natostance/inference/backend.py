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
from natostance.text.windows import Window

# module and extra of each backend, in the order of preference
BACKENDS = {
    "openvino": ("openvino", "openvino"),
    "onnx": ("onnxruntime", "onnx"),
    "torch": ("torch", "train"),
}

# tokens, padding included, that go through the network at once
_BATCH_TOKENS = 2048


class Backend(Protocol):
    """Runs the network over windows.

    A window's scores must not depend on the other windows of the call.
    """

    name: str

    def scores(self, windows: Sequence[Window]) -> list[NDArray[np.float32]]:
        """Scores of windows, any number of them.

        Returns:
            For each window ``[length, 2 * labels + 1]``: the sentence head's votes and their
            weight, then the token head's logits.
        """
        ...


def make_backend(checkpoint: Checkpoint, name: str = "auto", device: str = "cpu") -> Backend:
    """The backend of a name for a model folder.

    Args:
        checkpoint: the model folder.
        name: ``openvino``, ``onnx``, ``torch``, or ``auto``: the first that is installed, and torch
            where the device is not the CPU.
        device: where torch runs; the others run on the CPU.

    Raises:
        InputError: there is no such backend, or it does not run on the device.
        MissingExtraError: the backend is not installed.
    """
    if name == "auto":
        installed = [n for n, (module, _) in BACKENDS.items() if find_spec(module)]
        name = "torch" if device != "cpu" else (installed or ["openvino"])[0]
    if name not in BACKENDS:
        raise InputError(f"no backend {name!r}", remedy=f"choose of {', '.join(BACKENDS)} or auto")
    if device != "cpu" and name != "torch":
        raise InputError(
            f"the backend {name} runs on the CPU alone", remedy="use the torch backend"
        )
    require(*BACKENDS[name], f"The backend {name}")
    if name == "torch":
        from natostance.inference.torch_backend import TorchBackend

        return TorchBackend.from_checkpoint(checkpoint, device)
    if name == "onnx":
        from natostance.inference.onnx_backend import OnnxBackend

        return OnnxBackend(checkpoint)
    from natostance.inference.openvino_backend import OpenVinoBackend

    return OpenVinoBackend(checkpoint)


def batches(windows: Sequence[Window], tokens: int = _BATCH_TOKENS) -> Iterator[list[int]]:
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
