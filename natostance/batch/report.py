"""What a job did, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from natostance.batch.ledger import Part
from natostance.batch.rejects import Rejected

# rejects that a report holds; all of them stand in the file of rejects
KEPT_REJECTS = 1000


@dataclass
class JobReport:
    """What a job did. In a run that was resumed, the counts are those of the whole run.

    Args:
        labelled: articles whose rows were written, or given to the sink.
        rejected: articles, or whole files, that could not be processed.
        sentences: sentences of the labelled articles.
        seconds: how long it took, loading the model included; of this session.
        labels: sentences of each label.
        languages: articles of each language (ISO 639-1; ``und``: not clear).
        foreign: articles in another language than the model's.
        rejects: the first 1,000 rejects of this session.
        resumed: labelled articles that an earlier session had done.
        session_sentences: sentences that this session labelled.
        broken_pipe: the reader of standard output went away, and the rest was left undone.
    """

    labelled: int = 0
    rejected: int = 0
    sentences: int = 0
    seconds: float = 0.0
    labels: dict[str, int] = field(default_factory=dict)
    languages: dict[str, int] = field(default_factory=dict)
    foreign: int = 0
    rejects: list[Rejected] = field(default_factory=list)
    resumed: int = 0
    session_sentences: int = 0
    broken_pipe: bool = False

    @property
    def read(self) -> int:
        """How many articles were read: labelled and rejected."""
        return self.labelled + self.rejected

    @property
    def status(self) -> int:
        """0: all was labelled; 1: some of it was rejected; 2: nothing could be processed."""
        if self.rejected:
            return 1 if self.labelled else 2
        return 0

    def keep(self, rejected: Rejected) -> None:
        """Keep a reject, if it is among the first."""
        if len(self.rejects) < KEPT_REJECTS:
            self.rejects.append(rejected)

    def add(self, part: Part) -> None:
        """Count what an earlier session, or another machine, did."""
        self.labelled += part.articles
        self.rejected += part.rejected
        self.sentences += part.rows
        self.foreign += part.foreign
        for mine, its in ((self.labels, part.labels), (self.languages, part.languages)):
            _add(mine, its)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is.

    Args:
        labelled: articles labelled so far.
        rejected: articles rejected so far.
        sentences: sentences labelled so far.
        fraction: share of the input that has been read, from 0 to 1, by bytes; None where the
            size of the input is not known. Reading is a little ahead of labelling.
    """

    labelled: int
    rejected: int
    sentences: int
    fraction: float | None


def _add(mine: dict[str, int], its: Mapping[str, int]) -> None:
    for name, number in its.items():
        mine[name] = mine.get(name, 0) + number
