"""Systems against each other, from their results (`Evaluation.to_dict` or a file of it)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from natostance.document import LabelSet
from natostance.errors import InputError
from natostance.evaluation import bootstrap
from natostance.evaluation.bootstrap import LEVEL, RESAMPLES
from natostance.evaluation.figures import Figure, figures
from natostance.evaluation.harness import FORMAT

HEADLINE = "macro_f1"

Results = Mapping[str, Any]


def compare(
    first: Results, second: Results, *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Any]:
    """Compare two systems on the same gold, figure by figure, with paired tests over articles.

    Args:
        first: results of one system.
        second: results of the other.
        resamples: for each test.
        seed: for the tests.

    Returns:
        JSON-ready: for each figure both values, the effect (first minus second), its interval and
        two p-values. A figure of which fewer than two articles have anything, for one of the
        systems, is left out.

    Raises:
        InputError: the results are of another format, of different gold, labels or articles, or of
            one article only.
    """
    compared = check_comparable([first, second])
    counts = [list(results["by_article"].values()) for results in (first, second)]
    return {
        "format": FORMAT,
        "articles": first["articles"],
        "bootstrap": {"level": LEVEL, "resamples": resamples, "seed": seed},
        "figures": {
            f.name: bootstrap.compare(
                f.by_article(counts[0]),
                f.by_article(counts[1]),
                f.statistic,
                resamples=resamples,
                seed=seed,
            ).to_dict()
            for f in compared
            if all(f.has_interval(f.by_article(of_system)) for of_system in counts)
        },
    }


def compare_with(
    reference: str,
    systems: Mapping[str, Results],
    *,
    figure: str = HEADLINE,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, dict[str, Any]]:
    """Compare one system with each of the others on one figure.

    Args:
        reference: the name of the system that the others are compared with; it comes first.
        systems: results by name.
        figure: the name of the figure.
        resamples: for each test.
        seed: for the tests.

    Returns:
        For each other system the comparison, JSON-ready, with ``p_holm``: the permutation test's
        p-value adjusted for the number of comparisons (Holm 1979).

    Raises:
        InputError: as `compare`, there is no such system or figure, or fewer than two articles
            have anything that the figure counts.
    """
    if reference not in systems:
        raise InputError(
            f"there is no system {reference!r}", remedy=f"there are {', '.join(systems)}"
        )
    known = {f.name: f for f in check_comparable(list(systems.values()))}
    if figure not in known:
        raise InputError(f"there is no figure {figure!r}", remedy=f"there are {', '.join(known)}")
    chosen = known[figure]
    counts = {
        name: chosen.by_article(list(results["by_article"].values()))
        for name, results in systems.items()
    }
    others = [name for name in systems if name != reference]
    found = [
        bootstrap.compare(
            counts[reference], counts[name], chosen.statistic, resamples=resamples, seed=seed
        )
        for name in others
    ]
    adjusted = bootstrap.holm([c.p_permutation for c in found])
    return {
        name: {**comparison.to_dict(), "p_holm": round(p, 4)}
        for name, comparison, p in zip(others, found, adjusted, strict=True)
    }


def over_seeds(runs: Sequence[Results]) -> dict[str, dict[str, Any]]:
    """Mean and standard deviation of every figure over runs that differ in their seed alone.

    A figure that is not defined for one of the runs is left out.

    Raises:
        InputError: as `compare`, or there is no run, or one stands there twice.
    """
    compared = check_comparable(runs)
    hashes = [run["hashes"].get("predictions") for run in runs]
    if None not in hashes and len(set(hashes)) < len(hashes):
        raise InputError("two of the runs have the same predictions", remedy="give each run once")
    counts = [list(results["by_article"].values()) for results in runs]
    return {
        f.name: bootstrap.over_seeds(
            [float(f.statistic(f.by_article(by_article).sum(0))) for by_article in counts]
        ).to_dict()
        for f in compared
        if all(f.is_defined(f.by_article(by_article)) for by_article in counts)
    }


def check_comparable(systems: Sequence[Results]) -> tuple[Figure, ...]:
    """The figures of the systems' label set, once it is sure that they can be compared.

    Raises:
        InputError: as `compare`.
    """
    if not systems:
        raise InputError("there are no results to compare")
    for results in systems:
        if results.get("format") != FORMAT or "by_article" not in results:
            raise InputError(
                f"results of format {results.get('format')!r} cannot be compared",
                remedy=f"make them again with this version of natostance (format {FORMAT})",
            )
    first = systems[0]
    for results in systems[1:]:
        if results["labels"] != first["labels"]:
            raise InputError("the results are of different label sets")
        hashes = [r["hashes"].get("gold") for r in (first, results)]
        if None not in hashes and hashes[0] != hashes[1]:
            raise InputError(
                "the results are of different gold", remedy="evaluate both systems on the same"
            )
        if list(results["by_article"]) != list(first["by_article"]):
            raise InputError(
                "the results are of different articles", remedy="evaluate both on the same"
            )
    return figures(LabelSet.from_dict(first["labels"]))
