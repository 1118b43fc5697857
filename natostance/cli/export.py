"""``natostance export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from natostance.cli.common import Articles, Quiet, err_console
from natostance.cli.gold import Part


def export(
    model: Annotated[
        str, typer.Argument(help="Model folder, or a name on the hub.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to make.")],
    to: Annotated[str, typer.Option(help="openvino or onnx.")] = "openvino",
    int8: Annotated[
        bool,
        typer.Option("--int8", help="Round the weights to 8-bit integers: half the size."),
    ] = False,
    corpus: Annotated[Path, typer.Option(help="Corpus with the sentences to compare on.")] = Path(
        "training"
    ),
    part: Part = None,
    split: Annotated[str, typer.Option(help="Split of that corpus.")] = "dev",
    articles: Articles = None,
    quiet: Quiet = False,
) -> None:
    """Make a model folder for one runtime, if it labels as the model does.

    Both label the same dev sentences: those of the real articles where their texts are given, else
    those of the composed ones. All labels must be the same, with --int8 99.5 % of them, and
    macro-F1 may drop by 0.003; otherwise nothing is written, the exit status is 2, and what differs
    is said:

        natostance export models/minilm-l6 --to openvino --int8 --out models/minilm-l6-int8
    """
    from natostance.corpus import Corpus
    from natostance.inference.export import export as run

    parts = part or _parts(corpus, articles)
    documents = Corpus.load(corpus, parts, articles).split(split)
    judged_on = f"{split} split of {corpus.name or corpus}: {', '.join(parts) if parts else 'all'}"
    gate = run(model, out, documents, to=to, int8=int8, judged_on=judged_on)
    if not quiet:
        console = err_console()
        console.print(f"model: {out}", markup=False)
        console.print(f"compared on the {judged_on}: {gate}", markup=False)
        before, after = gate.calibration_error
        console.print(f"expected calibration error {before:.4f} becomes {after:.4f}", markup=False)


def _parts(corpus: Path, articles: Path | None) -> list[str] | None:
    """The repository's real articles where their texts are given, else its composed ones."""
    part = "real" if articles is not None else "articles"
    return [part] if (corpus / part).is_dir() else None
