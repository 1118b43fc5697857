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
from torch.utils.data import DataLoader
from transformers import EarlyStoppingCallback, PrinterCallback, Trainer, TrainingArguments

from natostance.modeling import cpu_training
from natostance.modeling.heads import pool_sentences
from natostance.modeling.network import StanceNetwork
from natostance.training import states
from natostance.training.examples import IGNORED, Windows, collate
from natostance.training.order import LengthGrouped
from natostance.training.recipe import DistillationSettings, OptimisationSettings
from natostance.training.states import SaveStates

METRIC = "eval_macro_f1"


class StanceTrainer(Trainer):
    """Trainer of a `StanceNetwork`.

    Args:
        network: what is trained.
        settings: weights of the losses and learning rates.
        distillation: how much teachers count, where the examples hold what they say.
        measure: gives the dev figures of the network; must hold ``macro_f1``.
        arguments: everything else that `transformers.Trainer` takes.
    """

    def __init__(
        self,
        network: StanceNetwork,
        settings: OptimisationSettings,
        distillation: DistillationSettings,
        measure: Callable[[], dict[str, float]] | None,
        **arguments: Any,
    ) -> None:
        super().__init__(model=network, **arguments)
        self.network = network
        self.settings = settings
        self.distillation = distillation
        self.measure = measure

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Windows in batches of similar lengths; see `LengthGrouped`."""
        windows, batch = self.train_dataset, self.args.train_batch_size
        assert isinstance(windows, Windows)
        order = LengthGrouped(
            windows.lengths, batch, self.args.seed, lambda: self.state.global_step // len(loader)
        )
        loader: DataLoader[Any] = self.accelerator.prepare(
            DataLoader(windows, batch, sampler=order, collate_fn=self.data_collator)
        )
        return loader

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Tensor],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        """Cross-entropy of sentences plus weighted cross-entropy of scored tokens.

        With teachers, a share of each is the cross-entropy with the teachers' probabilities, and
        all of it where nobody annotated.
        """
        scores = model(inputs["input_ids"], inputs["attention_mask"])
        sentences, tokens = _logits(scores, inputs)
        loss = self._both(sentences, tokens, inputs)
        if self.settings.r_drop:
            # Liang et al. 2021, https://arxiv.org/abs/2106.14448
            again = _logits(model(inputs["input_ids"], inputs["attention_mask"]), inputs)
            loss = (loss + self._both(*again, inputs)) / 2
            apart = _divergence(sentences, again[0], inputs["sentence_labels"] != IGNORED)
            apart += self.settings.token_weight * _divergence(
                tokens, again[1], inputs["token_labels"] != IGNORED
            )
            loss = loss + self.settings.r_drop * apart
        return (loss, scores) if return_outputs else loss

    def _both(self, sentences: Tensor, tokens: Tensor, inputs: dict[str, Tensor]) -> Tensor:
        """The losses of both heads together."""
        smoothing = self.settings.label_smoothing
        annotated = inputs.get("annotated")
        of_sentences = self._loss(
            sentences,
            inputs["sentence_labels"],
            inputs.get("soft_sentences"),
            annotated,
            smoothing,
        )
        of_tokens = self._loss(tokens, inputs["token_labels"], inputs.get("soft_tokens"), annotated)
        return of_sentences + self.settings.token_weight * of_tokens

    def _loss(
        self,
        logits: Tensor,
        targets: Tensor,
        soft: Tensor | None,
        annotated: Tensor | None,
        smoothing: float = 0.0,
    ) -> Tensor:
        """Cross-entropy of ``[batch, items, labels]`` with annotations, and with teachers.

        An item whose row of ``soft`` is all zeros has no teacher: it counts by its annotation. One
        in a window that is not ``annotated`` counts by its teachers.
        """
        learned = targets != IGNORED
        logits, targets = logits[learned], targets[learned]
        loss = nn.functional.cross_entropy(
            logits, targets, label_smoothing=smoothing, reduction="none"
        )
        if soft is None or annotated is None:
            return loss.mean()
        temperature, said = self.distillation.temperature, soft[learned]
        weight = torch.where(annotated, self.distillation.weight, 1.0)[:, None].expand_as(learned)
        weight = weight[learned] * (said.sum(-1) > 0)
        # softmax(log p / T), from probabilities
        said = said.clamp_min(1e-9).pow(1 / temperature)
        said = said / said.sum(-1, keepdim=True)
        found = torch.log_softmax(logits / temperature, dim=-1)
        # the square keeps the gradient's size (Hinton et al. 2015)
        taught = -(said * found).sum(-1) * temperature**2
        return ((1 - weight) * loss + weight * taught).mean()

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """AdamW with a learning rate for each layer of the encoder and one for the heads."""
        if self.optimizer is None:
            s = self.settings
            layers = self.network.encoder.config.num_hidden_layers
            groups: dict[tuple[float, float], list[nn.Parameter]] = {}
            for name, parameter in self.network.named_parameters():
                if parameter.requires_grad:
                    depth = _layer(name)
                    rate = (
                        s.head_learning_rate
                        if depth is None
                        else s.learning_rate * s.layer_decay ** (layers - depth)
                    )
                    decay = s.weight_decay if parameter.ndim > 1 else 0.0
                    groups.setdefault((rate, decay), []).append(parameter)
            self.optimizer = torch.optim.AdamW(
                [
                    {"params": parameters, "lr": rate, "weight_decay": decay}
                    for (rate, decay), parameters in groups.items()
                ],
                betas=(0.9, 0.98),
                eps=1e-6,
                fused=True,
            )
        return self.optimizer

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Dev figures through the production classifier."""
        assert self.measure is not None, "without a dev split nothing is measured"
        # in bf16 the trainer has hung its autocast on the network, and users do not compute in it
        wrapped = vars(self.network).pop("forward", None)
        try:
            figures = {f"eval_{k}": v for k, v in self.measure().items()}
        finally:
            if wrapped is not None:
                vars(self.network)["forward"] = wrapped
        self.log(dict(figures))
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, figures
        )
        return figures


