"""Results as tables and Markdown."""

from __future__ import annotations

from evaluation_cases import article

from natostance.document import STANCE, Document
from natostance.evaluation.agreement import agreement
from natostance.evaluation.comparison import compare, over_seeds
from natostance.evaluation.harness import evaluate
from natostance.evaluation.quantification import shares
from natostance.evaluation.system_tables import (
    comparison_table,
    seed_table,
    system_table,
)
from natostance.evaluation.table import NOTHING, Table, to_markdown
from natostance.evaluation.tables import (
    agreement_table,
    evaluation_tables,
    share_table,
    slice_table,
)


def gold() -> list[Document]:
    return [article("NN-", f"a{i}", meta={"outlet": f"{'X|Y'}\n{i % 2}"}) for i in range(4)]


def results(letters: str = "N--") -> dict[str, object]:
    predicted = [article(letters, f"a{i}", scores=[0.9, 0.8, 0.7]) for i in range(4)]
    return evaluate(gold(), predicted).to_dict(resamples=100)


def rows(table: Table) -> dict[str, tuple[str, ...]]:
    return {row[0]: row[1:] for row in table.rows}


def test_markdown() -> None:
    table = Table("A title", ("name", "value"), (("a|b", "1"), ("c\nd", "2")), ("A note.",))
    assert table.to_markdown() == (
        "**A title**\n\n| name | value |\n| --- | ---: |\n| a\\|b | 1 |\n| c d | 2 |\n\nA note.\n"
    )


def test_every_table_has_as_many_cells_as_columns() -> None:
    one, other = results(), results("NN-")
    tables = [
        *evaluation_tables(one),
        system_table({"one": one, "other": other}),
        comparison_table(compare(one, other, resamples=50), STANCE, ("one", "other")),
        seed_table(over_seeds([one, other]), STANCE),
        agreement_table(agreement(gold(), gold()).to_dict(resamples=50)),
    ]
    for table in tables:
        assert table.rows
        assert {len(row) for row in table.rows} == {len(table.header)}
    assert to_markdown(tables).count("**") == 2 * len(tables)


def test_figures_are_shown_with_intervals() -> None:
    table = evaluation_tables(results())[0]
    # NATO 4 of 8 found, NEUTRAL 4 of 8 right
    assert rows(table)["sentence macro-F1"] == ("0.667", "0.667 to 0.667")
    assert "4 articles, 12 sentences of the gold." in table.notes
    assert "Neither in gold nor predicted, and left out: RUSSIA." in table.notes


def test_a_rate_of_nothing_is_no_figure() -> None:
    table = rows(evaluation_tables(results())[1])
    assert table["RUSSIA"][:3] == (NOTHING, NOTHING, NOTHING)
    assert table["NATO"][:3] == ("1.000", "0.500", "0.667")


def test_spans_that_nobody_marked_are_no_perfect_figure() -> None:
    neutral = [article("---", f"a{i}") for i in range(4)]
    table = rows(evaluation_tables(evaluate(neutral, neutral).to_dict(resamples=100))[0])
    assert table["span F1, strict"] == (NOTHING, NOTHING)
    assert table["sentence accuracy"] == ("1.000", "1.000 to 1.000")
    found = rows(evaluation_tables(results("---"))[0])
    assert found["span F1, strict"][0] == "0.000"


def test_systems_stand_in_order() -> None:
    table = system_table({"bad": results("---"), "good": results("NN-")})
    assert [row[0] for row in table.rows] == ["good", "bad"]
    assert [row[table.header.index("F1 RUSSIA")] for row in table.rows] == [NOTHING, NOTHING]


def test_small_slices_are_marked() -> None:
    found = results()
    assert all(row[0].endswith(" *") for row in slice_table(found).rows)
    short = slice_table(found, most=2)
    assert len(short.rows) == 2
    assert "more slices are in the results" in short.notes[-1]


def test_shares() -> None:
    labelled = [article("NR-", f"a{i}") for i in range(3)]
    table = share_table(shares(labelled, labelled).to_dict())
    assert table.rows[0][:4] == ("all", "NATO", "33.3 %", "33.3 %")


def test_a_share_of_one_article_is_not_shown_as_corrected() -> None:
    labelled = [article("NR-", f"a{i}", meta={"outlet": "X"}) for i in range(3)]
    labelled.append(article("NN-", "a3", meta={"outlet": "Alone"}))
    labelled.append(article("NR-", "a4"))
    table = share_table(shares(labelled, labelled, by="outlet").to_dict())
    by_group = {row[0]: row for row in table.rows if row[1] == "NATO"}
    assert by_group["Alone"][2:5] == ("66.7 %", "–", "–")
    assert by_group["X"][3] == "33.3 %"
    assert "one article alone" in table.notes[1]
    assert table.notes[2] == "unknown: articles without 'outlet'."
    whole = share_table(shares(labelled, labelled).to_dict())
    assert len(whole.notes) == 1
