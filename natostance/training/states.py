"""The states of a run that are saved, from which it goes on after it was stopped."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from transformers import TrainerCallback
from transformers.trainer_callback import TrainerState
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

SAVE_EVERY_SECONDS = 600.0

# what the trainer writes last
_LAST = "trainer_state.json"


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
        # an epoch's last state is saved when it has been measured: who went on from an earlier one
        # would leave the measurement out
        ended = state.global_step % (state.max_steps // state.num_train_epochs) == 0
        if not ended and time.monotonic() - self._last >= self._seconds:
            control.should_save = True

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._last = time.monotonic()


def since_best(state: Path, metric: str) -> tuple[int, int]:
    """How often a saved run was measured after its best epoch, and how many steps it had taken.

    The trainer does not take this up again: its early stopping would begin to count anew.

    Args:
        state: what `last_state` gives.
        metric: what epochs are measured by.
    """
    saved = TrainerState.load_from_json(str(state / _LAST))
    best = saved.best_global_step or 0
    later = [e for e in saved.log_history if metric in e and e["step"] > best]
    return len(later), saved.global_step


def last_state(folder: Path) -> Path | None:
    """The last state that was saved whole; None: there is none. What was begun after it is removed.

    Args:
        folder: where the trainer keeps its states.
    """
    found = folder.glob(f"{PREFIX_CHECKPOINT_DIR}-*")
    for state in sorted(found, key=lambda path: int(path.name.split("-")[-1]), reverse=True):
        try:
            TrainerState.load_from_json(str(state / _LAST))
        except (OSError, ValueError, TypeError):
            shutil.rmtree(state)
        else:
            return state
    return None
