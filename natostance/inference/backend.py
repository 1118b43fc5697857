"""What every backend does: scores for the tokens of windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from natostance.text.windows import Window


class Backend(Protocol):
    """Runs the network over windows.

    A window's scores must not depend on the other windows of the call.
    """

    name: str

    def scores(self, windows: Sequence[Window]) -> list[NDArray[np.float32]]:
        """Scores of windows.

        Returns:
            For each window ``[length, 2 * labels + 1]``: the sentence head's votes and their
            weight, then the token head's logits.
        """
        ...


def padded(
    windows: Sequence[Window], pad: int, multiple: int = 8
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ids and mask of windows, padded on the right.

    Args:
        windows: at least one window.
        pad: id of the padding token.
        multiple: the length is rounded up to a multiple of this, so that shapes recur.

    Returns:
        Ids and mask, each ``[windows, length]``.
    """
    length = -(-max(len(w.ids) for w in windows) // multiple) * multiple
    ids = np.full((len(windows), length), pad, dtype=np.int64)
    mask = np.zeros((len(windows), length), dtype=np.int64)
    for row, window in enumerate(windows):
        ids[row, : len(window.ids)] = window.ids
        mask[row, : len(window.ids)] = 1
    return ids, mask
