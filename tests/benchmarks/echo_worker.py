"""A worker that labels nothing, and writes down when it was at work.

What it does beyond that is decided by the model that it is given: ``missing`` asks for a package
that is not there, ``breaks`` fails at the first order that counts, ``hangs`` never gets ready.
"""

from __future__ import annotations

import importlib
import json
import os
import time
from pathlib import Path

from benchmarks.speed.workers.protocol import Job, Order, Work, labels_texts, serve


def load(job: Job) -> Work:
    print("this library prints to standard output")
    if job.model == "missing":
        importlib.import_module("no_such_package")
    if job.model == "hangs":
        time.sleep(60)
    label = labels_texts(job, lambda texts: ["NEUTRAL"] * len(texts))

    def work(order: Order) -> int:
        if order.warm:
            return 0
        if job.model == "breaks":
            raise RuntimeError("the model is broken")
        begin = time.monotonic()
        time.sleep(0.02)
        done = label(order)
        entry = [job.model, order.texts, begin, time.monotonic(), os.getpid()]
        with Path(job.articles).open("a", encoding="utf-8") as log:
            log.write(json.dumps(entry) + "\n")
        return done

    return work


if __name__ == "__main__":
    serve(load, ["natostance", "no-such-package"])
