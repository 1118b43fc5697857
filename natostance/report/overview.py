"""The overview of a collection: shares, stretches, and where a person should look."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nlargest, nsmallest

from natostance.document import Document, LabelSet
from natostance.errors import MissingExtraError
from natostance.evaluation.quantification import Share, Shares, shares
from natostance.report.article import bar, classes
from natostance.report.glance import Doubtful, Glance
from natostance.report.page import Html, render, shown
from natostance.report.palette import letters

# the metadata that group articles by default, which need not be there
BY, DATE = "outlet", "date"
_SHORT = 40
_LISTED = 10
# groups in a plot, and rows of a table that are seen without opening it
_SHOWN = 20
# more months than this, or fewer articles in a month, make a plot of years
_MONTHS = 48
_ARTICLES_A_MONTH = 5

Link = str


@dataclass
class Group:
    """Articles that share a value.

    Args:
        name: the value.
        articles: how many.
        counts: sentences of each label.
    """

    name: str
    articles: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def sentences(self) -> int:
        return sum(self.counts.values())

    def share(self, label: str) -> float:
        return self.counts[label] / max(1, self.sentences)


@dataclass(frozen=True, slots=True)
class Look:
    """A sentence or stretch with a link to it."""

    seen: Glance
    link: Link
    what: Doubtful | None = None


class Collection:
    """Counts articles one at a time, and keeps what the overview lists.

    Args:
        labels: the labels of all articles.
        by: the metadata by which shares are given, beside time.
        date: the metadata with the date.
    """

    def __init__(self, labels: LabelSet, by: str = "outlet", date: str = "date") -> None:
        self.labels = labels
        self.by = by
        self.date = date
        self.all = Group("all")
        self.mixed = 0
        self.abstained = 0
        self._groups: dict[str, Group] = {}
        self._years: dict[str, Group] = {}
        self._months: dict[str, Group] = {}
        self._stretches: list[Look] = []
        self._doubtful: list[Look] = []
        # the first date that is there and gives no year, or no month
        self._unread: dict[str, str] = {}

    def add(self, seen: Glance, page: str, number: int) -> None:
        """Count an article.

        Args:
            seen: the article at a glance.
            page: the page that it is on; empty for this one.
            number: its number on that page.
        """
        for group in self._of(seen):
            group.articles += 1
            group.counts.update(seen.counts)
        for period, known in (("year", seen.year), ("month", seen.month)):
            if seen.date and known is None:
                self._unread.setdefault(period, seen.date)
        self.mixed += seen.mixed
        self.abstained += seen.abstained
        if seen.longest and seen.longest.sentences > 1:
            link = f"{page}#s{number}-{seen.longest.first + 1}"
            self._stretches = nlargest(
                _LISTED,
                [*self._stretches, Look(seen, link)],
                key=lambda look: look.seen.longest.sentences if look.seen.longest else 0,
            )
        self._doubtful = nsmallest(
            _LISTED,
            [
                *self._doubtful,
                *(Look(seen, f"{page}#s{number}-{d.number + 1}", d) for d in seen.doubtful),
            ],
            key=lambda look: look.what.probability if look.what else 1.0,
        )

    @property
    def groups(self) -> list[Group]:
        """By their sentences, the largest first; empty where fewer than two are known."""
        found = sorted(self._groups.values(), key=lambda g: (-g.sentences, g.name))
        return found if len(found) > 1 else []

    @property
    def period(self) -> str:
        """``month``, or ``year`` where there are many months or few articles in them."""
        months = len(self._months)
        dated = sum(group.articles for group in self._months.values())
        if 2 * dated < sum(group.articles for group in self._years.values()):
            return "year"  # most have no month
        several_years = len({month[:4] for month in self._months}) > 2
        few = dated < _ARTICLES_A_MONTH * months and several_years
        return "year" if months > _MONTHS or few else "month"

    @property
    def times(self) -> list[Group]:
        """By month or year, in order; empty where fewer than two are known."""
        found = self._years if self.period == "year" else self._months
        return [found[name] for name in sorted(found)] if len(found) > 1 else []

    @property
    def remarks(self) -> list[str]:
        """What is not in the shares by group and over time, and why."""
        found, total = [], self.all.articles
        ungrouped = total - sum(group.articles for group in self._groups.values())
        period = self.period
        times = self._years if period == "year" else self._months
        undated = total - sum(group.articles for group in times.values())
        if ungrouped == total and self.by != BY:
            found.append(f"No article has the metadata {self.by!r}: there are no shares by it.")
        elif 0 < ungrouped < total:
            found.append(
                f"{ungrouped:,} of {total:,} articles have no {self.by!r} and are in no group."
            )
        if undated and period in self._unread:
            found.append(
                f"{undated:,} of {total:,} articles are in no {period}: their {self.date!r} is "
                f"not read ({self._unread[period][:_SHORT]!r}). Write dates as 2024-03-17."
            )
        elif undated == total and self.date != DATE:
            found.append(f"No article has the metadata {self.date!r}: there are no months.")
        elif 0 < undated < total:
            found.append(
                f"{undated:,} of {total:,} articles have no {self.date!r} and are in no {period}."
            )
        return found

    def _of(self, seen: Glance) -> Iterator[Group]:
        yield self.all
        for groups, name in (
            (self._groups, seen.outlet),
            (self._years, seen.year),
            (self._months, seen.month),
        ):
            if name is not None:
                yield groups.setdefault(name, Group(name))

    def html(self, corrected: Corrected | None = None) -> tuple[Html, str | None]:
        """The overview.

        Args:
            corrected: shares corrected for the model's errors, where there is gold.

        Returns:
            The overview, and what is missing in it, if anything.
        """
        plots, missing = self._plots(corrected)
        tables = [
            self._table(name, groups, corrected.by_group(name) if corrected else None)
            for name, groups in ((self.by, self.groups), (self.period, self.times))
            if groups
        ]
        html = render(
            "overview.html",
            collection=self,
            labels=self.labels,
            classes=classes(self.labels),
            letters=letters(self.labels),
            bar=bar({n: self.all.share(n) for n in self.labels.names}, self.labels),
            total=corrected.total if corrected else None,
            level=corrected.level if corrected else 0,
            gold_articles=corrected.gold_articles if corrected else 0,
            plots=plots,
            tables=tables,
            stretches=self._stretches,
            doubtful=self._doubtful,
            shown=shown,
            missing=missing,
            by=self.by,
            most=_SHOWN,
        )
        return html, missing

    def _table(
        self, name: str, groups: Sequence[Group], fixed: Mapping[str, Mapping[str, Share]] | None
    ) -> Mapping[str, object]:
        return {
            "name": name,
            "groups": [
                {"group": group, "name": shown(group.name), "fixed": (fixed or {}).get(group.name)}
                for group in groups
            ],
            "corrected": fixed is not None,
        }

    def _plots(self, corrected: Corrected | None) -> tuple[list[Html], str | None]:
        if not self.groups and not self.times:
            return [], None
        try:
            from natostance.report import plots
        except MissingExtraError as error:
            return [], str(error)
        found = []
        try:
            if self.groups:
                fixed = corrected.by_group(self.by) if corrected else None
                found.append(
                    plots.groups_picture(self.groups[:_SHOWN], self.labels, self.by, fixed)
                )
            if self.times:
                fixed = corrected.by_group(self.period) if corrected else None
                found.append(plots.times_picture(self.times, self.labels, self.period, fixed))
        except MissingExtraError as error:
            return [], str(error)
        return found, None


@dataclass(frozen=True)
class Corrected:
    """Shares corrected for the model's errors; see `natostance.evaluation.quantification`.

    Args:
        all: of all articles together.
        groups: by column.
    """

    all: Shares
    groups: Mapping[str, Shares]

    @classmethod
    def of(
        cls,
        labelled: Sequence[Document],
        gold: Iterable[Document],
        columns: Iterable[str],
        date: str = "date",
    ) -> Corrected:
        """Correct the shares of labelled articles by gold ones, which are a sample of them.

        Raises:
            InputError: the gold does not serve; see `natostance.evaluation.quantification.shares`.
        """
        known = list(gold)
        return cls(
            shares(labelled, known),
            {name: shares(labelled, known, by=name, date=date) for name in columns},
        )

    @property
    def total(self) -> Mapping[str, Share]:
        return {row.label: row for row in self.all.rows}

    @property
    def level(self) -> float:
        return self.all.level

    @property
    def gold_articles(self) -> int:
        return max((row.gold_articles for row in self.all.rows), default=0)

    def by_group(self, column: str) -> Mapping[str, Mapping[str, Share]] | None:
        """The share of each label in each group."""
        if column not in self.groups:
            return None
        found: dict[str, dict[str, Share]] = defaultdict(dict)
        for row in self.groups[column].rows:
            found[row.value][row.label] = row
        return found
