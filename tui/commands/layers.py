"""``convscope layers``: what there is to look at."""

import click

from convscope.core.catalog.networks import DEFAULT_NETWORK, Layer, Network, network
from convscope.tui.commands.output import say_json, table
from convscope.tui.commands.parameters import json_option

HEADER = ("layer", "module", "channels", "stride", "receptive field")


@click.command()
@click.option("--model", "model_name", default=DEFAULT_NETWORK, metavar="M", show_default=True)
@json_option
def layers(model_name: str, as_json: bool) -> None:
    """List a model's layers and channels.

    Stride is the distance in input pixels between two neighbouring values of a map; the receptive
    field is what one value can see, in input pixels.
    """
    found = network(model_name)
    if as_json:
        say_json(
            {
                "model": found.name,
                "channels": found.channel_count,
                "layers": [_document(layer) for layer in found.layers],
            }
        )
    else:
        click.echo(_text(found))


def _text(found: Network) -> str:
    rows = [
        (
            layer.name,
            layer.node,
            f"{layer.channels:,}",
            f"{layer.stride} px",
            f"{layer.field} px",
        )
        for layer in found.layers
    ]
    listing = table([HEADER, *rows], "llrrr")
    return f"{listing}\n\n{found.name}: {len(rows)} layers, {found.channel_count:,} channels"


def _document(layer: Layer) -> dict[str, object]:
    return {
        "name": layer.name,
        "path": layer.node,
        "channels": layer.channels,
        "stride": layer.stride,
        "receptive_field": layer.field,
    }
