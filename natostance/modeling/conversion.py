"""From the network in torch to a graph that runs without torch.

The graph holds no weights of its own: they are read from the safetensors file beside it, in half
precision, and cast to single precision by the runtime. So the weights lie on disk once.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import struct
import warnings
from pathlib import Path
from typing import Any

import onnx_ir as ir
import torch
from safetensors.torch import load_file, save_file

from natostance.errors import NatostanceError
from natostance.modeling.network import StanceNetwork

INPUTS = ("input_ids", "attention_mask")
OUTPUT = "scores"
OPSET = 18

# what was converted in this process: a graph follows from the kind of network alone, and tracing
# takes seconds, more than a small model learns in
_graphs: dict[str, bytes] = {}


class ConversionError(NatostanceError):
    """The network could not be converted, or the converted one does not do the same."""


def save_weights(network: StanceNetwork, path: Path) -> None:
    """Write the weights in half precision.

    Raises:
        ConversionError: a weight does not fit half precision.
    """
    state = {}
    for name, tensor in network.state_dict().items():
        half = tensor.detach().cpu().half().contiguous()
        if not torch.isfinite(half).all():
            raise ConversionError(f"the weight {name} is not finite in half precision")
        state[name] = half
    save_file(state, path)
    path.chmod(0o644)  # the library leaves it readable to its owner alone


def save_graph(weights: Path, encoder_config: dict[str, Any], labels: int, path: Path) -> None:
    """Write the graph of a network whose weights are on disk.

    A process traces a kind of network once: one configuration, one layout of the weights' file.

    Args:
        weights: what `save_weights` wrote; the graph refers to it by its name, so both must stay in
            one folder.
        encoder_config: the encoder's configuration.
        labels: how many labels there are.
        path: the graph, in ONNX.

    Raises:
        ConversionError: a weight of the network does not appear in the graph.
    """
    tensors = _places(weights)
    kind = json.dumps([encoder_config, labels, weights.name, tensors], sort_keys=True, default=str)
    if kind in _graphs:
        path.write_bytes(_graphs[kind])
        return
    # eager attention: the fused kernels trace into operators that runtimes implement differently
    network = StanceNetwork.from_state(encoder_config, labels, load_file(weights), "eager")
    program = _export(network)
    graph = program.model.graph
    first = graph[0]
    missing = set(tensors) - set(graph.initializers)
    if missing:
        raise ConversionError(f"the graph lacks the weights {', '.join(sorted(missing))}")
    for name, (offset, length, shape) in tensors.items():
        single = graph.initializers.pop(name)
        half = ir.Value(
            name=f"{name}.half",
            shape=ir.Shape(shape),
            type=ir.TensorType(ir.DataType.FLOAT16),
            const_value=ir.ExternalTensor(
                weights.name,
                offset,
                length,
                ir.DataType.FLOAT16,
                shape=ir.Shape(shape),
                name=f"{name}.half",
                base_dir=weights.parent,
            ),
        )
        graph.register_initializer(half)
        cast = ir.node("Cast", [half], attributes={"to": ir.DataType.FLOAT})
        graph.insert_before(first, cast)
        single.replace_all_uses_with(cast.outputs[0])
    _forget_places(program.model)
    ir.save(program.model, path)
    _graphs[kind] = path.read_bytes()


def _export(network: StanceNetwork) -> Any:
    batch, length = torch.export.Dim("batch"), torch.export.Dim("length")
    ids = torch.arange(32).reshape(2, 16)
    # two tensors, not one given twice: the tracer takes one object for one input
    mask = torch.ones_like(ids)
    shapes = {name: {0: batch, 1: length} for name in INPUTS}
    # what the exporter says is about itself: its steps, and packages that it would also know
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return torch.onnx.export(
            network,
            (ids, mask),
            dynamo=True,
            optimize=False,  # optimised away, a weight would no longer be the one on disk
            input_names=list(INPUTS),
            output_names=[OUTPUT],
            dynamic_shapes=shapes,
            opset_version=OPSET,
        )


def _places(weights: Path) -> dict[str, tuple[int, int, list[int]]]:
    """Offset in the file, length in bytes and shape of each tensor of a safetensors file."""
    with weights.open("rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
    return {
        name: (8 + size + entry["data_offsets"][0], _length(entry), entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__"
    }


def _length(entry: dict[str, Any]) -> int:
    begin, end = entry["data_offsets"]
    return int(end - begin)


def _forget_places(model: ir.Model) -> None:
    """Drop what the exporter notes of the code it traced: paths of the machine are no one's."""
    model.metadata_props.clear()
    model.graph.metadata_props.clear()
    for node in model.graph.all_nodes():
        node.metadata_props.clear()
        node.doc_string = None
    for value in [*model.graph.inputs, *model.graph.outputs]:
        value.metadata_props.clear()
