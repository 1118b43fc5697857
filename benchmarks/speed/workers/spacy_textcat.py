"""spaCy's text classifier, with the architecture that it takes by default: no transformer."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.speed.workers.protocol import Job, Work, labels_texts, serve

_LABELS = ("NATO", "RUSSIA", "NEUTRAL")


def load(job: Job) -> Work:
    import spacy
    from spacy.training import Example

    language = spacy.blank("en")
    classifier = language.add_pipe("textcat")
    examples = []
    for i in range(60):
        document = language.make_doc(f"Sentence {i} stands here for another.")
        cats = {name: float(name == _LABELS[i % 3]) for name in _LABELS}
        examples.append(Example.from_dict(document, {"cats": cats}))
    for name in _LABELS:
        classifier.add_label(name)
    language.initialize(lambda: examples)

    def label(texts: Sequence[str]) -> list[str]:
        documents = language.pipe(texts, batch_size=job.batch)
        return [max(document.cats, key=document.cats.__getitem__) for document in documents]

    return labels_texts(job, label)


if __name__ == "__main__":
    serve(load, ["spacy"])
