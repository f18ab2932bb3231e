"""Presets fitted to networks of other kinds than VGG16, for which they were made. No torch.

What differs stands in ``tunings.json`` of the catalogue. It was calibrated on a MobileNetV2 with
real weights: with VGG16's numbers its deep layers end in hard contrasts of black and white, with
these ones, which excite them as much, a person can tell animals.
"""

from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files

import msgspec

from convscope.core.ascent.recipes import PRESETS, Recipe
from convscope.core.catalog.networks import Layer, Network


def fitted(recipe: Recipe, network: Network, layer: Layer, chosen: Collection[str] = ()) -> Recipe:
    """Return a recipe with the numbers that suit a network in place of its preset's own.

    Images are also as large as the layer needs for a map worth it: see :meth:`Network.draft_side`.
    Numbers that differ from the preset's stay: somebody chose them.

    Args:
        recipe: made from a preset, or already fitted.
        network: what the image is for.
        layer: of the network.
        chosen: fields that stay although they have the preset's numbers.
    """
    return _swap(recipe, PRESETS.get(recipe.preset), suited(recipe.preset, network, layer), chosen)


def unfitted(recipe: Recipe, network: Network, layer: Layer) -> Recipe:
    """Return the recipe that :func:`fitted` made another one of, for use with other networks."""
    return _swap(recipe, suited(recipe.preset, network, layer), PRESETS.get(recipe.preset))


def suited(preset: str, network: Network, layer: Layer) -> Recipe | None:
    """Return a preset as it suits a layer of a network; ``None`` where none has that name."""
    recipe = _presets("branching" if network.is_branching else "plain").get(preset)
    if recipe is None:
        return None
    side = max(recipe.resolution, network.draft_side(layer))
    return msgspec.structs.replace(recipe, resolution=side)


def _swap(
    recipe: Recipe, old: Recipe | None, new: Recipe | None, kept: Collection[str] = ()
) -> Recipe:
    """Replace the numbers in which a recipe is like an old one by those of a new one."""
    if old is None or new is None:
        return recipe
    swapped = {
        name: getattr(new, name)
        for name in Recipe.__struct_fields__
        if name not in kept and getattr(recipe, name) == getattr(old, name)
    }
    return msgspec.structs.replace(recipe, **swapped)


@cache
def _presets(kind: str) -> Mapping[str, Recipe]:
    """Return all presets for networks of a kind: ``branching``, or ``plain`` as VGG16."""
    content = (files("convscope.core.catalog") / "tunings.json").read_bytes()
    numbers = msgspec.json.decode(content, type=dict[str, dict[str, dict[str, object]]])
    return {
        name: msgspec.convert(
            msgspec.to_builtins(recipe) | numbers.get(kind, {}).get(name, {}), Recipe
        )
        for name, recipe in PRESETS.items()
    }
