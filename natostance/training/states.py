"""How often a run's state is saved, from which it goes on after it was stopped."""

from __future__ import annotations

import time
from typing import Any

from transformers import TrainerCallback

SECONDS = 600.0


class SaveStates(TrainerCallback):
    """Has the trainer save its state once so much time has gone since the last one.

    Args:
        seconds: how much.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._last = 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._last = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if time.monotonic() - self._last >= self._seconds:
            control.should_save = True

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._last = time.monotonic()
