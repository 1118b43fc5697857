"""The exported graph does what the network does, and holds no weights of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import openvino
import pytest
import torch

from natostance.modeling import conversion
from natostance.modeling.conversion import ConversionError, save_graph, save_weights
from natostance.modeling.network import NetworkSettings, StanceNetwork


class TracedError(Exception):
    pass


@pytest.fixture(scope="module")
def network(tiny_encoder: Path) -> StanceNetwork:
    torch.manual_seed(1)
    return StanceNetwork.pretrained(NetworkSettings(encoder=str(tiny_encoder)), 3).eval()


@pytest.fixture(scope="module")
def graph(network: StanceNetwork, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("graph")
    save_weights(network, folder / "model.safetensors")
    config = network.encoder.config.to_dict()
    save_graph(folder / "model.safetensors", config, 3, folder / "model.onnx")
    return folder / "model.onnx"


@pytest.mark.parametrize(("batch", "length"), [(1, 3), (2, 17), (5, 64), (1, 128)])
def test_runtimes_give_the_scores_of_torch(
    network: StanceNetwork, graph: Path, batch: int, length: int
) -> None:
    ids = torch.randint(1000, 20000, (batch, length), generator=torch.Generator().manual_seed(0))
    mask = torch.ones_like(ids)
    mask[-1, length // 2 + 1 :] = 0
    with torch.no_grad():
        expected = network(ids, mask).numpy()
    feed = {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}
    session = onnxruntime.InferenceSession(str(graph))
    compiled = openvino.Core().compile_model(str(graph), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    kept = mask.numpy().astype(bool)
    # the weights on disk have half precision, those of the network single
    for found in (session.run(None, feed)[0], compiled(feed)[0]):
        np.testing.assert_allclose(found[kept], expected[kept], atol=5e-3)


def test_a_graph_follows_from_the_kind_of_network_alone(
    tiny_encoder: Path, graph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a kind is traced once, whatever its weights are."""
    other = StanceNetwork.pretrained(NetworkSettings(encoder=str(tiny_encoder)), 3)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.normal_()
    weights, path = tmp_path / "model.safetensors", tmp_path / "model.onnx"
    save_weights(other, weights)
    config = other.encoder.config.to_dict()
    monkeypatch.setattr(conversion, "_graphs", {})
    save_graph(weights, config, 3, path)
    assert path.read_bytes() == graph.read_bytes()

    def traced(_: object) -> None:
        raise TracedError

    # from now on it is known, and what is of another kind is not
    monkeypatch.setattr(conversion, "_export", traced)
    save_graph(weights, config, 3, tmp_path / "again.onnx")
    assert (tmp_path / "again.onnx").read_bytes() == graph.read_bytes()
    with pytest.raises(TracedError):
        save_graph(weights, config | {"hidden_act": "relu"}, 3, path)
    save_weights(other, tmp_path / "other.safetensors")
    with pytest.raises(TracedError):
        save_graph(tmp_path / "other.safetensors", config, 3, path)


def test_the_weights_lie_on_disk_once(graph: Path) -> None:
    weights = graph.with_name("model.safetensors").stat().st_size
    assert graph.stat().st_size < weights / 4


def test_the_graph_holds_no_path_of_this_machine(graph: Path) -> None:
    content = graph.read_bytes()
    assert b".py" not in content
    assert b"site-packages" not in content


def test_weights_that_half_precision_cannot_hold_are_refused(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    network = StanceNetwork.pretrained(NetworkSettings(encoder=str(tiny_encoder)), 3)
    with torch.no_grad():
        network.token_head.out.bias.fill_(1e6)
    with pytest.raises(ConversionError, match=r"token_head\.out\.bias"):
        save_weights(network, tmp_path / "model.safetensors")
