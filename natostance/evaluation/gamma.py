"""The gamma agreement of spans: of where they stand and of their labels, taken together.

Gamma (Mathet, Widlöcher and Métivier 2015, https://aclanthology.org/J15-3003) aligns the spans of
two annotators as well as can be and compares the disorder that is left with that of chance. It is
computed by the package ``pygamma-agreement``, article by article.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from natostance.document import Document
from natostance.errors import InputError
from natostance.extras import require

FIRST, SECOND = "first", "second"


@dataclass(frozen=True, slots=True)
class Gamma:
    """Gamma over articles.

    Args:
        mean: mean over the articles in which both annotators marked something; None where there
            is no such article.
        articles: how many these are.
        one_sided: articles in which one annotator alone marked something: gamma has no value
            there, and they are left out of the mean.
        unmarked: articles in which neither marked anything.
    """

    mean: float | None
    articles: int
    one_sided: int
    unmarked: int


def gamma(first: Iterable[Document], second: Iterable[Document], *, seed: int = 0) -> Gamma:
    """The gamma agreement of two annotators of the same articles.

    Args:
        first: one annotator's documents; any order.
        second: the other's.
        seed: decides the samples of chance.

    Raises:
        InputError: the two did not annotate the same articles.
        MissingExtraError: the extra ``[gamma]`` is not installed.
    """
    require("pygamma_agreement", "gamma", "The gamma agreement")
    other = {document.doc_id: document for document in second}
    values: list[float] = []
    one_sided = unmarked = 0
    ours = list(first)
    if {document.doc_id for document in ours} != set(other):
        raise InputError("the two annotators did not annotate the same articles")
    for document in ours:
        marked = bool(document.spans), bool(other[document.doc_id].spans)
        if all(marked):
            values.append(_of_article(document, other[document.doc_id], seed))
        else:
            one_sided += any(marked)
            unmarked += not any(marked)
    mean = float(np.mean(values)) if values else None
    return Gamma(mean, len(values), one_sided, unmarked)


def _of_article(first: Document, second: Document, seed: int) -> float:
    from pyannote.core import Segment
    from pygamma_agreement import CombinedCategoricalDissimilarity, Continuum

    continuum = Continuum()
    for name, document in ((FIRST, first), (SECOND, second)):
        for span in document.spans:
            continuum.add(name, Segment(span.start, span.end), span.label)
    # it says for each article which of its solvers is not there
    logging.disable(logging.WARNING)
    np.random.seed(seed)  # the package draws from numpy's global generator
    dissimilarity = CombinedCategoricalDissimilarity(delta_empty=1, alpha=1, beta=1)
    try:
        return float(continuum.compute_gamma(dissimilarity).gamma)
    finally:
        logging.disable(logging.NOTSET)
