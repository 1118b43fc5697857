"""Model folders on a hub: what goes up, through the hub's own library.

Coming down is `natostance.checkpoint.Checkpoint.find`.
"""

from __future__ import annotations

from pathlib import Path

from natostance.checkpoint import CARD, FILES, Checkpoint
from natostance.errors import InputError
from natostance.extras import require


def files_to_push(folder: Path) -> list[Path]:
    """The files of a model folder that belong on a hub, the card among them.

    Raises:
        ModelError: the folder is incomplete or damaged.
        InputError: it has no card.
    """
    Checkpoint.load(folder)
    if not (folder / CARD).is_file():
        raise InputError(
            f"the model has no card ({CARD})",
            file=folder,
            remedy=f"write it with: natostance card {folder}",
        )
    return sorted(path for pattern in FILES for path in folder.glob(pattern))


def push(
    folder: Path,
    repository: str,
    *,
    private: bool = False,
    token: str | None = None,
    endpoint: str | None = None,
    message: str = "Upload model",
) -> str:
    """Upload a model folder.

    Args:
        folder: the folder.
        repository: ``owner/name``; it is made where it is not there yet.
        private: make it private, where it is made.
        token: the hub's access token; by default the one that its own login keeps.
        endpoint: address of the hub; by default the Hugging Face Hub, or ``HF_ENDPOINT``.
        message: of the commit.

    Returns:
        The address of the model's page.

    Raises:
        ModelError, InputError: as `files_to_push`, or the hub refuses.
        MissingExtraError: the extra ``[hub]`` is not installed.
    """
    files = files_to_push(folder)
    hub = require("huggingface_hub", "hub", "Uploading to the hub")
    api = hub.HfApi(endpoint=endpoint, token=token)
    try:
        page = api.create_repo(repository, private=private, exist_ok=True)
        api.upload_folder(
            repo_id=repository,
            folder_path=folder,
            allow_patterns=[path.name for path in files],
            commit_message=message,
        )
    except (OSError, ValueError, hub.errors.HfHubHTTPError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(
            f"the hub refuses {repository}: {first}", remedy="check name, login and network"
        ) from None
    return str(page)
