"""A recipe: everything that decides a training run. See ``configs/`` for examples."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from natostance.modeling.network import NetworkSettings
from natostance.settings import Settings, load_yaml
from natostance.text.windows import WindowSettings


class DataSettings(Settings):
    """What is learned from, and what decides when to stop."""

    corpus: Path = Field(default=Path("training"), description="corpus folder")
    parts: list[str] | None = Field(default=None, description="its subfolders; default: all")
    train: list[str] = Field(default=["train"], description="splits to learn from")
    dev: str = Field(default="dev", description="split that early stopping and figures are on")


class OptimisationSettings(Settings):
    """How the weights move."""

    epochs: int = Field(default=8, ge=1, description="passes over the data at most")
    patience: int = Field(
        default=3, ge=1, description="epochs without a better dev macro-F1 before stopping"
    )
    learning_rate: float = Field(default=1e-4, gt=0, description="of the encoder, at its peak")
    head_learning_rate: float = Field(default=5e-4, gt=0, description="of the heads")
    warmup: float = Field(default=0.1, ge=0, lt=1, description="share of steps until the peak")
    weight_decay: float = Field(default=0.01, ge=0, description="of matrices, not of biases")
    batch_windows: int = Field(default=8, ge=1, description="windows a step")
    token_weight: float = Field(default=1.0, ge=0, description="weight of the token head's loss")
    label_smoothing: float = Field(default=0.0, ge=0, lt=1, description="of the sentence loss")
    freeze_embeddings: bool = Field(
        default=False, description="keep the word embeddings as they were pretrained"
    )
    precision: Literal["auto", "bf16", "fp32"] = Field(
        default="auto", description="auto: bf16 where the processor computes in it"
    )


class Recipe(Settings):
    """Settings of a training run; every field has a default."""

    name: str = Field(default="stance", description="name of the model, and of its folder")
    output: Path = Field(
        default=Path("runs"), description="folder in which the model's folder is made"
    )
    seed: int = Field(default=1, ge=0, description="decides initial heads, order and dropout")
    data: DataSettings = Field(default_factory=DataSettings)
    window: WindowSettings = Field(default_factory=WindowSettings)
    network: NetworkSettings = Field(default_factory=NetworkSettings)
    optimisation: OptimisationSettings = Field(default_factory=OptimisationSettings)

    @model_validator(mode="after")
    def _no_contradictions(self) -> Recipe:
        if self.data.dev in self.data.train:
            raise ValueError(f"the split {self.data.dev!r} is both learned from and measured on")
        if self.window.scored < 8:
            raise ValueError("window.left_context leaves no room in window.tokens")
        return self

    @classmethod
    def load(cls, path: Path, **overrides: object) -> Recipe:
        """Read a recipe; see `natostance.settings.load_yaml`."""
        return load_yaml(path, cls, **overrides)
