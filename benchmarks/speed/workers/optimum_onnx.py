"""ONNX Runtime through optimum, on sentences sorted by length."""

from __future__ import annotations

from benchmarks.speed.workers.protocol import Job, Work, serve
from benchmarks.speed.workers.sorted_batches import work_sorted


def load(job: Job) -> Work:
    from onnxruntime import SessionOptions
    from optimum.onnxruntime import ORTModelForSequenceClassification

    options = SessionOptions()
    options.intra_op_num_threads = job.threads
    model = ORTModelForSequenceClassification.from_pretrained(
        job.model, export=True, session_options=options
    )
    return work_sorted(job, model)


if __name__ == "__main__":
    serve(load, ["optimum-onnx", "onnxruntime", "transformers"])
