"""SetFit's predict: the encoder of sentence-transformers under its own head."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.speed.workers.embeddings_regression import body, head
from benchmarks.speed.workers.protocol import Job, Work, labels_texts, serve


def load(job: Job) -> Work:
    from setfit import SetFitModel

    encoder = body(job)
    model = SetFitModel(model_body=encoder, model_head=head(encoder))

    def label(texts: Sequence[str]) -> list[str]:
        found = model.predict(list(texts), batch_size=job.batch, show_progress_bar=False)
        return [str(label) for label in found]

    return labels_texts(job, label)


if __name__ == "__main__":
    serve(load, ["setfit", "sentence-transformers", "transformers", "torch"])
