"""What a training run says of itself while it goes on."""

from __future__ import annotations

import io

from rich.console import Console
from transformers import TrainerControl, TrainerState

from natostance.training.progress import ProgressBar


def test_where_no_terminal_is_lines_tell_step_and_loss() -> None:
    said = io.StringIO()
    bar = ProgressBar(Console(file=said, width=200))
    state, control = TrainerState(max_steps=40), TrainerControl()
    bar.on_train_begin(None, state, control)
    bar.on_log(None, state, control, logs={"loss": "3.9284001"})
    for step in range(1, 41):
        state.global_step = step
        bar.on_step_end(None, state, control)
    bar.on_train_end(None, state, control)
    lines = said.getvalue().splitlines()
    assert lines[-1].startswith("step 40 of 40, loss 3.928, ")
    assert len(lines) == len(set(lines)) > 1
