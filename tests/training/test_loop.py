"""The training loop by itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from natostance.corpus import Corpus
from natostance.inference.classifier import StanceClassifier
from natostance.inference.torch_backend import TorchBackend
from natostance.modeling.encoder import load_tokenizer
from natostance.modeling.network import NetworkSettings, StanceNetwork
from natostance.text.windows import WindowReader, WindowSettings
from natostance.training import examples, loop
from natostance.training.recipe import DistillationSettings, OptimisationSettings


def test_a_network_trained_in_bf16_computes_in_single_precision_afterwards(
    tiny_encoder: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    corpus = Corpus.load(tiny_corpus)
    tokenizer, special = load_tokenizer(str(tiny_encoder))
    reader = WindowReader(tokenizer, special, WindowSettings(tokens=48, left_context=12))
    network = StanceNetwork.pretrained(NetworkSettings(encoder=str(tiny_encoder)), 3)
    documents = corpus.split("train")
    loop.fit(
        network,
        examples.build(documents, reader, corpus.labels),
        OptimisationSettings(epochs=1, keep="last", precision="bf16"),
        DistillationSettings(),
        pad=special.pad,
        seed=1,
        folder=tmp_path,
        measure=None,
        callbacks=[],
        resume=False,
    )
    # the same weights in a network that no trainer has touched
    fresh = StanceNetwork.from_state(network.encoder.config.to_dict(), 3, network.state_dict())
    ours, same = (
        StanceClassifier(reader, TorchBackend(n, special.pad), corpus.labels)
        for n in (network, fresh)
    )
    for one, two in zip(ours.logits(documents), same.logits(documents), strict=True):
        np.testing.assert_allclose(one, two, atol=1e-5)
