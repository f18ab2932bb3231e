"""``convscope layers``: what there is to look at."""

from dataclasses import asdict

import click

from convscope.core.catalog.models import VGG16, Model, model
from convscope.tui.commands.output import say_json, table

HEADER = ("layer", "module", "channels", "stride", "receptive field")


@click.command()
@click.option("--model", "model_name", default=VGG16.name, metavar="M", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def layers(model_name: str, as_json: bool) -> None:
    """List a model's layers and channels.

    Stride is the distance in input pixels between two neighbouring values of a map; the receptive
    field is what one value can see, in input pixels.
    """
    found = model(model_name)
    if as_json:
        say_json(
            {
                "model": found.name,
                "channels": found.channel_count,
                "layers": [_without_index(asdict(layer)) for layer in found.layers],
            }
        )
    else:
        click.echo(_text(found))


def _text(found: Model) -> str:
    rows = [
        (
            layer.name,
            layer.path,
            f"{layer.channels:,}",
            f"{layer.stride} px",
            f"{layer.receptive_field} px",
        )
        for layer in found.layers
    ]
    listing = table([HEADER, *rows], ("left", "left", "right", "right", "right"))
    return f"{listing}\n\n{found.name}: {len(rows)} layers, {found.channel_count:,} channels"


def _without_index(layer: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in layer.items() if key != "index"}
