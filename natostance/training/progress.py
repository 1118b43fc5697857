"""A training run's progress on a terminal, or in a log."""

from __future__ import annotations

import time
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from transformers import TrainerCallback

from natostance.training.loop import METRIC

# a log gets a line for each such share of the run
_LINES = 20


class ProgressBar(TrainerCallback):
    """A bar over the steps, and a line of figures after each epoch.

    Where the console is no terminal (a log, a scheduler's output), lines take the bar's place.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.bar = Progress(
            TextColumn("training"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total} steps, loss {task.fields[loss]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self.task = self.bar.add_task("", total=None, loss="-")
        self._loss = "-"
        self._began = 0.0
        self._first = 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._began, self._first = time.monotonic(), state.global_step
        self.bar.update(self.task, total=state.max_steps, completed=state.global_step)
        self.bar.start()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.bar.update(self.task, completed=state.global_step)
        step, steps = state.global_step, state.max_steps
        if not self.console.is_terminal and step * _LINES // steps > (step - 1) * _LINES // steps:
            spent = time.monotonic() - self._began
            left = spent / (step - self._first) * (steps - step)
            self.console.print(
                f"step {step} of {steps}, loss {self._loss}, {spent / 60:.1f} min, "
                f"about {left / 60:.1f} left"
            )

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        if logs and "loss" in logs:
            self._loss = f"{float(logs['loss']):.3f}"
            self.bar.update(self.task, loss=self._loss)
        if logs and METRIC in logs:
            self.console.print(
                f"epoch {state.epoch:.0f}: dev macro-F1 {logs[METRIC]:.4f}, "
                f"character F1 {logs['eval_character_f1']:.4f}",
                highlight=False,
            )

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.bar.stop()
