"""Contact sheets of pictures that are there: which of them can stand on one. It imports Pillow.

Making one takes seconds where the pictures are many, so it is done in a thread.
"""

from collections.abc import Sequence
from pathlib import Path

from convscope.core.gallery.paths import asked_for
from convscope.core.gallery.pictures import read_picture, read_record
from convscope.core.gallery.records import Record
from convscope.core.gallery.sheets import compose, near_square, sheet_path, write_sheet
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.core.tasks.visualize import Visualize
from convscope.tui.explorer.model.pictures import is_animation, is_sheet

NAMED = 3
"""Layers or sizes that a sentence names at most."""


def make_sheets(gallery: Path, paths: Sequence[Path]) -> list[Path]:
    """Lay pictures out by channel; on more than one sheet where they do not fit on one.

    Args:
        gallery: the folder that holds them all.
        paths: the pictures, in any order; at least one.

    Returns:
        Where the sheets lie.

    Raises:
        UserError: they cannot stand on one sheet, or it cannot be written; the sentence says why.
    """
    found = [(asked_for(_record(path), path), path) for path in paths]
    _check_alike([job for job, _ in found])
    try:
        return _save(gallery, sorted(found, key=_order))
    except ValueError:  # a foreign record can hold anything
        raise UserError("A record names a layer that no file can be called by.") from None
    except OSError as error:
        raise UserError(
            f"The sheet cannot be written in {printable(gallery)} ({error.strerror}); "
            "check the disk's space and the folder's permissions."
        ) from error


def _save(gallery: Path, found: Sequence[tuple[Visualize, Path]]) -> list[Path]:
    """Write sheets that are as square as can be."""
    resolution = found[0][0].recipe.resolution
    grid = near_square(len(found), resolution)
    paths = []
    for first in range(0, len(found), grid.cells):
        some = found[first : first + grid.cells]
        pictures = [(task.channel, read_picture(path)[0]) for task, path in some]
        path = sheet_path(gallery, [task for task, _ in some], grid)
        write_sheet(path, compose(some[0][0].layer, pictures, grid))
        paths.append(path)
    return paths


def _record(path: Path) -> Record:
    """Read a picture's record.

    Raises:
        UserError: it is a sheet or an animation, or has none.
    """
    name = printable(path.name, 80)
    if is_sheet(path.name):
        raise UserError(f"{name} is a contact sheet itself; mark single pictures.")
    if is_animation(path.name):
        raise UserError(f"{name} is an animation; mark single pictures.")
    try:
        return read_record(path)
    except UserError:
        raise UserError(f"{name} has no readable record, so it has no place on a sheet.") from None


def _order(found: tuple[Visualize, Path]) -> tuple[int, int, int, str]:
    job, path = found
    return job.channel, job.seed, job.variant, path.name


def _check_alike(jobs: Sequence[Visualize]) -> None:
    """Say what cannot stand on one sheet.

    Raises:
        UserError: they differ in layer or size.
    """
    layers = sorted({f"{job.model}/{job.layer}" for job in jobs})
    if len(layers) > 1:
        raise UserError(f"One sheet holds one layer, and these are of {_listed(layers)}.")
    sizes = sorted({job.recipe.resolution for job in jobs})
    if len(sizes) > 1:
        these = _listed([f"{size} px" for size in sizes])
        raise UserError(f"One sheet holds pictures of one size, and these have {these}.")


def _listed(words: Sequence[str]) -> str:
    named = [printable(word, 40) for word in words[:NAMED]]
    if len(words) > NAMED:
        named.append(f"{len(words) - NAMED} more")
    *first, last = named
    return f"{', '.join(first)} and {last}"
