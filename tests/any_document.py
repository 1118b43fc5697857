"""Documents for the tests of formats: anything that a text may hold, cut anywhere."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from natostance.document import STANCE, Document, LabelSet, Sentence, Span
from natostance.formats.draft import Draft, Remark
from natostance.formats.tokens import inside_token

PLAIN = Document(
    "Kyiv said it was blackmail. Moscow denied it.",
    "a",
    (Sentence(0, 27), Sentence(28, 45)),
    (Span(10, 27, "NATO"), Span(35, 45, "RUSSIA", doubtful=True)),
    STANCE,
    {"outlet": "The Rift Courier (invented)", "year": 2023},
)

# what has made offsets or lines drift: emoji and their sequences, a flag, combining marks,
# right-to-left runs with their marks, every kind of white space and line end, signs of formats
PIECES = (
    *("Kyiv", "said", "no", "3.5", "a", "I", ".", ",", '"', "’"),
    *("💩", "👨\u200d👩\u200d👧", "👍🏽", "🇺🇦", "❤\ufe0f", "e\u0301", "й", "n\u0303o", "中文"),
    *("שלום", "\u200fمرحبا\u200e", "\u202bאב\u202c"),
    *(" ", " ", " ", "  ", "\n", "\n\n", "\r\n", "\r", "\t", "\xa0", "\ufeff", "\u2028", "\x85"),
    *(
        "[",
        "]",
        "[NATO: ",
        "\\",
        "\\n",
        "\\u{a0}",
        "~ ",
        "~",
        "#",
        "# text = ",
        "---",
        "O",
        "B-NATO",
    ),
    *("\x00", "\x1b", "\x0b", "\x1c", "\u200b", "<", "&", "{", ":", "?"),
)
# half of a character, which UTF-8 cannot hold
LONE = "\ud83d"

keys = st.text(max_size=6) | st.sampled_from(["id", "meta", "sentences", "text", "label", "2023"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=8)
    | st.sampled_from(["2023-06-19", "yes", "1e3", "=", "a: b", "# c", "- d", "a\n---\nb", "\x85"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=2),
    max_leaves=4,
)  # fmt: skip


@st.composite
def documents(
    draw: st.DrawFn, *, aligned: bool = False, solid: bool = False, lone: bool = True
) -> Document:
    """Any document.

    Args:
        draw: from hypothesis.
        aligned: no span ends inside a token.
        solid: no span begins or ends with white space; implies ``aligned``.
        lone: lone surrogates occur.
    """
    pieces = (*PIECES, LONE) if lone else PIECES
    text = "".join(draw(st.lists(st.sampled_from(pieces), max_size=16)))
    places = [i for i in range(len(text) + 1) if not ((aligned or solid) and inside_token(text, i))]
    spans = []
    for start, end in draw(_pairs(places)):
        while solid and start < end and text[start].isspace():
            start += 1
        while solid and start < end and text[end - 1].isspace():
            end -= 1
        if start < end:
            spans.append(
                Span(start, end, draw(st.sampled_from(STANCE.sides)), doubtful=draw(st.booleans()))
            )
    sentences = [Sentence(a, b) for a, b in draw(_pairs(range(len(text) + 1)))]
    doc_id = draw(st.text(max_size=5) | st.sampled_from(["t001", "007", "a/b", "null"]))
    meta = draw(st.dictionaries(keys, values, max_size=3))
    return Document(text, doc_id, tuple(sentences), tuple(spans), STANCE, meta)


def _pairs(places: Iterable[int]) -> st.SearchStrategy[list[tuple[int, int]]]:
    """Stretches between some of these places, none over another; some of them touch."""
    places = list(places)
    if len(places) < 2:
        return st.just([])
    chosen = st.lists(st.sampled_from(places), max_size=7, unique=True).map(sorted)

    def paired(cuts: list[int]) -> st.SearchStrategy[list[tuple[int, int]]]:
        stretches = list(pairwise(cuts))
        keep = st.lists(st.booleans(), min_size=len(stretches), max_size=len(stretches))
        return keep.map(lambda kept: [s for s, k in zip(stretches, kept, strict=True) if k])

    return chosen.flatmap(paired)


Reader = Callable[[Path], Iterator[Draft | Remark]]
Writer = Callable[..., None]


def there_and_back(read: Reader, write: Writer, name: str, document: Document) -> Document:
    """The document as it is read from a file of that name to which it was written."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        write([document], path)
        (draft,) = read(path)
    assert isinstance(draft, Draft), draft
    return as_document(draft)


def as_document(draft: Draft, labels: LabelSet = STANCE) -> Document:
    """A draft taken at its word, wherever its spans end."""
    assert not any(mark.fault for mark in draft.marks), draft.marks
    return Document(
        draft.text,
        draft.doc_id,
        draft.sentences,
        tuple(Span(m.start, m.end, m.label, m.score, m.doubtful) for m in draft.marks),
        labels,
        draft.meta,
    )


def everything(read: Reader, path: Path, content: str | bytes) -> list[Any]:
    """All that a reader yields for a file with this content."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read(path))
