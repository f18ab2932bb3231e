"""``convscope sheet``: makes images and lays them out on contact sheets, one layer to a sheet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import msgspec

from convscope.core.catalog.networks import network
from convscope.core.gallery.pictures import read_picture
from convscope.core.gallery.saving import ensure_savable
from convscope.core.gallery.sheets import (
    Grid,
    check_grid,
    compose,
    near_square,
    parse_grid,
    sheet_path,
    write_sheet,
)
from convscope.core.runner.local import Saved
from convscope.core.tasks.visualize import Visualize
from convscope.tui.commands.configured import Configured
from convscope.tui.commands.options import RenderOrder, making_options
from convscope.tui.commands.output import say_json, say_path
from convscope.tui.commands.parameters import json_option, targets_argument
from convscope.tui.commands.render import conclude, make, picture_document


@dataclass(frozen=True)
class Sheet:
    """A planned sheet: its grid, and the jobs of its pictures in order."""

    grid: Grid
    jobs: tuple[Visualize, ...]


@click.command(cls=Configured)
@targets_argument
@click.option("--grid", "grid_text", metavar="RxC", help="Rows x columns of a sheet, such as 2x5.")
@making_options(here=True)
@json_option
def sheet(
    targets: tuple[str, ...], grid_text: str | None, order: RenderOrder, as_json: bool
) -> int:
    """Make images and a contact sheet of them, and print the path of the sheet.

    With --grid, a single channel is the first of as many as fill the grid: conv5_1:25 --grid 2x5
    shows 25 to 34. Pictures that do not fit go on further sheets; each layer has its own.
    """
    grid = parse_grid(grid_text) if grid_text else None
    sheets = list(plan(order.jobs(targets), grid, order))
    ensure_savable(sheet_path(order.gallery, each.jobs, each.grid) for each in sheets)
    pictures = make([job for each in sheets for job in each.jobs], order)
    remaining = iter(pictures)
    documents = []
    for each in sheets:
        shown = [next(remaining) for _ in each.jobs]
        path = _save(each, shown, order)
        documents.append(_as_json(each, shown, path))
        if not as_json:
            say_path(path)
    if as_json:
        say_json({"sheets": documents})
    return conclude(pictures)


def plan(jobs: Sequence[Visualize], grid: Grid | None, order: RenderOrder) -> Iterator[Sheet]:
    """Divide jobs among sheets: a layer to each, and as many pictures as its grid holds.

    Raises:
        UserError: a sheet would be too large.
    """
    layers: dict[tuple[str, str], list[Visualize]] = {}
    for job in jobs:
        layers.setdefault((job.model, job.layer), []).append(job)
    for group in layers.values():
        resolution = group[0].recipe.resolution
        its_grid = check_grid(grid or near_square(len(group), resolution), resolution)
        if grid and len(group) == 1 and not group[0].direction:
            group = _fill(group[0], grid, order)  # noqa: PLW2901  the layer's group, completed
        for start in range(0, len(group), its_grid.cells):
            yield Sheet(its_grid, tuple(group[start : start + its_grid.cells]))


def _classes(job: Visualize, order: RenderOrder) -> Sequence[str]:
    """Return the names of a layer's channels, where they are classes."""
    chosen = order.network(job.model)
    return chosen.classes if chosen.network.is_classifier(job.layer) else ()


def _fill(first: Visualize, grid: Grid, order: RenderOrder) -> list[Visualize]:
    """Return as many channels from ``first`` on as fill the grid, or as the layer has."""
    layer = network(first.model).layer(first.layer)
    channels = len(_classes(first, order)) or layer.channels
    return [
        msgspec.structs.replace(first, channel=channel)
        for channel in range(first.channel, min(channels, first.channel + grid.cells))
    ]


def _save(each: Sheet, pictures: Sequence[Saved], order: RenderOrder) -> Path:
    first = each.jobs[0]
    images = [(picture.record.channel, read_picture(picture.path)[0]) for picture in pictures]
    path = sheet_path(order.gallery, each.jobs, each.grid)
    write_sheet(path, compose(first.layer, images, each.grid, _classes(first, order)))
    return path


def _as_json(each: Sheet, pictures: Sequence[Saved], path: Path) -> dict[str, object]:
    return {
        "path": str(path),
        "layer": each.jobs[0].layer,
        "grid": str(each.grid),
        "pictures": [picture_document(picture) for picture in pictures],
    }
