"""Opening an index by its name, or by what it is about."""

import contextlib
from contextlib import closing
from pathlib import Path

from convscope.core.catalog.subjects import Subject
from convscope.core.exemplars.folders import existing_index, index_names
from convscope.core.exemplars.index import ExemplarIndex
from convscope.core.system.errors import UserError


def open_index(state: Path, name: str = "") -> ExemplarIndex:
    """Open an index; see :func:`existing_index`.

    Raises:
        UserError: there is none, or it is damaged.
    """
    return ExemplarIndex(existing_index(state, name))


def index_about(
    state: Path, subject: Subject, layer: str, preferred: str = ""
) -> ExemplarIndex | None:
    """Open the index of most photos that has a layer of a network; ``None`` where there is none.

    The preferred one comes first, even while none of its photos has been looked at. What cannot be
    read is left out: it is somebody's convenience here, not what was asked for.
    """
    found: list[tuple[bool, int, str]] = []
    for name in index_names(state):
        with contextlib.suppress(UserError), closing(open_index(state, name)) as index:
            has_layer = layer in [each.name for each in index.facts.layers]
            done, is_preferred = index.counts().done, name == preferred
            is_about = has_layer and index.facts.subject.is_like(subject)
            if is_about and (done or is_preferred):
                found.append((is_preferred, done, name))
    with contextlib.suppress(UserError):
        return open_index(state, max(found)[-1]) if found else None
    return None
