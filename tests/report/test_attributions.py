"""Explanations on a page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from natostance.errors import InputError
from natostance.inference.classifier import StanceClassifier
from natostance.report.attributions import Explainer
from natostance.report.site import write_report

pytest.importorskip("captum")

TEXT = (
    "The committee met on Monday in the old town hall. "
    "She said the alliance would defend every inch of its land."
)


def test_a_chosen_sentence_is_explained_with_its_caveat(tiny_model: Path, tmp_path: Path) -> None:
    document = StanceClassifier.from_pretrained(tiny_model).label(TEXT).replace(doc_id="a:b")
    explainer = Explainer.load(tiny_model, ["a:b:2"])
    done = write_report([document], tmp_path / "r.html", explain=explainer)
    html = done.path.read_text(encoding="utf-8")
    assert 'id="why-s1-2"' in html
    assert "A hint, not a proof." in html
    assert "town hall" in html.split('class="context">')[1].split("</span> <b>")[0]
    assert "labelled by another model" not in html
    explainer.check_all_used()


def test_an_accent_of_its_own_is_shown(tiny_model: Path, tmp_path: Path) -> None:
    text = "They met at the cafe\u0301 on  Monday. She said no."
    document = StanceClassifier.from_pretrained(tiny_model).label(text).replace(doc_id="a")
    explainer = Explainer.load(tiny_model, ["a:1"])
    done = write_report([document], tmp_path / "r.html", explain=explainer)
    html = done.path.read_text(encoding="utf-8").split('id="why-s1-1"')[1]
    shown = re.sub("<[^>]+>", "", html)
    assert "at the cafe\u0301 on Monday. She said no." in shown


def test_the_least_sure_sentence_of_each_article(tiny_model: Path, tmp_path: Path) -> None:
    document = StanceClassifier.from_pretrained(tiny_model).label(TEXT)
    least = min(range(2), key=lambda i: max((document.sentences[i].scores or {}).values()))
    done = write_report(
        [document], tmp_path / "r.html", explain=Explainer.load(tiny_model, ["unsure"])
    )
    html = done.path.read_text(encoding="utf-8")
    assert f'id="why-s1-{least + 1}"' in html
    assert f'id="why-s1-{2 - least}"' not in html


def test_labels_of_another_model_are_noticed(tiny_model: Path, tmp_path: Path) -> None:
    document = StanceClassifier.from_pretrained(tiny_model).label(TEXT)
    other = document.replace(
        sentences=tuple(
            type(s)(s.start, s.end, s.label, {"NATO": 0.4, "RUSSIA": 0.3, "NEUTRAL": 0.3})
            for s in document.sentences
        )
    )
    done = write_report(
        [other], tmp_path / "r.html", explain=Explainer.load(tiny_model, ["unsure"])
    )
    assert "labelled by another model" in done.path.read_text(encoding="utf-8")


def test_what_cannot_be_explained_is_told(tiny_model: Path, tmp_path: Path) -> None:
    for wrong in ("a", "a:x", "a:0", ":"):
        with pytest.raises(InputError, match="names no sentence"):
            Explainer.load(tiny_model, [wrong])
    document = StanceClassifier.from_pretrained(tiny_model).label(TEXT).replace(doc_id="a")
    with pytest.raises(InputError, match="has no sentence 3"):
        write_report([document], tmp_path / "r.html", explain=Explainer.load(tiny_model, ["a:3"]))
    explainer = Explainer.load(tiny_model, ["b:1"])
    write_report([document], tmp_path / "r.html", explain=explainer)
    with pytest.raises(InputError, match="no article 'b'"):
        explainer.check_all_used()
