"""``convscope atlas LAYER…``: one HTML file that shows layers, to put on a web page or hand on."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from convscope.core.ascent.recipes import DEFAULT_PRESET, PRESETS, preset
from convscope.core.catalog.networks import Layer
from convscope.core.catalog.own import own_network
from convscope.core.catalog.targets import typed_targets
from convscope.core.system.errors import UserError
from convscope.core.system.folders import gallery_folder
from convscope.tui.commands.bar import Bar
from convscope.tui.commands.configured import Configured
from convscope.tui.commands.exemplars.access import complete_indexes
from convscope.tui.commands.options import typed_options
from convscope.tui.commands.output import note, say_json, say_path
from convscope.tui.commands.outputs import check_output
from convscope.tui.commands.parameters import (
    Number,
    TypedFile,
    complete_files,
    complete_targets,
    completer,
    device_option,
    gallery_option,
    json_option,
    with_subject_options,
)
from convscope.tui.commands.photos import TypedPhotos
from convscope.tui.commands.settings import check_device
from convscope.tui.commands.subjects import Choice, ChosenNetwork, Typed, choice_of

MOST_CROPS = 25
"""Photos that are shown of a channel."""


@click.command(cls=Configured)
@click.argument("layers", nargs=-1, metavar="LAYER…", shell_complete=complete_targets)
@click.option(
    "--out",
    metavar="FILE.html",
    type=TypedFile("The page"),
    help="Where to save the page.",
)
@click.option(
    "--photo",
    "photos",
    metavar="PHOTO",
    multiple=True,
    help="Add what the channels see in a photo, or in those of a folder; may be repeated.",
    shell_complete=complete_files,
)
@click.option(
    "--exemplars",
    "index",
    metavar="NAME",
    help="Name of an index of photos; the largest that has the layer unless given.",
    shell_complete=complete_indexes,
)
@click.option("--no-exemplars", is_flag=True, help="Leave out the photos of indexes.")
@click.option(
    "--top",
    type=Number(int, "9"),
    default=9,
    show_default=True,
    help="How many photos of the index to show for each channel.",
)
@click.option(
    "--preset",
    "preset_name",
    default=DEFAULT_PRESET,
    show_default=True,
    metavar="NAME",
    help="Which picture to show for a channel that has several; drafts come last.",
    shell_complete=completer(lambda: PRESETS),
)
@device_option()
@with_subject_options
@gallery_option("Folder of the pictures.")
@json_option
@click.pass_context
def page(
    context: click.Context,
    /,
    *,
    layers: tuple[str, ...],
    out: Path | None,
    photos: tuple[str, ...],
    index: str | None,
    no_exemplars: bool,
    top: int,
    preset_name: str,
    device: str,
    gallery: str | None,
    as_json: bool,
    **subject: Any,  # noqa: ANN401  as its options read it
) -> int:
    """Make a page that shows all channels of layers, and print its path.

    A LAYER is conv5_1, or some of its channels: conv5_1:0-99. The page is one file, with all
    pictures inside, that any browser opens without an internet connection. It shows the best
    picture of each channel that the gallery has; none are made now.
    """
    if out is None:
        raise UserError("Say where to save the page; add for example --out atlas.html.")
    check_output(out, "--out", ".html")
    if index is not None and no_exemplars:
        raise UserError("--exemplars names an index, --no-exemplars wants none; leave one out.")
    if not 1 <= top <= MOST_CROPS:
        raise UserError(f"--top {top} should be a number from 1 to {MOST_CROPS}.")
    typed = typed_options(**subject)
    choice = choice_of(typed, context.obj.config, here=bool(photos), note=note)
    chosen, channels = chosen_layers(layers, choice, here=bool(photos))
    from convscope.tui.commands.atlas.gathering import Gathering  # noqa: PLC0415  NumPy, Pillow
    from convscope.tui.commands.atlas.writing import write_page  # noqa: PLC0415

    with Bar(estimates=True) as bar:
        gathering = Gathering(
            chosen=chosen,
            gallery=gallery_folder(gallery),
            preset=preset(preset_name).preset,
            typed_photos=[TypedPhotos(each) for each in photos],
            device=check_device(device),
            index=index,
            top=0 if no_exemplars else top,
            bar=bar,
        )
        make = _make_command(chosen, typed, gallery)
        written = write_page(out, gathering.contents(channels), make, bar)
    for sentence in written.sentences():
        note(sentence)
    if as_json:
        say_json(written.document())
    else:
        say_path(out)
    return 0


def chosen_layers(
    words: Sequence[str], choice: Choice, *, here: bool
) -> tuple[ChosenNetwork, Mapping[Layer, Sequence[int]]]:
    """Return the network, and the layers that were named with the channels of each.

    Args:
        words: ``LAYER`` or ``LAYER:CHANNELS``, each.
        choice: the network and its weights.
        here: see :class:`ChosenNetwork`.

    Raises:
        UserError: there is no such layer or channel, or they are of several networks; the weights
            do not reach one.
    """
    if not words:
        raise UserError("No layer was named; write for example conv5_1, or conv5_1:0-99.")
    typed = typed_targets([_with_channels(word) for word in words], choice.model)
    models = dict.fromkeys(each.network.name for each in typed)
    if len(models) > 1:
        raise UserError(
            f"A page is of one network, but the layers are of {' and '.join(models)}; make a page "
            "of each."
        )
    chosen = ChosenNetwork(typed[0].network.name, choice, here=here, note=note)
    layers: dict[Layer, dict[int, None]] = {}
    for each in typed:
        chosen.check(each.layer)
        channels = (target.channel for target in each.targets(lambda _: chosen.classes))
        layers.setdefault(each.layer, {}).update(dict.fromkeys(channels))
    return chosen, {layer: list(channels) for layer, channels in layers.items()}


def _with_channels(word: str) -> str:
    """Return a target: completion leaves a colon behind a layer."""
    layer, _, channels = word.partition(":")
    return f"{layer}:{channels or '*'}"


def _make_command(chosen: ChosenNetwork, typed: Typed, gallery: str | None) -> list[str]:
    """Return the words of the command that queues drafts for what was asked for."""
    name = chosen.network.name
    options = {"weights": typed.weights, "normalize": typed.normalize, "gallery": gallery}
    return [
        *("convscope", "atlas", "make", str(own_network(name) or name)),
        *(word for option, value in options.items() if value for word in (f"--{option}", value)),
    ]
