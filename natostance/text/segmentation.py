"""Text into sentences, with exact offsets.

The segmenter is our own, after measuring four libraries on the gold in ``eval/segmentation/`` (the
table is in its README; ``make segmentation`` makes it again). The best of them reached a boundary
F1 of 0.93 where 0.99 is asked for, and each failed on many kinds of text. Building on one would
have meant to cut its input at the lines, to mend most kinds of its decisions and to map its offsets
back: about as many rules as deciding at once, and another package to depend on. Here are two steps
instead, each linear in the length of the text:

1. Lines into blocks. A blank line ends a block, and so does a line break, unless the line visibly
   runs on into the next one or the text is hard-wrapped and the next word had no room.
2. Blocks into sentences. Each ``.``, ``!``, ``?`` or ellipsis is a candidate; what stands close
   to it decides. Quotations are never skipped as wholes, so one that never closes does no harm.

The rules know English; texts in other languages are cut at the same marks with English
abbreviations. The word lists are in `natostance.text.english`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from natostance.document import Sentence
from natostance.text import english

_BOM = "\ufeff"
# every character for which str.isspace() holds, and the byte-order mark
_BLANK = "".join(c for c in map(chr, range(0x3001)) if c.isspace()) + _BOM
_BREAKS = r"\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029"
_EMOJI = "\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\ufe0f\u200d\U0001f000-\U0001faff"
_QUOTES = "\"“”„‟«»'‘’‚‹›"
_BRACKETS = (")", "]", "}")
# what may follow a stop directly and belongs to its sentence: marks, notes, invisible characters
_CLOSING = "\"”‟«»'’›‹)\\]}*†‡⁰¹²³⁴-⁹\u200b-\u200d\u2060"
# full stops of scripts that need neither a space nor a capital behind them
_OTHER_STOPS = "。！？｡।؟۔"

_GAP = re.compile(rf"[\s{_BOM}]*")
_LINE = re.compile(rf"[^\s{_BOM}][^{_BREAKS}]*")
_BREAK = re.compile(rf"\r\n|[{_BREAKS}]")

# --- lines into blocks

# Hard-wrapped text is seldom narrower or wider than this, in characters.
_WRAP = range(40, 101)
_BULLET = re.compile(r"(?:[-–—*•·▪●◦‣■►▶>»+]|>>|--)\s|\(?(?:[a-zA-Z]|\d{1,3}|[ivx]{2,4})\)\s")
_SPEAKER = re.compile(r"[A-Z][A-Z.'’ -]{0,40}:\s")
_DASH = re.compile(r"[-–—]{1,2}\s+[a-z]")
# an item's number, or the time of an entry: "2.", "IV.", "14:05 GMT", "[07:30]", "9.30am:"
_NUMBER = re.compile(
    r"(?:\d{1,3}|[IVXLC]{2,6})\.\s"
    r"|\[?\d{1,2}(?:[:.]\d\d|(?:[:.]\d\d)?\s?[ap]\.?m\b\.?)\]?(?:[:\s–—-]|GMT)+(?![a-z])"
)
_LAST_WORD = re.compile(r"([^\W\d_]+)(\.?)\Z")

# --- blocks into sentences

# a footnote mark, or a note: "[2]", "[citation needed]", "(2)"
_NOTE = rf"\[[^\[\]\s][^\[\]{_BREAKS}]{{0,20}}\]|\(\d{{1,3}}\)"
_CANDIDATE = re.compile(
    rf"""
    (?P<stop> [.!?…]+ | [{_OTHER_STOPS}]+ )
    (?P<close> (?: [{_CLOSING}{_EMOJI}] | {_NOTE} )* )
    (?P<gap> [\s{_BOM}]* )
    """,
    re.VERBOSE,
)
_EMOJI_MARK = re.compile(f"[{_EMOJI}]")
_LEAD = re.compile(r"[\W_]{0,12}")
_WORD = re.compile(r"[^\W\d_]{1,40}")
_WORD_BEFORE = re.compile(r"[^\W_](?:[.&'’]?[^\W_])*\Z")
_WORD_SPAN = 24  # abbreviations are shorter
_INITIALISM = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]|ph\.d")
_CLOCK = re.compile(r"(?:[\d.]*\d)?[ap]\.m")
_NUMERAL = re.compile(r"[IVXLC]+\b")
# what begins a sentence in lower case: "iHarrow", "www.example.com"
_BRAND = re.compile(r"[a-z]{1,3}[A-Z]|www\.|https?:|[\w-]{1,40}\.(?:com|net|org)\b")
# the credit of the caption before it, in brackets
_CREDIT = re.compile(
    r"[(\[](?:\w+\s)?(?:credit|handout|image|photo|photograph|picture|source|video)s?"
    r"(?:\s?[:/)\]]|\s(?:by|courtesy|credit|from|provided)\b)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"://|www\.|@|\.\w+/")
# a sentence so far that is nothing, or only a list marker, or only a time of day
_MARKER = re.compile(
    r"[\W_]*(\d{1,2}(?:[:.]\d\d(?:\s[A-Z]{2,4})?)?|[IVXLC]{1,5}|[ivx]{1,4}|[^\W\d_])?"
)
_TIME_ONLY = re.compile(
    r"[\W_]*(?:(?:just|late|early|on|shortly|[a-z]{3,6}day),?\s){0,3}"
    r"(?:(?:about|after|around|at|before|by|from|since|till|until)\s)?\d{1,2}(?:[:.]\d\d)?\s?[ap]\.m",
    re.IGNORECASE,
)
_TIME_AT_PLACE = re.compile(r"(?:[^\W\d_]{1,20}\s){1,3}time\b", re.IGNORECASE)
_DATE = re.compile(r"\d{1,2}\s([^\W\d_]{1,20})")
_NAME = r"(?:[A-Z][\w.'’-]{0,30}|al|bin|de|der|la|of|the|van|von)"
_VERB = rf"(?:{'|'.join(sorted(english.SPEECH_VERBS))})\b"
_ATTRIBUTION = re.compile(
    rf"[A-Z][\w.'’-]{{0,30}}(?:\s{{1,3}}{_NAME}){{0,5}}(?:,[^,.!?\"“”]{{1,80}},)?\s{{1,3}}{_VERB}"
)
_CASELESS_ATTRIBUTION = re.compile(rf"(?:[\w.'’-]{{1,30}}\s{{1,3}}){{0,4}}{_VERB}", re.IGNORECASE)


def segment(text: str) -> list[Sentence]:
    """Cut a text into sentences.

    Args:
        text: any text; nothing in it is normalised.

    Returns:
        The sentences in order, without labels. ``text[s.start:s.end]`` has no white space and no
        byte-order mark at its edges, and nothing else stands between sentences. A blank text has
        none, any other at least one.
    """
    return [Sentence(*span) for block in _blocks(text) for span in _sentences(text, *block)]


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Stretches of a text that no sentence crosses: paragraphs, headings, list items."""
    lines = [(m.start(), m.start() + len(m[0].rstrip(_BLANK))) for m in _LINE.finditer(text)]
    if not lines:
        return
    cased = not text.islower()
    apart = [_blank_line(text[a[1] : b[0]]) for a, b in pairwise(lines)]
    width = _wrap_width(text, lines, apart) if cased else 0
    begin = lines[0][0]
    for (line, following), blank in zip(pairwise(lines), apart, strict=True):
        if blank or not _runs_on(text, line, following, width, cased):
            yield begin, line[1]
            begin = following[0]
    yield begin, lines[-1][1]


