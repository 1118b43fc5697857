"""The network in OpenVINO: the torch-free runtime of the default install."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray

from natostance.checkpoint import Checkpoint
from natostance.errors import InputError, ModelError
from natostance.inference.backend import BATCH_TOKENS, CPU_POOL, batches, padded
from natostance.inference.processor import available_cores
from natostance.text.windows import Window


def precisions() -> tuple[str, ...]:
    """The precisions in which OpenVINO really computes on this processor."""
    # asked for another one, it says nothing and computes in single precision
    able = openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return ("fp32", "bf16") if "BF16" in able else ("fp32",)


class OpenVinoBackend:
    """Runs a model folder's graph on the CPU.

    Single precision gives the same labels on processors with and without bfloat16, which a
    published number needs; bfloat16 is faster where the processor has it (AMX, AVX-512 BF16).

    Args:
        checkpoint: the model folder.
        precision: ``fp32``, ``bf16``, or ``auto``: bf16 where the processor has it.
        threads: cores to use; by default all that the process may use.

    Raises:
        InputError: the processor does not compute in the precision.
        ModelError: the graph cannot be read.
    """

    name = "openvino"
    device = "cpu"
    pool = CPU_POOL

    def __init__(
        self, checkpoint: Checkpoint, precision: str = "auto", threads: int | None = None
    ) -> None:
        able = precisions()
        self.precision = able[-1] if precision == "auto" else precision
        if self.precision not in able:
            raise InputError(
                f"this processor does not compute in {precision}",
                remedy=f"choose {' or '.join(able)}, or auto",
            )
        self.pad = checkpoint.config.special.pad
        try:
            model = openvino.Core().compile_model(
                str(checkpoint.graph),
                "CPU",
                {
                    "PERFORMANCE_HINT": "THROUGHPUT",
                    "INFERENCE_PRECISION_HINT": {"fp32": "f32", "bf16": "bf16"}[self.precision],
                    "INFERENCE_NUM_THREADS": threads or available_cores(),
                    # some processors would round the activations of an int8 model, and others not
                    "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0,
                },
            )
        except RuntimeError as error:
            raise ModelError(
                f"the graph cannot be read: {_last_line(error)}", file=checkpoint.graph
            ) from None
        self._queue = openvino.AsyncInferQueue(model)
        self._queue.set_callback(_keep)
        self.streams = len(self._queue)
        self._lock = threading.Lock()

    def scores(self, windows: Sequence[Window]) -> list[NDArray[np.float32]]:
        """See `natostance.inference.backend.Backend.scores`."""
        found: dict[int, NDArray[np.float32]] = {}
        # an article by itself would fit in one batch, and all streams but one would stand idle
        share = sum(len(window.ids) for window in windows) // self.streams
        with self._lock:
            for batch in batches(windows, min(BATCH_TOKENS, share)):
                ids, mask = padded([windows[i] for i in batch], self.pad)
                lengths = [len(windows[i].ids) for i in batch]
                self._queue.start_async([ids, mask], (found, batch, lengths))
            self._queue.wait_all()
        return [found[i] for i in range(len(windows))]


def _keep(request: Any, given: tuple[dict[int, NDArray[np.float32]], list[int], list[int]]) -> None:
    found, batch, lengths = given
    # the request's memory is used again for the next batch
    scores = request.get_output_tensor().data.copy()
    for row, (i, length) in enumerate(zip(batch, lengths, strict=True)):
        found[i] = scores[row, :length]


def _last_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[-1]
