"""Precision, threads and devices: what was asked for is what runs, whatever the batch."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from natostance.batch.job import label_files
from natostance.document import Document
from natostance.errors import InputError
from natostance.inference import openvino_backend, processor
from natostance.inference.backend import BATCH_TOKENS, padded
from natostance.inference.classifier import StanceClassifier
from natostance.inference.openvino_backend import OpenVinoBackend, precisions
from natostance.inference.torch_backend import ParallelBackend, TorchBackend
from natostance.text.windows import Window

Ids = NDArray[np.int64]

NATO = "She said the alliance would defend every inch of its land."
RUSSIA = "He replied that the bloc had broken its word to the Kremlin."
NEUTRAL = "The committee met on Monday in the old town hall."

# whatever this machine can run; torch computes in bfloat16 on every processor, if slowly
RUNNABLE = [
    *(("openvino", precision) for precision in precisions()),
    ("onnx", "fp32"),
    ("torch", "fp32"),
    ("torch", "bf16"),
]


@pytest.fixture
def torch_threads() -> Iterator[None]:
    """One number of threads holds for the whole process."""
    import torch

    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def articles() -> list[Document]:
    sentences = [NATO, RUSSIA, NEUTRAL]
    return [
        Document(" ".join(sentences[(i + j) % 3] for j in range(1 + i * 3 % 17)), str(i))
        for i in range(24)
    ]


def labels(document: Document) -> list[str | None]:
    return [s.label for s in document.sentences]


@pytest.mark.parametrize(("backend", "precision"), RUNNABLE)
@pytest.mark.usefixtures("torch_threads")
def test_labels_do_not_depend_on_the_batch(tiny_model: Path, backend: str, precision: str) -> None:
    ready = StanceClassifier.from_pretrained(
        tiny_model, backend=backend, device="cpu", precision=precision
    )
    assert (ready.backend.name, ready.backend.precision) == (backend, precision)
    assert ready.backend.device == "cpu"
    documents = articles()
    together = list(ready.label_many(documents))
    assert {label for d in together for label in labels(d)} == {"NATO", "RUSSIA", "NEUTRAL"}
    for document, found in zip(documents, together, strict=True):
        alone = ready.label(document)
        assert labels(alone) == labels(found)
        for a, b in zip(alone.sentences, found.sentences, strict=True):
            assert a.scores == pytest.approx(b.scores, abs=1e-5 if precision == "fp32" else 2e-2)


@pytest.mark.parametrize("backend", ["openvino", "onnx", "torch"])
@pytest.mark.usefixtures("torch_threads")
def test_labels_do_not_depend_on_the_threads(tiny_model: Path, backend: str) -> None:
    one, two = (
        StanceClassifier.from_pretrained(tiny_model, backend=backend, device="cpu", threads=n)
        for n in (1, 2)
    )
    assert [labels(d) for d in one.label_many(articles())] == [
        labels(d) for d in two.label_many(articles())
    ]


def test_bfloat16_on_a_processor_without_it_is_refused(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openvino_backend, "precisions", lambda: ("fp32",))
    with pytest.raises(InputError, match="does not compute in bf16; choose fp32, or auto"):
        StanceClassifier.from_pretrained(tiny_model, backend="openvino", precision="bf16")


def test_what_cannot_be_computed_is_refused(tiny_model: Path) -> None:
    def load(**options: object) -> None:
        StanceClassifier.from_pretrained(tiny_model, **options)  # type: ignore[arg-type]

    with pytest.raises(InputError, match="no precision 'fp4'; choose of auto, fp32, bf16"):
        load(precision="fp4")
    with pytest.raises(InputError, match="ONNX Runtime does not compute in bf16"):
        load(backend="onnx", precision="bf16")
    with pytest.raises(InputError, match="--threads is 0"):
        load(threads=0)
    with pytest.raises(InputError, match="no device 'gpu'"):
        load(backend="torch", device="gpu")
    with pytest.raises(InputError, match=r"no device cuda:97 here, or torch was built without it"):
        load(device="cuda:97")


@pytest.mark.usefixtures("torch_threads")
def test_a_run_goes_on_in_its_own_precision_alone(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(NATO)
    out = tmp_path / "rows.jsonl"

    def run(precision: str) -> None:
        label_files(
            [str(tmp_path / "a.txt")],
            out,
            resume=True,
            model=tiny_model,
            backend="torch",
            device="cpu",
            precision=precision,
        )

    run("fp32")
    run("fp32")
    with pytest.raises(InputError, match="precision was fp32 and is bf16"):
        run("bf16")


@pytest.mark.usefixtures("torch_threads")
def test_two_devices_give_what_one_gives(tiny_model: Path) -> None:
    one, two = (
        StanceClassifier.from_pretrained(tiny_model, backend="torch", device=device)
        for device in ("cpu", "cpu,cpu")
    )
    assert isinstance(one.backend, TorchBackend)
    assert isinstance(two.backend, ParallelBackend)
    assert two.backend.device == "cpu,cpu"
    windows = [w for d in one.label_many(articles()) for w in one.reader.windows(d)]
    for count in (0, 1, 2, len(windows)):
        alone, shared = (c.backend.scores(windows[:count]) for c in (one, two))
        assert len(shared) == count
        for a, b in zip(alone, shared, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-5)
    copy = pickle.loads(pickle.dumps(two))
    assert copy.backend.device == "cpu,cpu"
    assert labels(copy.label(NATO)) == labels(one.label(NATO))


def test_one_article_keeps_all_streams_busy(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier = StanceClassifier.from_pretrained(tiny_model, backend="openvino", threads=2)
    (article,) = classifier.label_many([Document(" ".join([NATO, RUSSIA, NEUTRAL] * 12))])
    windows = list(classifier.reader.windows(article))
    assert sum(len(window.ids) for window in windows) < BATCH_TOKENS
    batches = []

    def counted(batch: Sequence[Window], pad: int) -> tuple[Ids, Ids]:
        batches.append(len(batch))
        return padded(batch, pad)

    monkeypatch.setattr(openvino_backend, "padded", counted)
    assert isinstance(classifier.backend, OpenVinoBackend)
    classifier.backend.scores(windows)
    assert sum(batches) == len(windows)
    assert len(batches) >= classifier.backend.streams


@pytest.mark.usefixtures("torch_threads")
def test_shares_of_devices_are_about_equal_and_in_order(tiny_model: Path) -> None:
    two = StanceClassifier.from_pretrained(tiny_model, backend="torch", device="cpu,cpu").backend
    assert isinstance(two, ParallelBackend)
    ready = StanceClassifier.from_pretrained(tiny_model, device="cpu")
    windows = [w for d in ready.label_many(articles()) for w in ready.reader.windows(d)]
    first, second = two._shares(windows)
    assert [*first, *second] == windows
    tokens = [sum(len(w.ids) for w in share) for share in (first, second)]
    assert abs(tokens[0] - tokens[1]) <= 2 * max(len(w.ids) for w in windows)


def test_cores_are_those_of_affinity_and_quota(tmp_path: Path) -> None:
    quota = tmp_path / "cpu.max"
    here = len(os.sched_getaffinity(0))
    assert processor.available_cores(quota) == here
    quota.write_text("max 100000\n")
    assert processor.available_cores(quota) == here
    quota.write_text("50000 100000\n")
    assert processor.available_cores(quota) == 1
    quota.write_text(f"{100_000 * (here + 3)} 100000\n")
    assert processor.available_cores(quota) == here


def test_without_a_gpu_torch_is_not_imported(tiny_model: Path) -> None:
    code = (
        "import sys; from natostance import StanceClassifier; "
        f"c = StanceClassifier.from_pretrained({str(tiny_model)!r}); c.label('A text.'); "
        "print(c.backend.device, 'torch' in sys.modules)"
    )
    without = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=without
    )
    assert done.stdout.split() == ["cpu", "False"]


def test_a_driver_that_torch_cannot_use_means_the_processor(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    driver = tmp_path / "nvidiactl"
    driver.touch()
    monkeypatch.setattr(processor, "_GPU_FILES", (str(driver),))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert processor._may_have_gpu()
    assert processor.best_device() == "cpu"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert not processor._may_have_gpu()
