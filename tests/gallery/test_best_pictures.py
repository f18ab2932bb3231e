"""Which of a channel's pictures shows best what it looks for."""

from pathlib import Path

import msgspec
from PIL import Image

from convscope.core.ascent.recipes import DRAFT, PRESETS, override
from convscope.core.catalog.subjects import Subject
from convscope.core.gallery.best_pictures import pictures_of_layer, read_first
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


def found_in(gallery: Path, **settings: str) -> list[Path]:
    """The pictures of channel 5 of conv5_3, the best first."""
    found = pictures_of_layer(gallery, Subject(), "conv5_3", **settings)
    assert set(found) <= {5}
    return [each.path for each in found.get(5, [])]


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
    pictures = pictures_of_layer(gallery, Subject(), "conv5_3")[5]
    assert [each.path for each in pictures] == [best, draft], "its record can be read"
    read = read_first(pictures)
    assert read is not None
    assert (read[0].path, read[1].size) == (draft, (64, 64))
    assert read_first(pictures[:1]) is None
