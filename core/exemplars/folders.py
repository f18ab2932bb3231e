"""Where indexes lie in the state folder, and what they are called."""

import contextlib
import os
import re
import shutil
from contextlib import closing
from pathlib import Path

from convscope.core.catalog.subjects import Subject
from convscope.core.exemplars.facts import INDEX_FILE
from convscope.core.exemplars.index import ExemplarIndex
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


def open_index(state: Path, name: str = "") -> ExemplarIndex:
    """Open an index; see :func:`existing_index`.

    Raises:
        UserError: there is none, or it is damaged.
    """
    return ExemplarIndex(existing_index(state, name))


def index_about(state: Path, subject: Subject, layer: str) -> ExemplarIndex | None:
    """Open the index of most photos that has a layer of a network; ``None`` where there is none.

    What cannot be read is left out: it is somebody's convenience here, not what was asked for.
    """
    found: list[tuple[int, str]] = []
    for name in index_names(state):
        with contextlib.suppress(UserError), closing(open_index(state, name)) as index:
            has_layer = layer in [each.name for each in index.facts.layers]
            if has_layer and index.facts.subject.is_like(subject) and (done := index.counts().done):
                found.append((done, name))
    with contextlib.suppress(UserError):
        return open_index(state, max(found)[1]) if found else None
    return None


def remove_index(folder: Path) -> None:
    """Remove an index; the photos are not touched.

    Raises:
        OSError: it cannot be removed.
    """
    # Moved first: what is removed half must not be taken for an index.
    aside = folder.with_name(f".{os.urandom(8).hex()}.old")
    folder.rename(aside)
    shutil.rmtree(aside)
