"""One target under atheris, which looks for inputs that reach new code.

python fuzz.py TARGET [options of libFuzzer] CORPUS
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parent))
with atheris.instrument_imports(include=["natostance", "csv", "json"]):
    from fuzz_targets import TARGETS

if __name__ == "__main__":
    target = TARGETS[sys.argv.pop(1)]
    base = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=base) as name:
        folder = Path(name)
        atheris.Setup(sys.argv, lambda data: target(data, folder))
        atheris.Fuzz()
