"""A model folder's files as one frozen layout. Nothing in it is executed: data alone.

config.json         what is needed to use the model, and the sha256 of the files below
model.safetensors   the weights, once, in half precision
model.onnx          the graph; its weights are those of model.safetensors
tokenizer.json      the tokenizer
run.json            how it was trained: data, code, settings, seed, figures
results.json        its dev figures, where they were measured again; results-*.json: others
seeds.json          mean and spread over further seeds, on dev; seeds-*.json: on others
challenge.json      what came of the challenge suite, where it was run
README.md           the model card

A folder that was exported (see `natostance.inference.export`) has, in place of weights and graph,
model.xml and model.bin (OpenVINO), or a model.onnx that holds its weights (ONNX Runtime).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from natostance.document import LabelSet
from natostance.errors import ModelError
from natostance.extras import require
from natostance.settings import Settings
from natostance.text.windows import SpecialTokens, WindowSettings

FORMAT = 1
CONFIG, WEIGHTS, GRAPH, TOKENIZER = (
    "config.json",
    "model.safetensors",
    "model.onnx",
    "tokenizer.json",
)
IR_GRAPH, IR_WEIGHTS = "model.xml", "model.bin"
RUN, RESULTS, CARD = "run.json", "results.json", "README.md"
# of a hub nothing else is fetched
FILES = (
    *(CONFIG, WEIGHTS, GRAPH, IR_GRAPH, IR_WEIGHTS, TOKENIZER, RUN, RESULTS, "results-*.json"),
    *("seeds.json", "seeds-*.json", "challenge.json", CARD),
)
RELEASED = "minilm-l6"


class Calibration(Settings):
    """What turns logits into probabilities and decides when not to stand by a label."""

    temperature: float = Field(default=1.0, gt=0, description="divides the sentence logits")
    threshold: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="a sentence abstains where its best probability is below this; 0: never",
    )


class Export(Settings):
    """What an exported folder was made of, and what it runs on."""

    to: Literal["openvino", "onnx"] = Field(description="the runtime")
    int8: str | None = Field(default=None, description="what is in 8-bit integers; null: nothing")
    source: str = Field(description="hash of the model that it was exported from")


class ModelConfig(Settings):
    """What ``config.json`` holds."""

    format: int = Field(description="version of the layout")
    name: str = Field(description="the model's name, as the card gives it")
    labels: LabelSet = Field(description="the labels, in the order of the scores")
    language: str = Field(default="en", description="language that it reads, ISO 639-1")
    window: WindowSettings = Field(description="how articles are cut into windows")
    special: SpecialTokens = Field(description="ids of special tokens")
    encoder: dict[str, Any] = Field(description="the encoder's configuration, as in transformers")
    calibration: Calibration = Field(default_factory=Calibration)
    export: Export | None = Field(default=None, description="null: as it was trained")
    sha256: dict[str, str] = Field(description="of the other files, by name")

    @property
    def files(self) -> tuple[str, ...]:
        """The other files that the model consists of."""
        if self.export is None:
            return (WEIGHTS, GRAPH, TOKENIZER)
        if self.export.to == "openvino":
            return (IR_GRAPH, IR_WEIGHTS, TOKENIZER)
        return (GRAPH, TOKENIZER)


@dataclass(frozen=True)
class Checkpoint:
    """A model folder that is complete and undamaged.

    Args:
        folder: the folder.
        config: what its ``config.json`` holds.
    """

    folder: Path
    config: ModelConfig

    @property
    def weights(self) -> Path:
        """The weights for torch.

        Raises:
            ModelError: the model was exported and has none.
        """
        if self.config.export is not None:
            raise ModelError(
                f"the model was exported to {self.config.export.to} and has no weights for torch",
                file=self.folder,
                remedy="use the model that it was exported from",
            )
        return self.folder / WEIGHTS

    @property
    def graph(self) -> Path:
        return self.folder / (IR_GRAPH if IR_GRAPH in self.config.files else GRAPH)

    @property
    def tokenizer(self) -> Path:
        return self.folder / TOKENIZER

    @cached_property
    def sha256(self) -> str:
        """One hash for the whole model: of ``config.json``, which holds those of the others."""
        return sha256_of(self.folder / CONFIG)

    @classmethod
    def find(cls, model: str | Path | None = None) -> Checkpoint:
        """Load a folder, a name on the hub, or, by default, the released model.

        Raises:
            ModelError: there is no such model, or it is incomplete or damaged.
            MissingExtraError: a name on the hub is given and the extra ``[hub]`` is missing.
        """
        if model is None:
            return cls.load(released_folder())
        folder = Path(model)
        if folder.exists() or isinstance(model, Path) or not _is_hub_name(model):
            return cls.load(folder)
        hub = require("huggingface_hub", "hub", f"{model} is no folder; loading it from the hub")
        try:
            snapshot = Path(hub.snapshot_download(model, allow_patterns=list(FILES)))
            return cls.load(_without_links(snapshot))
        except (OSError, ValueError, hub.errors.HfHubHTTPError) as error:
            raise ModelError(
                f"no folder and no model on the hub: {_first_line(error)}",
                file=model,
                remedy="check the name and the network",
            ) from None

    @classmethod
    def load(cls, folder: Path) -> Checkpoint:
        """Read a model folder and check its files against their hashes.

        Raises:
            ModelError: naming the file that is missing or damaged.
        """
        if not folder.is_dir():
            raise ModelError(
                "no such model folder", file=folder, remedy="name a folder made by natostance train"
            )
        path = folder / CONFIG
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ModelError(
                f"not a model folder: {CONFIG} is missing",
                file=folder,
                remedy="name a folder made by natostance train",
            ) from None
        except (OSError, ValueError) as error:
            raise ModelError(f"damaged: {_first_line(error)}", file=path, remedy=_AGAIN) from None
        if isinstance(data, dict) and data.get("format") != FORMAT:
            raise ModelError(
                f"model format {data.get('format')!r} is not {FORMAT}",
                file=path,
                remedy="use the version of natostance that made it",
            )
        try:
            config = ModelConfig.model_validate(data)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            raise ModelError(
                f"damaged: {field}: {first['msg']}", file=path, remedy=_AGAIN
            ) from None
        for name in config.files:
            _check_file(folder / name, config.sha256.get(name))
        return cls(folder, config)


def write_config(folder: Path, config: ModelConfig) -> None:
    """Write ``config.json`` with the hashes of the files that lie in the folder."""
    hashes = {name: sha256_of(folder / name) for name in config.files}
    data = config.model_copy(update={"sha256": hashes}).model_dump(mode="json")
    if config.export is None:
        del data["export"]
    write_json(folder / CONFIG, data)


def write_json(path: Path, data: Any) -> None:
    """Write JSON as people like to read it."""
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def released_folder() -> Path:
    """The folder of the released model: inside the installed package, or in the checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "released" / RELEASED
    return installed if installed.is_dir() else package.parent / "models" / RELEASED


