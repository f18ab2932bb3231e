"""``convscope maps``: what the channels of a layer see in a photo."""

from pathlib import Path
from typing import Any, Literal, get_args

import click

from convscope.core.ascent.recipes import Tap
from convscope.core.catalog.networks import Layer
from convscope.core.catalog.targets import parse_channels, typed_targets
from convscope.core.gallery.annotation_index import layer_annotations
from convscope.core.system.errors import UserError
from convscope.core.system.folders import gallery_folder
from convscope.core.tasks.feature_maps import FeatureMaps
from convscope.tui.commands.configured import Configured
from convscope.tui.commands.options import typed_options
from convscope.tui.commands.output import note, say_json, say_path
from convscope.tui.commands.parameters import (
    Number,
    TypedFile,
    complete_files,
    complete_targets,
    device_option,
    gallery_option,
    json_option,
    with_network_options,
)
from convscope.tui.commands.photos import TypedPhotos
from convscope.tui.commands.settings import check_device
from convscope.tui.commands.subjects import Choice, ChosenNetwork, choice_of

Scale = Literal["layer", "channel", "photos"]


@click.command(cls=Configured)
@click.argument("photo", shell_complete=complete_files)
@click.argument("target", metavar="LAYER[:CHANNELS]", shell_complete=complete_targets)
@click.option(
    "--top",
    type=Number(int, "40"),
    default=40,
    show_default=True,
    help="How many of the strongest channels, where none are named.",
)
@click.option("--sheet", "as_sheet", is_flag=True, help="Save one sheet of maps for each photo.")
@click.option(
    "--npz",
    metavar="FILE",
    type=TypedFile("The file of --npz"),
    help="Save the numbers instead, as float32 (channels, h, w), with what they belong to.",
)
@click.option(
    "--scale",
    type=click.Choice(get_args(Scale)),
    default="layer",
    show_default=True,
    help="What the brightest colour stands for: the 99.9% quantile of the layer, or of all the "
    "photos, or each channel's own peak.",
)
@click.option(
    "--tap",
    type=click.Choice(get_args(Tap)),
    help="Maps before or after the ReLU; after it unless given, if there is one.",
)
@device_option()
@with_network_options
@gallery_option("Folder of the pictures.")
@json_option
@click.pass_context
def maps(
    context: click.Context,
    /,
    *,
    photo: str,
    target: str,
    top: int,
    as_sheet: bool,
    npz: Path | None,
    scale: Scale,
    tap: Tap | None,
    device: str,
    gallery: str | None,
    as_json: bool,
    **subject: Any,  # noqa: ANN401  as its options read it
) -> int:
    """Show what the channels of a layer see in a photo.

    PHOTO is a file, a folder of them, or - for standard input. Each map becomes a picture in the
    gallery, as large as the network's input; the paths are printed, the strongest channel first.
    """
    choice = choice_of(typed_options(**subject), context.obj.config, here=True, note=note)
    layer, channels, chosen = _target(target, choice)
    if top < 1:
        raise UserError(f"--top {top} shows nothing; write 1 or more.")
    photos = TypedPhotos(photo)
    if npz is not None and photos.is_folder:
        raise UserError(
            "--npz is for one photo; name a file, or run it for each photo of the folder."
        )
    task = FeatureMaps(
        photo=b"",
        sha256="",
        model=chosen.network.name,
        layer=layer.name,
        weights=chosen.weights,
        normalization=chosen.normalization,
    )
    from convscope.tui.commands.photo_looks import Drawing, PhotoLooks, document, save_numbers  # noqa: PLC0415  NumPy

    tap = tap or ("post" if layer.is_activated else "pre")
    looks = PhotoLooks(photos, task, check_device(device))
    drawing = Drawing(gallery_folder(gallery), tap, per_channel=scale == "channel")
    if scale == "photos":
        drawing.scale = looks.largest(tap)
    documents = []
    noted = layer_annotations(gallery_folder(gallery), task) if as_json else {}
    for look in looks:
        shown = channels or look.strongest(top)
        if npz is not None:
            paths = [save_numbers(npz, look, channels, tap)]
        else:
            paths = drawing.sheet(look, shown) if as_sheet else drawing.pictures(look, shown)
        if as_json:
            is_each = len(paths) == len(shown)
            documents.append(document(look, shown, paths, tap, noted, is_each=is_each))
        else:
            for path in paths:
                say_path(path)
    if as_json:
        say_json({"photos": documents})
    return 0


def _target(text: str, choice: Choice) -> tuple[Layer, list[int], ChosenNetwork]:
    """Return the layer, the channels that were named, if any, and the network with its weights."""
    (typed,) = typed_targets([text if ":" in text else f"{text}:*"], choice.model)
    layer = typed.layer
    if layer.kind == "fc":
        before = [each.name for each in typed.network.layers if each.kind != "fc"]
        raise UserError(
            f"{layer.name} has no maps, only one number for the whole photo; name a layer before "
            f"it, such as {before[-1]}."
        )
    choice.check({typed.network.name})
    chosen = ChosenNetwork(typed.network.name, choice, here=True, note=note)
    return layer, parse_channels(typed.channels, layer) if ":" in text else [], chosen
