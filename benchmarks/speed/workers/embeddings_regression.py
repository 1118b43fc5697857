"""sentence-transformers' embeddings, and scikit-learn's logistic regression on them."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from benchmarks.speed.workers.protocol import Job, Work, labels_texts, serve

# what a head is fitted on does not change how fast it is
_FITTED_ON = [f"Sentence {i} stands here for another." for i in range(60)]


def body(job: Job) -> Any:
    """The encoder with mean pooling; it sorts by length by itself."""
    import torch
    from sentence_transformers import SentenceTransformer

    models: Any = import_module("sentence_transformers.models")
    torch.set_num_threads(job.threads)
    encoder = models.Transformer(job.model, max_seq_length=job.most)
    pooling = models.Pooling(encoder.get_word_embedding_dimension(), "mean")
    return SentenceTransformer(modules=[encoder, pooling, models.Normalize()], device="cpu")


def head(encoder: Any) -> Any:
    """A logistic regression with three labels."""
    from sklearn.linear_model import LogisticRegression

    labels = [("NATO", "RUSSIA", "NEUTRAL")[i % 3] for i in range(len(_FITTED_ON))]
    return LogisticRegression(max_iter=1000).fit(encoder.encode(_FITTED_ON), labels)


def load(job: Job) -> Work:
    encoder = body(job)
    regression = head(encoder)

    def label(texts: Sequence[str]) -> list[str]:
        states = encoder.encode(list(texts), batch_size=job.batch, show_progress_bar=False)
        return list(regression.predict(states))

    return labels_texts(job, label)


if __name__ == "__main__":
    serve(load, ["sentence-transformers", "scikit-learn", "transformers", "torch"])
