"""The page of an evaluation: tables, plots, and the worst errors in their context; one file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from natostance.document import LabelSet, Span
from natostance.evaluation.mistakes import Mistake
from natostance.evaluation.table import Table
from natostance.evaluation.tables import evaluation_tables
from natostance.report.evaluation_plots import (
    confusion_picture,
    reliability_picture,
    risk_coverage_picture,
    slices_picture,
    systems_picture,
)
from natostance.report.page import Html, page, shown
from natostance.report.palette import css_class

Results = Mapping[str, Any]

# worst errors of a system that the page shows; `natostance evaluate --errors` writes all
WORST = 25

_STYLE = """
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1rem; }
figure { margin: 1rem 0; }
.scroll { margin-top: 1rem; }
figcaption { color: var(--quiet); font-size: 0.9rem; }
.mistake { margin: 0 0 1rem; }
.mistake p { margin: 0.3rem 0; overflow-wrap: anywhere; white-space: pre-line; }
.context { color: var(--quiet); }
.reading { display: grid; grid-template-columns: 6rem 1fr; gap: 0.75rem; align-items: baseline; }
mark { background: none; color: inherit; border-bottom: 3px solid var(--colour); }
@media (max-width: 40rem) { .reading { grid-template-columns: 1fr; gap: 0; } }
"""


def evaluation_page(
    title: str,
    systems: Mapping[str, Results],
    overview: Sequence[Table],
    mistakes: Mapping[str, Sequence[Mistake]],
) -> str:
    """The page, as HTML.

    Args:
        title: what the gold is.
        systems: the results of each system (`Evaluation.to_dict`), the first one first.
        overview: the tables that compare them; none for a single system.
        mistakes: the wrong labels of each, the worst first.

    Raises:
        MissingExtraError: the extra ``[report]`` is not installed.
    """
    first = next(iter(systems.values()))
    parts = [
        Html("<h1>{}</h1>").format(shown(f"Evaluation: {title}")),
        Html('<p class="note">{:,} articles, {:,} sentences. sha256 of the gold: {}.</p>').format(
            first["articles"], first["sentences"], first["hashes"].get("gold", "not given")
        ),
    ]
    if overview:
        parts.append(Html("<h2>Systems</h2>"))
        parts.append(_figure(systems_picture(systems), "Sentence macro-F1 with 95 % intervals."))
        parts += [_table(table) for table in overview]
        links = Html(" · ").join(
            Html('<a href="#system-{}">{}</a>').format(i, shown(name))
            for i, name in enumerate(systems)
        )
        parts.append(Html("<p>In detail: {}</p>").format(links))
    for number, (name, results) in enumerate(systems.items()):
        parts.append(Html('<h2 id="system-{}">{}</h2>').format(number, shown(name)))
        parts += _system(name, results, mistakes.get(name, ()))
    return page(f"Evaluation: {title}", Html("\n").join(parts), style=_STYLE)


def _system(name: str, results: Results, mistakes: Sequence[Mistake]) -> Iterable[Html]:
    plots = [
        _figure(
            confusion_picture(name, results),
            "Gold in rows, predicted in columns; shares are of the row.",
        )
    ]
    if calibration := results["calibration"]:
        plots.append(
            _figure(
                reliability_picture(name, calibration),
                "Reliability: points below the dashed line are too sure of themselves.",
            )
        )
        plots.append(
            _figure(
                risk_coverage_picture(name, calibration),
                "What stays wrong when the least sure sentences are left out.",
            )
        )
    yield Html('<div class="plots">{}</div>').format(Html("\n").join(plots))
    tables = evaluation_tables(results)
    yield from map(_table, tables[:-1])
    if any(not row["small"] for row in results["slices"]):
        yield _figure(
            slices_picture(name, results),
            "Slices that are not small, the worst on top; the dashed line is the whole.",
        )
    yield _table(tables[-1])
    yield _errors(mistakes, LabelSet.from_dict(results["labels"]))


def _errors(mistakes: Sequence[Mistake], labels: LabelSet) -> Html:
    if not mistakes:
        return Html("<h3>Errors</h3><p>There are none.</p>")
    return Html('<h3>The worst errors</h3><p class="note">{}</p>{}').format(
        f"The {min(WORST, len(mistakes))} that were given with the highest probability, of "
        f"{len(mistakes)} wrong labels. Underlined: spans.",
        Html("\n").join(_mistake(mistake, labels) for mistake in mistakes[:WORST]),
    )


def _mistake(mistake: Mistake, labels: LabelSet) -> Html:
    chance = ""
    if mistake.scores is not None:
        chance = f", given with probability {mistake.scores[mistake.predicted]:.2f}"
    rows = [
        Html(
            '<div class="reading"><div>{} <span class="swatch {}">{}</span></div><p>{}</p></div>'
        ).format(
            who,
            css_class(label, labels),
            shown(label),
            _marked(mistake, spans, labels),
        )
        for who, label, spans in (
            ("gold", mistake.gold, mistake.gold_spans),
            ("predicted", mistake.predicted, mistake.predicted_spans),
        )
    ]
    return Html(
        '<article class="panel mistake"><p class="note">{}</p>'
        '<p class="context">{}</p>{}<p class="context">{}</p></article>'
    ).format(
        shown(f"{mistake.article.doc_id}, sentence {mistake.number + 1}{chance}"),
        shown(mistake.before),
        Html("").join(rows),
        shown(mistake.after),
    )


def _marked(mistake: Mistake, spans: Sequence[Span], labels: LabelSet) -> Html:
    """The sentence with spans underlined, as far as they lie in it."""
    sentence = mistake.article.sentences[mistake.number]
    text, at = mistake.article.text, sentence.start
    pieces = []
    for span in spans:
        start, end = max(span.start, at), min(span.end, sentence.end)
        pieces.append(shown(text[at:start]))
        pieces.append(
            Html('<mark class="{}" title="{}">{}</mark>').format(
                css_class(span.label, labels), shown(span.label), shown(text[start:end])
            )
        )
        at = end
    pieces.append(shown(text[at : sentence.end]))
    return Html("").join(pieces)


def _table(table: Table) -> Html:
    head = Html("").join(
        Html('<th scope="col">{}</th>').format(shown(name)) for name in table.header
    )
    rows = Html("\n").join(
        Html('<tr><th scope="row">{}</th>{}</tr>').format(
            shown(row[0]), Html("").join(Html("<td>{}</td>").format(shown(c)) for c in row[1:])
        )
        for row in table.rows
    )
    notes = Html("").join(Html('<p class="note">{}</p>').format(shown(n)) for n in table.notes)
    return Html(
        '<div class="scroll"><table class="figures"><caption>{}</caption>'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>{}"
    ).format(shown(table.title), head, rows, notes)


def _figure(plot: Html, caption: str) -> Html:
    return Html("<figure>{}<figcaption>{}</figcaption></figure>").format(plot, caption)
