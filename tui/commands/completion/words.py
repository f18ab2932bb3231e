"""The words that can stand for a target, a preset, a device, graphics or a folder."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

DEVICES = {
    "auto": "the best that torch sees",
    "cpu": "the processor",
    "cuda": "the first GPU",
    "cuda:0": "a GPU by its number",
    "cuda:1": "a GPU by its number",
    "mps": "the GPU of a Mac",
}
"""Which of them are there only torch could say, and loading it takes longer than a key may."""


def complete_targets(
    context: click.Context, parameter: click.Parameter, word: str
) -> "list[CompletionItem]":
    """Offer layers up to the colon; which channels to look at nobody can foresee."""
    from convscope.core.catalog.networks import DEFAULT_NETWORK, networks  # noqa: PLC0415  other commands pay nothing

    name, slash, start = word.rpartition("/")
    found = networks().get(name if slash else DEFAULT_NETWORK)
    layers = [
        _item(f"{name}{slash}{layer.name}:", help=f"{layer.channels} channels")
        for layer in (found.layers if found else ())
        if f"{layer.name}:".startswith(start) and f"{layer.name}:" != start
    ]
    models = [
        _item(f"{each.name}/", help=f"{each.channel_count:,} channels")
        for each in networks().values()
        if word and not slash and each.name.startswith(word)
    ]
    return [*layers, *models]


def complete_presets(
    context: click.Context, parameter: click.Parameter, word: str
) -> "list[CompletionItem]":
    """Offer the presets."""
    from convscope.core.ascent.recipes import PRESETS  # noqa: PLC0415

    return [
        _item(name, help=f"{recipe.resolution} px, {recipe.steps} steps, {recipe.parameterization}")
        for name, recipe in PRESETS.items()
        if name.startswith(word)
    ]


def complete_devices(
    context: click.Context, parameter: click.Parameter, word: str
) -> "list[CompletionItem]":
    """Offer names of devices."""
    return [_item(name, help=what) for name, what in DEVICES.items() if name.startswith(word)]


def complete_graphics(
    context: click.Context, parameter: click.Parameter, word: str
) -> "list[CompletionItem]":
    """Offer the ways to draw finished pictures."""
    from convscope.tui.looks import GRAPHICS  # noqa: PLC0415

    return [_item(name, help=what) for name, what in GRAPHICS.items() if name.startswith(word)]


def complete_normalizations(
    context: click.Context, parameter: click.Parameter, word: str
) -> "list[CompletionItem]":
    """Offer the names of what weights may expect."""
    from convscope.core.catalog.normalization import NAMED  # noqa: PLC0415

    return [_item(name) for name in NAMED if name.startswith(word)]


def complete_weights(
    context: click.Context, parameter: click.Parameter, word: str
) -> "list[CompletionItem]":
    """Offer the names of weights that begin so, or leave it to the shell to offer files."""
    from convscope.core.catalog.networks import DEFAULT_NETWORK  # noqa: PLC0415
    from convscope.core.catalog.weights import weights_names  # noqa: PLC0415

    names = [name for name in weights_names(DEFAULT_NETWORK) if name.startswith(word)]
    return [*(_item(name) for name in names if word), _item(word, type="file")]


def complete_folders(
    context: click.Context, parameter: click.Parameter, word: str
) -> "list[CompletionItem]":
    """Leave it to the shell to offer folders."""
    return [_item(word, type="dir")]


def _item(value: str, *, type: str = "plain", help: str | None = None) -> "CompletionItem":
    from click.shell_completion import CompletionItem  # noqa: PLC0415

    return CompletionItem(value, type=type, help=help)
