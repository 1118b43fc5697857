"""The training loop: `transformers.Trainer` with the losses of both heads.

Between epochs the network is measured through the production classifier, not by its loss.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import datasets
import torch
from torch import Tensor, nn
from transformers import EarlyStoppingCallback, PrinterCallback, Trainer, TrainingArguments

from natostance.modeling.heads import pool_sentences
from natostance.modeling.network import StanceNetwork
from natostance.training.examples import IGNORED, collate
from natostance.training.recipe import OptimisationSettings

METRIC = "eval_macro_f1"


class StanceTrainer(Trainer):
    """Trainer of a `StanceNetwork`.

    Args:
        network: what is trained.
        settings: weights of the losses and learning rates.
        measure: gives the dev figures of the network; must hold ``macro_f1``.
        arguments: everything else that `transformers.Trainer` takes.
    """

    def __init__(
        self,
        network: StanceNetwork,
        settings: OptimisationSettings,
        measure: Callable[[], dict[str, float]],
        **arguments: Any,
    ) -> None:
        super().__init__(model=network, **arguments)
        self.network = network
        self.settings = settings
        self.measure = measure

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Tensor],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        """Cross-entropy of sentences plus weighted cross-entropy of scored tokens."""
        scores = model(inputs["input_ids"], inputs["attention_mask"])
        targets = inputs["sentence_labels"]
        labels = (scores.shape[-1] - 1) // 2
        votes, tokens = scores[..., : labels + 1], scores[..., labels + 1 :].float()
        sentences = pool_sentences(votes, inputs["sentence_index"], targets.shape[1])
        loss = nn.functional.cross_entropy(
            sentences.flatten(0, 1),
            targets.flatten(),
            ignore_index=IGNORED,
            label_smoothing=self.settings.label_smoothing,
        )
        loss = loss + self.settings.token_weight * nn.functional.cross_entropy(
            tokens.flatten(0, 1), inputs["token_labels"].flatten(), ignore_index=IGNORED
        )
        return (loss, scores) if return_outputs else loss

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """AdamW with a learning rate for the encoder and one for the heads."""
        if self.optimizer is None:
            groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
            for name, parameter in self.network.named_parameters():
                if parameter.requires_grad:
                    key = (name.startswith("encoder."), parameter.ndim > 1)
                    groups.setdefault(key, []).append(parameter)
            s = self.settings
            self.optimizer = torch.optim.AdamW(
                [
                    {
                        "params": parameters,
                        "lr": s.learning_rate if in_encoder else s.head_learning_rate,
                        "weight_decay": s.weight_decay if is_matrix else 0.0,
                    }
                    for (in_encoder, is_matrix), parameters in groups.items()
                ]
            )
        return self.optimizer

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Dev figures through the production classifier."""
        figures = {f"eval_{k}": v for k, v in self.measure().items()}
        self.log(dict(figures))
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, figures
        )
        return figures


def fit(
    network: StanceNetwork,
    examples: datasets.Dataset,
    settings: OptimisationSettings,
    *,
    pad: int,
    seed: int,
    folder: Path,
    measure: Callable[[], dict[str, float]],
    callbacks: list[Any],
    resume: bool,
) -> list[dict[str, float]]:
    """Train a network in place, and leave it with the weights of its best epoch.

    Args:
        network: what is trained.
        examples: see `natostance.training.examples.build`.
        settings: how.
        pad: id of the padding token.
        seed: decides order and dropout.
        folder: holds the state after each epoch, from which a killed run goes on.
        measure: dev figures of the network.
        callbacks: further callbacks of the trainer.
        resume: go on from the last state in the folder.

    Returns:
        What was logged, step by step.
    """
    if settings.freeze_embeddings:
        network.encoder.get_input_embeddings().requires_grad_(False)
    steps = -(-len(examples) // settings.batch_windows) * settings.epochs
    arguments = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch_windows,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=int(settings.warmup * steps),
        bf16=uses_bf16(settings.precision),
        use_cpu=not torch.cuda.is_available(),
        seed=seed,
        data_seed=seed,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=True,
        metric_for_best_model=METRIC,
        greater_is_better=True,
        logging_steps=25,
        report_to=[],
        remove_unused_columns=False,
        disable_tqdm=True,
        train_sampling_strategy="group_by_length",
        length_column_name="length",
        dataloader_pin_memory=False,
        max_grad_norm=1.0,
    )
    trainer = StanceTrainer(
        network,
        settings,
        measure,
        args=arguments,
        train_dataset=examples,
        eval_dataset=examples.select([0]),  # what is measured on is `measure`'s own business
        data_collator=partial(collate, pad=pad),
        callbacks=[EarlyStoppingCallback(settings.patience), *callbacks],
    )
    trainer.remove_callback(PrinterCallback)  # it prints every log; callers choose what they show
    trainer.train(resume_from_checkpoint=resume)
    history: list[dict[str, float]] = trainer.state.log_history
    return history


def uses_bf16(precision: str) -> bool:
    """Whether to train in bfloat16: as told, or where the processor computes in it."""
    if precision != "auto":
        return precision == "bf16"
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    # the question has no public name in torch yet
    return bool(getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)())
