"""OpenVINO through optimum-intel, on sentences sorted by length.

Its precision is its own choice: bfloat16 where the processor has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.speed.workers.protocol import Job, Work, labels_texts, serve
from benchmarks.speed.workers.sorted_batches import label_sorted


def load(job: Job) -> Work:
    from optimum.intel import OVModelForSequenceClassification
    from transformers import AutoTokenizer

    model = OVModelForSequenceClassification.from_pretrained(
        job.model, export=True, ov_config={"INFERENCE_NUM_THREADS": job.threads}
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
    serve(load, ["optimum-intel", "openvino", "transformers"])
