"""Errors: one line that names file, line and remedy."""

from __future__ import annotations

import pickle

from natostance.errors import InputError


def test_message_names_file_line_and_remedy() -> None:
    error = InputError("broken", file="a.csv", line=3, remedy="mend it")
    assert str(error) == "a.csv, line 3: broken; mend it"


def test_a_path_with_a_line_break_stays_one_line() -> None:
    assert "\n" not in str(InputError("broken", file="a\nb"))


def test_a_place_is_filled_in_only_where_it_is_missing() -> None:
    assert str(InputError("broken", line=2).at("a", 7)) == "a, line 2: broken"


def test_errors_cross_processes() -> None:
    error = InputError("broken", file="a", line=1, remedy="mend it")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
