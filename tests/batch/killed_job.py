"""``natostance label`` in a process that kills itself (SIGKILL) at a chosen moment.

    python killed_job.py MOMENT NUMBER ARGUMENTS...
    python killed_job.py --serve

MOMENT is ``sync``, ``rename`` or ``unlink``: before the step of that number that changes the disk;
``sync+``, ``rename+`` or ``unlink+``: after it; ``write``: in the middle of the write of that
number; ``time``: that many milliseconds after the run has begun; ``never``.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from natostance.batch import storage
from natostance.cli.main import main


def die() -> None:
    """End here and now; nothing is tidied up."""
    os.kill(os.getpid(), signal.SIGKILL)


class Counter:
    """Dies at the step of a number."""

    def __init__(self, number: int) -> None:
        self.left = number

    def due(self) -> bool:
        self.left -= 1
        return self.left == 0


def at_step(name: str, number: int) -> None:
    """Die before or after a step that changes the disk."""
    counter, after = Counter(number), name.endswith("+")
    step: Callable[..., None] = getattr(storage, name.rstrip("+"))

    def deadly(*arguments: Any) -> None:
        due = counter.due()
        if due and not after:
            die()
        step(*arguments)
        if due:
            die()

    setattr(storage, name.rstrip("+"), deadly)


def at_write(number: int) -> None:
    """Die when half of what is written is on the disk."""
    counter = Counter(number)
    begin = storage.LocalDraft.__init__

    class Deadly:
        def __init__(self, stream: Any) -> None:
            self._stream = stream

        def write(self, data: Any) -> int:
            if counter.due():
                self._stream.write(bytes(data)[: len(data) // 2])
                storage.sync(self._stream)
                die()
            return int(self._stream.write(data))

        def __getattr__(self, name: str) -> Any:
            return getattr(self._stream, name)

    def deadly(self: storage.LocalDraft, path: str, middle: str = "") -> None:
        begin(self, path, middle)
        self.stream = Deadly(self.stream)  # type: ignore[assignment]

    storage.LocalDraft.__init__ = deadly  # type: ignore[method-assign]


def at_time(milliseconds: int) -> None:
    """Die some time after the first file of the run was begun."""
    begin = storage.LocalDraft.__init__
    started = threading.Event()

    def watched(self: storage.LocalDraft, path: str, middle: str = "") -> None:
        if not started.is_set():
            started.set()
            timer = threading.Timer(milliseconds / 1000, die)
            timer.daemon = True
            timer.start()
        begin(self, path, middle)

    storage.LocalDraft.__init__ = watched  # type: ignore[method-assign]


def run(moment: str, number: int, arguments: list[str]) -> None:
    """Run the command, which dies at the moment."""
    sys.argv = ["natostance", *arguments]
    if moment == "write":
        at_write(number)
    elif moment == "time":
        at_time(number)
    elif moment != "never":
        at_step(moment, number)
    main()


def serve() -> None:
    """Run a job for each line of standard input, in a process of its own, and print its status.

    What takes long is imported once.
    """
    # imported for the children; whatever starts threads is made in them
    import openvino  # noqa: F401
    import py3langid  # noqa: F401
    import pyarrow.parquet  # noqa: F401

    import natostance.batch.job
    import natostance.inference.openvino_backend  # noqa: F401

    for line in sys.stdin:
        moment, number, arguments, messages = json.loads(line)
        child = os.fork()
        if child == 0:
            status = 70
            try:
                handle = os.open(messages, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
                os.dup2(handle, 2)
                run(moment, number, arguments)
            except SystemExit as end:
                status = int(end.code or 0)
            finally:
                os._exit(status)
        _, ended = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(ended), flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        serve()
    else:
        run(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
