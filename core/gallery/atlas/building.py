"""Making an atlas out of the pictures of a gallery. It imports Pillow."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import msgspec
from PIL import Image

from convscope.core.gallery.atlas.facts import (
    COLUMNS,
    FACTS_FILE,
    SHEET_SUFFIX,
    AtlasFacts,
    tile_corner,
    tile_facts,
)
from convscope.core.gallery.paths import picture_path
from convscope.core.gallery.pictures import read_picture
from convscope.core.system.errors import UserError
from convscope.core.system.files import replace_file
from convscope.core.system.text import printable
from convscope.core.tasks.visualize import Visualize

QUALITY = 28
"""Of WebP, from 0 to 100."""


def build_atlas(
    folder: Path, gallery: Path, tasks: Sequence[Visualize], kept: AtlasFacts | None = None
) -> None:
    """Write a sheet for each layer, and then what all pictures came to.

    Args:
        folder: where the atlas belongs.
        gallery: the folder of the pictures.
        tasks: theirs; of each layer all channels, in order, and alike in all else; layers may
            differ in their resolution.
        kept: what is in the folder already, of which layers without tasks stay.

    Raises:
        UserError: a picture is missing or damaged, or is not like the others.
        OSError: a file cannot be written.
    """
    layers = dict(kept.layers) if kept else {}
    resolutions = dict(kept.resolutions) if kept else {}
    common = kept.common if kept else None
    for layer in dict.fromkeys(task.layer for task in tasks):
        paths = [picture_path(gallery, task) for task in tasks if task.layer == layer]
        found = [read_picture(path) for path in paths]
        common = common or found[0][1]
        layers[layer] = [tile_facts(record) for _, record in found]
        resolutions[layer] = found[0][1].recipe.resolution
        facts = AtlasFacts(common, layers, resolutions)
        for channel, (path, (_, record)) in enumerate(zip(paths, found, strict=True)):
            if facts.record(layer, channel) != record:
                raise UserError(
                    f"{printable(path)} was made in another way than the first picture; make all "
                    "of them on one machine, with one version."
                )
        _write_sheet(folder / f"{layer}{SHEET_SUFFIX}", [image for image, _ in found])
    replace_file(folder / FACTS_FILE, lambda file: file.write(msgspec.json.encode(facts)))


def _write_sheet(path: Path, images: Sequence[Image.Image]) -> None:
    side = images[0].width
    rows = -(-len(images) // COLUMNS)
    sheet = Image.new("RGB", (min(len(images), COLUMNS) * side, rows * side))
    for channel, image in enumerate(images):
        sheet.paste(image, tile_corner(channel, side))
    file = BytesIO()
    sheet.save(file, "WEBP", quality=QUALITY, method=6)
    replace_file(path, lambda opened: opened.write(file.getvalue()))