def _blank_line(gap: str) -> bool:
    return gap not in ("\n", "\r\n") and len(_BREAK.findall(gap)) > 1


def _wrap_width(text: str, lines: list[tuple[int, int]], apart: list[bool]) -> int:
    """The width to which a text is hard-wrapped; 0 where it is not.

    It is that of the longest line which visibly runs on: the next one begins in lower case.
    """
    width = 0
    for ((start, end), (following, _)), blank in zip(pairwise(lines), apart, strict=True):
        if width < end - start and not blank and text[following].islower():
            last = text[end - 1]
            if end - start in _WRAP and (last.isalnum() or last == ","):
                width = end - start
    return width


def _runs_on(
    text: str, line: tuple[int, int], following: tuple[int, int], width: int, cased: bool
) -> bool:
    """Whether the line break between two lines is inside a paragraph."""
    start, end = line
    tail = text[max(start, end - 40) : end]
    head = text[following[0] : min(following[1], following[0] + 60)] + " "
    open_ended = tail[-1].isalnum() or tail[-1] in "-–—,:;%"
    # in hard-wrapped text: the next word had no room, or hardly
    full = open_ended and end - start + head.index(" ") > width - width // 10 > 0
    if _BULLET.match(head) and not (full and _DASH.match(head)):
        return False
    last = _LAST_WORD.search(tail)
    if last:
        word = last[1].lower()
        if last[2]:
            if word in english.PREFIXES or word in english.TITLES:
                return True
            if head[0].isdigit() and (word in english.NUMBERED or last[1] in english.DATES):
                return True
        elif word in english.UNFINISHED and not text[start:end].isupper():
            return True
    if _SPEAKER.match(head) or (_NUMBER.match(head) and not full):
        return False
    first = head.lstrip(_QUOTES + "([-–— ")[:1]
    if cased and first.islower() and not _BRAND.match(head):
        return True
    if tail[-1] in ",(":
        return True
    # where a line of hard-wrapped text has come to a stop, what stands around it decides
    return full or (width > 0 and not open_ended)


