"""Optional packages: asked for by name, with the pip line that installs them."""

from __future__ import annotations

import importlib
from types import ModuleType

from natostance.errors import MissingExtraError


def require(module: str, extra: str, purpose: str) -> ModuleType:
    """Import a package of an extra.

    Args:
        module: the module to import, for instance ``"pyarrow.parquet"``.
        extra: the extra of natostance that holds it, for instance ``"parquet"``.
        purpose: what it is needed for, as the beginning of a sentence: ``"Parquet files"``.

    Raises:
        MissingExtraError: the package is not installed; the message holds the pip line.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        top = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != top:
            raise  # the package is there, but something inside it is broken: show that
        raise MissingExtraError(
            f'{purpose} needs the package {top}; install it with: pip install "natostance[{extra}]"'
        ) from None
