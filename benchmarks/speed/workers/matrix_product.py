"""The machine's matrix product: what no network can be faster than.

The order's texts name the precision, ``fp32`` or ``bf16``. Two shapes are tried, the encoder's
widest product over a batch's tokens and a large square, and the faster one counts. Where the
processor lacks a precision, its products are emulated, far more slowly; then the large one is left
out.
"""

from __future__ import annotations

import time

from benchmarks.speed.workers.protocol import Job, Order, Work, serve

# rows, inner, columns
SHAPES = ((2048, 384, 1536), (2048, 2048, 2048))
_SECONDS = 0.6
# below this a product is emulated
_EMULATED_GFLOPS = 10.0


class _Product:
    def __init__(self, job: Job) -> None:
        import torch

        torch.set_num_threads(job.threads)
        self.extra: dict[str, float] = {}

    def __call__(self, order: Order) -> int:
        import torch

        kind = {"fp32": torch.float32, "bf16": torch.bfloat16}[order.texts]
        best = 0.0
        for rows, inner, columns in SHAPES:
            if 0 < best < _EMULATED_GFLOPS:
                break
            left = torch.randn(rows, inner).to(kind)
            right = torch.randn(inner, columns).to(kind)
            torch.mm(left, right)
            until = time.perf_counter() + _SECONDS
            while (begin := time.perf_counter()) < until:
                torch.mm(left, right)
                taken = time.perf_counter() - begin
                best = max(best, 2 * rows * inner * columns / taken / 1e9)
        self.extra = {"gflops": best}
        return 0


def load(job: Job) -> Work:
    return _Product(job)


if __name__ == "__main__":
    serve(load, ["torch"])
