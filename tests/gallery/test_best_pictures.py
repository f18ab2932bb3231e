"""Which of a channel's pictures shows best what it looks for."""

from pathlib import Path

import msgspec
from PIL import Image

from convscope.core.ascent.recipes import DRAFT, PRESETS, override
from convscope.core.catalog.networks import network
from convscope.core.catalog.subjects import Subject
from convscope.core.catalog.weights import Weights
from convscope.core.gallery.atlas.reader import Tile
from convscope.core.gallery.best_pictures import (
    ChannelPicture,
    FoundPicture,
    pictures_of_layer,
    read_first,
)
from convscope.core.gallery.paths import picture_path
from convscope.core.tasks.visualize import Visualize
from tests.samples import from_photo, job, record_of, save, write_picture

CRISP, VIVID, CLASSIC = (PRESETS[name] for name in ("crisp", "vivid", "classic"))


def excite(gallery: Path, task: Visualize, activation: float) -> Path:
    """Put a picture into a gallery that excites its channel so much."""
    path = picture_path(gallery, task)
    record = msgspec.structs.replace(record_of(task), activation=activation)
    write_picture(path, Image.new("RGB", (16, 16)), record)
    return path


def pictures(gallery: Path, **settings: str) -> list[ChannelPicture]:
    """Those of channel 5 of conv5_3, the best first."""
    return pictures_of_layer(gallery, Subject(), network("vgg16").layer("conv5_3"), **settings)[5]


def found_in(gallery: Path, **settings: str) -> list[Path]:
    """Where they lie, besides the last one, which is the atlas's."""
    *found, last = pictures(gallery, **settings)
    assert isinstance(last, Tile)
    return [each.path for each in found if isinstance(each, FoundPicture)]


def test_in_full_comes_before_a_draft_then_the_preset_the_size_the_activation(
    gallery: Path,
) -> None:
    target = "conv5_3:5"
    wanted = [
        excite(gallery, job(target, recipe=override(CRISP, resolution=256)), 1),
        excite(gallery, job(target, recipe=CRISP, seed=2), 300),
        excite(gallery, job(target, recipe=CRISP, seed=1), 200),
        excite(gallery, job(target, recipe=VIVID), 5000),
        excite(gallery, job(target, recipe=CLASSIC), 9000),
        excite(gallery, job(target, recipe=DRAFT), 9999),
    ]
    assert found_in(gallery) == wanted
    assert found_in(gallery, preset="classic")[0] == wanted[4]


def test_what_shows_something_else_is_left_out(gallery: Path) -> None:
    draft = save(gallery, job("conv5_3:5", recipe=DRAFT))
    save(gallery, from_photo(job("conv5_3:5")))
    save(gallery, job("conv5_2:5"))
    other = msgspec.structs.replace(job("conv5_3:5"), normalization="half")
    save(gallery, other)
    mixed = msgspec.structs.replace(record_of(job("conv5_3:5")), direction=(1.0,) * 512)
    write_picture(draft.with_name("mixed.png"), Image.new("RGB", (128, 128)), mixed)
    Image.new("RGB", (99, 99)).save(draft.with_name("conv5_3-0-9-crisp-sheet.png"))
    assert found_in(gallery) == [draft]
    assert found_in(gallery / "missing") == []


def test_a_damaged_picture_gives_way_to_the_next(gallery: Path) -> None:
    best, draft = (save(gallery, job("conv5_3:5", recipe=recipe)) for recipe in (CRISP, DRAFT))
    content = best.read_bytes()
    best.write_bytes(content[: len(content) - 60])
    assert found_in(gallery) == [best, draft], "its record can be read"
    read = read_first(pictures(gallery))
    assert read is not None
    assert read[1].size == (64, 64)
    assert read[1].tobytes() == Image.open(draft).tobytes()
    assert read_first(pictures(gallery)[:1]) is None


def test_the_atlas_is_of_its_own_network_alone(gallery: Path) -> None:
    assert len(pictures_of_layer(gallery, Subject(), network("vgg16").layer("conv1_1"))) == 64
    other = Subject(normalization="half")
    assert not pictures_of_layer(gallery, other, network("vgg16").layer("conv1_1"))
    resnet18 = network("resnet18")
    subject = Subject("resnet18", Weights("IMAGENET1K_V1"))
    assert not pictures_of_layer(gallery, subject, resnet18.layer("layer4.1"))
