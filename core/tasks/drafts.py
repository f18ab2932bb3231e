"""Which pictures count as a channel's draft. No torch."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from convscope.core.ascent.recipes import DRAFT
from convscope.core.tasks.visualize import Visualize


def same_drafts(draft: Visualize) -> list[Visualize]:
    """Return a draft, and after it the one that earlier versions made in its place, if any.

    They made drafts of all layers as large. Those that are there already are as good, and nobody
    waits for them again.
    """
    recipe = draft.recipe
    if recipe.resolution >= DRAFT.resolution:
        return [draft]
    former = msgspec.structs.replace(recipe, resolution=DRAFT.resolution)
    return [draft, msgspec.structs.replace(draft, recipe=former)]


def find_draft(draft: Visualize, find: Callable[[Visualize], Path | None]) -> Path | None:
    """Return where a draft lies, or the one of an earlier version.

    Args:
        draft: as it is made now.
        find: returns where a task's picture lies, if it is there.
    """
    return next(filter(None, map(find, same_drafts(draft))), None)
