"""The training loop by itself."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from training_support import KillAfterEpoch, KilledError
from transformers import TrainerCallback, TrainingArguments, set_seed

from natostance.corpus import Corpus
from natostance.document import Document, Sentence
from natostance.inference.classifier import StanceClassifier
from natostance.inference.torch_backend import TorchBackend
from natostance.modeling.encoder import load_tokenizer
from natostance.modeling.network import NetworkSettings, StanceNetwork
from natostance.text.windows import WindowReader, WindowSettings
from natostance.training import examples, loop
from natostance.training.copies import copy
from natostance.training.distillation import SoftTargets
from natostance.training.recipe import DistillationSettings, OptimisationSettings


@pytest.fixture
def corpus(tiny_corpus: Path) -> Corpus:
    return Corpus.load(tiny_corpus)


@pytest.fixture
def reader(tiny_encoder: Path) -> WindowReader:
    tokenizer, special = load_tokenizer(str(tiny_encoder))
    return WindowReader(tokenizer, special, WindowSettings(tokens=48, left_context=12))


def test_a_network_trained_in_bf16_is_measured_in_single_precision(
    tiny_encoder: Path, corpus: Corpus, reader: WindowReader, tmp_path: Path
) -> None:
    network = StanceNetwork.pretrained(NetworkSettings(encoder=str(tiny_encoder)), 3)
    documents = corpus.split("train")

    def measure() -> dict[str, float]:
        """How far the network is from the same weights that no trainer has touched."""
        fresh = StanceNetwork.from_state(network.encoder.config.to_dict(), 3, network.state_dict())
        ours, same = (
            StanceClassifier(reader, TorchBackend(n, reader.special.pad), corpus.labels)
            for n in (network, fresh)
        )
        pairs = zip(ours.logits(documents), same.logits(documents), strict=True)
        return {"macro_f1": max(float(np.abs(a - b).max()) for a, b in pairs)}

    history = loop.fit(
        network,
        examples.build(documents, reader, corpus.labels),
        OptimisationSettings(epochs=2, keep="last", precision="bf16"),
        DistillationSettings(),
        pad=reader.special.pad,
        seed=1,
        folder=tmp_path,
        measure=measure,
        callbacks=[],
        resume=False,
    )
    between = [entry[loop.METRIC] for entry in history if loop.METRIC in entry]
    assert len(between) == 2
    assert max(between) < 1e-5
    assert measure()["macro_f1"] < 1e-5


def test_deeper_layers_learn_faster_and_heads_at_a_rate_of_their_own(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    network = StanceNetwork.pretrained(NetworkSettings(encoder=str(tiny_encoder)), 3)
    optimisation = OptimisationSettings(
        learning_rate=1e-3, layer_decay=0.5, head_learning_rate=1e-2, weight_decay=0.1
    )
    arguments = TrainingArguments(output_dir=str(tmp_path), use_cpu=True, report_to=[])
    trainer = loop.StanceTrainer(
        network, optimisation, DistillationSettings(), None, args=arguments
    )
    found = {
        id(parameter): (group["lr"], group["weight_decay"])
        for group in trainer.create_optimizer().param_groups
        for parameter in group["params"]
    }
    rates: dict[str, set[float]] = {"embeddings": set(), "layer": set(), "head": set()}
    for name, parameter in network.named_parameters():
        rate, decay = found.pop(id(parameter))
        rates[next(kind for kind in rates if kind in name)].add(rate)
        assert decay == (0.1 if parameter.ndim > 1 else 0)
    assert not found
    assert rates == {"embeddings": {5e-4}, "layer": {1e-3}, "head": {1e-2}}


def test_r_drop_adds_what_two_passes_with_other_dropout_differ_by(
    tiny_encoder: Path, corpus: Corpus, reader: WindowReader, tmp_path: Path
) -> None:
    settings = NetworkSettings(encoder=str(tiny_encoder), head_dropout=0.5)
    network = StanceNetwork.pretrained(settings, 3)
    rows = examples.build(corpus.split("train")[:4], reader, corpus.labels)
    batch = examples.collate(list(rows), reader.special.pad)
    arguments = TrainingArguments(output_dir=str(tmp_path), use_cpu=True, report_to=[])

    def losses(weight: float, passes: int) -> list[float]:
        optimisation = OptimisationSettings(r_drop=weight, token_weight=0.5)
        trainer = loop.StanceTrainer(
            network, optimisation, DistillationSettings(), None, args=arguments
        )
        torch.manual_seed(1)
        with torch.no_grad():
            return [float(trainer.compute_loss(network, batch)) for _ in range(passes)]

    network.eval()  # without dropout two passes are the same
    assert losses(1.0, 1) == pytest.approx(losses(0.0, 1), abs=1e-5)
    network.train()
    mean = sum(losses(0.0, 2)) / 2
    (one,), (two,) = losses(1.0, 1), losses(2.0, 1)
    assert one > mean + 1e-3
    assert two - one == pytest.approx(one - mean, rel=1e-3)


def test_an_article_that_no_teacher_spoke_of_counts_by_its_annotations(
    tiny_encoder: Path, corpus: Corpus, reader: WindowReader, tmp_path: Path
) -> None:
    network = StanceNetwork.pretrained(NetworkSettings(encoder=str(tiny_encoder)), 3).eval()
    spoken, unspoken = corpus.split("train")[:2]
    said = {
        spoken.doc_id: [
            SoftTargets(
                np.array([0.2, 0.3, 0.5], "f4"),
                np.full((len(offsets), 3), (0.5, 0.4, 0.1), "f4"),
                np.array(offsets, np.int32),
            )
            for _, offsets in reader.tokenize(spoken.text, spoken.sentences)
        ]
    }

    def loss(weight: float, *documents: Document) -> float:
        """The sentence head's loss on documents."""
        trainer = loop.StanceTrainer(
            network,
            OptimisationSettings(token_weight=0.0),
            DistillationSettings(weight=weight, temperature=2.0),
            None,
            args=TrainingArguments(output_dir=str(tmp_path), use_cpu=True, report_to=[]),
        )
        rows = examples.build(documents, reader, corpus.labels, said)
        with torch.no_grad():
            return float(trainer.compute_loss(network, examples.collate(list(rows), 0)))

    # whatever teachers count, for it they do not
    assert loss(1.0, unspoken) == pytest.approx(loss(0.0, unspoken), abs=1e-6)
    assert abs(loss(1.0, spoken) - loss(0.0, spoken)) > 1e-2
    # together, each sentence counts as it does by itself
    ours, others = len(spoken.sentences), len(unspoken.sentences)
    expected = (loss(0.7, spoken) * ours + loss(0.0, unspoken) * others) / (ours + others)
    assert loss(0.7, spoken, unspoken) == pytest.approx(expected, abs=1e-5)


