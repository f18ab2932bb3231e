"""Presets fitted to the layer and network that an image is for. No torch.

They were made for VGG16. What differs for networks of other kinds stands in ``tunings.json`` of the
catalogue. It was calibrated on a MobileNetV2 with real weights: with VGG16's numbers its deep
layers end in hard contrasts of black and white, with these ones, which excite them as much, a
person can tell animals.
"""

import math
from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files

import msgspec

from convscope.core.ascent.recipes import DRAFT, PRESETS, Recipe
from convscope.core.catalog.networks import Layer, Network

SMALLEST_DRAFT = 32
"""Pixels along a side: a texture of a few pixels is repeated often enough to be seen as one."""
DRAFT_FIELDS = 1.5
DRAFT_STEP = 8


def fitted(recipe: Recipe, network: Network, layer: Layer, chosen: Collection[str] = ()) -> Recipe:
    """Return a recipe with the numbers that suit a network in place of its preset's own.

    Images are also as large as the layer needs for a map worth it: see :meth:`Network.draft_side`;
    drafts of layers that see little of an image are smaller: see :func:`draft_resolution`.
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
    wanted = draft_resolution(layer) if preset == DRAFT.preset else recipe.resolution
    side = max(wanted, network.draft_side(layer))
    return msgspec.structs.replace(recipe, resolution=side)


def draft_resolution(layer: Layer) -> int:
    """Return the side of a layer's drafts in pixels, by how much of an image the layer sees.

    It holds a receptive field one and a half times, in steps of 8 pixels. A person looks at drafts
    in tiles a dozen pixels wide, which average the fine textures of low layers to grey where an
    image shows many of them.
    """
    if not layer.field:
        return DRAFT.resolution
    side = DRAFT_STEP * math.ceil(DRAFT_FIELDS * layer.field / DRAFT_STEP)
    return min(max(SMALLEST_DRAFT, side), DRAFT.resolution)


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
