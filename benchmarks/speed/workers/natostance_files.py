"""natostance from a file of articles to a file of rows, in a warm process."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.speed.workers.protocol import Job, Order, Work, serve


def load(job: Job) -> Work:
    from natostance import StanceClassifier, label_files

    classifier = StanceClassifier.from_pretrained(Path(job.model), precision=job.precision)

    def work(order: Order) -> int:
        with tempfile.TemporaryDirectory() as folder:
            articles = job.few if order.warm else job.articles
            out = Path(folder) / "rows.jsonl"
            return label_files(articles, out, classifier=classifier).sentences

    return work


if __name__ == "__main__":
    serve(load, ["natostance", "openvino", "onnxruntime", "tokenizers"])
