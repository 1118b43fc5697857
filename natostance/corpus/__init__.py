"""An annotated corpus: its folder, its splits, what is wrong with it and what is in it."""

from natostance.corpus.load import ARTICLES_VARIABLE, SETTINGS, Corpus, CorpusSettings

__all__ = ["ARTICLES_VARIABLE", "SETTINGS", "Corpus", "CorpusSettings"]
