"""Several systems in one table: from their results and from `natostance.evaluation.comparison`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from natostance.document import LabelSet
from natostance.evaluation.figures import ALL, figure_value, figures
from natostance.evaluation.table import NOTHING, Table, interval, p_value, rate

Results = Mapping[str, Any]


def system_table(systems: Mapping[str, Results], figure: str = "macro_f1") -> Table:
    """Several systems by one figure, the best first; character F1 beside it."""
    labels = LabelSet.from_dict(next(iter(systems.values()))["labels"])
    title = next(f.title for f in figures(labels) if f.name == figure)
    ordered = sorted(systems, key=lambda name: -figure_value(systems[name], figure))
    return Table(
        f"Systems by {title}",
        (
            *("system", title, "95 % interval"),
            *(f"F1 {label}" for label in labels.names),
            *("accuracy", "character F1"),
        ),
        tuple(
            (
                name,
                rate(figure_value(systems[name], figure)),
                interval(systems[name]["intervals"].get(figure)),
                *(_class_f1(systems[name]["classes"][label]) for label in labels.names),
                rate(systems[name]["accuracy"]),
                rate(systems[name]["character_f1"]),
            )
            for name in ordered
        ),
        (_size(next(iter(systems.values()))),),
    )


def comparison_table(comparison: Results, labels: LabelSet, names: tuple[str, str]) -> Table:
    """The table of `natostance.evaluation.comparison.compare`."""
    titles = {f.name: f.title for f in figures(labels)}
    return Table(
        f"{names[0]} against {names[1]}",
        ("figure", *names, "difference", "95 % interval", "p (permutation)", "p (bootstrap)"),
        tuple(
            (
                titles[name],
                rate(row["first"]),
                rate(row["second"]),
                f"{row['effect']:+.3f}",
                interval(row["interval"]),
                p_value(row["p_permutation"]),
                p_value(row["p_bootstrap"]),
            )
            for name, row in comparison["figures"].items()
        ),
        (f"Paired tests over {comparison['articles']} articles.",),
    )


def against_table(
    reference: str,
    comparisons: Mapping[str, Results],
    labels: LabelSet,
    figure: str = "macro_f1",
) -> Table:
    """The table of `natostance.evaluation.comparison.compare_with`."""
    title = next(f.title for f in figures(labels) if f.name == figure)
    return _against(
        f"{reference} against each of the others: {title}",
        reference,
        comparisons,
        ("permutation", "holm", "bootstrap"),
        "Paired tests over articles; Holm: adjusted for the number of comparisons.",
    )


def seed_table(spreads: Mapping[str, Results], labels: LabelSet) -> Table:
    """The table of `natostance.evaluation.comparison.over_seeds`."""
    titles = {f.name: f.title for f in figures(labels)}
    runs = next(iter(spreads.values()))["runs"]
    return Table(
        f"Mean over {runs} seeds",
        ("figure", "mean", "sd"),
        tuple(
            (titles[name], rate(row["mean"]), NOTHING if row["sd"] is None else rate(row["sd"]))
            for name, row in spreads.items()
        ),
    )


def challenge_table(results: Results) -> Table:
    """The table of `natostance.evaluation.challenge.ChallengeResult.to_dict`."""
    return Table(
        "Challenge suite",
        ("phenomenon", "groups right", "accuracy", "95 % interval", "items right", "accuracy"),
        tuple(
            (
                name,
                f"{row['groups_right']}/{row['groups']}",
                rate(row["group_accuracy"]),
                interval(row["interval"]),
                f"{row['items_right']}/{row['items']}",
                rate(row["item_accuracy"]),
            )
            for name, row in [*results["phenomena"].items(), (ALL, results["all"])]
        ),
        ("A group is right when all its items are; that is the figure that counts.",),
    )


def challenges_table(systems: Mapping[str, Results]) -> Table:
    """Several systems on the challenge suite: whole groups right, by phenomenon."""
    names = list(next(iter(systems.values()))["phenomena"])
    size = next(iter(systems.values()))["phenomena"]

    def row(name: str) -> tuple[str, ...]:
        return tuple(
            rate((r["all"] if name == ALL else r["phenomena"][name])["group_accuracy"])
            for r in systems.values()
        )

    total = next(iter(systems.values()))["all"]
    return Table(
        "Challenge suite: share of groups right",
        ("phenomenon", "groups", *systems),
        (
            *((name, str(size[name]["groups"]), *row(name)) for name in names),
            (ALL, str(total["groups"]), *row(ALL)),
            ("95 % interval", "", *(interval(r["all"]["interval"]) for r in systems.values())),
            (
                f"items right, of {total['items']}",
                "",
                *(rate(r["all"]["item_accuracy"]) for r in systems.values()),
            ),
        ),
        ("A group is right when all its items are.",),
    )


def challenge_tests_table(reference: str, tests: Mapping[str, Results]) -> Table:
    """The table of `natostance.evaluation.challenge.compare_with`."""
    return _against(
        f"{reference} against each of the others: groups right",
        reference,
        tests,
        ("permutation", "holm"),
        "Paired tests over groups; Holm: adjusted for the number of comparisons.",
    )


def _class_f1(row: Results) -> str:
    return rate(row["f1"]) if row["predicted"] or row["support"] else NOTHING


def _size(results: Results) -> str:
    return f"{results['articles']} articles, {results['sentences']} sentences."


def _against(
    title: str,
    reference: str,
    comparisons: Mapping[str, Results],
    tests: Sequence[str],
    note: str,
) -> Table:
    """A row for each other system: both values, the difference and its p by each test."""
    names = {"permutation": "permutation", "holm": "Holm", "bootstrap": "bootstrap"}
    return Table(
        title,
        (
            *("other system", reference, "other", "difference", "95 % interval"),
            *(f"p ({names[test]})" for test in tests),
        ),
        tuple(
            (
                name,
                rate(row["first"]),
                rate(row["second"]),
                f"{row['effect']:+.3f}",
                interval(row["interval"]),
                *(p_value(row[f"p_{test}"]) for test in tests),
            )
            for name, row in comparisons.items()
        ),
        (note,),
    )
