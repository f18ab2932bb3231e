"""Copies that lost their record in another program: found again by their pixels."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convscope.core.gallery.records import encode
from tests.conftest import Ended
from tests.samples import job, record_of, save

Run = Callable[..., Ended]


def by_imagemagick(picture: Path, copy: Path) -> None:
    """Write a picture anew, as people do, without what was said of it."""
    convert = shutil.which("magick") or shutil.which("convert")
    told = (
        subprocess.run([convert, "-version"], capture_output=True, check=False) if convert else None
    )
    if convert is None or told is None or b"ImageMagick" not in told.stdout:
        pytest.skip("ImageMagick is not installed")
    subprocess.run([convert, str(picture), "-strip", str(copy)], check=True)


def by_pillow(picture: Path, copy: Path) -> None:
    """As a script does it."""
    with Image.open(picture) as image:
        Image.fromarray(np.asarray(image)).save(copy)


def with_opacity(picture: Path, copy: Path) -> None:
    """As editors do that know only pictures with an opacity."""
    with Image.open(picture) as image:
        bare = image.convert("RGBA")
    bare.info = {}
    bare.save(copy)


@pytest.fixture
def away(tmp_path: Path) -> Path:
    """A folder in which no picture lies."""
    folder = tmp_path / "away"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("program", [by_imagemagick, by_pillow, with_opacity])
def test_a_copy_is_inspected_by_the_record_of_its_original(
    program: Callable[[Path, Path], None], run_here: Run, gallery: Path, away: Path
) -> None:
    pictures = [save(gallery, job(f"conv5_1:{channel}")) for channel in (24, 25, 26)]
    copy = away / "copy.png"
    program(pictures[1], copy)
    ended = run_here("inspect", str(copy), "--json")
    assert ended.code == 0
    assert json.loads(ended.out) == json.loads(encode(record_of(job("conv5_1:25"))))
    assert ended.err == (
        f"convscope: {copy} carries no convscope record; this is the record of {pictures[1]}, "
        "which has the same pixels.\n"
    )


def test_a_copy_beside_its_original_needs_no_gallery(
    run_here: Run, gallery: Path, away: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = save(gallery, job("conv5_1:25"))
    monkeypatch.setenv("CONVSCOPE_GALLERY", str(away))
    by_pillow(picture, picture.with_name("copy.png"))
    ended = run_here("inspect", str(picture.with_name("copy.png")))
    assert ended.code == 0
    assert str(picture) in ended.err


def test_of_equal_pictures_the_one_of_the_same_name_counts(
    run_here: Run, gallery: Path, away: Path
) -> None:
    pictures = [save(gallery, job("conv5_1:25", seed=seed)) for seed in (1, 2, 3)]
    copy = away / pictures[2].name
    by_pillow(pictures[2], copy)
    assert json.loads(run_here("inspect", str(copy), "--json").out)["seed"] == 3


def test_what_is_no_copy_is_told_where_was_looked(
    run_here: Run, gallery: Path, away: Path, tmp_path: Path
) -> None:
    picture = save(tmp_path / "other", job("conv5_1:25"))
    trap = save(gallery, job("conv5_1:26"))
    os.mkfifo(trap.with_name("pipe.png"))
    trap.write_bytes(trap.read_bytes()[:-40])
    copy = away / "copy.png"
    by_pillow(picture, copy)
    ended = run_here("inspect", str(copy))
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        f"convscope: {copy} carries no convscope record, and no picture beside it or in the "
        f"gallery {gallery} has the same pixels; if it is a copy, name the gallery of its original "
        "with --gallery.\n"
    )
    named = run_here("inspect", str(copy), "--gallery", str(tmp_path / "other"))
    assert named.code == 0
    assert str(picture) in named.err

    with Image.open(copy) as image:
        changed = image.copy()
    changed.putpixel((127, 127), (0, 0, 0))
    changed.save(copy)
    assert run_here("inspect", str(copy), "--gallery", str(tmp_path / "other")).code == 2


def test_a_copy_is_reproduced_and_compared(run_here: Run, away: Path) -> None:
    line = "render conv1_1:3 --steps 2 --resolution 32 --device cpu --precision float32"
    (made,) = run_here(*line.split()).lines
    by_pillow(Path(made), away / "copy.png")
    ended = run_here("reproduce", str(away / "copy.png"), "--device", "cpu")
    assert (ended.code, ended.lines) == (0, ["copy-reproduced.png"])
    assert made in ended.err
    assert "equal in every pixel" in ended.err
