"""A training run's progress on a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from transformers import TrainerCallback

from natostance.training.loop import METRIC


class ProgressBar(TrainerCallback):
    """A bar over the steps, and a line of figures after each epoch."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.bar = Progress(
            TextColumn("training"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total} steps, loss {task.fields[loss]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
        )
        self.task = self.bar.add_task("", total=None, loss="-")

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.bar.update(self.task, total=state.max_steps, completed=state.global_step)
        self.bar.start()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.bar.update(self.task, completed=state.global_step)

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        if logs and "loss" in logs:
            self.bar.update(self.task, loss=logs["loss"])
        if logs and METRIC in logs:
            self.console.print(
                f"epoch {state.epoch:.0f}: dev macro-F1 {logs[METRIC]:.4f}, "
                f"character F1 {logs['eval_character_f1']:.4f}",
                highlight=False,
            )

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.bar.stop()
