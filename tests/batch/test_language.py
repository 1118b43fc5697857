"""The language of a text; composed sentences."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py3langid.langid import LanguageIdentifier

from natostance.batch import language
from natostance.batch.language import detect_language

TEXTS = {
    "en": "The committee met on Tuesday and agreed on a plan for the new lighthouse in the bay.",
    "ru": "Комитет собрался во вторник и одобрил план строительства нового маяка в заливе.",
    "uk": "Комітет зібрався у вівторок і схвалив план будівництва нового маяка в затоці.",
    "de": "Der Ausschuss trat am Dienstag zusammen und beschloss den Bau eines Leuchtturms.",
    "fr": "Le comité s'est réuni mardi et a approuvé la construction d'un nouveau phare.",
    "es": "El comité se reunió el martes y aprobó la construcción de un nuevo faro en la bahía.",
    "pl": "Komitet zebrał się we wtorek i zatwierdził plan budowy nowej latarni morskiej.",
    "tr": "Komite salı günü toplandı ve körfezde yeni bir deniz feneri yapılmasını kabul etti.",
    "zh": "委员会星期二举行会议，同意在海湾修建一座新的灯塔，渔民们对此表示欢迎。",
    "ar": "اجتمعت اللجنة يوم الثلاثاء ووافقت على خطة لبناء منارة جديدة في الخليج.",
}


@pytest.mark.parametrize("code", TEXTS)
def test_a_sentence_is_told_by_its_language(code: str) -> None:
    assert detect_language(TEXTS[code]) == code


@pytest.mark.parametrize(
    "text", ["", " \n", "NATO", "12.5 % – 3,000 / 17:45 +++ 2021-03-04", "?" * 99]
)
def test_what_is_too_short_to_tell_is_undetermined(text: str) -> None:
    assert detect_language(text) == "und"


def test_foreign_names_and_a_quotation_do_not_make_an_english_text_foreign() -> None:
    text = TEXTS["en"] + " Its motto, «Свет над морем», was carved by Aleksei Rybakov in Murmansk."
    assert detect_language(text) == "en"


def test_an_article_of_any_length_costs_the_same() -> None:
    assert detect_language(TEXTS["de"] * 200_000) == "de"


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gets_an_answer_and_always_the_same(text: str) -> None:
    found = detect_language(text)
    assert found == detect_language(text)
    assert found == "und" or len(found) == 2


def test_what_is_loaded_ahead_is_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    real, loaded = LanguageIdentifier.from_model_file, []

    def counted(*given: Any, **options: Any) -> Any:
        loaded.append(given)
        return real(*given, **options)

    monkeypatch.setattr(LanguageIdentifier, "from_model_file", counted)
    language._loaded.cache_clear()
    language.load_ahead()
    assert detect_language(TEXTS["fr"]) == "fr"  # at once, while the other thread is at it
    assert len(loaded) == 1


def test_what_cannot_be_loaded_ahead_is_said_where_it_is_needed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*given: Any, **options: Any) -> Any:
        raise OSError("the model is gone")

    monkeypatch.setattr(LanguageIdentifier, "from_model_file", broken)
    language._loaded.cache_clear()
    language.load_ahead()
    with pytest.raises(OSError, match="the model is gone"):
        detect_language(TEXTS["fr"])
    assert not capsys.readouterr().err
