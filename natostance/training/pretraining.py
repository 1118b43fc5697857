"""In-domain reading before fine-tuning: an encoder guesses words that are masked in news text.

Continued masked-language training: Gururangan et al. 2020, https://arxiv.org/abs/2004.10964. An
encoder that was trained for whole sentences, as the packaged MiniLM was, learns by it to tell
something of each word again.
"""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from pydantic import Field
from torch import Tensor, nn
from transformers import PrinterCallback, Trainer, TrainingArguments

from natostance.corpus import Corpus
from natostance.corpus.leaks import find_leaks
from natostance.corpus.load import articles_folder
from natostance.document import Document
from natostance.errors import InputError
from natostance.modeling import cpu_training
from natostance.modeling.encoder import encoder_source, load_encoder, load_tokenizer
from natostance.settings import Settings
from natostance.text.segmentation import segment
from natostance.text.windows import SpecialTokens, WindowReader, WindowSettings
from natostance.training.loop import uses_bf16

# of the masked words: replaced by the mask, by a word drawn at random, left (Devlin et al. 2019)
_MASK, _RANDOM = 0.8, 0.1


class PretrainingSettings(Settings):
    """Settings of in-domain reading; every field has a default."""

    name: str = Field(default="encoder", description="name of the encoder's folder")
    output: Path = Field(default=Path("runs"), description="folder in which that folder is made")
    seed: int = Field(default=1, ge=0, description="decides order and masks")
    encoder: str = Field(default="minilm", description="what to start from; see network.encoder")
    corpus: Path = Field(default=Path("training"), description="corpus whose train split is read")
    kept_from: list[Path] = Field(
        default=[Path("training"), Path("eval")],
        description="corpora whose dev and test articles, and what shares text with them, are "
        "never read",
    )
    unlabelled: list[str] = Field(
        default_factory=list,
        description="files in the folder of article texts that are read beside the corpus "
        "(JSONL with id, text, and where it is known body_start and body_end)",
    )
    tokens: int = Field(default=256, ge=16, description="window, special tokens included")
    masked: float = Field(default=0.2, gt=0, lt=1, description="share of words to guess")
    epochs: int = Field(default=2, ge=1, description="passes over the text")
    learning_rate: float = Field(default=5e-4, gt=0, description="at its peak")
    batch_windows: int = Field(default=8, ge=1, description="windows a step")


class WordHead(nn.Module):
    """Guesses words from states, with the encoder's own word embeddings."""

    def __init__(self, width: int, words: int, eps: float) -> None:
        super().__init__()
        self.dense = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width, eps=eps)
        self.bias = nn.Parameter(torch.zeros(words))

    def forward(self, states: Tensor, embeddings: Tensor) -> Tensor:
        """States ``[tokens, width]`` to logits ``[tokens, words]``."""
        hidden = self.norm(nn.functional.gelu(self.dense(states)))
        return nn.functional.linear(hidden, embeddings, self.bias)


class _Guesser(nn.Module):
    def __init__(self, encoder: transformers.PreTrainedModel) -> None:
        super().__init__()
        self.encoder = encoder
        config = encoder.config
        eps = getattr(config, "layer_norm_eps", 1e-5)
        self.head = WordHead(config.hidden_size, config.vocab_size, eps)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, labels: Tensor
    ) -> dict[str, Tensor]:
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        # logits over a vocabulary cost as much as the encoder: only where there is a word to guess
        hidden = labels >= 0
        logits = self.head(states[hidden], self.encoder.get_input_embeddings().weight)
        return {"loss": nn.functional.cross_entropy(logits.float(), labels[hidden])}


class _Masker:
    """Makes a batch of windows and hides some of its words."""

    def __init__(self, special: SpecialTokens, mask: int, words: int, share: float) -> None:
        self.special = special
        self.mask = mask
        self.words = words
        self.share = share

    def __call__(self, windows: Sequence[dict[str, Any]]) -> dict[str, Tensor]:
        rows = [torch.tensor(window["input_ids"]) for window in windows]
        pad = self.special.pad
        ids = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=pad)
        real = nn.utils.rnn.pad_sequence([torch.ones_like(r) for r in rows], batch_first=True)
        word = (real > 0) & (ids != self.special.start) & (ids != self.special.end)
        hidden = word & (torch.rand(ids.shape) < self.share)
        labels = torch.where(hidden, ids, -100)
        draw = torch.rand(ids.shape)
        masked = torch.where(hidden & (draw < _MASK), self.mask, ids)
        other = torch.randint(self.words, ids.shape)
        masked = torch.where(hidden & (draw >= 1 - _RANDOM), other, masked)
        return {"input_ids": masked, "attention_mask": real, "labels": labels}