def test_what_is_not_annotated_counts_by_its_teachers(
    tiny_encoder: Path, corpus: Corpus, reader: WindowReader, tmp_path: Path
) -> None:
    network = StanceNetwork.pretrained(NetworkSettings(encoder=str(tiny_encoder)), 3).eval()
    article = corpus.split("train")[0]
    bare = article.replace(
        doc_id="bare", sentences=tuple(Sentence(s.start, s.end) for s in article.sentences)
    )
    targets = [
        SoftTargets(
            np.array([0.2, 0.3, 0.5], "f4"),
            np.full((len(offsets), 3), (0.5, 0.4, 0.1), "f4"),
            np.array(offsets, np.int32),
        )
        for _, offsets in reader.tokenize(article.text, article.sentences)
    ]

    def loss(weight: float, document: Document) -> float:
        trainer = loop.StanceTrainer(
            network,
            OptimisationSettings(),
            DistillationSettings(weight=weight, temperature=2.0),
            None,
            args=TrainingArguments(output_dir=str(tmp_path), use_cpu=True, report_to=[]),
        )
        said = {article.doc_id: targets, "bare": targets}
        rows = examples.build([document], reader, corpus.labels, said)
        with torch.no_grad():
            return float(trainer.compute_loss(network, examples.collate(list(rows), 0)))

    assert abs(loss(0.0, article) - loss(1.0, article)) > 1e-2
    for weight in (0.0, 0.5, 1.0):
        assert loss(weight, bare) == pytest.approx(loss(1.0, article), abs=1e-6)


