"""From a model folder to one for a single runtime, and the gate that it must pass. Torch-free.

An export is made in a folder beside the wanted one, labels the dev sentences there through the
production classifier, and takes its place only where it labels them as the model does.

With 8-bit integers the weights alone are rounded (per output channel, asymmetric), and arithmetic
stays in floating point. Rounding the activations too was tried on the released model: with scales
fixed beforehand, on composed articles, 1.4 % of the dev labels changed; with one that is measured
while it runs (ONNX Runtime's dynamic quantization), a label would depend on its batch.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from natostance.checkpoint import (
    GRAPH,
    IR_GRAPH,
    RUN,
    TOKENIZER,
    Checkpoint,
    Export,
    write_config,
    write_json,
)
from natostance.document import Document
from natostance.errors import InputError, ModelError, NatostanceError
from natostance.evaluation.calibration import calibration_error
from natostance.evaluation.harness import evaluate
from natostance.extras import require
from natostance.inference.classifier import StanceClassifier

RUNTIMES = ("openvino", "onnx")
# share of the labels that must stay, and by how much macro-F1 may drop
AGREEMENT, AGREEMENT_INT8, DROP = 1.0, 0.995, 0.003
# of ONNX Runtime's operator for 8-bit weights: how many of them share a scale, and that it computes
# in single precision
_BLOCK, _FLOAT = 32, 1
# a smaller table is not worth an operator more
_LARGE = 1_000_000


class ExportError(NatostanceError):
    """The exported model does not label as the model does."""


@dataclass(frozen=True, slots=True)
class Gate:
    """How an exported model labels sentences, beside the model that it was made of.

    Args:
        sentences: how many there are.
        differing: how many have another label.
        macro_f1: of the model and of the exported one, against the annotations.
        calibration_error: of both, the expected calibration error.
        largest: the largest difference between two probabilities.
        agreement: the share of labels that must be the same.
    """

    sentences: int
    differing: int
    macro_f1: tuple[float, float]
    calibration_error: tuple[float, float]
    largest: float
    agreement: float

    @property
    def agreeing(self) -> float:
        """The share of labels that are the same."""
        return 1 - self.differing / self.sentences

    @property
    def accepted(self) -> bool:
        before, after = self.macro_f1
        return self.agreeing >= self.agreement and before - after <= DROP

    def __str__(self) -> str:
        before, after = self.macro_f1
        return (
            f"{self.differing} of {self.sentences} labels differ ({self.agreeing:.2%} agree, "
            f"{self.agreement:.1%} must), macro-F1 {before:.4f} becomes {after:.4f} (it may drop "
            f"by {DROP}), probabilities differ by up to {self.largest:.4f}"
        )

    def to_dict(self) -> dict[str, Any]:
        """The figures, for the papers."""
        return {
            "sentences": self.sentences,
            "differing": self.differing,
            "agreement": round(self.agreeing, 6),
            "required": self.agreement,
            "macro_f1": [round(value, 4) for value in self.macro_f1],
            "calibration_error": [round(value, 4) for value in self.calibration_error],
            "largest": round(self.largest, 6),
        }


def export(
    model: str | Path | None,
    out: Path,
    documents: Sequence[Document],
    *,
    to: str,
    int8: bool = False,
    judged_on: str = "",
) -> Gate:
    """Write a model folder for one runtime.

    Args:
        model: the model, as `Checkpoint.find` takes it; one as it was trained.
        out: the folder to make.
        documents: annotated articles that the model did not learn from; the gate's.
        to: ``openvino`` or ``onnx``.
        int8: round the weights to 8-bit integers.
        judged_on: what the documents are, for the papers.

    Returns:
        The gate's figures.

    Raises:
        ExportError: the exported model labels otherwise; nothing is left behind.
        InputError: the model was exported already, the folder exists, or there are no sentences.
        MissingExtraError: the extra ``[export]`` is not installed.
    """
    if to not in RUNTIMES:
        raise InputError(f"nothing exports to {to!r}", remedy=f"choose of {', '.join(RUNTIMES)}")
    if out.exists():
        raise InputError("it exists already", file=out, remedy="remove it, or name another")
    if not out.resolve().parent.is_dir():
        raise InputError("its folder is not there", file=out, remedy="make it first")
    if not any(document.sentences for document in documents):
        raise InputError("there are no dev sentences to compare on", remedy="name another split")
    source = Checkpoint.find(model)
    if source.config.export is not None:
        raise InputError(
            "the model was exported already",
            file=source.folder,
            remedy="export the one that it was made of",
        )
    with _beside(out) as folder:
        convert = {
            ("openvino", False): _openvino,
            ("openvino", True): _openvino_int8,
            ("onnx", False): _onnx,
            ("onnx", True): _onnx_int8,
        }[to, int8]
        how = convert(source.graph, folder)
        shutil.copyfile(source.tokenizer, folder / TOKENIZER)
        made = Export(to=to, int8="weights" if int8 else None, source=source.sha256)
        write_config(folder, source.config.model_copy(update={"export": made}))
        gate = compare(source.folder, folder, documents, AGREEMENT_INT8 if int8 else AGREEMENT)
        if not gate.accepted:
            raise ExportError(f"the model for {to} is refused: {gate}; nothing was written")
        papers: dict[str, Any] = {}
        if (source.folder / RUN).is_file():
            papers = json.loads((source.folder / RUN).read_text(encoding="utf-8"))
        papers["export"] = {
            **made.model_dump(),
            "how": how,
            "judged_on": judged_on,
            "gate": gate.to_dict(),
        }
        write_json(folder / RUN, papers)
        folder.chmod(0o755)
        folder.replace(out)
    return gate


def compare(source: Path, exported: Path, documents: Sequence[Document], agreement: float) -> Gate:
    """Label the same documents with a model and with what was made of it, in single precision.

    Args:
        source: the model folder.
        exported: the exported one.
        documents: annotated articles.
        agreement: the share of labels that must be the same.
    """
    found = []
    for folder in (source, exported):
        ready = StanceClassifier.from_pretrained(folder, device="cpu", precision="fp32")
        found.append(list(ready.label_many(documents)))
    pairs = [
        (a, b)
        for before, after in zip(*found, strict=True)
        for a, b in zip(before.sentences, after.sentences, strict=True)
    ]
    results = [evaluate(documents, labelled) for labelled in found]
    reports = [result.calibration() for result in results]
    errors = [calibration_error(report.table) if report else 0.0 for report in reports]
    return Gate(
        len(pairs),
        sum(a.label != b.label for a, b in pairs),
        (results[0].macro_f1, results[1].macro_f1),
        (errors[0], errors[1]),
        max(_distance(a.scores or {}, b.scores or {}) for a, b in pairs),
        agreement,
    )


def _distance(before: Mapping[str, float], after: Mapping[str, float]) -> float:
    return max(abs(before[label] - after[label]) for label in before)


@contextlib.contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """A folder beside the wanted one, which is gone afterwards if it has not become it."""
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.resolve().parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# --- OpenVINO


def _openvino_model(graph: Path) -> Any:
    """The graph with its weights as constants, in the order in which they are multiplied."""
    openvino = require("openvino", "openvino", "Exporting to OpenVINO")
    passes = require("openvino.passes", "openvino", "Exporting to OpenVINO")
    try:
        model = openvino.Core().read_model(graph)
    except RuntimeError as error:
        last = str(error).strip().splitlines()[-1]
        raise ModelError(f"the graph cannot be read: {last}", file=graph) from None
    manager = passes.Manager()
    manager.register_pass(passes.ConstantFolding())
    manager.run_passes(model)
    return model


def _openvino(graph: Path, folder: Path) -> str:
    import openvino

    # the weights came in half precision, so nothing is lost
    openvino.save_model(_openvino_model(graph), folder / IR_GRAPH, compress_to_fp16=True)
    return f"openvino {version('openvino')}: weights in half precision"


def _openvino_int8(graph: Path, folder: Path) -> str:
    nncf = require("nncf", "export", "Exporting to 8-bit integers")
    import openvino

    nncf.set_log_level(logging.ERROR)
    mode = nncf.CompressWeightsMode.INT8_ASYM
    with contextlib.redirect_stdout(io.StringIO()):  # its bar
        model = nncf.compress_weights(_openvino_model(graph), mode=mode)
    openvino.save_model(model, folder / IR_GRAPH, compress_to_fp16=True)
    return f"nncf {version('nncf')}: weights in 8-bit integers, a scale and a zero a channel"


# --- ONNX


def _onnx(graph: Path, folder: Path) -> str:
    onnx = require("onnx", "export", "Exporting to ONNX")
    # loads the weights from the file beside the graph, and writes them into it
    onnx.save(onnx.load(graph), folder / GRAPH)
    return f"onnx {version('onnx')}: weights in half precision"


def _onnx_int8(graph: Path, folder: Path) -> str:
    onnx = require("onnx", "export", "Exporting to 8-bit integers")
    runtime = require("onnxruntime", "onnx", "Exporting to 8-bit integers")
    module = "onnxruntime.quantization.matmul_nbits_quantizer"
    quantizer = require(module, "export", "Exporting to 8-bit integers")
    logging.getLogger(module).setLevel(logging.ERROR)
    options = runtime.SessionOptions()
    options.log_severity_level = 3
    # only what any runtime does: constants folded, nothing fused for this processor
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    folded = folder / "folded.onnx"
    options.optimized_model_filepath = str(folded)
    runtime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    model = onnx.load(folded)
    folded.unlink()
    made = quantizer.MatMulNBitsQuantizer(
        model,
        algo_config=quantizer.DefaultWeightOnlyQuantConfig(
            block_size=_BLOCK, is_symmetric=False, accuracy_level=_FLOAT, bits=8
        ),
    )
    made.process()
    model = made.model.model
    _halve_tables(onnx, model)
    onnx.save(model, folder / GRAPH)
    return (
        f"onnxruntime {version('onnxruntime')}: weights in 8-bit integers, a scale and a zero for "
        f"{_BLOCK} of them; tables in half precision"
    )


def _halve_tables(onnx: Any, model: Any) -> None:
    """Put large tables that are looked up, word embeddings, back into half precision."""
    graph = model.graph
    tables = {tensor.name: tensor for tensor in graph.initializer}
    nodes = []
    for node in graph.node:
        nodes.append(node)
        table = tables.get(node.input[0]) if node.op_type == "Gather" else None
        if table is None or np.prod(table.dims) < _LARGE:
            continue
        half = onnx.numpy_helper.to_array(table).astype(np.float16)
        table.CopyFrom(onnx.numpy_helper.from_array(half, table.name))
        single, node.output[0] = node.output[0], f"{node.output[0]}.half"
        nodes.append(
            onnx.helper.make_node(
                "Cast", [node.output[0]], [single], to=onnx.TensorProto.FLOAT, name=f"{single}.cast"
            )
        )
    del graph.node[:]
    graph.node.extend(nodes)
    # what was noted of types no longer holds of the tables' rows
    del graph.value_info[:]
