"""In what order windows are learned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Sampler

# windows are sorted by length among those of so many batches: more would save hardly any padding
_SORTED_BATCHES = 50


class LengthGrouped(Sampler[int]):
    """Random batches of windows of similar lengths, in an order that seed and epoch alone decide.

    So a run that was stopped within an epoch goes on with the windows that it has not seen. Batches
    are drawn too: without it, those of short texts would come after those of long ones.

    Args:
        lengths: tokens of each window.
        batch: windows of a batch.
        seed: another seed is another order.
        epoch: says which epoch begins; each has another order.
    """

    def __init__(
        self,
        lengths: Sequence[int] | NDArray[np.integer],
        batch: int,
        seed: int,
        epoch: Callable[[], int],
    ) -> None:
        self._lengths = np.asarray(lengths)
        self._batch = batch
        self._seed = seed
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        draw = np.random.default_rng([self._seed, self._epoch()])
        drawn = draw.permutation(len(self))
        several = self._batch * _SORTED_BATCHES
        batches = []
        for first in range(0, len(drawn), several):
            among = drawn[first : first + several]
            among = among[np.argsort(self._lengths[among], kind="stable")]
            batches += [among[i : i + self._batch] for i in range(0, len(among), self._batch)]
        # one that is not full must come last, for batches are cut anew
        full = [batch for batch in batches if len(batch) == self._batch]
        rest = [batch for batch in batches if len(batch) < self._batch]
        for batch in [full[i] for i in draw.permutation(len(full))] + rest:
            yield from batch.tolist()
