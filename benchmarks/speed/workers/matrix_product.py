"""The machine's matrix product: what no network can be faster than.

The order's texts name the precision, ``fp32`` or ``bf16``. No library is the fastest on every
processor, so torch, NumPy and OpenVINO multiply two shapes, the encoder's widest product over a
batch's tokens and a large square, and the fastest counts. Where the processor lacks a precision,
torch emulates its products, far more slowly; then the large one is left out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from benchmarks.speed.workers.protocol import Job, Order, Work, serve

Product = Callable[[], object]

# rows, inner, columns
SHAPES = ((2048, 384, 1536), (2048, 2048, 2048))
_SECONDS = 0.4
# below this a product is emulated
_EMULATED_GFLOPS = 10.0


class _Products:
    def __init__(self, job: Job) -> None:
        import torch

        torch.set_num_threads(job.threads)
        self.threads = job.threads
        self.extra: dict[str, float] = {}

    def __call__(self, order: Order) -> int:
        best = 0.0
        for make in (_torch, _numpy, _openvino):
            reached = 0.0
            for shape in SHAPES:
                if 0 < reached < _EMULATED_GFLOPS:
                    break
                for product in make(order.texts, *shape, self.threads):
                    reached = max(reached, _gflops(product, *shape))
            best = max(best, reached)
        self.extra = {"gflops": best}
        return 0


def _gflops(product: Product, rows: int, inner: int, columns: int) -> float:
    """The fastest of some repetitions."""
    product()
    fastest = float("inf")
    until = time.perf_counter() + _SECONDS
    while (begin := time.perf_counter()) < until:
        product()
        fastest = min(fastest, time.perf_counter() - begin)
    return 2 * rows * inner * columns / fastest / 1e9


def _torch(precision: str, rows: int, inner: int, columns: int, threads: int) -> Iterator[Product]:
    import torch

    kind = {"fp32": torch.float32, "bf16": torch.bfloat16}[precision]
    left = torch.randn(rows, inner).to(kind)
    right = torch.randn(inner, columns).to(kind)
    yield lambda: torch.mm(left, right)


def _numpy(precision: str, rows: int, inner: int, columns: int, threads: int) -> Iterator[Product]:
    import numpy as np

    if precision != "fp32":  # it knows no bfloat16
        return
    left = np.random.default_rng(0).random((rows, inner), np.float32)
    right = np.random.default_rng(1).random((inner, columns), np.float32)
    yield lambda: left @ right


def _openvino(
    precision: str, rows: int, inner: int, columns: int, threads: int
) -> Iterator[Product]:
    try:
        import openvino
        from openvino import opset13
    except ImportError:  # there are platforms that it has no build for
        return
    import numpy as np

    right = opset13.constant(np.random.default_rng(1).random((inner, columns), np.float32))
    left = opset13.parameter([rows, inner], np.float32)
    hint = {"fp32": openvino.Type.f32, "bf16": openvino.Type.bf16}[precision]
    core = openvino.Core()
    if precision == "bf16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        return
    compiled = core.compile_model(
        openvino.Model([opset13.matmul(left, right, False, False)], [left]),
        "CPU",
        {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": hint,
            "INFERENCE_NUM_THREADS": threads,
        },
    )
    request = compiled.create_infer_request()
    request.set_input_tensor(
        openvino.Tensor(np.random.default_rng(0).random((rows, inner), np.float32))
    )
    yield request.infer


def load(job: Job) -> Work:
    return _Products(job)


if __name__ == "__main__":
    serve(load, ["torch", "numpy", "openvino"])
