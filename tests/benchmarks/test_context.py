from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from support import word_reader

from benchmarks.speed.articles import composed_articles
from benchmarks.speed.context import alone, context_reader, with_context
from natostance import Document, segment
from natostance.checkpoint import Checkpoint

WORDS = st.lists(st.integers(1, 30).map(lambda n: f"w{n}"), min_size=1, max_size=25)


@settings(deadline=None, max_examples=60)
@given(st.lists(WORDS, min_size=1, max_size=12))
def test_every_sentence_has_one_text_that_ends_with_it(sentences: list[list[str]]) -> None:
    text = " ".join("W" + " ".join(words) + "." for words in sentences)
    document = Document(text, sentences=tuple(segment(text)))
    found = with_context(document, word_reader(tokens=20, left_context=6, sentences=1))
    assert len(found) == len(document.sentences) == len(alone(document))
    for behind, sentence in zip(found, alone(document), strict=True):
        assert behind.endswith(sentence)
        assert behind in text


def test_the_context_is_that_of_a_window_that_begins_with_the_sentence() -> None:
    checkpoint = Checkpoint.find()
    reader = context_reader(checkpoint)
    room = reader.settings.left_context
    assert room > 0
    document = next(d for d in composed_articles() if len(d.sentences) > 10)
    found = with_context(document, reader)
    assert found[0] == alone(document)[0]
    for index in range(1, len(found)):
        rest = document.replace(sentences=document.sentences[: index + 1])
        context = found[index].removesuffix(alone(document)[index])
        assert context
        tokens = reader.tokenizer.encode(context, add_special_tokens=False).ids
        assert len(tokens) <= room
        # the tokens of the text are those that natostance's own window begins with
        window = next(w for w in reader.windows(rest) if w.parts[0].sentence == index)
        assert window.ids[1 : window.parts[0].start] == tokens


def test_a_model_without_context_gives_sentences_alone() -> None:
    checkpoint = Checkpoint.find()
    window = checkpoint.config.window.model_copy(update={"left_context": 0})
    bare = replace(checkpoint, config=checkpoint.config.model_copy(update={"window": window}))
    document = next(composed_articles())
    assert with_context(document, context_reader(bare)) == alone(document)
