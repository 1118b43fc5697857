"""The model that peers get, and their environments."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.speed.environments import FOLDER, SetupError, environment
from benchmarks.speed.peer_model import write_peer_model
from benchmarks.speed.workers.sorted_batches import label_sorted
from natostance.checkpoint import Checkpoint


def test_peers_run_the_very_encoder(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from natostance.modeling.network import StanceNetwork

    checkpoint = Checkpoint.find()
    write_peer_model(checkpoint, tmp_path / "peer")
    peer, told = AutoModelForSequenceClassification.from_pretrained(
        tmp_path / "peer", output_loading_info=True
    )
    assert not told["missing_keys"]
    assert not told["unexpected_keys"]
    ours = StanceNetwork.from_state(checkpoint.config.encoder, 3, load_file(checkpoint.weights))
    batch = AutoTokenizer.from_pretrained(tmp_path / "peer")("They met.", return_tensors="pt")
    with torch.inference_mode():
        states = peer.bert(**batch).last_hidden_state
        own = ours.encoder(batch["input_ids"], batch["attention_mask"]).last_hidden_state
    torch.testing.assert_close(states, own, atol=1e-4, rtol=1e-4)
    assert set(peer.config.id2label.values()) == set(checkpoint.config.labels.names)


def test_sorted_batches_keep_the_order_of_the_texts() -> None:
    import numpy as np

    texts = ["ccc", "a", "bb", "a", "ccc"]
    seen: list[list[str]] = []

    def logits(batch: list[str]) -> object:
        seen.append(batch)
        return np.array([[float(len(text) == n) for n in (1, 2, 3)] for text in batch])

    assert label_sorted(texts, 2, lambda batch: batch, logits) == [2, 0, 1, 0, 2]
    assert seen == [["a", "a"], ["bb", "ccc"], ["ccc"]]


def test_an_environment_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    (tmp_path / "broken.txt").write_text("--no-index\nno-such-package-anywhere==1\n")
    with pytest.raises(SetupError, match="No matching distribution found for no-such-package"):
        environment("broken", tmp_path, tmp_path)
    assert not (tmp_path / FOLDER / "broken" / ".installed").exists()


def test_an_environment_is_made_once_and_again_when_its_pins_change(tmp_path: Path) -> None:
    requirements = tmp_path / "nothing.txt"
    requirements.write_text("# nothing\n")
    python = environment("nothing", tmp_path, tmp_path)
    assert python.exists()
    (mark := python.parent / "mark").touch()
    assert environment("nothing", tmp_path, tmp_path) == python
    assert mark.exists()
    requirements.write_text("# nothing else\n")
    environment("nothing", tmp_path, tmp_path)
    assert not mark.exists()
