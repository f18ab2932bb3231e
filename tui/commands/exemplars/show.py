"""``convscope exemplars show``: the photos that excite channels most."""

import contextlib
import math
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import click

from convscope.core.catalog.networks import DEFAULT_NETWORK
from convscope.core.catalog.targets import Target, typed_targets
from convscope.core.exemplars.folders import index_names
from convscope.core.exemplars.opening import open_index
from convscope.core.exemplars.reader import Exemplar, ExemplarReader
from convscope.core.gallery.annotation_index import layer_annotations
from convscope.core.gallery.annotations import NOTHING, Annotation, Channel
from convscope.core.system.errors import UserError
from convscope.core.system.folders import gallery_folder, state_folder
from convscope.core.system.text import printable
from convscope.tui.batch_words import counted
from convscope.tui.commands.documents import annotation_document
from convscope.tui.commands.exemplars.access import name_option
from convscope.tui.commands.output import note, say_json, say_path, table
from convscope.tui.commands.parameters import (
    Number,
    gallery_option,
    json_option,
    targets_argument,
)

HEADER = ("value", "above", "place", "photo")
MOST = 1000
"""Photos that are shown of a channel."""
CROP_SIDE = 160
"""Of the crops of a sheet, in pixels."""
MOST_CROPS = 100


@click.command()
@targets_argument
@click.option("--top", type=Number(int, "9"), default=9, show_default=True, help="How many photos.")
@click.option("--crop", is_flag=True, help="Save a sheet of what excites the channel in them.")
@name_option
@gallery_option("Folder of the sheets.")
@json_option
def show(
    targets: tuple[str, ...],
    *,
    top: int,
    crop: bool,
    name: str,
    gallery: str | None,
    as_json: bool,
) -> None:
    """Show the photos of an index that excite channels most, the strongest first.

    TARGETS are LAYER:CHANNELS, such as conv5_1:26. The value is the largest of the channel's map
    before the activation; the column above has the share of photos that stay below it; the place is
    where it lies on the map, with * at the edge, where the photo's border excites channels as well.
    """
    if not 1 <= top <= (MOST_CROPS if crop else MOST):
        raise UserError(
            f"--top {top} should be a number from 1 to {MOST}, or with --crop to {MOST_CROPS}."
        )
    documents: list[dict[str, object]] = []
    with closing(open_index(state_folder(), name or _index_for(targets))) as index:
        reader = ExemplarReader(index)
        subject = index.facts.subject
        wanted = [
            target
            for each in typed_targets(targets, subject.model)
            for target in each.targets(lambda _: ("",) * each.layer.channels)  # noqa: B023
        ]
        for target in wanted:
            if target.model != subject.model:
                raise UserError(
                    f"The index {printable(index.name)} is of {subject.model}, not of "
                    f"{target.model}; choose another with --name."
                )
            found = reader.top(target.layer, target.channel, top)
            sheet = _save_sheet(gallery, index.name, target, found) if crop and found else None
            if as_json:
                of = Channel(target.model, subject.weights, target.layer, target.channel)
                noted = layer_annotations(gallery_folder(gallery), of).get(of.channel, NOTHING)
                documents.append(_document(target, reader.photos, found, sheet, noted))
            else:
                _say(target, reader.photos, found, sheet)
        if left := index.counts().pending:
            note(f"{counted(left, 'photo')} of {printable(index.name)} are not indexed yet.")
    if as_json:
        say_json({"channels": documents})


def _index_for(targets: Sequence[str]) -> str:
    """Return the only index of the network that the targets are of; '' for none or several."""
    state, found = state_folder(), dict[str, str]()
    for name in index_names(state):
        with contextlib.suppress(UserError), closing(open_index(state, name)) as index:
            found[name] = index.facts.subject.model
    typed = {
        model for model in found.values() if any(each.startswith(f"{model}/") for each in targets)
    }
    meant = [name for name, model in found.items() if model in (typed or {DEFAULT_NETWORK})]
    return meant[0] if len(meant) == 1 else ""


def _say(target: Target, photos: int, found: Sequence[Exemplar], sheet: Path | None) -> None:
    click.echo(f"{target}, {counted(photos, 'photo')}")
    rows = [
        (
            f"{each.value:,.1f}",
            _percent(each.below),
            f"{each.row},{each.column}{'*' if each.is_at_border else ''}",
            printable(each.path, 1000) + ("" if _is_there(each.path) else " (not there any more)"),
        )
        for each in found
    ]
    click.echo(table([HEADER, *rows], "rrll"))
    if sheet is not None:
        say_path(sheet)


def _percent(share: float) -> str:
    """Write a share so that one of all but a few photos is not rounded to all."""
    return f"{math.floor(1000 * share) / 10:.1f}%"


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _document(
    target: Target,
    photos: int,
    found: Sequence[Exemplar],
    sheet: Path | None,
    noted: Annotation,
) -> dict[str, object]:
    return {
        "target": str(target),
        "photos": photos,
        "exemplars": [
            {
                "path": str(each.path),
                "value": each.value,
                "mean": each.mean,
                "below": each.below,
                "row": each.row,
                "column": each.column,
                "border": each.is_at_border,
                "image": list(each.image),
                "crop": list(each.crop),
            }
            for each in found
        ],
        "sheet": None if sheet is None else str(sheet),
        **annotation_document(noted),
    }


def _save_sheet(
    gallery: str | None, name: str, target: Target, found: Sequence[Exemplar]
) -> Path | None:
    """Save a sheet of crops; ``None`` where none of the photos can be read any more."""
    from convscope.core.exemplars.crops import crop_of  # noqa: PLC0415  few want it
    from convscope.core.gallery.saving import ensure_savable  # noqa: PLC0415
    from convscope.core.gallery.sheets import compose, near_square, write_sheet  # noqa: PLC0415

    folder = gallery_folder(gallery) / "exemplars" / name / target.layer
    path = folder / f"{target.layer}-{target.channel:04d}-top{len(found)}-sheet.png"
    ensure_savable([path])
    pictures, names = [], [""]
    for number, each in enumerate(found, 1):
        names.append(f"{each.value:,.0f} {printable(each.path.stem, 40)}")
        try:
            pictures.append((number, crop_of(each, CROP_SIDE)))
        except UserError as error:
            note(str(error))
    if not pictures:
        return None
    title = f"{target.layer}:{target.channel} in {printable(name)}"
    write_sheet(path, compose(title, pictures, near_square(len(pictures), CROP_SIDE), names))
    return path
