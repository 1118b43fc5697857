"""Sentences a second on a Ray cluster with two workers against one, each on one core.

The cluster is two nodes on this machine, processes of their own. Rounds with one and with two
workers take turns; what is printed is the median of each and their ratio. The time is that of the
whole job, Ray's start of workers and loading of models included, so that small jobs gain less.

    python -m benchmarks.ray_workers [--model FOLDER] [--sentences 4000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from unittest.mock import patch

from benchmarks.memory import write_articles
from natostance.batch import ray_backend
from natostance.batch.job import label_files

_FILES = 8


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--sentences", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()

    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2})
    cluster.add_node(num_cpus=2)
    cluster.wait_for_nodes()
    ray.init(address=cluster.address, log_to_driver=False)
    seconds: dict[int, list[float]] = {1: [], 2: []}
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "in").mkdir()
            for i in range(_FILES):
                path = folder / "in" / f"{i}.jsonl"
                write_articles(path, given.sentences // _FILES, seed=i)
            for number in range(given.rounds):
                for workers in seconds:
                    out = folder / f"rows-{number}-{workers}"
                    # how many workers is Ray's to find out; here it is what is compared
                    with patch.object(
                        ray_backend, "_workers", lambda _ray, _device, n=workers: (1, n)
                    ):
                        report = label_files(
                            *(folder / "in", out),
                            model=given.model,
                            backend="torch",  # Ray gives it one thread; OpenVINO takes all
                            engine="ray",
                            shard_articles=20,
                        )
                    seconds[workers].append(report.seconds)
                    print(f"{workers} worker(s): {report.sentences / report.seconds:,.0f} a second")
    finally:
        ray.shutdown()
        cluster.shutdown()
    one, two = (statistics.median(seconds[workers]) for workers in (1, 2))
    print(f"one worker {one:.1f} s, two {two:.1f} s, median of {given.rounds}: {one / two:.2f}")


if __name__ == "__main__":
    main()
