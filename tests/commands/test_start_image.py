"""``--start-image``: what is made of a photo, what is refused, and how it is found again."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from convscope.core.gallery.pictures import read_record
from convscope.core.tasks.start_image import Square
from tests.conftest import Ended
from tests.running import running, until

Run = Callable[..., Ended]
PHOTOS = Path(__file__).parents[1] / "photos"
QUICK = ("conv1_1:3", "--steps", "2", "--resolution", "32", "--device", "cpu")


@pytest.fixture
def cat(tmp_path: Path) -> Path:
    """A photo of one's own."""
    return Path(shutil.copy(PHOTOS / "cat.jpg", tmp_path / "cat.jpg"))


# ---- what is made --------------------------------------------------------------------------


def test_the_record_tells_the_photo_and_how_much_it_was_kept(run_here: Run, cat: Path) -> None:
    line = ("render", *QUICK, "--start-image", "cat.jpg")
    (path,) = run_here(*line).lines
    record = read_record(Path(path))
    assert record.start_image is not None
    assert (record.start_image.path, record.start_image.crop) == (str(cat), None)
    assert (record.recipe.keep, record.recipe.retries) == (1.0, 0)
    shown = [" ".join(row.split()) for row in run_here("inspect", path).lines]
    assert f"photo {cat} {record.start_image.sha256[:8]}" in shown
    assert {"crop the largest square in the middle", "keep 1"} <= set(shown)
    assert json.loads(run_here("inspect", path, "--json").out)["start_image"]["sha256"] == (
        record.start_image.sha256
    )
    noise = run_here("render", *QUICK).lines[0]
    assert "start_image" not in json.loads(run_here("inspect", noise, "--json").out)
    assert run_here(*line).lines == [path], "it is there already"


def test_each_photo_crop_and_weight_is_a_picture_of_its_own(run_here: Run, cat: Path) -> None:
    shutil.copy(PHOTOS / "coffee.jpg", cat.parent)
    lines = [
        [],
        ["--start-image", "cat.jpg"],
        ["--start-image", "coffee.jpg"],
        ["--start-image", "cat.jpg", "--crop", "10,20,100"],
        ["--start-image", "cat.jpg", "--keep", "0"],
        ["--start-image", "cat.jpg", "--seed", "1"],
    ]
    paths = [run_here("render", *QUICK, *line).lines[0] for line in lines]
    assert len(set(paths)) == len(paths)
    assert len({Image.open(path).tobytes() for path in paths}) == len(paths)
    assert read_record(Path(paths[3])).start_image.crop == Square(10, 20, 100)  # type: ignore[union-attr]


def test_a_photo_that_was_moved_is_the_same_picture(run_here: Run, cat: Path) -> None:
    line = ("render", *QUICK, "--start-image")
    first = run_here(*line, "cat.jpg").lines
    cat.rename(cat.with_name("moved.jpg"))
    assert run_here(*line, "moved.jpg").lines == first


def test_the_crop_is_scaled_to_the_resolution(run_here: Run, cat: Path) -> None:
    """A rate of almost nothing leaves it as it was."""
    line = ("conv1_1:3", "--steps", "1", "--lr", "1e-9", "--resolution", "64")
    (path,) = run_here("render", *line, "--start-image", "cat.jpg", "--crop", "50,0,128").lines
    box = (50, 0, 178, 128)
    expected = Image.open(cat).resize((64, 64), Image.Resampling.BILINEAR, box=box)
    difference = [
        abs(one - other)
        for one, other in zip(Image.open(path).tobytes(), expected.tobytes(), strict=True)
    ]
    assert max(difference) <= 2


def test_a_sheet_shows_what_several_channels_find(run_here: Run, cat: Path) -> None:
    ended = run_here(
        "sheet", "conv1_1:3", *QUICK[1:], "--grid", "1x2", "--start-image", "cat.jpg", "--json"
    )
    (sheet,) = json.loads(ended.out)["sheets"]
    records = [read_record(Path(each["path"])) for each in sheet["pictures"]]
    assert [record.channel for record in records] == [3, 4]
    assert all(record.start_image is not None for record in records)


def test_pixels_start_from_a_photo_as_well(run_here: Run, cat: Path) -> None:
    line = ("render", *QUICK, "--start-image", "cat.jpg", "--preset", "classic")
    (path,) = run_here(*line).lines
    assert read_record(Path(path)).recipe.keep == 0
    (kept,) = run_here(*line, "--objective", "channel").lines
    assert read_record(Path(kept)).recipe.keep == 1


# ---- what is refused -----------------------------------------------------------------------


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A folder of what is no photo."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "text.jpg").write_text("no photo at all")
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "half.jpg").write_bytes((PHOTOS / "cat.jpg").read_bytes()[:9000])
    return tmp_path


