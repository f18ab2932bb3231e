"""``convscope layers``: what there is to look at."""

import click
from click.core import ParameterSource

from convscope.core.catalog.networks import DEFAULT_NETWORK, Layer, Network
from convscope.core.system.errors import UserError
from convscope.tui.commands.configured import Configured
from convscope.tui.commands.output import note, say_json, table
from convscope.tui.commands.parameters import complete_networks, json_option, model_option
from convscope.tui.commands.subjects import named_network

HEADER = ("layer", "module", "kind", "channels", "stride", "receptive field", "block")
ALIGNS = "lllrrrl"
FIELDS = {"exact": "{} px", "gated": "{} px, gated", "whole": "the image"}
"""How a receptive field is written, by what is known of it."""


@click.command(cls=Configured, says_mistakes=False)
@click.argument("name", required=False, metavar="[NETWORK]", shell_complete=complete_networks)
@model_option
@click.option("--all", "shows_all", is_flag=True, help="List the layers within blocks as well.")
@json_option
@click.pass_context
def layers(
    context: click.Context, name: str | None, model: str | None, shows_all: bool, as_json: bool
) -> None:
    """List a network's layers and channels.

    Stride is the distance in input pixels between two neighbouring values of a map; the receptive
    field is what one value can see, in input pixels: gated where what lies outside still scales
    whole channels. Of a long list, only the outputs of blocks are shown.
    """
    is_typed = context.get_parameter_source("model") is ParameterSource.COMMANDLINE
    if name is not None and is_typed and name != model:
        raise UserError(f"Two networks were named, {name} and --model {model}; leave one out.")
    found = named_network(name or model or DEFAULT_NETWORK, here=False, note=note)
    if as_json:
        say_json(
            {
                "model": found.name,
                "channels": found.channel_count,
                "layers": [_document(layer) for layer in found.layers],
            }
        )
    else:
        click.echo(_text(found, shows_all=shows_all))


def _text(found: Network, *, shows_all: bool) -> str:
    shown = found.layers if shows_all else found.main_layers
    rows = [
        (
            layer.name,
            layer.module,
            layer.kind,
            f"{layer.channels:,}",
            f"{layer.stride} px",
            FIELDS[layer.reach].format(layer.field),
            layer.block,
        )
        for layer in shown
    ]
    columns = zip(HEADER, ALIGNS, zip(*rows, strict=True), strict=True)
    headers, aligns, cells = zip(*(each for each in columns if any(each[2])), strict=True)
    lines = [table([headers, *zip(*cells, strict=True)], "".join(aligns)), ""]
    if len(shown) < len(found.layers):
        lines.append(
            f"These are the outputs of its blocks; convscope layers {found.name} --all lists all."
        )
    if found.head:
        names = ", ".join(layer.name for layer in found.head)
        lines.append(f"{names} need weights of the whole network, such as IMAGENET1K_V1.")
    lines.append(f"{found.name}: {len(found.layers)} layers, {found.channel_count:,} channels")
    return "\n".join(lines)


def _document(layer: Layer) -> dict[str, object]:
    return {
        "name": layer.name,
        "path": layer.node,
        "kind": layer.kind,
        "block": layer.block,
        "channels": layer.channels,
        "stride": layer.stride,
        "receptive_field": layer.field,
        "field_status": layer.reach,
    }
