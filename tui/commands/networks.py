"""``convscope networks``: which networks there are, and what is known of one."""

import click

from convscope.core.catalog.networks import Network, network, networks
from convscope.core.catalog.published import published
from convscope.core.catalog.weights import EMBEDDED, EMBEDDED_NAME, weights_names
from convscope.tui.commands.output import say_json, table
from convscope.tui.commands.parameters import complete_networks, json_option

HEADER = ("network", "layers", "channels", "input", "weights")
WEIGHTS_HEADER = ("weights", "where", "normalize")


@click.command("networks")
@click.argument("name", required=False, metavar="[NETWORK]", shell_complete=complete_networks)
@json_option
def networks_command(name: str | None, as_json: bool) -> None:
    """List the networks, or the facts about one and its weights.

    Weights that are not here are downloaded when they are first used; their size is shown.
    """
    if name is not None:
        found = network(name)
        if as_json:
            say_json(_document(found))
        else:
            click.echo(_facts(found))
    elif as_json:
        say_json({"networks": [_document(each) for each in networks().values()]})
    else:
        click.echo(table([HEADER, *map(_row, networks().values())], "lrrrl"))
        click.echo("\nconvscope networks NETWORK shows more about one.")


def _row(found: Network) -> tuple[str, ...]:
    is_embedded = EMBEDDED_NAME in weights_names(found.name)
    return (
        found.name,
        str(len(found.layers)),
        f"{found.channel_count:,}",
        f"{found.input_size} px",
        EMBEDDED_NAME if is_embedded else published(found.name)[0].where,
    )


def _facts(found: Network) -> str:
    blocks = len({layer.block for layer in found.layers if layer.block})
    last = found.classifier
    classes = f"{found.classes:,}, {last.name}:0-{last.channels - 1}" if last else "none"
    facts = [
        ("network", found.name),
        ("layers", f"{len(found.layers)}{f' in {blocks} blocks' if blocks else ''}"),
        ("channels", f"{found.channel_count:,}"),
        ("input", f"{found.input_size} px, at least {found.smallest_input} px"),
        ("classes", classes),
    ]
    weights = [(each.name, each.where, each.normalization) for each in published(found.name)]
    if EMBEDDED_NAME in weights_names(found.name):
        weights.insert(0, (EMBEDDED_NAME, "here", EMBEDDED.usual_normalization))
    return (
        f"{table(facts, 'll')}\n\n{table([WEIGHTS_HEADER, *weights], 'lll')}\n\n"
        f"The first are used unless you name others; convscope layers {found.name} lists layers."
    )


def _document(found: Network) -> dict[str, object]:
    embedded = [{"name": EMBEDDED_NAME, "here": True}]
    return {
        "name": found.name,
        "layers": len(found.layers),
        "channels": found.channel_count,
        "input": found.input_size,
        "smallest_input": found.smallest_input,
        "normalize": found.normalization,
        "classes": found.classes,
        "classifier": found.classifier.name if found.classifier else None,
        "weights": (embedded if EMBEDDED_NAME in weights_names(found.name) else [])
        + [
            {"name": each.name, "here": each.is_here, "megabytes": round(each.megabytes, 1)}
            for each in published(found.name)
        ],
    }
