"""In-domain reading: what is read, and that it teaches."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import torch
from transformers import TrainerCallback

from natostance.errors import InputError
from natostance.modeling.encoder import load_encoder, load_tokenizer
from natostance.text.windows import SpecialTokens
from natostance.training.pretraining import PretrainingSettings, _Masker, pretrain, readable


class Losses(TrainerCallback):
    def __init__(self) -> None:
        self.found: list[float] = []

    def on_log(self, args: object, state: object, control: object, logs: dict, **_: object) -> None:
        if "loss" in logs:
            self.found.append(logs["loss"])


def write_corpus(folder: Path) -> Path:
    part = folder / "corpus" / "articles"
    part.mkdir(parents=True)
    for name in ("a1", "a2", "d1"):
        words = " ".join(f"{name}word{i}" for i in range(12))
        (part / f"{name}.marked.txt").write_text(
            f"---\nid: {name}\n---\nThe {words} met again on Monday in the old hall.\n"
        )
    (folder / "corpus" / "corpus.yaml").write_text("dev: [d1]\n")
    return folder / "corpus"


def test_what_is_judged_by_is_not_read_nor_what_shares_text_with_it(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path)
    near = "The " + " ".join(f"d1word{i}" for i in range(12)) + " met, a copied article says."
    records = [
        {"id": "u1", "text": "MENU An article of its own about trains. FOOT", "body_start": 5},
        {"id": "u2", "text": near},
        {"id": "a1", "text": "This id stands in the corpus already."},
    ]
    with gzip.open(tmp_path / "more.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(record) + "\n" for record in records)
    settings = PretrainingSettings(corpus=corpus, kept_from=[corpus], unlabelled=["more.jsonl.gz"])
    read = {d.doc_id: d.text for d in readable(settings, tmp_path)}
    assert set(read) == {"a1", "a2", "u1"}
    assert read["u1"].startswith("An article")


def test_reading_teaches_and_the_encoder_can_be_named_in_a_recipe(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    settings = PretrainingSettings(
        encoder=str(tiny_encoder),
        output=tmp_path,
        corpus=write_corpus(tmp_path),
        kept_from=[],
        tokens=48,
        epochs=60,
        learning_rate=5e-3,
    )
    losses = Losses()
    folder = pretrain(settings, callbacks=[losses])
    assert losses.found[-1] < losses.found[0] - 1
    before, after = load_encoder(str(tiny_encoder)), load_encoder(str(folder))
    assert not torch.equal(
        before.get_input_embeddings().weight, after.get_input_embeddings().weight
    )
    assert load_tokenizer(str(folder))[1] == load_tokenizer(str(tiny_encoder))[1]
    with pytest.raises(InputError, match="there already"):
        pretrain(settings)


def test_the_masker_hides_its_share_and_asks_for_nothing_else() -> None:
    torch.manual_seed(0)
    special = SpecialTokens(start=1, end=2, pad=0, unknown=3)
    batch = _Masker(special, mask=4, words=1000, share=0.3)(
        [{"input_ids": [1, *range(100, 600), 2]}, {"input_ids": [1, *range(100, 300), 2]}]
    )
    asked = batch["labels"] >= 0
    assert asked.sum() / 700 == pytest.approx(0.3, abs=0.05)
    assert not asked[:, 0].any()
    assert not asked[1, 201:].any()
    given = torch.tensor([1, *range(100, 600), 2])
    assert torch.equal(batch["labels"][0][asked[0]], given[asked[0]])
    assert torch.equal(batch["input_ids"][0][~asked[0]], given[~asked[0]])
    hidden = batch["input_ids"][asked] == 4
    assert hidden.float().mean() == pytest.approx(0.8, abs=0.08)


def test_a_corpus_that_is_all_judged_by_is_refused(tiny_corpus: Path) -> None:
    # its dev articles are made of the sentences of the others
    with pytest.raises(InputError, match="nothing is left to read"):
        pretrain(PretrainingSettings(corpus=tiny_corpus, kept_from=[]))
