"""The command ``natostance``: its subcommands, and how it ends."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from natostance import __version__
from natostance.cli import (
    agreement,
    card,
    challenge,
    compare,
    convert,
    corpus,
    evaluate,
    export,
    label,
    pretrain,
    report,
    screen,
    shares,
    teach,
    train,
)
from natostance.cli.common import NOTHING_DONE, fail
from natostance.errors import NatostanceError

app = typer.Typer(
    name="natostance",
    help="Whose position does a news sentence convey: NATO's, Russia's, or nobody's?",
    epilog="Try: natostance label examples/",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("label")(label.label)
app.command("evaluate")(evaluate.evaluate)
app.command("compare")(compare.compare)
app.command("challenge")(challenge.challenge)
app.command("shares")(shares.shares)
app.command("export")(export.export)
app.command("train")(train.train)
app.command("pretrain")(pretrain.pretrain)
app.command("teach")(teach.teach)
app.command("screen")(screen.screen)
app.command("agreement")(agreement.agreement)
app.command("convert")(convert.convert)
app.command("report")(report.report)
app.command("card")(card.card)
app.add_typer(corpus.app, name="corpus")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"natostance {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Whose position does a news sentence convey: NATO's, Russia's, or nobody's?"""


def main() -> None:
    """Run the command; an error that a user can act on is one line, and status 2."""
    try:
        app()
    except NatostanceError as error:
        fail(error)
        sys.exit(NOTHING_DONE)
    except KeyboardInterrupt as error:
        fail(str(error) or "interrupted")
        sys.exit(130)
