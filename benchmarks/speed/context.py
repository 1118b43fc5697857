"""What peers are given: sentences alone, and sentences behind the context that natostance reads."""

from __future__ import annotations

from collections.abc import Sequence

from natostance.checkpoint import Checkpoint
from natostance.document import Document
from natostance.text.windows import WindowReader

ALONE, CONTEXT = "alone", "context"


def context_reader(checkpoint: Checkpoint) -> WindowReader:
    """A reader with the model's own settings, but for one sentence a window."""
    config = checkpoint.config
    settings = config.window.model_copy(update={"sentences": 1})
    return WindowReader.from_file(checkpoint.tokenizer, config.special, settings)


def alone(document: Document) -> list[str]:
    """The sentences of a document."""
    return [document[sentence] for sentence in document.sentences]


def with_context(document: Document, reader: WindowReader) -> list[str]:
    """The sentences of a document, each behind its left context.

    The context is what natostance repeats before a window that begins with the sentence: the least
    that it ever reads to the left of it. (Inside a window it reads all sentences of the window, to
    both sides; giving a peer as much would cost it several times more.)

    Args:
        document: a document with sentences.
        reader: see `context_reader`.

    Returns:
        As many texts as there are sentences.
    """
    places = [
        place
        for _, offsets in reader.tokenize(document.text, document.sentences)
        for place in offsets
    ]
    texts: list[str] = []
    first = 0  # the first token, of the whole document, that a window scores
    for window in reader.windows(document):
        (part,) = window.parts
        if part.sentence == len(texts):  # not the later part of a long sentence
            sentence = document.sentences[part.sentence]
            repeated = part.start - 1
            begin = places[first - repeated][0] if repeated else sentence.start
            texts.append(document.text[begin : sentence.end])
        first += part.end - part.start
    return texts


def texts_of(documents: Sequence[Document], reader: WindowReader) -> dict[str, list[str]]:
    """Both lists of texts for all documents, in their order."""
    return {
        ALONE: [text for document in documents for text in alone(document)],
        CONTEXT: [text for document in documents for text in with_context(document, reader)],
    }
