"""ONNX Runtime through optimum, on sentences sorted by length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.speed.workers.protocol import Job, Work, labels_texts, serve
from benchmarks.speed.workers.sorted_batches import label_sorted


def load(job: Job) -> Work:
    from onnxruntime import SessionOptions
    from optimum.onnxruntime import ORTModelForSequenceClassification
    from transformers import AutoTokenizer

    options = SessionOptions()
    options.intra_op_num_threads = job.threads
    model = ORTModelForSequenceClassification.from_pretrained(
        job.model, export=True, session_options=options
    )
    tokenizer = AutoTokenizer.from_pretrained(job.model)

    def tokenize(texts: list[str]) -> Any:
        return tokenizer(
            texts, padding=True, truncation=True, max_length=job.most, return_tensors="np"
        )

    def label(texts: Sequence[str]) -> list[int]:
        return label_sorted(texts, job.batch, tokenize, lambda batch: model(**batch).logits)

    return labels_texts(job, label)


if __name__ == "__main__":
    serve(load, ["optimum-onnx", "onnxruntime", "transformers"])