@pytest.mark.parametrize("command", ["render", "sheet", "queue add"])
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("gone.jpg", "No such file or directory"),
        ("folder", "a folder, not a file"),
        ("pipe.jpg", "a pipe, not a file"),
        ("text.jpg", "not an image in a known format"),
        ("empty.jpg", "it is empty"),
        ("half.jpg", "truncated"),
        ("", "the path is empty"),
    ],
)
def test_what_is_no_photo_is_refused_in_a_sentence(
    run_here: Run, bad: Path, gallery: Path, command: str, name: str, why: str
) -> None:
    ended = run_here(*command.split(), "conv1_1:3", "--start-image", name)
    assert (ended.code, ended.out) == (2, "")
    (said,) = ended.err.splitlines()
    assert said.startswith("convscope: The photo ")
    assert why in said
    assert not gallery.exists()


def test_what_is_no_photo_is_not_queued(run_cli: Run, bad: Path) -> None:
    ended = run_cli("queue", "add", "conv1_1:3", "--no-start", "--start-image", "pipe.jpg")
    assert (ended.code, ended.out) == (2, "")
    assert json.loads(run_cli("queue", "--json").out)["batches"] == []


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("--crop 0,0,9", "--crop is about a photo; name it with --start-image"),
        ("--keep 2", "--keep is about staying like a photo; name it with --start-image"),
        ("--start-image cat.jpg --crop 0,0", "--crop 0,0 should be LEFT,TOP,SIDE"),
        ("--start-image cat.jpg --crop 0,0,0", "--crop 0,0,0 should be LEFT,TOP,SIDE"),
        ("--start-image cat.jpg --crop 0,0,999999", "reaches beyond the photo, which has"),
        ("--start-image cat.jpg --keep -1", "weight --keep cannot be -1"),
        ("--start-image cat.jpg --keep x", "--keep x is not a number"),
        ("--start-image cat.jpg --preset classic --start -1 1", "--start is for noise"),
        ("--start-image cat.jpg --preset classic --keep 1", "add --objective channel"),
        ("--start-image cat.jpg --transforms none --restarts 2", "add --transforms, or leave out"),
    ],
)
def test_what_cannot_work_is_said(run_here: Run, cat: Path, line: str, sentence: str) -> None:
    ended = run_here("render", *QUICK, *line.split())
    assert (ended.code, ended.out) == (2, "")
    (said,) = ended.err.splitlines()
    assert sentence in said


# ---- the queue -----------------------------------------------------------------------------


def test_a_job_starts_from_its_photo_or_fails_with_a_sentence(
    run_cli: Run, cat: Path, tmp_path: Path
) -> None:
    line = ("queue", "add", *QUICK[:-2], "--no-start", "--start-image")
    photos = {name: cat.with_name(f"{name}.jpg") for name in ("there", "changed", "gone")}
    for seed, photo in enumerate(photos.values()):
        shutil.copy(cat, photo)
        assert run_cli(*line, photo.name, "--seed", str(seed)).code == 0
    shutil.copy(PHOTOS / "coffee.jpg", photos["changed"])
    photos["gone"].unlink()
    with running(tmp_path) as found:
        found.start()
        until(lambda: all(state in ("done", "failed") for state, _ in found.states()))
        there, changed, gone = sorted(found.store.jobs(), key=lambda job: job.batch)
    assert (there.state, changed.state, gone.state) == ("done", "failed", "failed")
    assert "changed.jpg has changed since it was chosen; put the former one" in str(changed.error)
    assert "gone.jpg cannot be read (No such file or directory)" in str(gone.error)


# ---- made again ----------------------------------------------------------------------------


def test_a_picture_is_made_again_from_a_photo_that_was_moved(run_here: Run, cat: Path) -> None:
    line = ("--start-image", "cat.jpg", "--crop", "5,6,100", "--keep", "0.5")
    (path,) = run_here("render", *QUICK, *line).lines
    again = ("reproduce", path, "--device", "cpu", "--force")
    assert "equal in every pixel" in run_here(*again).err

    moved = cat.with_name("moved.jpg")
    cat.rename(moved)
    gone = run_here(*again)
    assert gone.code == 2
    assert "cat.jpg cannot be read (No such file or directory); if the photo was moved" in gone.err
    found = run_here(*again, "--start-image", "moved.jpg")
    assert "equal in every pixel" in found.err
    assert read_record(cat.parent / found.lines[0]).start_image.path == str(moved)  # type: ignore[union-attr]

    shutil.copy(PHOTOS / "coffee.jpg", cat)
    changed = run_here(*again)
    assert changed.code == 2
    assert "cat.jpg has changed since the picture was made; if the photo was moved" in changed.err
    other = run_here(*again, "--start-image", "cat.jpg")
    assert other.code == 2
    assert "--start-image cat.jpg is not what the picture started from" in other.err
    os.mkfifo(cat.with_name("pipe"))
    assert "a pipe, not a file" in run_here(*again, "--start-image", "pipe").err


def test_a_picture_from_noise_asks_for_no_photo(run_here: Run, cat: Path) -> None:
    (path,) = run_here("render", *QUICK).lines
    ended = run_here("reproduce", path, "--start-image", "cat.jpg")
    assert ended.code == 2
    assert "started from noise; leave out --start-image" in ended.err