def sha256_of(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


_AGAIN = "copy the model folder again"


def _check_file(path: Path, expected: str | None) -> None:
    if not path.is_file():
        raise ModelError("the file is missing", file=path, remedy=_AGAIN)
    if sha256_of(path) != expected:
        raise ModelError(
            "damaged: its sha256 is not the one in config.json", file=path, remedy=_AGAIN
        )


def _without_links(snapshot: Path) -> Path:
    """A hub's snapshot as a folder of files.

    The hub's library keeps files under their hashes and links to them. Runtimes follow the link of
    the graph and then look for the weights beside its target, where they have another name.
    """
    if not (snapshot / GRAPH).is_symlink():
        return snapshot
    # inside the model's own cache, so that it goes when that is removed
    folder = snapshot.parent.parent / "natostance" / snapshot.name
    folder.mkdir(parents=True, exist_ok=True)
    for link in snapshot.iterdir():
        target, file = link.resolve(), folder / link.name
        if file.exists():  # it is of this snapshot, and was written in one step
            continue
        part = folder / f".{link.name}.{os.getpid()}"
        try:
            os.link(target, part)
        except OSError:  # some file systems have no hard links
            shutil.copyfile(target, part)
        os.replace(part, file)
        part.unlink(missing_ok=True)  # replacing a file by itself leaves both names
    return folder


def _is_hub_name(name: str) -> bool:
    owner, slash, model = name.partition("/")
    return bool(owner and slash and model) and "/" not in model and not name.startswith((".", "~"))


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
