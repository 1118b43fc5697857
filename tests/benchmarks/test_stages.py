from __future__ import annotations

from pathlib import Path

from benchmarks.speed.articles import composed_articles, write_articles
from benchmarks.speed.stages import (
    JOB,
    ONE_THREAD,
    STAGES,
    WRITING,
    Profile,
    Replay,
    profile,
    profile_table,
)
from natostance import StanceClassifier


def test_every_stage_of_a_job_is_measured(tmp_path: Path) -> None:
    articles = list(composed_articles())[:2]
    write_articles(articles, tmp_path / "articles.jsonl")
    found = profile(tmp_path / "articles.jsonl", StanceClassifier.from_pretrained())
    assert found.sentences == sum(len(document.sentences) for document in articles)
    assert set(found.seconds) == {*STAGES, WRITING, JOB, ONE_THREAD}
    # the network is what takes the time: were scores replayed instead of computed, it were nothing
    assert found.seconds["network"] > found.seconds["decoding"] >= 0


def test_replayed_scores_give_the_very_labels() -> None:
    classifier = StanceClassifier.from_pretrained()
    document = next(composed_articles())
    windows = list(classifier.reader.windows(document))
    replay = Replay(windows, classifier.backend.scores(windows))
    replayed = StanceClassifier(
        classifier.reader, replay, classifier.labels, classifier.calibration
    )
    assert replayed.label(document) == classifier.label(document)


def test_the_table_shows_medians_and_shares_of_the_sum() -> None:
    seconds = dict.fromkeys((*STAGES, WRITING), 1.0)
    rounds = [
        Profile(70, {**seconds, "network": n, JOB: 6.0, ONE_THREAD: 7.0}) for n in (4.0, 40.0, 3.0)
    ]
    rows = profile_table(rounds).splitlines()
    assert "| network | 4.000 | 40.0% | 18 |" in rows
    assert "| sum of the stages | 10.000 | 100.0% | 7 |" in rows
    assert f"| {JOB} | 6.000 | 60.0% | 12 |" in rows
    assert f"| {ONE_THREAD} | 7.000 | 70.0% | 10 |" in rows
