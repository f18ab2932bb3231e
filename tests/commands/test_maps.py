"""``convscope maps``: pictures, sheets and numbers of what channels see in photos."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convscope.core.runner.mapping import look
from convscope.core.system.photos import read_photo
from tests.conftest import COMMAND, ROOT, Ended
from tests.runner.test_feature_maps import maps_task
from tests.shared import maker

Run = Callable[..., Ended]
PHOTOS = ROOT / "tests/photos"
CAT = str(PHOTOS / "cat.jpg")


@pytest.mark.long
def test_the_strongest_channels_come_first_each_as_a_picture(run_cli: Run, gallery: Path) -> None:
    ended = run_cli("maps", CAT, "conv3_1", "--top", "3")
    assert (ended.code, ended.err) == (0, "")
    record, values = look(maker(), maps_task(), read_photo(Path(CAT)).image)
    order = np.argsort(-values.max(axis=(1, 2)))
    paths = [Path(line) for line in ended.lines]
    assert [int(path.name.split("-")[1]) for path in paths] == order[:3].tolist()
    for path in paths:
        assert path.parent == gallery / "vgg16-embedded/conv3_1"
        assert Image.open(path).size == record.framing[4:]


def test_the_numbers_are_those_of_the_network_with_what_they_are_of(
    run_cli: Run, tmp_path: Path
) -> None:
    file = tmp_path / "cat.npz"
    ended = run_cli("maps", CAT, "conv3_1:4,2-3", "--npz", str(file), "--tap", "pre")
    assert ended.lines == [str(file)]
    record, values = look(maker(), maps_task(), read_photo(Path(CAT)).image)
    with np.load(file) as found:
        assert found["maps"].dtype == np.float32
        assert np.allclose(found["maps"], values[[4, 2, 3]], rtol=1e-5, atol=1e-3)
        assert found["channels"].tolist() == [4, 2, 3]
        assert (found["layer"], found["normalization"], found["tap"]) == ("conv3_1", "caffe", "pre")
        assert tuple(found["framing"]) == record.framing
        assert tuple(found["field_rows"]) == record.field.rows


def test_a_folder_gives_a_sheet_of_each_photo_and_says_what_is_none(
    run_cli: Run, tmp_path: Path
) -> None:
    for name in ("cat.jpg", "coffee.jpg"):
        shutil.copy(PHOTOS / name, tmp_path)
    (tmp_path / "notes.txt").write_text("no photo")
    ended = run_cli(
        *("maps", str(tmp_path), "conv2_1:5-9", "--sheet", "--scale", "photos", "--json")
    )
    assert ended.code == 0
    assert ended.err.count("notes.txt is not a readable photo") == 1
    photos = json.loads(ended.out)["photos"]
    assert [each["photo"] for each in photos] == ["cat.jpg", "coffee.jpg"]
    for each in photos:
        (sheet,) = each["paths"]
        assert Path(sheet).name.endswith("-sheet.png")
        assert Image.open(sheet).width > 500
        assert [channel["channel"] for channel in each["channels"]] == [5, 6, 7, 8, 9]


def test_the_crop_of_a_peak_lies_on_the_photo(run_cli: Run) -> None:
    run_cli("tag", "conv5_1:26", "--add", "eyes")
    ended = run_cli("maps", CAT, "conv5_1:26", "--json", "--scale", "channel")
    (found,) = json.loads(ended.out)["photos"]
    assert found["channels"][0]["tags"] == ["eyes"]
    (channel,) = found["channels"]
    left, top, right, bottom = channel["crop"]
    width, height = Image.open(CAT).size
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    assert Path(channel["path"]).exists()


def test_a_photo_comes_through_a_pipe(gallery: Path) -> None:
    ended = subprocess.run(
        [*COMMAND, "maps", "-", "conv1_1:3", "--json"],
        input=Path(CAT).read_bytes(),
        capture_output=True,
        check=True,
    )
    assert json.loads(ended.stdout)["photos"][0]["photo"] == "stdin"


def test_a_folder_without_photos_is_refused(run_cli: Run, tmp_path: Path) -> None:
    ended = run_cli("maps", str(tmp_path), "conv5_1")
    assert ended.code == 2
    assert (
        ended.err == f"convscope: There is no photo in the folder {tmp_path}; name another one.\n"
    )
