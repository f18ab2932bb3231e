"""Contact sheets of pictures that are there already."""

from collections.abc import Sequence
from pathlib import Path

from convscope.core.gallery.pictures import read_picture
from convscope.core.gallery.sheets import compose, near_square, sheet_path, write_sheet
from convscope.core.tasks.visualize import Visualize


def save_sheets(gallery: Path, found: Sequence[tuple[Visualize, Path]]) -> list[Path]:
    """Make contact sheets, as square as can be; more than one where they do not fit on one.

    Args:
        gallery: where they go, beside the pictures.
        found: jobs of one layer and resolution, and where their pictures are; at least one.

    Returns:
        The paths of the sheets.

    Raises:
        UserError: a picture is damaged.
        OSError: a sheet cannot be written.
    """
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
