"""``convscope exemplars``: a folder is indexed by the worker, asked, changed, and forgotten."""

import io
import json
import os
import random
import shutil
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from convscope.core.exemplars.opening import open_index
from tests.conftest import Ended
from tests.exemplars.photographs import PHOTOS
from tests.running import Running, running

Run = Callable[..., Ended]
LAYERS = "conv1_1,conv3_1"


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of the tests' photos."""
    return Path(shutil.copytree(PHOTOS, tmp_path / "my photos"))


def indexed(run_cli: Run, folder: Path, *options: str) -> dict[str, object]:
    """Add a folder and wait until it is indexed."""
    ended = run_cli("exemplars", "add", str(folder), "--layers", LAYERS, "--json", *options)
    assert ended.code == 0, ended.err
    assert run_cli("queue", "wait").code == 0
    found: dict[str, object] = json.loads(ended.out)
    return found


def shown(run_cli: Run, *arguments: str) -> list[dict[str, object]]:
    """What ``exemplars show --json`` says of the first channel."""
    ended = run_cli("exemplars", "show", *arguments, "--json")
    assert ended.code == 0, ended.err
    found: list[dict[str, object]] = json.loads(ended.out)["channels"][0]["exemplars"]
    return found


def test_a_folder_is_indexed_shown_changed_and_forgotten(
    runner: Running, run_cli: Run, photos: Path, tmp_path: Path
) -> None:
    first = indexed(run_cli, photos)
    assert (first["index"], first["new"], first["others"]) == ("my-photos", 7, 1)
    assert first["bytes"] == 7 * (10 * (64 + 256) + 64)

    before = shown(run_cli, "conv3_1:12", "--top", "3", "--crop")
    assert len(before) == 3
    strongest = Path(str(before[0]["path"]))
    (sheet,) = (tmp_path / "gallery").rglob("*-sheet.png")
    with Image.open(sheet) as image:
        assert image.width > 300

    again = run_cli("exemplars", "add", str(photos), "--json")
    assert json.loads(again.out)["kept"] == 7
    assert "batches" not in json.loads(again.out)

    strongest.unlink()
    text = run_cli("exemplars", "show", "conv3_1:12")
    assert f"{strongest} (not there any more)" in text.out
    shutil.copyfile(PHOTOS / "cat.jpg", photos / "another.jpg")
    then = indexed(run_cli, photos)
    assert (then["new"], then["gone"]) == (1, 1)
    names = [Path(str(each["path"])).name for each in shown(run_cli, "conv3_1:12")]
    assert len(names) == 7
    assert strongest.name not in names

    listed = json.loads(run_cli("exemplars", "list", "--json").out)["indexes"][0]
    assert (listed["photos"], listed["left"], listed["gone"]) == (7, 0, 1)
    assert listed["layers"] == LAYERS.split(",")
    assert run_cli("exemplars", "remove", "my-photos").code == 0
    assert "There is no index yet" in run_cli("exemplars").out
    assert run_cli("exemplars", "show", "conv3_1:12").code == 2


def test_what_is_said_first_and_in_the_queue(run_cli: Run, photos: Path) -> None:
    ended = run_cli("exemplars", "add", str(photos), "--no-start")
    assert ended.lines == ["1"]
    said = ended.err.splitlines()
    assert said[0] == "convscope: my-photos: 7 new."
    assert said[1].startswith("convscope: 7 photos to look at in 13 layers of vgg16: about ")
    assert said[1].endswith("296 kB on the disk.")
    listed = run_cli("queue", "show", "1").out
    assert "my-photos: photos 1-7" in listed
    assert "index.sqlite" not in listed  # it is done when it is done
    assert "They are in the queue already" in run_cli("exemplars", "add", str(photos)).err
    assert run_cli("exemplars", "remove", "my-photos").code == 0
    assert json.loads(run_cli("queue", "show", "1", "--json").out)["batches"][0]["cancelled"] == 1


def test_of_several_indexes_the_one_of_the_target_s_network_is_asked(
    run_cli: Run, photos: Path
) -> None:
    def added(*options: str) -> None:
        ended = run_cli("exemplars", "add", str(photos), "--no-start", *options)
        assert ended.code == 0, ended.err

    added("--layers", LAYERS, "--name", "mine")
    added("--model", "resnet18", "--name", "other")
    assert "of mine are not indexed yet" in run_cli("exemplars", "show", "conv1_1:0").err
    assert "of other are not indexed yet" in run_cli("exemplars", "show", "resnet18/conv1:0").err
    added("--layers", "conv1_1", "--name", "more")
    ended = run_cli("exemplars", "show", "conv1_1:0")
    assert (ended.code, "choose one with --name" in ended.err) == (2, True)


