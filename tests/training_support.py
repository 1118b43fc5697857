"""What tests do to training runs."""

from __future__ import annotations

from transformers import TrainerCallback


class KilledError(Exception):
    pass


class KillAfterStep(TrainerCallback):
    """Stops a run the hard way, before another step."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step_begin(self, args: object, state: object, control: object, **_: object) -> None:
        if state.global_step == self.step:  # type: ignore[attr-defined]
            raise KilledError


class KillWhenMeasured(TrainerCallback):
    """Stops a run the hard way, before its first figures on dev are kept."""

    def on_evaluate(self, *_: object, **__: object) -> None:
        raise KilledError


class KillAfterEpoch(TrainerCallback):
    """Stops a run the hard way, at the beginning of an epoch."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def on_epoch_begin(self, args: object, state: object, control: object, **_: object) -> None:
        if round(state.epoch or 0) == self.epoch:  # type: ignore[attr-defined]
            raise KilledError
