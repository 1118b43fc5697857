"""Gamma of spans, by the package that computes it; `make test-peers`."""

from __future__ import annotations

import sys

import pytest

from natostance.document import Document, Span
from natostance.errors import InputError, MissingExtraError
from natostance.evaluation.gamma import gamma

TEXT = "word " * 60


def article(name: str, *spans: tuple[int, int, str]) -> Document:
    return Document(TEXT, name, spans=tuple(Span(*span) for span in spans))


MARKED = [(0, 20, "NATO"), (50, 90, "RUSSIA"), (120, 160, "NATO"), (200, 250, "RUSSIA")]


@pytest.mark.peers
def test_the_same_marks_agree_wholly_and_others_less() -> None:
    pytest.importorskip("pygamma_agreement")
    same = gamma([article("a", *MARKED)], [article("a", *MARKED)])
    assert same.mean == pytest.approx(1.0)
    swapped = [(a, b, {"NATO": "RUSSIA", "RUSSIA": "NATO"}[n]) for a, b, n in MARKED]
    other = gamma([article("a", *MARKED)], [article("a", *swapped)])
    assert other.mean is not None
    assert other.mean < 0.7


@pytest.mark.peers
def test_articles_without_marks_are_counted_and_left_out() -> None:
    pytest.importorskip("pygamma_agreement")
    first = [article("a", *MARKED), article("b", *MARKED), article("c")]
    second = [article("c"), article("b"), article("a", *MARKED)]
    found = gamma(first, second)
    assert (found.articles, found.one_sided, found.unmarked) == (1, 1, 1)


def test_the_package_is_asked_for_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygamma_agreement", None)
    with pytest.raises(MissingExtraError, match=r"natostance\[gamma\]"):
        gamma([], [])


@pytest.mark.peers
def test_other_articles_are_refused() -> None:
    pytest.importorskip("pygamma_agreement")
    with pytest.raises(InputError, match="same articles"):
        gamma([article("a")], [article("b")])