def fit(
    network: StanceNetwork,
    examples: datasets.Dataset,
    settings: OptimisationSettings,
    distillation: DistillationSettings,
    *,
    pad: int,
    seed: int,
    folder: Path,
    measure: Callable[[], dict[str, float]] | None,
    callbacks: list[Any],
    resume: bool,
) -> list[dict[str, float]]:
    """Train a network in place, and leave it with the weights that the settings say to keep.

    Args:
        network: what is trained.
        examples: see `natostance.training.examples.build`.
        settings: how.
        distillation: how much teachers count, where the examples hold what they say.
        pad: id of the padding token.
        seed: decides order and dropout.
        folder: holds the last state, of minutes ago at most, from which a killed run goes on.
        measure: dev figures of the network; None: none are taken.
        callbacks: further callbacks of the trainer.
        resume: go on from the last state in the folder.

    Returns:
        What was logged, step by step.
    """
    if settings.freeze_embeddings:
        network.encoder.get_input_embeddings().requires_grad_(False)
    on_cpu = not torch.cuda.is_available()
    if on_cpu:
        cpu_training.prepare(network.encoder)
    windows = Windows(examples)
    best = settings.keep == "best"
    state = states.last_state(folder) if resume else None
    epochs, stopping = settings.epochs, EarlyStoppingCallback(settings.patience)
    if best and state is not None:
        waited, taken = states.since_best(state, METRIC)
        stopping.early_stopping_patience_counter = waited
        if waited >= settings.patience:
            # it had stopped: the trainer has no epoch left, and takes the best weights
            epochs = taken // -(-len(examples) // settings.batch_windows)
    steps = -(-len(examples) // settings.batch_windows) * settings.epochs
    arguments = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=epochs,
        per_device_train_batch_size=settings.batch_windows,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=int(settings.warmup * steps),
        bf16=uses_bf16(settings.precision),
        use_cpu=on_cpu,
        seed=seed,
        data_seed=seed,
        eval_strategy="epoch" if measure else "no",
        save_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=best,
        metric_for_best_model=METRIC if best else None,
        greater_is_better=True,
        logging_steps=25,
        report_to=[],
        remove_unused_columns=False,
        disable_tqdm=True,
        dataloader_pin_memory=False,
        max_grad_norm=1.0,
    )
    trainer = StanceTrainer(
        network,
        settings,
        distillation,
        measure,
        args=arguments,
        train_dataset=windows,
        eval_dataset=windows,  # never read: what is measured on is `measure`'s own business
        data_collator=partial(collate, pad=pad),
        callbacks=[*([stopping] if best else []), *callbacks],
    )
    trainer.add_callback(SaveStates(states.SAVE_EVERY_SECONDS))
    trainer.remove_callback(PrinterCallback)  # it prints every log; callers choose what they show
    trainer.train(resume_from_checkpoint=None if state is None else str(state))
    # in bf16 the trainer leaves its autocast around the network, and what is measured or calibrated
    # afterwards would be computed in bf16
    trainer.accelerator.unwrap_model(network, keep_fp32_wrapper=False)
    history: list[dict[str, float]] = trainer.state.log_history
    return history


def _logits(scores: Tensor, inputs: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Logits of sentences and of tokens from what the network gives."""
    labels = (scores.shape[-1] - 1) // 2
    votes, tokens = scores[..., : labels + 1], scores[..., labels + 1 :].float()
    width = inputs["sentence_labels"].shape[1]
    return pool_sentences(votes, inputs["sentence_index"], width), tokens


def _divergence(one: Tensor, two: Tensor, counted: Tensor) -> Tensor:
    """Mean over items of the Kullback-Leibler divergence, half of either direction."""
    a, b = (torch.log_softmax(x[counted], dim=-1) for x in (one, two))
    return ((a.exp() - b.exp()) * (a - b)).sum(-1).mean() / 2


def _layer(name: str) -> int | None:
    """The encoder layer of a parameter, from 1; 0 for embeddings, None for the heads."""
    if not name.startswith("encoder."):
        return None
    numbers = [int(part) for part in name.split(".") if part.isdigit()]
    return numbers[0] + 1 if numbers else 0


def uses_bf16(precision: str) -> bool:
    """Whether to train in bfloat16: as told, or where the processor computes in it."""
    if precision != "auto":
        return precision == "bf16"
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    # the question has no public name in torch yet
    return bool(getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)())
