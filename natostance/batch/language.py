"""The language of a text, as far as it can be told."""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import cache
from typing import Any

UNDETERMINED = "und"

# characters that are looked at: enough to be sure, and bounded for an article of any length
_LOOKED_AT = 1000
# an English sentence of this length is told from other languages nearly always
_LETTERS = 20
_CONFIDENCE = 0.7

_LOADING = threading.Lock()


def detect_language(text: str) -> str:
    """The language of a text, from its first 1,000 characters.

    Returns:
        Its ISO 639-1 code, or ``und`` where the text is too short (less than 20 letters) or its
        language is not clear. The same text always gives the same answer.
    """
    beginning = text.lstrip()[:_LOOKED_AT]
    if sum(map(str.isalpha, beginning)) < _LETTERS:
        return UNDETERMINED
    language, confidence = _identifier().classify(beginning)
    return str(language) if confidence >= _CONFIDENCE else UNDETERMINED


def load_ahead() -> None:
    """Begin to load what languages are told by, while the caller goes on with something else.

    Unpacking it takes most of a second, without Python's lock.
    """

    def load() -> None:
        with suppress(Exception):  # whoever needs it meets the same error
            _identifier()

    threading.Thread(target=load, name="natostance-language", daemon=True).start()


def _identifier() -> Any:
    with _LOADING:  # two threads must not both load it
        return _loaded()


@cache
def _loaded() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    # codes of three letters stand for languages that are rare in news and close to others
    identifier.set_languages([code for code in identifier.labels if len(code) == 2])
    return identifier
