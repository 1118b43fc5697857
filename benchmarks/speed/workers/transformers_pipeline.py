"""The text-classification pipeline of transformers, as its documentation shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.speed.workers.protocol import Job, Work, labels_texts, serve


def load(job: Job) -> Work:
    import torch
    from transformers import pipeline

    torch.set_num_threads(job.threads)
    make: Any = pipeline
    classify = make("text-classification", model=job.model, device="cpu")
    options = {"batch_size": job.batch, "truncation": True, "max_length": job.most}

    def label(texts: Sequence[str]) -> list[str]:
        return [found["label"] for found in classify(list(texts), **options)]

    return labels_texts(job, label)


if __name__ == "__main__":
    serve(load, ["transformers", "torch"])
