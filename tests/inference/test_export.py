"""Exported models: they label as the model does, or they are refused and nothing is left."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from natostance.checkpoint import Checkpoint
from natostance.corpus import Corpus
from natostance.document import Document
from natostance.errors import InputError, ModelError
from natostance.inference import export as exporting
from natostance.inference.attribution import Attributor
from natostance.inference.classifier import StanceClassifier
from natostance.inference.export import ExportError, Gate, compare, export
from natostance.inference.hub import files_to_push

KINDS = [
    ("openvino", False),
    ("openvino", True),
    ("onnx", False),
    ("onnx", True),
]


@pytest.fixture(scope="module")
def dev(tiny_corpus: Path) -> Sequence[Document]:
    return Corpus.load(tiny_corpus).split("dev")


@pytest.mark.parametrize(("to", "int8"), KINDS)
def test_an_export_labels_as_the_model_does(
    tiny_model: Path, dev: Sequence[Document], tmp_path: Path, to: str, int8: bool
) -> None:
    out = tmp_path / "exported"
    gate = export(tiny_model, out, dev, to=to, int8=int8, judged_on="the tests")
    assert gate.sentences == sum(len(d.sentences) for d in dev)
    assert gate.differing == 0
    assert gate.macro_f1[0] == gate.macro_f1[1] > 0.8
    assert sorted(p.name for p in tmp_path.iterdir()) == ["exported"]

    source, made = Checkpoint.load(tiny_model), Checkpoint.load(out)
    assert made.config.calibration == source.config.calibration
    assert made.config.export is not None
    assert (made.config.export.to, made.config.export.source) == (to, source.sha256)
    assert made.sha256 != source.sha256
    note = json.loads((out / "run.json").read_text())["export"]
    assert note["gate"] == gate.to_dict()
    assert note["judged_on"] == "the tests"
    assert note["source"] == source.sha256
    assert "recipe" in json.loads((out / "run.json").read_text())

    ready = StanceClassifier.from_pretrained(out)
    assert ready.backend.name == to
    before = StanceClassifier.from_pretrained(tiny_model, precision="fp32")
    moved = max(
        abs(a - b).max() for a, b in zip(before.logits(dev), ready.logits(dev), strict=True)
    )
    assert (moved > 1e-3) == int8  # what rounds nothing changes nothing
    for a, b in zip(before.label_many(dev), ready.label_many(dev), strict=True):
        assert [s.label for s in a.sentences] == [s.label for s in b.sentences]
        alone = ready.label(a)
        for s, t in zip(alone.sentences, b.sentences, strict=True):
            assert s.scores == pytest.approx(t.scores, abs=1e-5)


def test_weights_behind_a_link(tiny_model: Path, dev: Sequence[Document], tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    linked.mkdir()
    for path in tiny_model.iterdir():
        (linked / path.name).symlink_to(path)
    gate = compare(tiny_model, tiny_model, dev, 1.0)
    with pytest.raises(ModelError, match="the graph cannot be read"):
        # the gate reads the model where it is, and a runtime does not follow links out of a folder
        export(linked, tmp_path / "exported", dev, to="openvino")
    assert gate.accepted


def test_an_export_runs_on_its_runtime_alone(
    tiny_model: Path, dev: Sequence[Document], tmp_path: Path
) -> None:
    out = tmp_path / "exported"
    export(tiny_model, out, dev, to="openvino")
    with pytest.raises(InputError, match="exported to openvino and does not run on onnx"):
        StanceClassifier.from_pretrained(out, backend="onnx")
    with pytest.raises(InputError, match="exported to openvino and does not run on torch"):
        StanceClassifier.from_pretrained(out, backend="torch")
    with pytest.raises(ModelError, match="has no weights for torch"):
        _ = Attributor.from_pretrained(out).network
    with pytest.raises(InputError, match="exported already"):
        export(out, tmp_path / "again", dev, to="onnx")
    with pytest.raises(InputError, match="it exists already"):
        export(tiny_model, out, dev, to="openvino")
    (out / "README.md").write_text("A card.")
    assert {p.name for p in files_to_push(out)} == {p.name for p in out.iterdir()}
    with (out / "model.bin").open("ab") as file:
        file.write(b"x")
    with pytest.raises(ModelError, match=r"model\.bin: damaged"):
        StanceClassifier.from_pretrained(out)


def test_what_labels_otherwise_is_refused_and_leaves_nothing(
    tiny_model: Path, dev: Sequence[Document], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(graph: Path, folder: Path) -> str:
        """Rounds a head's weights to nothing, as a bad setting would."""
        import onnx

        model = onnx.load(graph)
        for tensor in model.graph.initializer:
            if "head.out.weight" in tensor.name:
                tensor.raw_data = bytes(len(tensor.raw_data))
        onnx.save(model, folder / "model.onnx")
        return "broken"

    monkeypatch.setattr(exporting, "_onnx", broken)
    with pytest.raises(ExportError, match=r"for onnx is refused: \d+ of 16 labels differ"):
        export(tiny_model, tmp_path / "exported", dev, to="onnx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("differing", "f1", "agreement", "accepted"),
    [
        (0, 0.80, 1.0, True),
        (1, 0.80, 1.0, False),
        (5, 0.80, 0.995, True),
        (6, 0.80, 0.995, False),
        (0, 0.7971, 0.995, True),
        (0, 0.7969, 0.995, False),
        (0, 0.90, 0.995, True),
    ],
)
def test_the_gate(differing: int, f1: float, agreement: float, accepted: bool) -> None:
    gate = Gate(1000, differing, (0.80, f1), (0.0, 0.0), 0.0, agreement)
    assert gate.accepted == accepted


def test_the_gate_compares_with_the_source(tiny_model: Path, dev: Sequence[Document]) -> None:
    gate = compare(tiny_model, tiny_model, dev, 1.0)
    assert (gate.differing, gate.largest) == (0, 0.0)
    assert gate.calibration_error[0] == gate.calibration_error[1]
