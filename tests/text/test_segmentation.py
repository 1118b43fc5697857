"""Segmentation: exact offsets on any text, linear time, and the rules one by one."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natostance import segment
from natostance.evaluation.counts import Counts
from natostance.evaluation.segmentation import SPLITS, boundary_counts, read_gold

GOLD = Path(__file__).parents[2] / "eval" / "segmentation"

# what makes or unmakes a boundary, in any order, and any characters at all between
PIECES = [
    *("The", "he", "Vale", "NATO", "U.S.", "Gen.", "No.", "Inc.", "p.m.", "Sept.", "etc.", "St."),
    *("X.", "4", "19.5", "1.", "[2]", "a)", "10:30", "iHarrow", "example.com", "said", "asked"),
    *(".", "!", "?", "...", "…", "。", ",", ":", ";", "-", "—", "•", "_", "😀", "@", "#"),
    *('"', "'", "“", "”", "‘", "’", "«", "»", "(", ")", "[", "]"),
    *(" ", " ", " ", "  ", "\t", "\n", "\n\n", "\r\n", "\r", "\u00a0", "\u2028", "\ufeff"),
    *("\0", "\u200b", "\ud800"),
]
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=80)
TEXTS = st.lists(st.sampled_from(PIECES), max_size=60).map("".join) | ANYTHING


def sentences(text: str) -> list[str]:
    return [text[s.start : s.end] for s in segment(text)]


def blank(text: str) -> bool:
    return not text.replace("\ufeff", "").strip()


@given(TEXTS)
def test_nothing_is_lost_and_only_white_space_lies_between(text: str) -> None:
    at = 0
    for s in segment(text):
        assert blank(text[at : s.start])
        assert not blank(text[s.start])
        assert not blank(text[s.end - 1])
        at = s.end
    assert blank(text[at:])


@given(TEXTS)
def test_a_text_has_sentences_unless_it_is_blank(text: str) -> None:
    assert bool(segment(text)) is not blank(text)


@given(TEXTS)
def test_a_paragraph_does_not_depend_on_an_equal_one_before_it(text: str) -> None:
    once = [(s.start, s.end) for s in segment(text)]
    shift = len(text) + 2
    twice = [(s.start, s.end) for s in segment(f"{text}\n\n{text}")]
    assert twice == once + [(start + shift, end + shift) for start, end in once]


@given(TEXTS, st.sampled_from(["", " ", "\n", "\ufeff", " \r\n\t\u00a0"]))
def test_white_space_around_a_text_only_shifts_it(text: str, space: str) -> None:
    shifted = [(s.start - len(space), s.end - len(space)) for s in segment(space + text + space)]
    assert shifted == [(s.start, s.end) for s in segment(text)]


@pytest.mark.parametrize(
    "text", ["", " ", "\n\r\n\t", "\ufeff", "\ufeff\n\u00a0\ufeff", "\n" * 9999]
)
def test_a_blank_text_has_no_sentence(text: str) -> None:
    assert segment(text) == []


@pytest.mark.parametrize("split", SPLITS)
def test_the_gold_is_met(split: str) -> None:
    texts = read_gold(GOLD, split)
    counts = [boundary_counts(text.sentences, segment(text.text)) for text in texts]
    assert sum(counts, Counts()).f1 >= 0.99


def test_a_sentence_of_the_gold_is_one_sentence_on_its_own() -> None:
    for text in read_gold(GOLD, "dev"):
        for s in text.sentences:
            alone = text.text[s.start : s.end]
            if len(alone.splitlines()) == 1:
                assert sentences(alone) == [alone]


HOSTILE: dict[str, Callable[[int], str]] = {
    "one line": lambda n: "The guards left at dawn. " * (n // 25),
    "one word a line": lambda n: "word\n" * (n // 5),
    "line breaks": lambda n: "a" + "\n" * n + "b",
    "long sentence": lambda n: "word " * (n // 5),
    "long word": lambda n: "w" * n,
    "hard-wrapped": lambda n: "the road goes on and on past the old mill and\n" * (n // 46),
    "full stops": lambda n: "." * n,
    "spaced full stops": lambda n: ". " * (n // 2),
    "no space": lambda n: "left.The" * (n // 8),
    "initials": lambda n: "A. B. " * (n // 6),
    "abbreviations": lambda n: "Mr. " * (n // 4),
    "address": lambda n: "http://" + "x." * (n // 2),
    "quotation marks": lambda n: '."' * (n // 2),
    "unclosed quotations": lambda n: 'He said: "Go. Now. ' * (n // 19),
    "questions and names": lambda n: '"What?" Aa Bb Cc Dd ' * (n // 20),
    "brackets": lambda n: ".[" * (n // 2),
    "blanks within": lambda n: "Gone." + " " * n + "Back.",
    "lone surrogates": lambda n: "\ud800. " * (n // 3),
    "NUL": lambda n: "\0. " * (n // 3),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_time_grows_no_faster_than_the_text(name: str) -> None:
    def seconds(characters: int) -> float:
        text = HOSTILE[name](characters)
        rounds = []
        for _ in range(3):
            began = time.process_time()
            segment(text)
            rounds.append(time.process_time() - began)
        return min(rounds)

    # sixteen times the text: 16 where the time is linear, 256 where it is quadratic
    assert seconds(80_000) < 64 * max(seconds(5_000), 0.0005)


@pytest.mark.parametrize(
    "text",
    [
        # abbreviations, ranks, initials
        "Lt. Gen. Tolland met Mr. Vale.|Col. P. Brandvold stayed in Harbour St. with Sgt. Ashby.",
        "It sails with fuel, food, etc. and with No. 4 Battery.|No.|It does not.",
        "The yard belongs to Osk Shipping Co. Ltd.|Norvane Inc. Chairman J. R. Lisk bought it.",
        "The case is Pellworth v. Crown.|See vol. 3, pp. 40-44.",
        "They asked a union rep.|The answer was no.|Rep. Kestrel did not.",
        # the same full stop inside and at the end
        "The U.S. Navy left the U.K. on Monday.|It sailed for the U.S.|Nobody knows why.",
        "The host was the U.N.|Gen. Vale spoke to U.S. Gen. Marl.",
        "They used Plan B.|Vale had no Plan C.|So have I.|Ask I. Vale.",
        "It fell in Sept.|The Sept. 4 talks failed in Oct.|Envoys left.",
        # times of day
        "It ends at 3 p.m. Moscow time on Friday.|It began at 5 a.m.|Vale slept till noon.",
        "At 4:40 a.m. Col. Tolland rang.|He left by 6 p.m. (18 GMT).|It ended at 7 p.m.|Lisk left.",
        # quotations
        '"We wait.|We watch," he said.|"Is it over?" Dr. Cordell asked.|"Never!"|Nobody spoke.',
        "“I asked for 40 guns.|I got four.”|‘Why?’ Vale, a farmer, asked.|«Nobody knows.»|True.",
        'The mayor spoke.|"We will not go.|Let it rise.\n\n|The crowd cheered.|A band played.',
        # without a final stop, without capitals or small letters
        "No date has been set\n\n|The envoys flew home",
        "the minister spoke in riga.|he left at 5 p.m. on friday.|why?|nobody asked.",
        "THE U.S. EMBASSY IS SHUT.|IT OPENS AT 7 A.M. ON MONDAY.|CALL NO. 112.",
        # several paragraphs in one line
        "He left by the gate.|In the capital, snow fell.|At the port, ships were loading.",
        # numbers, addresses, brackets, ellipses, emoji
        "It rose 3.5 per cent to 4.5 million.|300 votes were void.|iHarrow shares fell.",
        "See www.example.com/a.html or T-14.pdf.|Write to help@example.org.|@lenz says so.",
        "He slept (or did he?) well.|(He had asked.)|[It is shut.]|Smoke at dawn.|We saw it.",
        "We waited... and waited…|Then the lamp went out.|🚨 Stay away!|Was it “[...] a fire”?",
        "It was shut in 1994.[1]|It reopened later,[2] they say.[citation needed]|Nobody came.",
    ],
)
def test_examples(text: str) -> None:
    """A bar marks the end of a sentence, instead of the space there."""
    expected = [part.strip() for part in text.split("|")]
    assert sentences(text.replace("\n|", "\n").replace("|", " ")) == expected


def test_no_space_after_a_full_stop() -> None:
    assert sentences('The border is shut.The ministry is not."Why?" he asked.') == [
        "The border is shut.",
        "The ministry is not.",
        '"Why?" he asked.',
    ]


def test_a_byte_order_mark_and_crlf_keep_their_offsets() -> None:
    text = "\ufeffFerry cut back\r\n\r\nIslanders are angry.\r\nThe owner is not.\r\n"
    assert [(s.start, s.end) for s in segment(text)] == [(1, 15), (19, 39), (41, 58)]


def test_headings_bullets_and_bylines_are_sentences() -> None:
    lines = [
        "Who pays for the fleet?",
        "By J. R. Ostrey",
        "The fleet costs 4.5 million a year, as the treasury said on Friday.",
        "What we know:",
        "- The crane is old",
        "- Two ships, Tern and Gull, leak",
        "2. The rest",
        "14:05 GMT The ministry is silent",
    ]
    assert sentences("\n".join(lines)) == lines


def test_hard_wrapped_text_is_read_across_its_lines() -> None:
    text = (
        "The alliance will send two more battalions to its eastern border with Col.\n"
        "Brandvold before the end of the year. The first one will come from Lenz and\n"
        "Dorran. It is ready.\n"
    )
    assert sentences(text) == [
        "The alliance will send two more battalions to its eastern border with Col.\n"
        "Brandvold before the end of the year.",
        "The first one will come from Lenz and\nDorran.",
        "It is ready.",
    ]


def test_an_unclosed_quotation_swallows_nothing() -> None:
    text = 'He said: "' + "We stay. " * 50 + "\n\nThe crowd cheered."
    assert len(segment(text)) == 51
