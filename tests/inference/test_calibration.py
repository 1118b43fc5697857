"""Temperature scaling."""

from __future__ import annotations

import numpy as np
import pytest

from natostance.inference.calibration import fit_temperature, probabilities, softmax


def test_softmax_by_hand() -> None:
    np.testing.assert_allclose(softmax(np.log(np.array([1.0, 2.0, 1.0]))), [0.25, 0.5, 0.25])


def test_a_high_temperature_evens_out() -> None:
    logits = np.array([4.0, 0.0], dtype=np.float32)
    assert probabilities(logits, 100.0)[0] < 0.52
    assert probabilities(logits, 0.1)[0] > 0.999


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_the_temperature_that_made_the_logits_is_found(factor: float) -> None:
    rng = np.random.default_rng(0)
    honest = rng.normal(scale=2.0, size=(4000, 3))
    chances = np.exp(honest) / np.exp(honest).sum(axis=1, keepdims=True)
    gold = np.array([rng.choice(3, p=p) for p in chances])
    assert fit_temperature((honest * factor).astype(np.float32), gold) == pytest.approx(
        factor, rel=0.08
    )


def test_nothing_to_fit_leaves_the_logits_alone() -> None:
    assert fit_temperature(np.zeros((0, 3), np.float32), np.zeros(0, np.int64)) == 1.0
