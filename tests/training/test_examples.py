"""Examples: targets stand where the annotation says."""

from __future__ import annotations

import torch
from support import word_reader

from natostance.document import STANCE, Document, Sentence, Span
from natostance.training.examples import IGNORED, build, collate

TEXT = "w1 w2 w3 w4 x. w5 w6 w7 w8 w9 w10 w11 w12 w13."
DOCUMENT = Document(
    TEXT, "", (Sentence(0, 14), Sentence(15, 46)), (Span(3, 8, "RUSSIA"),)
).with_labels_from_spans()


def test_targets_of_tokens_and_sentences() -> None:
    (row,) = build([DOCUMENT], word_reader(20, 6), STANCE)
    assert row["sentence_labels"] == [1, 2]
    assert row["sentence_index"] == [-1] + [0] * 6 + [1] * 10 + [-1]
    assert row["token_labels"] == [IGNORED, 2, 1, 1, 2, 2, 2, *[2] * 10, IGNORED]


def test_context_is_read_but_not_learned_from() -> None:
    second = build([DOCUMENT], word_reader(17, 5), STANCE)[1]
    assert second["sentence_index"] == [-1] * 6 + [0] * 10 + [-1]
    assert second["token_labels"][:6] == [IGNORED] * 6
    assert second["sentence_labels"] == [2]


def test_a_batch_is_padded_with_what_is_ignored() -> None:
    rows = list(build([DOCUMENT], word_reader(17, 5), STANCE))
    batch = collate(rows, pad=0)
    assert batch["input_ids"].shape == (2, 24)
    assert batch["attention_mask"].sum(dim=1).tolist() == [len(r["input_ids"]) for r in rows]
    padding = batch["attention_mask"] == 0
    assert torch.all(batch["token_labels"][padding] == IGNORED)
    assert torch.all(batch["sentence_index"][padding] == -1)
    assert batch["sentence_labels"].tolist() == [[1], [2]]
