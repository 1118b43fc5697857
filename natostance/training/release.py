"""From a trained network to a model folder, and the gate that it must pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from natostance.checkpoint import (
    FORMAT,
    GRAPH,
    TOKENIZER,
    WEIGHTS,
    Calibration,
    ModelConfig,
    write_config,
)
from natostance.document import Document, LabelSet
from natostance.inference.backend import BACKENDS
from natostance.inference.classifier import StanceClassifier
from natostance.modeling.conversion import ConversionError, save_graph, save_weights
from natostance.modeling.network import StanceNetwork
from natostance.text.windows import WindowReader

TOLERANCE = 0.02


@dataclass(frozen=True, slots=True)
class Parity:
    """How far a runtime is from torch on the same sentences.

    Args:
        backend: the runtime.
        sentences: how many sentences were compared.
        differing: how many have another label.
        largest: the largest difference between two scores.
        precision: in which the runtime computed; torch does so in fp32.
    """

    backend: str
    sentences: int
    differing: int
    largest: float
    precision: str = "fp32"

    @property
    def accepted(self) -> bool:
        """Whether it may be released; what bfloat16 changes is only noted, for who chooses it."""
        same = not self.differing and self.largest <= TOLERANCE
        return same or self.precision != "fp32"


def save(
    network: StanceNetwork,
    reader: WindowReader,
    labels: LabelSet,
    calibration: Calibration,
    name: str,
    folder: Path,
) -> None:
    """Write weights, graph, tokenizer and configuration of a network.

    Raises:
        ConversionError: the network does not convert.
    """
    folder.mkdir(parents=True, exist_ok=True)
    encoder = network.encoder.config.to_dict()
    # where it was loaded from is nobody's business and differs from machine to machine
    for field in ("_name_or_path", "transformers_version", "architectures"):
        encoder.pop(field, None)
    save_weights(network, folder / WEIGHTS)
    save_graph(folder / WEIGHTS, encoder, len(labels.names), folder / GRAPH)
    reader.tokenizer.save(str(folder / TOKENIZER))
    config = ModelConfig(
        format=FORMAT,
        name=name,
        labels=labels,
        window=reader.settings,
        special=reader.special,
        encoder=encoder,
        calibration=calibration,
        sha256={},
    )
    write_config(folder, config)


def parity(folder: Path, documents: Sequence[Document]) -> list[Parity]:
    """Compare every installed runtime with torch on the same documents.

    In single precision, and OpenVINO in bfloat16 as well where the processor has it.
    """
    reference = _sentences(folder, "torch", "fp32", documents)
    found = []
    for backend, precision in _runtimes():
        pairs = list(zip(reference, _sentences(folder, backend, precision, documents), strict=True))
        found.append(
            Parity(
                backend,
                len(pairs),
                sum(a[0] != b[0] for a, b in pairs),
                max((abs(a[1][k] - b[1][k]) for a, b in pairs for k in a[1]), default=0.0),
                precision,
            )
        )
    return found


def _runtimes() -> Iterator[tuple[str, str]]:
    """The installed runtimes beside torch, each with the precisions that it can compute in."""
    for backend, (module, _) in BACKENDS.items():
        if backend == "torch" or not find_spec(module):
            continue
        yield backend, "fp32"
        if backend == "openvino":
            from natostance.inference.openvino_backend import precisions

            if "bf16" in precisions():
                yield backend, "bf16"


def check_parity(folder: Path, documents: Sequence[Document]) -> list[Parity]:
    """Refuse a model folder whose runtimes differ from torch.

    Raises:
        ConversionError: in single precision a label differs, or a score by more than 0.02; by how
            much is said.
    """
    found = parity(folder, documents)
    for result in found:
        if not result.accepted:
            raise ConversionError(
                f"the {result.backend} graph in {folder} differs from torch: "
                f"{result.differing} of {result.sentences} labels, scores by up to "
                f"{result.largest:.4f} (allowed: no label, {TOLERANCE})"
            )
    return found


def _sentences(
    folder: Path, backend: str, precision: str, documents: Sequence[Document]
) -> list[tuple[str, dict[str, float]]]:
    classifier = StanceClassifier.from_pretrained(
        folder, backend=backend, device="cpu", precision=precision
    )
    return [
        (s.label or "", dict(s.scores or {}))
        for document in classifier.label_many(documents)
        for s in document.sentences
    ]
