"""The mean of the weights that a run goes through (Izmailov et al. 2018, https://arxiv.org/abs/1803.05407).

It costs no step more, and brings little where the learning rate falls to nothing anyway.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import TrainerCallback
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

MEAN = "mean.safetensors"
# neighbouring steps' weights hardly differ
COUNT_EVERY_STEPS = 10

_COUNT = "count"


class MeanOfWeights(TrainerCallback):
    """Takes the mean of a network's weights, and leaves the network with it in the end.

    Frozen ones have none. It is saved with each state of the trainer, so that a run that goes on
    has the same mean.

    Args:
        network: what is trained.
        folder: where the trainer keeps its states.
        begin: share of the steps after which weights count.
    """

    def __init__(self, network: nn.Module, folder: Path, begin: float) -> None:
        self._network = network
        self._folder = folder
        self._begin = begin
        self._mean: dict[str, Tensor] = {}
        self._count = 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        path = self._path(state.global_step)
        if state.global_step and path.exists():
            self._mean = load_file(path)
            self._count = int(self._mean.pop(_COUNT))
            for name, weights in self._learned().items():
                self._mean[name] = self._mean[name].to(weights.device)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        step, steps = state.global_step, state.max_steps
        if step < steps and (step <= self._begin * steps or step % COUNT_EVERY_STEPS):
            return
        self._count += 1
        with torch.no_grad():
            for name, weights in self._learned().items():
                if self._count == 1:
                    self._mean[name] = weights.detach().clone()
                else:
                    self._mean[name].lerp_(weights, 1 / self._count)

    def save(self, folder: Path) -> None:
        """Write the mean so far into the folder of a state, if anything counts yet."""
        if self._count:
            tensors = {name: mean.contiguous() for name, mean in self._mean.items()}
            save_file({**tensors, _COUNT: torch.tensor(self._count)}, folder / MEAN)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if not self._count:  # stopped before anything counted
            return
        with torch.no_grad():
            for name, weights in self._learned().items():
                weights.copy_(self._mean[name])

    def _learned(self) -> dict[str, nn.Parameter]:
        return {n: p for n, p in self._network.named_parameters() if p.requires_grad}

    def _path(self, step: int) -> Path:
        return self._folder / f"{PREFIX_CHECKPOINT_DIR}-{step}" / MEAN
