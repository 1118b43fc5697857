"""The network in ONNX Runtime: the torch-free runtime where OpenVINO has no build."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from natostance.checkpoint import Checkpoint
from natostance.errors import InputError, ModelError
from natostance.inference.backend import CPU_POOL, batches, padded
from natostance.inference.processor import available_cores
from natostance.text.windows import Window


class OnnxBackend:
    """Runs a model folder's graph on the CPU, in single precision.

    Args:
        checkpoint: the model folder.
        precision: ``fp32`` or ``auto``.
        threads: cores to use; by default all that the process may use.

    Raises:
        InputError: another precision is asked for.
        ModelError: the graph cannot be read.
    """

    name = "onnx"
    device = "cpu"
    precision = "fp32"
    pool = CPU_POOL

    def __init__(
        self, checkpoint: Checkpoint, precision: str = "auto", threads: int | None = None
    ) -> None:
        if precision not in ("auto", self.precision):
            raise InputError(
                f"ONNX Runtime does not compute in {precision} on processors",
                remedy="choose fp32 or auto, or the backend openvino",
            )
        self.pad = checkpoint.config.special.pad
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = threads or available_cores()
        try:
            self._session = onnxruntime.InferenceSession(
                str(checkpoint.graph), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its errors have no common base but this
            raise ModelError(
                f"the graph cannot be read: {str(error).splitlines()[-1]}", file=checkpoint.graph
            ) from None

    def scores(self, windows: Sequence[Window]) -> list[NDArray[np.float32]]:
        """See `natostance.inference.backend.Backend.scores`."""
        found: dict[int, NDArray[np.float32]] = {}
        for batch in batches(windows):
            ids, mask = padded([windows[i] for i in batch], self.pad)
            (scores,) = self._session.run(None, {"input_ids": ids, "attention_mask": mask})
            for row, i in enumerate(batch):
                found[i] = scores[row, : len(windows[i].ids)]
        return [found[i] for i in range(len(windows))]
