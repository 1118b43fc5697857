"""The network in OpenVINO: the torch-free runtime of the default install."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray

from natostance.checkpoint import Checkpoint
from natostance.errors import ModelError
from natostance.inference.backend import batches, padded
from natostance.text.windows import Window


class OpenVinoBackend:
    """Runs a model folder's graph on the CPU, in single precision.

    Single precision gives the same labels on processors with and without bfloat16, which a
    published number needs.

    Raises:
        ModelError: the graph cannot be read.
    """

    name = "openvino"

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.pad = checkpoint.config.special.pad
        try:
            model = openvino.Core().compile_model(
                str(checkpoint.graph),
                "CPU",
                {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": "f32"},
            )
        except RuntimeError as error:
            raise ModelError(
                f"the graph cannot be read: {str(error).splitlines()[-1]}", file=checkpoint.graph
            ) from None
        self._queue = openvino.AsyncInferQueue(model)
        self._queue.set_callback(_keep)
        self._lock = threading.Lock()

    def scores(self, windows: Sequence[Window]) -> list[NDArray[np.float32]]:
        """See `natostance.inference.backend.Backend.scores`."""
        found: dict[int, NDArray[np.float32]] = {}
        with self._lock:
            for batch in batches(windows):
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