@dataclass(slots=True)
class _Block:
    """A block while it is cut.

    Args:
        text: the whole text.
        end: where the block ends in it.
        cased: it has both capitals and small letters, so that capitals tell something.
        counted: up to where straight quotation marks have been counted.
        quotes: how many there are.
    """

    text: str
    end: int
    cased: bool
    counted: int
    quotes: int = 0

    def inside_quotation(self, at: int) -> bool:
        """Whether an odd number of straight quotation marks precedes; `at` must not decrease."""
        self.quotes += self.text.count('"', self.counted, at)
        self.counted = at
        return self.quotes % 2 == 1


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The sentences of a block: their starts and ends."""
    piece = text[start:end]
    block = _Block(text, end, not (piece.islower() or piece.isupper()), counted=start)
    begin = start
    for candidate in _CANDIDATE.finditer(text, start, end):
        cut = _cut(block, begin, candidate)
        if cut is not None:
            yield begin, cut
            begin = _skip(_GAP, text, cut, end)
    yield begin, end


def _cut(block: _Block, begin: int, candidate: re.Match[str]) -> int | None:
    """Where the sentence that began at `begin` ends; None if this candidate does not end it."""
    text, end = block.text, block.end
    stop, close = candidate["stop"], candidate["close"]
    dot, closed, at = candidate.start(), candidate.end("close"), candidate.end()
    if at == end:
        return None
    if stop[0] in _OTHER_STOPS:
        return closed
    if dot - begin < _WORD_SPAN:
        so_far = _MARKER.fullmatch(text, begin, dot)
        if so_far and (stop == "." or not so_far[1]):
            return None
    if closed == at:
        return _cut_without_space(block, begin, candidate)
    if _closing_mark_apart(block, at):
        close += text[at]
        closed = at + 1
        at = _skip(_GAP, text, closed, end)
        if at == end:
            return None
    mark = text[at]
    if mark in ",;:.!?…)]}%":
        return None
    if _EMOJI_MARK.match(mark):
        return closed
    first = _skip(_LEAD, text, at, end)
    if first == end:
        return None
    if block.cased and text[first].islower() and mark not in "@#" and not _BRAND.match(text, first):
        return None
    if _CREDIT.match(text, at, end):
        return None
    if close[:1] in _BRACKETS and text[dot - 1] in "([":
        return None  # an omission: [...]
    quoted = any(mark in _QUOTES for mark in close)
    if quoted and stop[-1] in "!?" and _attributes(block, first):
        return None
    if stop == ".":
        return closed if quoted or not _abbreviates(block, begin, dot, first) else None
    # without capitals, an ellipsis seldom tells whether it ends anything
    if stop[-1] in ".…" and not block.cased and not _begins(block, first):
        return None
    return closed


def _cut_without_space(block: _Block, begin: int, candidate: re.Match[str]) -> int | None:
    """The same where no white space follows: ``gave no reason.The ministry``."""
    text, dot, at = block.text, candidate.start(), candidate.end()
    stop, cut = candidate["stop"], at
    if text[at - 1] == "«" or (text[at - 1] == '"' and not block.inside_quotation(at - 1)):
        cut = at - 1  # this mark opens the next sentence
    first = at + (text[at] in _QUOTES)
    if first >= block.end or not text[first].isupper() or text[dot - 1] in "([":
        return None
    word = _word_at(block, first)
    if not word or word in english.SUFFIXES:
        return None
    if stop == ".":
        before = text[max(begin, dot - 80) : dot].split()[-1:]
        if not before or len(before[0].strip(_QUOTES)) < 2 or _ADDRESS.search(before[0] + "."):
            return None
        if _abbreviates(block, begin, dot, first):
            return None
    return cut


def _closing_mark_apart(block: _Block, at: int) -> bool:
    """Whether a closing quotation mark stands there, with white space on both sides."""
    mark, after = block.text[at], block.text[at + 1 : at + 2]
    if mark not in '"”»' or (at + 1 < block.end and not after.isspace() and after not in ",;:"):
        return False
    return mark != '"' or block.inside_quotation(at)


def _attributes(block: _Block, first: int) -> bool:
    """Whether an attribution stands there, as in ``"Is it over?" Dr. Cordell asked``."""
    if not block.cased:
        return _CASELESS_ATTRIBUTION.match(block.text, first, block.end) is not None
    if _begins(block, first) and _word_at(block, first) != "i":
        return False
    return _ATTRIBUTION.match(block.text, first, block.end) is not None


def _abbreviates(block: _Block, begin: int, dot: int, first: int) -> bool:
    """Whether the full stop at `dot` is that of an abbreviation, and the sentence goes on.

    Args:
        block: the block.
        begin: where the sentence begins.
        dot: where the full stop is.
        first: the first letter or digit behind it.
    """
    text = block.text
    # a space before the full stop is that of a text which was cut into tokens
    found = _WORD_BEFORE.search(text, max(begin, dot - _WORD_SPAN), dot - text[dot - 1].isspace())
    if not found:
        return False
    written, word = found[0], found[0].lower()
    following, digit = _word_at(block, first), text[first].isdigit()
    letter = len(word) == 1 and word.isalpha() and (written.isupper() or not block.cased)
    if not letter and word in english.PREFIXES:
        return True
    if english.TITLES.issuperset(word.split(".")):
        # other than "Rep.", a "rep." or "SEC." may be a word or a name that ends the sentence
        return written[0].isupper() != written[-1].isupper() or not _begins(block, first)
    if not letter and word in english.NUMBERED:
        return digit or (word != "no" and _NUMERAL.match(text, first) is not None)
    if written in english.DATES:
        if not block.cased and not digit:
            return following not in english.BEGINNERS
        return digit or following in english.CALENDAR
    if _CLOCK.fullmatch(word):
        return _time_goes_on(block, begin, dot, first)
    if word in english.CLOSERS:
        if not block.cased:
            return following not in english.BEGINNERS
        return following in english.ROLES or following in english.COMPANIES
    if not (
        letter
        or word in english.AMBIGUOUS
        or (word in english.STATES and written[0].isupper())
        or _INITIALISM.fullmatch(word)
    ):
        return False
    if _begins(block, first):
        return False
    before = text[max(begin, found.start() - _WORD_SPAN) : found.start()].lower().split()
    if letter:
        if written == "I" and before and before[-1] in english.BEFORE_I:
            return False
        return not (block.cased and before and before[-1] in english.LETTERED)
    # "The host was the U.N. Gen. Vale spoke", but "he met U.S. Gen. Vale"
    return not (following in english.TITLES and before and before[-1] == "the")


def _time_goes_on(block: _Block, begin: int, dot: int, first: int) -> bool:
    """Whether the sentence goes on behind "a.m." or "p.m."."""
    text, following = block.text, _word_at(block, first)
    if dot - begin < 2 * _WORD_SPAN and _TIME_ONLY.fullmatch(text, begin, dot):
        return True
    if following in english.CALENDAR or following in english.ZONES or text[first - 1] == "(":
        return True
    if not block.cased and following in english.LINKERS:
        return True
    date = _DATE.match(text, first, block.end)
    if date:
        return date[1].lower() in english.CALENDAR
    return _TIME_AT_PLACE.match(text, first, block.end) is not None


def _begins(block: _Block, first: int) -> bool:
    """Whether the word there looks like the beginning of a sentence, behind an abbreviation."""
    return _word_at(block, first) in (english.OPENERS if block.cased else english.BEGINNERS)


def _word_at(block: _Block, first: int) -> str:
    """The word there in lower case; empty where it is a number or an initial."""
    found = _WORD.match(block.text, first, block.end)
    if not found or (
        len(found[0]) == 1 and block.text[found.end() : found.end() + 1] in (".", "-")
    ):
        return ""
    return found[0].lower()


def _skip(pattern: re.Pattern[str], text: str, at: int, end: int) -> int:
    """Where a pattern that matches the empty string stops matching."""
    found = pattern.match(text, at, end)
    return found.end() if found else at
