"""A photo of four colours, and what the channels of a layer see in it: whole quarters."""

from pathlib import Path

import numpy as np

from convscope.core.catalog.geometry import Field, Window
from convscope.core.catalog.networks import network
from convscope.core.gallery.maps_files import encoded_maps
from convscope.core.gallery.records import MapsRecord
from convscope.core.system.photos import Framing, read_photo
from tests.explorer.driving import explore, paste, settle, until
from tests.explorer.fakes import FakeFeed, image

SIDE = 14


def values(channels: int) -> np.ndarray:
    """``(channels, 14, 14)``: one quarter of each is strong, the more the higher ``n % 7`` is."""
    found = np.full((channels, SIDE, SIDE), -5.0, np.float32)
    for n in range(channels):
        row, column = divmod(n % 4, 2)
        found[n, row * 7 : row * 7 + 7, column * 7 : column * 7 + 7] = 10 + n % 7
        found[n, row * 7 + 3, column * 7 + 4] = 30 + 10 * (n % 7)
    return found


def photo(folder: Path, name: str = "cat.png", width: int = 48) -> Path:
    """Save a photo."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    image(3, width).save(path)
    return path


def maps(feed: FakeFeed, path: Path, layer: str = "conv5_3") -> None:
    """Have the worker made the maps of a layer over a photo."""
    read = read_photo(path)
    record = MapsRecord(
        photo=read.digest, model="vgg16", weights="embedded", weights_sha256="",
        normalization="caffe", layer=layer, framing=Framing.of(read.image.size, 224),
        field=Field(Window(16, -90, 105), Window(16, -90, 105), "exact"),
        strong=60.0, extreme=60.0, seconds=0.1, device="test",
    )  # fmt: skip
    channels = network("vgg16").layer(layer).channels
    file = path.with_name(f"{layer}.npy")
    file.write_bytes(encoded_maps(values(channels), record))
    feed.maps[layer] = file


async def look(pilot, path: Path) -> None:
    """Open a photo as a person does, and wait until it is shown."""
    await pilot.press("I")
    await paste(pilot, path)
    await pilot.press("enter")
    screen = explore(pilot)
    await until(pilot, lambda: screen.source is screen.sources.photo)
    await settle(pilot)
