"""A recipe: everything that decides a training run. See ``configs/`` for examples."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from natostance.errors import InputError
from natostance.modeling.network import NetworkSettings
from natostance.settings import Settings, load_yaml
from natostance.text.windows import WindowSettings


class FoldSettings(Settings):
    """A fold of the articles, kept out of what is learned from."""

    number: int = Field(ge=1, description="which fold, from 1")
    of: int = Field(ge=2, description="how many folds there are")

    @model_validator(mode="after")
    def _counts(self) -> FoldSettings:
        if self.number > self.of:
            raise ValueError(f"there is no fold {self.number} of {self.of}; count from 1")
        return self


class DataSettings(Settings):
    """What is learned from, and what decides when to stop."""

    corpus: Path = Field(default=Path("training"), description="corpus folder")
    parts: list[str] | None = Field(default=None, description="its subfolders; default: all")
    train: list[str] = Field(default=["train"], description="splits to learn from")
    dev: str | None = Field(
        default="dev",
        description="split that figures and the choice of the epoch are on; null: none, the last "
        "epoch is kept, and calibration needs folds",
    )
    hold_out: FoldSettings | None = Field(
        default=None,
        description="a fold of the articles that is not learned from, for instance so that the "
        "model can teach others of them; null: none",
    )
    share: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="share of the articles to learn from, for a learning curve; a smaller share "
        "lies within every larger one",
    )


class OptimisationSettings(Settings):
    """How the weights move."""

    epochs: int = Field(
        default=8,
        ge=0,
        description="passes over the data at most; 0: none, the models to go on from are averaged "
        "and calibrated",
    )
    patience: int = Field(
        default=3, ge=1, description="epochs without a better dev macro-F1 before stopping"
    )
    keep: Literal["best", "last"] = Field(
        default="best",
        description="the weights of the epoch with the best dev macro-F1, or those of the last one",
    )
    learning_rate: float = Field(default=1e-4, gt=0, description="of the encoder, at its peak")
    head_learning_rate: float = Field(default=5e-4, gt=0, description="of the heads")
    layer_decay: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="factor on the learning rate from each encoder layer to the one below",
    )
    warmup: float = Field(default=0.1, ge=0, lt=1, description="share of steps until the peak")
    weight_decay: float = Field(default=0.01, ge=0, description="of matrices, not of biases")
    batch_windows: int = Field(default=8, ge=1, description="windows a step")
    token_weight: float = Field(default=1.0, ge=0, description="weight of the token head's loss")
    label_smoothing: float = Field(default=0.0, ge=0, lt=1, description="of the sentence loss")
    r_drop: float = Field(
        default=0.0,
        ge=0,
        description="weight of the difference between two passes with different dropout (R-Drop); "
        "above 0, a step takes twice as long",
    )
    freeze_embeddings: bool = Field(
        default=False, description="keep the word embeddings as they were pretrained"
    )
    precision: Literal["auto", "bf16", "fp32"] = Field(
        default="auto", description="auto: bf16 where the processor computes in it"
    )


class DistillationSettings(Settings):
    """What is learned from other models, beside the annotations."""

    teachers: list[Path] = Field(
        default_factory=list,
        description="model folders whose mean probabilities are learned; none: annotations alone. "
        "Of an article, those speak that are known not to have learned from it, or all where there "
        "is no such one",
    )
    said: Path | None = Field(
        default=None,
        description="file with what teachers said of the articles, written by natostance teach; in "
        "place of teachers",
    )
    weight: float = Field(
        default=0.5, ge=0, le=1, description="share of the loss that the teachers decide"
    )
    temperature: float = Field(
        default=1.0, gt=0, description="softens the teachers' probabilities and the student's"
    )
    copies: int = Field(
        default=0,
        ge=0,
        description="copies of each article to learn beside it, with English words changed for "
        "near ones, from what teachers say of them alone; a pass over the data is so many times "
        "longer",
    )
    unspoken: Literal["refuse", "annotations"] = Field(
        default="refuse",
        description="articles of which the file with what teachers said holds nothing: refuse to "
        "train, or learn these from their annotations alone",
    )

    @model_validator(mode="after")
    def _one_source(self) -> DistillationSettings:
        if self.teachers and self.said is not None:
            raise ValueError("give teachers, or a file with what they said, not both")
        if self.copies and not self.teachers and self.said is None:
            raise ValueError(
                "copies are learned from teachers; give teachers or said, or no copies"
            )
        return self


class CalibrationSettings(Settings):
    """What temperature and abstention threshold are fitted on."""

    folds: int = Field(
        default=0,
        ge=0,
        description="0: the dev split; otherwise predictions out of fold, each article's by a "
        "network that saw neither it nor any article that shares text with it, and that kept its "
        "last epoch; teachers, if there are any, did see it",
    )
    temperature_parts: list[str] | None = Field(
        default=None,
        min_length=1,
        description="subfolders of the corpus whose dev articles decide the temperature, for "
        "instance the real ones; default: all that decide the threshold",
    )
    promised_error: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="share of wrong labels among those not abstained; null: never abstain",
    )

    @model_validator(mode="after")
    def _folds(self) -> CalibrationSettings:
        if self.folds == 1:
            raise ValueError("one fold leaves nothing to learn from; give 0, 2 or more")
        if self.folds and self.temperature_parts is not None:
            raise ValueError("temperature_parts chooses among dev articles; folds do not use these")
        return self


class Recipe(Settings):
    """Settings of a training run; every field has a default."""

    name: str = Field(default="stance", description="name of the model, and of its folder")
    output: Path = Field(
        default=Path("runs"), description="folder in which the model's folder is made"
    )
    cache: Path = Field(
        default=Path("runs/cache"),
        description="folder for what serves several seeds: teachers' words and folds",
    )
    seed: int = Field(default=1, ge=0, description="decides initial heads, order and dropout")
    data: DataSettings = Field(default_factory=DataSettings)
    window: WindowSettings = Field(default_factory=WindowSettings)
    network: NetworkSettings = Field(default_factory=NetworkSettings)
    optimisation: OptimisationSettings = Field(default_factory=OptimisationSettings)
    distillation: DistillationSettings = Field(default_factory=DistillationSettings)
    calibration: CalibrationSettings = Field(default_factory=CalibrationSettings)

    @model_validator(mode="after")
    def _no_contradictions(self) -> Recipe:
        if self.data.dev in self.data.train:
            raise ValueError(f"the split {self.data.dev!r} is both learned from and measured on")
        if self.data.dev is None and not self.calibration.folds:
            raise ValueError("without a dev split, calibration.folds must be given")
        if self.data.dev is None and self.optimisation.keep == "best":
            raise ValueError("without a dev split no epoch is best; set optimisation.keep to last")
        if not self.optimisation.epochs and not self.network.start:
            raise ValueError("without network.start there is nothing to keep after 0 epochs")
        if self.window.scored < 8:
            raise ValueError("window.left_context leaves no room in window.tokens")
        return self

    def holding_out(self, fold: str) -> Recipe:
        """This recipe with a fold of the articles held out.

        Args:
            fold: which of how many, for instance ``1/5``.

        Raises:
            InputError: there is no such fold.
        """
        number, _, of = fold.partition("/")
        try:
            settings = FoldSettings(number=int(number), of=int(of))
        except ValueError:
            raise InputError(
                f"no fold {fold!r}", remedy="give which of how many, for instance 1/5"
            ) from None
        data = self.data.model_copy(update={"hold_out": settings})
        return self.model_copy(update={"data": data})

    @classmethod
    def load(cls, path: Path, **overrides: object) -> Recipe:
        """Read a recipe; see `natostance.settings.load_yaml`."""
        return load_yaml(path, cls, **overrides)
