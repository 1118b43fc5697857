"""Running the command as a user does."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from support import Outcome

from natostance.cli.main import main


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    """Call ``natostance`` with arguments."""

    def call(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["natostance", *map(str, arguments)])
        capfd.readouterr()
        status = 0
        try:
            main()
        except SystemExit as end:
            status = int(end.code or 0)
        sys.stdout.flush()
        out, err = capfd.readouterr()
        return Outcome(status, out, err)

    return call
