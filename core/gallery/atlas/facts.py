"""What an atlas tells of its pictures: their records, without what all of them share."""

import msgspec

from convscope.core.ascent.recipes import Recipe
from convscope.core.ascent.verdicts import Verdict
from convscope.core.gallery.records import Record

FACTS_FILE = "atlas.json"
SHEET_SUFFIX = ".webp"
COLUMNS = 32
"""Tiles in a row of a sheet."""


class TileFacts(msgspec.Struct, frozen=True, array_like=True):
    """The fields of a record in which the pictures of a layer differ, besides the channel."""

    activation: float
    start_activation: float
    verdict: Verdict
    steps_run: int
    attempts: list[float]
    peak: float | None
    seconds: float
    created: str


class AtlasFacts(msgspec.Struct, frozen=True):
    """An atlas without its pixels: of each layer, these are a sheet of all pictures, row by row."""

    common: Record
    """The record of one picture; the others differ in their layer, channel, resolution, and tile's
    facts."""
    layers: dict[str, list[TileFacts]]
    """The tiles of each layer, by the channel."""
    resolutions: dict[str, int] = {}
    """Side of the pictures in pixels, by the layer; of others it is that of the one."""

    def recipe(self, layer: str) -> Recipe:
        """Return how the pictures of a layer were made."""
        recipe = self.common.recipe
        resolution = self.resolutions.get(layer, recipe.resolution)
        if resolution == recipe.resolution:  # it is asked for every tile
            return recipe
        return msgspec.structs.replace(recipe, resolution=resolution)

    def record(self, layer: str, channel: int) -> Record:
        """Return the record of a picture that is there."""
        tile = msgspec.structs.asdict(self.layers[layer][channel])
        return msgspec.structs.replace(
            self.common, layer=layer, channel=channel, recipe=self.recipe(layer), **tile
        )


def tile_facts(record: Record) -> TileFacts:
    """Return what tells a picture's record from those of its atlas."""
    return TileFacts(*(getattr(record, name) for name in TileFacts.__struct_fields__))


def tile_corner(channel: int, side: int) -> tuple[int, int]:
    """Return the left upper corner of a tile on its sheet, in pixels."""
    row, column = divmod(channel, COLUMNS)
    return column * side, row * side
