"""natostance's network alone: windows that are ready, to scores of their tokens."""

from __future__ import annotations

from pathlib import Path

from benchmarks.speed.workers.protocol import Job, Order, Work, serve

# windows handed over at once
_WINDOWS = 1024


def load(job: Job) -> Work:
    from natostance import Document, StanceClassifier, read_documents, segment

    classifier = StanceClassifier.from_pretrained(Path(job.model), precision=job.precision)

    def windows(path: str) -> tuple[list[list[object]], int]:
        found: list[object] = []
        sentences = 0
        for document in read_documents(path):
            cut: Document = document.replace(sentences=tuple(segment(document.text)))
            sentences += len(cut.sentences)
            found.extend(classifier.reader.windows(cut))
        return [found[i : i + _WINDOWS] for i in range(0, len(found), _WINDOWS)], sentences

    few, all_ = windows(job.few), windows(job.articles)

    def work(order: Order) -> int:
        chunks, sentences = few if order.warm else all_
        for chunk in chunks:
            classifier.backend.scores(chunk)  # type: ignore[arg-type]
        return sentences

    return work


if __name__ == "__main__":
    serve(load, ["natostance", "openvino", "onnxruntime"])
