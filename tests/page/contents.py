"""Contents of pages that are the same on every machine; nothing here needs torch."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from PIL import Image

from convscope.core.ascent.recipes import DRAFT
from convscope.core.catalog.geometry import Field, Window
from convscope.core.catalog.networks import network
from convscope.core.catalog.subjects import Subject
from convscope.core.exemplars.reader import ExemplarReader
from convscope.core.gallery.annotations import Annotation
from convscope.core.gallery.best_pictures import pictures_of_layer
from convscope.core.gallery.page.contents import (
    LayerContents,
    LayerExemplars,
    PageContents,
    PhotoMaps,
    layer_exemplars,
)
from convscope.core.gallery.paths import picture_path
from convscope.core.gallery.records import MapsRecord
from tests.explorer.indexes import indexed
from tests.samples import job, record_of, write_picture

VGG16 = network("vgg16")
SIZE = (275, 182)
"""Of what the network was given of the photo."""


def draw(gallery: Path, target: str, activation: float, verdict: str = "excited") -> Path:
    """Put a draft of a channel into a gallery, of a colour that follows from its number."""
    task = job(target, recipe=DRAFT)
    colour = (task.channel * 67 % 256, task.channel * 31 % 256, 90)
    record = record_of(task, verdict=verdict)
    path = picture_path(gallery, task)
    image = Image.new("RGB", (64, 64), colour)
    write_picture(path, image, msgspec.structs.replace(record, activation=activation))
    return path


def maps_of(layer: str, name: str = "cat.jpg", size: tuple[int, int] = SIZE) -> PhotoMaps:
    """Maps that were never computed; channel 7 has the highest peak."""
    known = VGG16.layer(layer)
    rows, columns = size[1] // known.stride, size[0] // known.stride
    values = np.random.default_rng(0).random((known.channels, rows, columns), np.float32)
    values[7, rows // 2, columns // 4] = 9
    window = Window(known.stride, -known.field // 2, known.field // 2)
    record = MapsRecord(
        photo="ab" * 32,
        model="vgg16",
        weights="embedded",
        weights_sha256="",
        normalization="caffe",
        layer=layer,
        framing=(0, 0, 2 * size[0], 2 * size[1], *size),
        field=Field(window, window, "exact"),
        strong=2.0,
        extreme=2.0,
        seconds=0.1,
        device="a CPU",
    )
    photo = Image.new("RGB", (2 * size[0], 2 * size[1]), (180, 120, 60))
    return PhotoMaps(name, photo, record, values, "post")


def exemplars_of(state: Path, layer: str, channels: Sequence[int]) -> LayerExemplars:
    """The strongest of seven photos."""
    return layer_exemplars(ExemplarReader(indexed(state, [layer])), layer, channels, 4)


def two_layers(gallery: Path, state: Path) -> PageContents:
    """A page of two layers: ten channels with all there is, and six with pictures alone, of which
    two are annotated.

    Of conv5_3, 3 is silent, 4 is weak and 9 has no picture; the activations fall with the numbers.
    """
    verdicts = {3: "silent", 4: "weak"}
    for channel in range(9):
        verdict = verdicts.get(channel, "excited")
        draw(gallery, f"conv5_3:{channel}", 900 - 100 * channel, verdict)
    for channel in range(6):
        draw(gallery, f"conv1_1:{channel}", channel + 0.5)
    pictures = pictures_of_layer(gallery, Subject(), VGG16.layer("conv5_3"))
    del pictures[9]  # the atlas has one
    deep, first = VGG16.layer("conv5_3"), VGG16.layer("conv1_1")
    subject, channels = Subject(), range(10)
    return PageContents(
        subject,
        [
            LayerContents(
                deep,
                channels,
                pictures=pictures,
                maps=[maps_of("conv5_3")],
                exemplars=exemplars_of(state, "conv5_3", channels),
            ),
            LayerContents(
                first,
                range(6),
                pictures=pictures_of_layer(gallery, subject, first),
                noted={
                    1: Annotation(True, ("edges", "Warm"), "from <b>left</b> to right"),
                    4: Annotation(False, ("edges",)),
                },
            ),
        ],
    )
