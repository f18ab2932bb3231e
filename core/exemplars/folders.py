"""Where indexes lie in the state folder, and what they are called. No NumPy."""

import contextlib
import os
import re
import shutil
import time
from pathlib import Path

from convscope.core.exemplars.facts import INDEX_FILE
from convscope.core.system.errors import UserError
from convscope.core.system.text import nearest, printable

LONGEST_NAME = 60


def indexes_folder(state: Path) -> Path:
    """Where all indexes of a state folder are."""
    return state / "exemplars"


def index_folder(state: Path, name: str) -> Path:
    """Where an index is, or is to be.

    Raises:
        UserError: none can be called so.
    """
    fits = re.fullmatch(r"[\w][\w .+-]*", name) and len(name) <= LONGEST_NAME
    if not fits or printable(name) != name:
        raise UserError(
            f"The name {printable(name, 80)!r} does not suit an index; write at most "
            f"{LONGEST_NAME} letters, digits, hyphens and dots."
        )
    return indexes_folder(state) / name


def usual_name(folder: Path) -> str:
    """Return what the index of a folder of photos is called where nobody says."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", folder.name).strip("-.")[:LONGEST_NAME]
    return plain or "photos"


def index_names(state: Path) -> list[str]:
    """Return the names of all indexes, in order."""
    try:
        folders = list(indexes_folder(state).iterdir())
    except OSError:
        return []
    return sorted(
        folder.name
        for folder in folders
        if not folder.name.startswith(".") and (folder / INDEX_FILE).is_file()
    )


def existing_index(state: Path, name: str = "") -> Path:
    """Return where an index is.

    Args:
        state: the state folder.
        name: its name; '' where there is only one.

    Raises:
        UserError: there is none of that name, or several and none was named.
    """
    names = index_names(state)
    if not names:
        raise UserError("There is no index yet; convscope exemplars add FOLDER makes one.")
    if not name and len(names) > 1:
        raise UserError(f"There are several indexes; choose one with --name: {', '.join(names)}.")
    chosen = name or names[0]
    if chosen not in names:
        alike = nearest(chosen, names) or ", ".join(names)
        raise UserError(f"There is no index {printable(chosen, 80)!r}; there is {alike}.")
    return index_folder(state, chosen)


def remove_unfinished(state: Path, seconds: float) -> int:
    """Remove what is left of indexes that were being made or removed; return how many.

    Args:
        state: the state folder.
        seconds: age from which on nobody works on them any more.
    """
    removed = 0
    for pattern in (".*.new", ".*.old"):
        for folder in indexes_folder(state).glob(pattern):
            with contextlib.suppress(OSError):
                if time.time() - folder.stat().st_mtime > seconds:
                    shutil.rmtree(folder)
                    removed += 1
    return removed


def remove_index(folder: Path) -> None:
    """Remove an index; the photos are not touched.

    Raises:
        OSError: it cannot be removed.
    """
    # Moved first: what is removed half must not be taken for an index.
    aside = folder.with_name(f".{os.urandom(8).hex()}.old")
    folder.rename(aside)
    shutil.rmtree(aside)