def pretrain(
    settings: PretrainingSettings,
    *,
    articles: Path | None = None,
    callbacks: Sequence[transformers.TrainerCallback] = (),
) -> Path:
    """Let an encoder read news, and write it as a folder that transformers loads.

    Args:
        settings: everything that decides the run.
        articles: folder with the texts of stand-off annotations; see `Corpus.load`.
        callbacks: callbacks of `transformers.Trainer`, for progress.

    Returns:
        The folder, to be named as ``network.encoder`` in a recipe.

    Raises:
        InputError: corpus, texts or encoder cannot be used, the tokenizer has no mask, or there is
            a folder already.
    """
    folder = settings.output / settings.name
    if folder.exists():
        raise InputError("this folder is there already", file=folder, remedy="name another")
    documents = list(readable(settings, articles))
    if not documents:
        raise InputError(
            "nothing is left to read: all articles share text with dev or test articles",
            file=settings.corpus,
        )
    transformers.set_seed(settings.seed)
    tokenizer, special = load_tokenizer(settings.encoder)
    slow = transformers.AutoTokenizer.from_pretrained(encoder_source(settings.encoder))
    if slow.mask_token_id is None:
        raise InputError(f"the tokenizer of {settings.encoder!r} has no mask to hide words with")
    encoder = load_encoder(settings.encoder)
    window = WindowSettings(tokens=settings.tokens, left_context=0)
    reader = WindowReader(tokenizer, special, window)
    windows = [{"input_ids": w.ids} for d in documents for w in reader.windows(d)]
    if not torch.cuda.is_available():
        cpu_training.prepare(encoder)
    steps = -(-len(windows) // settings.batch_windows) * settings.epochs
    with tempfile.TemporaryDirectory() as state:
        trainer = Trainer(
            model=_Guesser(encoder),
            args=TrainingArguments(
                output_dir=state,
                num_train_epochs=settings.epochs,
                per_device_train_batch_size=settings.batch_windows,
                learning_rate=settings.learning_rate,
                warmup_steps=steps // 10,
                adam_beta2=0.98,
                adam_epsilon=1e-6,
                weight_decay=0.01,
                bf16=uses_bf16("auto"),
                use_cpu=not torch.cuda.is_available(),
                seed=settings.seed,
                save_strategy="no",
                logging_steps=25,
                report_to=[],
                remove_unused_columns=False,
                disable_tqdm=True,
                dataloader_pin_memory=False,
            ),
            train_dataset=windows,
            data_collator=_Masker(
                special, slow.mask_token_id, encoder.config.vocab_size, settings.masked
            ),
            callbacks=list(callbacks),
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    encoder.save_pretrained(folder)
    slow.save_pretrained(folder)
    return folder


def readable(settings: PretrainingSettings, articles: Path | None) -> Iterator[Document]:
    """What may be read: the train split, and unlabelled articles that share no text with others.

    Left out are dev and test articles, and every article that shares more than a quarter of its
    word 5-grams (or of theirs) with one; see `natostance.corpus.leaks`.
    """
    kept: list[Document] = []
    own: tuple[Document, ...] = ()
    for path in dict.fromkeys([settings.corpus, *settings.kept_from]):
        corpus = Corpus.load(path, articles=articles)
        for split, documents in corpus.documents.items():
            if path == settings.corpus and split == "train":
                own = documents
            else:
                kept += documents
    wanted: dict[str, Document] = {}
    for document in (*own, *_unlabelled(settings, articles)):
        if document.sentences:
            wanted.setdefault(document.doc_id, document)
    both = [*(("kept", d) for d in kept), *(("read", d) for d in wanted.values())]
    # those that are kept come first, and so the second of each pair is what would have been read
    shared = {leak.second for leak in find_leaks(both)}
    yield from (d for name, d in wanted.items() if name not in shared)


def _unlabelled(settings: PretrainingSettings, articles: Path | None) -> Iterator[Document]:
    for name in settings.unlabelled:
        path = articles_folder(articles) / name
        if not path.exists():
            raise InputError("no such file of unlabelled articles", file=path)
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    record = json.loads(line)
                    text = record["text"][record.get("body_start", 0) : record.get("body_end")]
                except (ValueError, KeyError, TypeError, AttributeError):
                    raise InputError("no JSON object with a text", file=path, line=number) from None
                yield Document(text, str(record.get("id", number)), tuple(segment(text)))
