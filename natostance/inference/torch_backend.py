"""The network in torch: for training, for GPUs, and as the reference of the other backends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from natostance.checkpoint import Checkpoint
from natostance.inference.backend import batches, padded
from natostance.modeling.network import StanceNetwork
from natostance.text.windows import Window


class TorchBackend:
    """Runs a `StanceNetwork`.

    Args:
        network: the network; it is put into evaluation mode.
        pad: id of the padding token.
        device: a torch device.
        autocast: run the encoder in bfloat16.
    """

    name = "torch"

    def __init__(
        self, network: StanceNetwork, pad: int, device: str = "cpu", autocast: bool = False
    ) -> None:
        self.network = network.to(device)
        self.pad = pad
        self.device = device
        self.autocast = autocast

    @classmethod
    def from_checkpoint(cls, checkpoint: Checkpoint, device: str = "cpu") -> TorchBackend:
        """The network of a model folder, in single precision."""
        from safetensors.torch import load_file

        network = StanceNetwork.from_state(
            checkpoint.config.encoder,
            len(checkpoint.config.labels.names),
            load_file(checkpoint.weights),
        )
        return cls(network, checkpoint.config.special.pad, device)

    def scores(self, windows: Sequence[Window]) -> list[NDArray[np.float32]]:
        """See `natostance.inference.backend.Backend.scores`."""
        self.network.eval()
        found: dict[int, NDArray[np.float32]] = {}
        device = self.device.partition(":")[0]
        with (
            torch.inference_mode(),
            torch.autocast(device, dtype=torch.bfloat16, enabled=self.autocast),
        ):
            for batch in batches(windows):
                ids, mask = padded([windows[i] for i in batch], self.pad)
                out = self.network(
                    torch.from_numpy(ids).to(self.device), torch.from_numpy(mask).to(self.device)
                )
                array = out.float().cpu().numpy()
                for row, i in enumerate(batch):
                    found[i] = array[row, : len(windows[i].ids)]
        return [found[i] for i in range(len(windows))]
