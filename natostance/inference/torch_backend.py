"""The network in torch: for training, for GPUs, and as the reference of the other backends."""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray

from natostance.checkpoint import Checkpoint
from natostance.errors import InputError
from natostance.inference.backend import CPU_POOL, batches, padded
from natostance.modeling.network import StanceNetwork
from natostance.text.windows import Window

# a GPU is idle with what keeps two cores busy
_CPU_TOKENS, _GPU_TOKENS = 2048, 32_768
_GPU_POOL = 512  # four batches of windows of 256 tokens
_DEVICE = re.compile(r"cpu|mps|cuda(:\d+)?")


class TorchBackend:
    """Runs a `StanceNetwork`.

    Attention is torch's own (scaled dot product), with its fused kernels where the device has them.

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
        self._kind = device.partition(":")[0]
        on_cpu = self._kind == "cpu"
        self.pool = CPU_POOL if on_cpu else _GPU_POOL
        self._tokens = _CPU_TOKENS if on_cpu else _GPU_TOKENS
        self.precision = "bf16" if autocast else "fp32"

    @classmethod
    def from_checkpoint(
        cls, checkpoint: Checkpoint, device: str = "cpu", autocast: bool = False
    ) -> TorchBackend:
        """The network of a model folder.

        Raises:
            ModelError: the folder was exported and has no weights for torch.
        """
        from safetensors.torch import load_file

        network = StanceNetwork.from_state(
            checkpoint.config.encoder,
            len(checkpoint.config.labels.names),
            load_file(checkpoint.weights),
        )
        return cls(network, checkpoint.config.special.pad, device, autocast)

    def scores(self, windows: Sequence[Window]) -> list[NDArray[np.float32]]:
        """See `natostance.inference.backend.Backend.scores`."""
        self.network.eval()
        found: dict[int, NDArray[np.float32]] = {}
        with (
            torch.inference_mode(),
            torch.autocast(self._kind, dtype=torch.bfloat16, enabled=self.autocast),
        ):
            for batch in batches(windows, self._tokens):
                ids, mask = padded([windows[i] for i in batch], self.pad)
                out = self.network(
                    torch.from_numpy(ids).to(self.device), torch.from_numpy(mask).to(self.device)
                )
                array = out.float().cpu().numpy()
                for row, i in enumerate(batch):
                    found[i] = array[row, : len(windows[i].ids)]
        return [found[i] for i in range(len(windows))]


class ParallelBackend:
    """One network a device, each with its share of the windows.

    Args:
        replicas: the same network, on several devices.
    """

    name = "torch"

    def __init__(self, replicas: Sequence[TorchBackend]) -> None:
        self.replicas = tuple(replicas)
        self.precision = replicas[0].precision
        self.device = ",".join(replica.device for replica in replicas)
        self.pool = sum(replica.pool for replica in replicas)
        self._pool = ThreadPoolExecutor(len(replicas), "natostance-device")

    def scores(self, windows: Sequence[Window]) -> list[NDArray[np.float32]]:
        """See `natostance.inference.backend.Backend.scores`."""
        tasks = [
            self._pool.submit(replica.scores, share)
            for replica, share in zip(self.replicas, self._shares(windows), strict=True)
        ]
        return [scores for task in tasks for scores in task.result()]

    def _shares(self, windows: Sequence[Window]) -> list[Sequence[Window]]:
        """Windows in order, cut where each device has about as many tokens."""
        ends = np.cumsum([len(window.ids) for window in windows])
        total, devices = (int(ends[-1]) if len(ends) else 0), len(self.replicas)
        cuts = [int(np.searchsorted(ends, total * i / devices)) for i in range(1, devices)]
        return [windows[a:b] for a, b in zip([0, *cuts], [*cuts, len(windows)], strict=True)]


def make_torch_backend(
    checkpoint: Checkpoint,
    device: str = "cpu",
    precision: str = "auto",
    threads: int | None = None,
) -> TorchBackend | ParallelBackend:
    """The network of a model folder on one device or several.

    Args:
        checkpoint: the model folder.
        device: ``cpu``, ``mps``, ``cuda`` (all GPUs), ``cuda:1``, or several with commas between.
        precision: ``fp32``, ``bf16``, or ``auto``: bf16 on GPUs that have it.
        threads: cores to use on the CPU, by the whole process; by default torch decides.

    Raises:
        InputError: there is no such device here, or it does not compute in the precision.
    """
    devices = _devices(device)
    on_gpu = all(name.startswith("cuda") for name in devices)
    has_bf16 = on_gpu and torch.cuda.is_bf16_supported(including_emulation=False)
    if precision == "bf16" and not has_bf16 and set(devices) != {"cpu"}:
        raise InputError(
            f"{device} does not compute in {precision} here", remedy="choose fp32 or auto"
        )
    autocast = precision == "bf16" or (precision == "auto" and has_bf16)
    if threads is not None and "cpu" in devices:
        # for the whole process, so not without being asked: a training beside it would feel it
        torch.set_num_threads(threads)
    replicas = [TorchBackend.from_checkpoint(checkpoint, name, autocast) for name in devices]
    return replicas[0] if len(replicas) == 1 else ParallelBackend(replicas)


def _devices(device: str) -> list[str]:
    """The torch devices that a name stands for.

    Raises:
        InputError: there is no such device, or it is not on this machine.
    """
    found: list[str] = []
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    for name in device.split(","):
        if not _DEVICE.fullmatch(name):
            raise InputError(
                f"no device {name!r}", remedy="choose auto, cpu, cuda, cuda:NUMBER or mps"
            )
        kind, _, number = name.partition(":")
        here = gpus > int(number or 0) if kind == "cuda" else True
        if kind == "mps":
            here = torch.backends.mps.is_available()
        if not here:
            raise InputError(
                f"there is no device {name} here, or torch was built without it",
                remedy="use --device cpu, or auto",
            )
        if name == "cuda" and gpus > 1:
            found += [f"cuda:{i}" for i in range(gpus)]
        else:
            found.append(name)
    return found