def test_what_cannot_be_asked_is_answered_in_a_sentence(
    run_cli: Run, photos: Path, tmp_path: Path
) -> None:
    def refused(*arguments: str) -> str:
        ended = run_cli("exemplars", *arguments)
        assert ended.code == 2
        assert ended.err.count("\n") == 1, ended.err
        return ended.err

    assert "nothing cannot be read" in refused("add", str(tmp_path / "nothing"))
    assert "has no layer 'conv9_1'" in refused("add", str(photos), "--layers", "conv9_1")
    assert "do not include fc8" in refused("add", str(photos), "--layers", "fc8")
    assert "does not suit an index" in refused("add", str(photos), "--name", "../x")
    assert run_cli("exemplars", "add", str(photos), "--layers", LAYERS, "--no-start").code == 0
    assert "is of other layers: conv1_1, conv3_1" in refused(
        "add", str(photos), "--layers", "blocks"
    )
    other = ("add", str(tmp_path), "--name", "my-photos")
    assert f"is of the photos of {photos}" in refused(*other)
    assert "has no layer conv2_1" in refused("show", "conv2_1:0")
    assert "is of vgg16, not of resnet18" in refused("show", "resnet18/fc:0")
    assert "should be a number from 1 to 1000" in refused("show", "conv1_1:0", "--top", "0")
    assert "There is no index 'my'" in refused("remove", "my")


# ---- hostile folders -----------------------------------------------------------------------


def png(width: int, height: int) -> bytes:
    """A PNG that says it has so many pixels, and has none."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


def hostile(folder: Path, number: int, chance: random.Random) -> str:
    """Put something into a folder; returns what is to become of it."""
    whole = (PHOTOS / "coffee.jpg").read_bytes()
    kind = chance.choice(
        ["photo", "truncated", "bomb", "pipe", "loop", "escape", "empty", "suffix", "text", "noise"]
    )
    path = folder / f"{number:03d}.jpg"
    small = io.BytesIO()
    Image.effect_noise((40, 30), 60).save(small, "PNG")
    contents = {
        "photo": small.getvalue(),
        "truncated": whole[: chance.randrange(20, 2000)],
        "bomb": png(60_000, 60_000),
        "empty": b"",
        "suffix": b"this is no photo" * 9,
        "noise": chance.randbytes(3000),
    }
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "loop":
        path.with_suffix("").symlink_to(chance.choice([".", "..", path.with_suffix("").name]))
    elif kind == "escape":
        (folder / f"{number:03d}\x1b[31m\x07.jpg").write_bytes(b"")
    elif kind == "text":
        path.with_suffix(".txt").write_bytes(b"notes")
    else:
        path.write_bytes(contents[kind])
    return {"photo": "done", "text": "others"}.get(kind, "missing")


@pytest.mark.long
def test_five_hundred_hostile_files_are_counted_and_named(
    runner: Running, run_cli: Run, tmp_path: Path
) -> None:
    chance = random.Random(500)
    folder = tmp_path / "hostile"
    expected: Counter[str] = Counter()
    for number in range(500):
        place = folder / chance.choice("abc")
        place.mkdir(parents=True, exist_ok=True)
        expected[hostile(place, number, chance)] += 1

    told = indexed(run_cli, folder)

    assert told["others"] == expected["others"]
    with_reasons = run_cli("exemplars", "list", "hostile")
    assert "\x1b" not in with_reasons.out
    listed = json.loads(run_cli("exemplars", "list", "hostile", "--json").out)["indexes"][0]
    assert listed["photos"] == expected["done"]
    assert listed["left"] == 0
    assert len(listed["missing"]) == expected["missing"]
    assert len(with_reasons.lines) == 2 + expected["missing"]
    assert all(each["why"] for each in listed["missing"])
    assert runner.store.counts() == {"done": len(runner.store.jobs())}


def test_an_index_that_was_removed_fails_its_jobs_in_a_sentence(
    runner: Running, run_cli: Run, photos: Path
) -> None:
    assert run_cli("exemplars", "add", str(photos), "--layers", LAYERS, "--no-start").code == 0
    shutil.rmtree(open_index(runner.state).folder)
    runner.start()
    ended = run_cli("queue", "wait")
    assert ended.code == 1
    assert "There is no index my-photos" in ended.err
