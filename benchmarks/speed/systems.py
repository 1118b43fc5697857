"""The systems that are measured, and what each is given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.speed.context import ALONE, CONTEXT

WORKERS = Path(__file__).parent / "workers"
OWN = "own"
FILES = "files"


@dataclass(frozen=True)
class System:
    """A system that is measured.

    Args:
        name: as the tables show it.
        worker: the program that runs it.
        environment: the name of its requirements file; `OWN`: the one that the driver runs in.
        texts: what it is given, one measurement each in a round.
        batch: sentences at a time.
        share: the share of the sentences that it is given, from the first on; less than 1 for the
            slow ones, since it is a rate that counts.
    """

    name: str
    worker: Path
    environment: str = OWN
    texts: tuple[str, ...] = (ALONE, CONTEXT)
    batch: int = 32
    share: float = 1.0


NATOSTANCE = System(
    "natostance, from file to file", WORKERS / "natostance_files.py", texts=(FILES,)
)
COMMAND = System(
    "natostance label, started anew", WORKERS / "natostance_command.py", texts=(FILES,)
)
NETWORK = System("natostance's network alone", WORKERS / "natostance_network.py", texts=(FILES,))
PEERS = (
    System(
        "transformers pipeline, one by one",
        WORKERS / "transformers_pipeline.py",
        "transformers",
        batch=1,
        share=0.25,
    ),
    System(
        "transformers pipeline, batch 32",
        WORKERS / "transformers_pipeline.py",
        "transformers",
        share=0.5,
    ),
    System(
        "sentence-transformers + logistic regression",
        WORKERS / "embeddings_regression.py",
        "sentence-transformers",
    ),
    System("SetFit", WORKERS / "setfit_predict.py", "setfit"),
    System("ONNX Runtime through optimum", WORKERS / "optimum_onnx.py", "optimum-onnx"),
    System("OpenVINO through optimum-intel", WORKERS / "optimum_openvino.py", "optimum-openvino"),
    System("spaCy textcat (another, smaller network)", WORKERS / "spacy_textcat.py", "spacy"),
)
MACHINE = System("matrix product", WORKERS / "matrix_product.py", texts=("fp32", "bf16"))
SYSTEMS = (NATOSTANCE, COMMAND, NETWORK, *PEERS, MACHINE)
