"""One-to-one matching that is best as a whole, whatever the order of the two sides."""

from __future__ import annotations

import math
from collections.abc import Mapping


def best_matching(weights: Mapping[tuple[int, int], int]) -> dict[int, int]:
    """Match left to right nodes so that the sum of the weights is largest.

    Each connected group of nodes is solved on its own by the Hungarian method (Kuhn 1955, in the
    form with potentials), cubic in the size of the group. Groups of overlapping spans are small.

    Args:
        weights: the weight of each edge, positive; ``(left, right)`` pairs without an edge are
            never matched.

    Returns:
        The matched right node of each matched left node.
    """
    matched: dict[int, int] = {}
    for lefts, rights in _groups(weights):
        for left, right in _assign([[weights.get((i, j), 0) for j in rights] for i in lefts]):
            if (lefts[left], rights[right]) in weights:
                matched[lefts[left]] = rights[right]
    return matched


def _groups(weights: Mapping[tuple[int, int], int]) -> list[tuple[list[int], list[int]]]:
    """Connected groups of left and right nodes."""
    groups: list[tuple[set[int], set[int]]] = []
    for left, right in sorted(weights):
        joined = ({left}, {right})
        apart = []
        for group in groups:
            if left in group[0] or right in group[1]:
                joined = (joined[0] | group[0], joined[1] | group[1])
            else:
                apart.append(group)
        groups = [*apart, joined]
    return [(sorted(lefts), sorted(rights)) for lefts, rights in groups]


def _assign(weights: list[list[int]]) -> list[tuple[int, int]]:
    """The best assignment of a full matrix, as (row, column) pairs."""
    if len(weights) > len(weights[0]):
        turned = [list(column) for column in zip(*weights, strict=True)]
        return [(row, column) for column, row in _assign(turned)]
    rows, columns = len(weights), len(weights[0])
    row_potential, column_potential = [0.0] * (rows + 1), [0.0] * (columns + 1)
    row_of = [0] * (columns + 1)  # 0: the column is free; rows and columns count from 1
    for row in range(1, rows + 1):
        row_of[0], column = row, 0
        slack, came_from = [math.inf] * (columns + 1), [0] * (columns + 1)
        done = [False] * (columns + 1)
        while row_of[column]:
            done[column] = True
            current, nearest, least = row_of[column], 0, math.inf
            for other in range(1, columns + 1):
                if done[other]:
                    continue
                cost = -weights[current - 1][other - 1]
                reduced = cost - row_potential[current] - column_potential[other]
                if reduced < slack[other]:
                    slack[other], came_from[other] = reduced, column
                if slack[other] < least:
                    least, nearest = slack[other], other
            for other in range(columns + 1):
                if done[other]:
                    row_potential[row_of[other]] += least
                    column_potential[other] -= least
                else:
                    slack[other] -= least
            column = nearest
        while column:
            row_of[column] = row_of[came_from[column]]
            column = came_from[column]
    return [(row_of[column] - 1, column - 1) for column in range(1, columns + 1) if row_of[column]]
