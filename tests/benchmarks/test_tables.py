from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from benchmarks.speed.arithmetic import Work
from benchmarks.speed.latency import Latency, one_article
from benchmarks.speed.machine import machine, variables
from benchmarks.speed.picture import speed_picture
from benchmarks.speed.rounds import Measurement, Results
from benchmarks.speed.systems import MACHINE, NATOSTANCE, NETWORK, PEERS, SYSTEMS
from benchmarks.speed.tables import (
    README,
    arithmetic_table,
    ratios,
    skipped_list,
    speed_table,
)
from natostance import segment

PEER = PEERS[1].name
OURS = Measurement(NATOSTANCE.name, "files", 100, (1.0, 2.0, 1.0), 480.0)
THEIRS = Measurement(PEER, "alone", 50, (2.0, 2.0, 1.0), 700.4)
PRODUCT = (
    Measurement(MACHINE.name, "fp32", 0, (1.0, 1.0), 0, ({"gflops": 40.0}, {"gflops": 50.0})),
    Measurement(MACHINE.name, "bf16", 0, (1.0,), 0, ({"gflops": 400.0},)),
)


def results(*found: Measurement) -> Results:
    return Results({(one.system, one.texts): one for one in found})


def test_ratios_compare_what_ran_in_the_same_round() -> None:
    # 100, 50, 100 sentences a second against 25, 25, 50
    assert ratios(OURS, THEIRS) == (2.0, 2.0, 4.0)


def test_the_table_has_the_fastest_first_and_ours_has_no_ratio() -> None:
    rows = speed_table(results(THEIRS, OURS), "alone").splitlines()
    assert len(rows) == 4
    assert rows[2] == f"| **{NATOSTANCE.name}** | 100 | 50 to 100 |  | 100 | 480 |"
    assert rows[3] == f"| {PEER} | 25 | 25 to 50 | 2.00 (2.00 to 4.00) | 50 | 700 |"
    # another list of texts has no row of this peer
    assert PEER not in speed_table(results(THEIRS, OURS), "context")


def test_without_our_own_figure_there_is_no_ratio() -> None:
    assert speed_table(results(THEIRS), "alone").splitlines()[2].split("|")[4].strip() == ""


def test_arithmetic_is_shown_against_the_best_product_of_each_precision() -> None:
    network = Measurement(NETWORK.name, "files", 100, (2.0, 4.0, 2.0), 1.0)
    text = arithmetic_table(results(network, *PRODUCT), Work(10, 50e9, 5, 20e9))
    assert f"| {NETWORK.name}: all tokens that are read | 25 | 50% | 6% |" in text
    assert f"| {NETWORK.name}: scored tokens alone | 10 | 20% | 2% |" in text
    assert "| the machine's peak, fp32 | 50 |  |  |" in text


def test_what_was_not_measured_is_named() -> None:
    assert skipped_list({"SetFit": "no memory"}) == "- not measured: SetFit: no memory\n"


def test_latency_shows_medians_and_the_95th_percentile() -> None:
    warm = tuple(i / 1000 for i in range(1, 22))
    cells = [cell for _, cell in Latency((3.0, 1.0, 2.0), (0.001,), warm).rows()]
    assert cells == ["2.00 s", "1.0 ms", "11 ms", "20 ms"]


def test_the_article_has_25_sentences() -> None:
    assert len(segment(one_article())) == 25


def test_the_picture_shows_every_system(tmp_path: Path) -> None:
    path = tmp_path / "speed.svg"
    speed_picture(results(OURS, THEIRS, *PRODUCT), path)
    words = "".join(ElementTree.parse(path).getroot().itertext())
    assert NATOSTANCE.name in words
    assert PEER in words
    assert MACHINE.name not in words
    first = path.read_bytes()
    speed_picture(results(OURS, THEIRS, *PRODUCT), path)
    assert path.read_bytes() == first


def test_the_processor_is_told_by_what_it_can_multiply(tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    info.write_text("model name\t: Some CPU\nflags\t\t: fpu avx2 amx_bf16\n")
    found = machine(2, info)
    assert (found.processor, found.flags, found.cores) == ("Some CPU", ("avx2", "amx_bf16"), 2)
    assert "it lacks avx512f, avx512_bf16, amx_int8" in found.words


def test_all_workers_get_the_same_threads_and_no_hub(tmp_path: Path) -> None:
    found = variables(2, tmp_path)
    assert {v for k, v in found.items() if k.endswith("_NUM_THREADS")} == {"2"}
    assert found["HF_HUB_OFFLINE"] == "1"


def test_every_system_has_its_worker_and_pinned_requirements() -> None:
    folder = Path(SYSTEMS[0].worker).parents[1] / "requirements"
    for system in SYSTEMS:
        assert system.worker.is_file()
        if system.environment == "own":
            continue
        wanted = (folder / f"{system.environment}.txt").read_text(encoding="utf-8")
        lines = [line for line in wanted.splitlines() if not line.startswith("#")]
        assert lines
        assert all(re.fullmatch(r"[\w-]+==[\w.]+", line) for line in lines)


def test_the_readme_has_the_sections_that_are_filled_in() -> None:
    text = README.read_text(encoding="utf-8")
    for name in ("speed", "stages"):
        assert text.count(f"<!-- {name}:begin -->") == text.count(f"<!-- {name}:end -->") == 1