def test_windows_read_what_the_dataset_holds(corpus: Corpus, reader: WindowReader) -> None:
    spoken, unspoken = corpus.split("train")[:2]
    bare = copy(spoken, 1, {})
    draw = np.random.default_rng(1)
    said = {
        document.doc_id: [
            SoftTargets(
                draw.dirichlet([1, 1, 1]).astype("f4"),
                draw.dirichlet([1, 1, 1], len(offsets)).astype("f4"),
                np.array(offsets, np.int32),
            )
            for _, offsets in reader.tokenize(document.text, document.sentences)
        ]
        for document in (spoken, bare)
    }
    rows = examples.build([spoken, unspoken, bare], reader, corpus.labels, said)
    windows = examples.Windows(rows)
    assert len(windows) == len(rows) > 3
    assert 0 < sum(row["annotated"] for row in rows) < len(rows)
    np.testing.assert_array_equal(
        np.concatenate([row["soft_tokens"] for row in rows if not row["annotated"]])[
            np.concatenate([row["token_labels"] for row in rows if not row["annotated"]]) >= 0
        ],
        np.concatenate([target.tokens for target in said[bare.doc_id]]),
    )
    picked = examples.Windows(rows.select([2, 0]))
    np.testing.assert_array_equal(picked[0]["input_ids"], rows[2]["input_ids"])
    for one, two in zip(rows, windows, strict=True):
        assert one.keys() == two.keys()
        for name, value in one.items():
            np.testing.assert_array_equal(value, two[name])
    with pytest.raises(IndexError):
        windows[len(rows)]


def test_the_divergence_is_that_of_the_items_that_count() -> None:
    one = torch.tensor([[[0.0, 0.0], [5.0, -5.0]]])
    two = torch.tensor([[[math.log(3), 0.0], [-5.0, 5.0]]])
    counted = torch.tensor([[True, False]])
    # of (1/2, 1/2) and (3/4, 1/4), half of either direction
    expected = (0.5 * math.log(2 / 3) + 0.5 * math.log(2)) / 2
    expected += (0.75 * math.log(3 / 2) + 0.25 * math.log(1 / 2)) / 2
    assert float(loop._divergence(one, two, counted)) == pytest.approx(expected, abs=1e-6)


class KillWhenSaved(TrainerCallback):
    """Stops a run the hard way, once an epoch's state is saved."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def on_save(self, args: object, state: object, control: object, **_: object) -> None:
        if round(state.epoch or 0) == self.epoch:  # type: ignore[attr-defined]
            raise KilledError


@pytest.mark.parametrize("killed", [KillAfterEpoch(2), KillWhenSaved(3)])
def test_a_run_that_goes_on_stops_as_early_as_an_undisturbed_one(
    tiny_encoder: Path,
    corpus: Corpus,
    reader: WindowReader,
    tmp_path: Path,
    killed: TrainerCallback,
) -> None:
    dataset = examples.build(corpus.split("train"), reader, corpus.labels)
    settings = OptimisationSettings(epochs=6, patience=2, batch_windows=4, precision="fp32")

    def fit(
        name: str, figures: list[float], *callbacks: TrainerCallback, resume: bool = False
    ) -> tuple[list[float], dict[str, torch.Tensor]]:
        """The dev figures that were taken, and the weights that were kept."""
        set_seed(1)
        network = StanceNetwork.pretrained(NetworkSettings(encoder=str(tiny_encoder)), 3)
        coming = iter(figures)
        history = loop.fit(
            network,
            dataset,
            settings,
            DistillationSettings(),
            pad=reader.special.pad,
            seed=1,
            folder=tmp_path / name,
            measure=lambda: {"macro_f1": next(coming)},
            callbacks=list(callbacks),
            resume=resume,
        )
        return [e[loop.METRIC] for e in history if loop.METRIC in e], network.state_dict()

    figures = [0.5, 0.4, 0.3, 0.9, 0.9, 0.9]
    whole, weights = fit("whole", figures)
    assert whole == figures[:3]
    with pytest.raises(KilledError):
        fit("killed", figures, killed)
    taken = 2 if isinstance(killed, KillAfterEpoch) else 3
    resumed, same = fit("killed", figures[taken:], resume=True)
    assert resumed == whole
    assert all(torch.equal(weights[name], same[name]) for name in weights)


def test_each_epoch_has_an_order_of_its_own(
    tiny_encoder: Path, corpus: Corpus, reader: WindowReader, tmp_path: Path
) -> None:
    windows = examples.Windows(examples.build(corpus.split("train"), reader, corpus.labels))
    trainer = loop.StanceTrainer(
        StanceNetwork.pretrained(NetworkSettings(encoder=str(tiny_encoder)), 3),
        OptimisationSettings(),
        DistillationSettings(),
        None,
        args=TrainingArguments(output_dir=str(tmp_path), use_cpu=True, report_to=[]),
        train_dataset=windows,
        data_collator=partial(examples.collate, pad=reader.special.pad),
    )
    loader = trainer.get_train_dataloader()

    def order(step: int) -> str:
        trainer.state.global_step = step
        return str([batch["input_ids"].tolist() for batch in loader])

    steps = len(loader)
    assert steps > 1
    # also where a run goes on within an epoch
    assert order(0) == order(steps - 1)
    assert order(0) != order(steps) == order(2 * steps - 1)
