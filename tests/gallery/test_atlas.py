"""The atlas: every channel of VGG16 is in it, found by what would make its draft again."""

import shutil
import zlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from PIL import Image, ImageChops, ImageStat

from convscope.core.ascent.recipes import DRAFT, PRESETS, override
from convscope.core.ascent.tuning import fitted
from convscope.core.catalog.weights import EMBEDDED, Weights
from convscope.core.gallery.atlas.building import build_atlas
from convscope.core.gallery.atlas.facts import COLUMNS, FACTS_FILE
from convscope.core.gallery.atlas.reader import SHIPPED, Atlas
from convscope.core.gallery.paths import picture_path
from convscope.core.gallery.records import Record
from convscope.core.system.errors import UserError
from convscope.core.tasks.visualize import Visualize
from tests.samples import VGG16, from_photo, jobs, record_of, write_picture

MOST_BYTES = 5_000_000
"""That the wheel may grow by."""


def drafts(*targets: str) -> list[Visualize]:
    """As they suit their layers."""
    return [suited(task) for task in jobs(*targets, recipe=DRAFT)]


def suited(task: Visualize) -> Visualize:
    recipe = fitted(DRAFT, VGG16, VGG16.layer(task.layer))
    return msgspec.structs.replace(task, recipe=recipe)


def draft(target: str = "conv5_3:7", **changes: object) -> Visualize:
    return msgspec.structs.replace(drafts(target)[0], **changes)


def test_every_channel_is_there_with_its_record() -> None:
    atlas = Atlas()
    for task in drafts(*(f"{layer.name}:*" for layer in VGG16.layers)):
        tile = atlas.find(task)
        assert tile is not None
        asked = msgspec.structs.replace(task, precision=tile.record.precision)
        assert tile.record.task() == asked
        assert tile.record.activation > tile.record.start_activation


def test_every_layer_has_pixels_and_their_mean_is_no_blank() -> None:
    atlas = Atlas()
    for layer in VGG16.layers:
        task = draft(f"{layer.name}:{layer.channels - 1}")
        tile = atlas.find(task)
        assert tile is not None
        image = tile.image()
        side = task.recipe.resolution
        assert (image.mode, image.size) == ("RGB", (side, side))
        assert max(ImageStat.Stat(image).stddev) > 10


@pytest.mark.parametrize("precision", ["auto", "float32", "bfloat16"])
def test_it_is_found_whatever_its_weights_are_called_and_in_any_precision(precision: str) -> None:
    file = Weights("/somewhere/vgg16.safetensors", EMBEDDED.sha256)
    assert Atlas().find(draft(precision=precision, weights=file)) == Atlas().find(draft())


@pytest.mark.parametrize(
    "other",
    [
        draft(seed=1),
        draft(recipe=override(DRAFT, steps=17)),
        draft(recipe=PRESETS["crisp"]),
        draft("conv1_1:7", recipe=DRAFT),
        draft(weights=Weights("/my.pth", "ab" * 32)),
        draft(weights=Weights("IMAGENET1K_V1")),
        draft(normalization="imagenet"),
        draft(model="vgg19"),
        draft(layer="conv6_1"),
        draft(channel=512),
        draft(channel=-1),
        from_photo(draft()),
    ],
    ids=str,
)
def test_what_would_come_out_otherwise_is_not_in_it(other: Visualize) -> None:
    assert Atlas().find(other) is None


def test_the_wheel_grows_by_no_more_than_it_may() -> None:
    assert sum(len(zlib.compress(file.read_bytes())) for file in SHIPPED.iterdir()) < MOST_BYTES


# ---- damage --------------------------------------------------------------------------------


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """An atlas that may be damaged."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "atlas"))


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def halved(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


DAMAGES = pytest.mark.parametrize("damage", [emptied, halved, Path.unlink])


@DAMAGES
def test_without_its_facts_it_has_no_picture(copied: Path, damage: Callable[[Path], None]) -> None:
    damage(copied / FACTS_FILE)
    assert Atlas(copied).find(draft()) is None


@DAMAGES
def test_a_sheet_that_cannot_be_read_is_named(copied: Path, damage: Callable[[Path], None]) -> None:
    damage(copied / "conv5_3.webp")
    atlas = Atlas(copied)
    damaged, whole = atlas.find(draft()), atlas.find(draft("conv5_2:7"))
    assert damaged is not None
    assert whole is not None
    with pytest.raises(UserError, match=r"conv5_3\.webp cannot be read.*; install convscope again"):
        damaged.image()
    assert damaged.record.verdict == "excited"
    assert whole.image().size == (64, 64)


# ---- making one ----------------------------------------------------------------------------


def drafts_in(gallery: Path, **changes: object) -> list[Visualize]:
    """A gallery of drafts of two layers, each of a colour of its own; the last one may differ."""
    tasks = drafts("conv1_1:0-39", "conv5_3:0-2")
    for task in tasks:
        record = found(task, **(changes if task == tasks[-1] else {}))
        write_picture(picture_path(gallery, task), flat(task), record)
    return tasks


def found(task: Visualize, **changes: object) -> Record:
    """A record that differs from channel to channel."""
    own = {"activation": 10.0 + task.channel, "attempts": [1.0, 10.0 + task.channel], "peak": 99.5}
    return msgspec.structs.replace(record_of(task), **{**own, **changes})


def flat(task: Visualize) -> Image.Image:
    side = task.recipe.resolution
    return Image.new("RGB", (side, side), colour(task))


def colour(task: Visualize) -> tuple[int, int, int]:
    return (task.channel * 6, 240 - task.channel * 6, 200 if task.layer == "conv5_3" else 20)


def test_one_that_is_made_has_the_pictures_of_the_gallery(tmp_path: Path) -> None:
    tasks = drafts_in(tmp_path / "gallery")
    build_atlas(tmp_path / "atlas", tmp_path / "gallery", tasks)
    atlas = Atlas(tmp_path / "atlas")
    for task in tasks:
        tile = atlas.find(task)
        assert tile is not None
        assert tile.record == found(task)
        difference = ImageStat.Stat(ImageChops.difference(tile.image(), flat(task)))
        assert max(difference.mean) < 6
    assert atlas.find(draft("conv1_1:40")) is None
    with Image.open(tmp_path / "atlas" / "conv1_1.webp") as sheet:
        assert sheet.size == (COLUMNS * 32, 2 * 32)


def test_layers_of_one_may_be_made_again_and_others_stay(tmp_path: Path) -> None:
    folder, gallery = tmp_path / "atlas", tmp_path / "gallery"
    tasks = drafts_in(gallery)
    first = [task for task in tasks if task.layer == "conv1_1"]
    build_atlas(folder, gallery, [task for task in tasks if task not in first])
    before = (folder / "conv5_3.webp").read_bytes()
    build_atlas(folder, gallery, first, Atlas(folder).facts)
    atlas = Atlas(folder)
    assert [found(task) for task in tasks] == [atlas.find(task).record for task in tasks]
    assert (folder / "conv5_3.webp").read_bytes() == before


@pytest.mark.parametrize("other", [{"precision": "bfloat16"}, {"device": "another"}, {"seed": 3}])
def test_pictures_that_were_made_in_different_ways_are_no_atlas(
    tmp_path: Path, other: dict[str, object]
) -> None:
    tasks = drafts_in(tmp_path / "gallery", **other)
    with pytest.raises(UserError, match=r"conv5_3-0002-draft.*made in another way"):
        build_atlas(tmp_path / "atlas", tmp_path / "gallery", tasks)
    assert not (tmp_path / "atlas" / FACTS_FILE).exists()
