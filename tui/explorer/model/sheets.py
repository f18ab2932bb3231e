"""Contact sheets of pictures that are there: which of them can stand on one. It imports Pillow.

Making one takes seconds where the pictures are many, so it is done in a thread.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from convscope.core.gallery.paths import asked_for
from convscope.core.gallery.pictures import read_picture, read_record
from convscope.core.gallery.records import Record
from convscope.core.gallery.sheets import compose, near_square, sheet_path, write_sheet
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.core.tasks.visualize import Visualize
from convscope.tui.explorer.model.pictures import is_animation, is_sheet


@dataclass(frozen=True)
class MadeSheets:
    """What became of a wish for sheets."""

    paths: Sequence[Path] = ()
    """Where the sheets lie."""
    left_out: int = 0
    """How many files have no place on one."""


def make_sheets(gallery: Path, paths: Sequence[Path]) -> MadeSheets:
    """Lay pictures out by channel: those of each layer and size on a sheet of their own.

    On more than one where they do not fit on one. What is no picture of a channel is left out.

    Args:
        gallery: the folder that holds them all.
        paths: the files, in any order; at least one.

    Raises:
        UserError: none of them can stand on a sheet, or one cannot be written; the sentence says
            why.
    """
    alike: dict[tuple[str, str, str, int], list[tuple[Visualize, Path]]] = {}
    refusals: list[UserError] = []
    for path in paths:
        try:
            job = asked_for(_record(path), path)
        except UserError as error:
            refusals.append(error)
        else:
            of = job.model, job.weights.label, job.layer, job.recipe.resolution
            alike.setdefault(of, []).append((job, path))
    if not alike:
        raise refusals[0]
    try:
        sheets = [_save(gallery, sorted(alike[of], key=_order)) for of in sorted(alike)]
    except ValueError:  # a foreign record can hold anything
        raise UserError("A record names a layer that no file can be called by.") from None
    except OSError as error:
        raise UserError(
            f"The sheet cannot be written in {printable(gallery)} ({error.strerror}); "
            "check the disk's space and the folder's permissions."
        ) from error
    return MadeSheets([path for some in sheets for path in some], len(refusals))


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
