"""Workers are killed while a folder changes: the index equals one that was built at once."""

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from convscope.core.exemplars.folders import index_folder
from convscope.core.exemplars.index import ExemplarIndex, make_index
from convscope.core.exemplars.reader import ExemplarReader
from convscope.core.exemplars.scan import scan_folder
from convscope.core.runner.rendering import Renderer
from tests.exemplars.photographs import PHOTOS, built_at_once, vgg16_facts
from tests.faults.patches import between_steps, patch_workers
from tests.running import Running, running, until

LAYERS = ("conv1_1", "conv2_1", "conv3_1")
KILLS = 10
JOB = 3
"""Photos of a job."""

KILLED_WHILE_SAVING = """
import convscope.core.exemplars.arrays as arrays, pathlib, os, signal
write = arrays.LayerArrays.write

def watched(self, rows, part):
    write(self, rows, part)
    flag = pathlib.Path({flag!r})
    if flag.exists() and self._layer.name == flag.read_text():
        flag.unlink()
        os.kill(os.getpid(), signal.SIGKILL)

arrays.LayerArrays.write = watched
"""
"""Kills a worker between the files of a job, once it is asked to."""

KILLED_BETWEEN_PHOTOS = """
flag = pathlib.Path({flag!r})
if flag.exists():
    number = int(flag.read_text())
    if number <= 0:
        flag.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    flag.write_text(str(number - 1))
"""
"""Kills a worker after so many photos."""


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


def crops(folder: Path, chance: random.Random, count: int) -> None:
    """Add parts of the tests' photos, as photos of many sizes."""
    folder.mkdir(exist_ok=True)
    for _ in range(count):
        source = chance.choice(sorted(PHOTOS.glob("*.jpg")))
        with Image.open(source) as file:
            width, height = (chance.randrange(96, side) for side in file.size)
            left, top = chance.randrange(file.width - width), chance.randrange(file.height - height)
            part = file.crop((left, top, left + width, top + height))
        part.save(folder / f"{source.stem}-{chance.randrange(10**6)}.png")


def change(folder: Path, chance: random.Random) -> None:
    """Add photos, change one, break one, remove one."""
    crops(folder, chance, 2)
    changed, broken, removed = chance.sample(sorted(folder.glob("*.png")), 3)
    other = chance.choice(sorted(folder.glob("*.png")))
    if other != changed:
        shutil.copyfile(other, changed)
        os.utime(changed, ns=(1, chance.randrange(10**18)))
    broken.write_bytes(broken.read_bytes()[: chance.randrange(8, 200)])
    removed.unlink()


def queue(runner: Running, index: ExemplarIndex) -> None:
    """Queue what is pending, as ``exemplars add`` does."""
    index.update(scan_folder(index.facts.path))
    pending = [photo.row for photo in index.pending()]
    jobs = [
        index.facts.survey(index.folder, part[0], part[-1] - part[0] + 1)
        for part in (pending[i : i + JOB] for i in range(0, len(pending), JOB))
    ]
    if jobs:
        runner.store.add_batch("photos", jobs, index.folder)


def answers(index: ExemplarIndex) -> list[object]:
    """What is asked of an index, for some channels of each layer."""
    reader = ExemplarReader(ExemplarIndex(index.folder))
    tops = [reader.top(layer, channel, 9) for layer in LAYERS for channel in range(0, 64, 5)]
    told = [(each.path, each.row, each.column, each.crop) for top in tops for each in top]
    missing = [each.name for each in index.missing()]
    return [index.counts().done, told, missing]


@pytest.mark.long
def test_ten_kills_and_a_changing_folder_leave_no_trace(
    runner: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(16)
    between, saving = tmp_path / "between", tmp_path / "saving"
    patch_workers(
        monkeypatch,
        tmp_path / "patch",
        between_steps(KILLED_BETWEEN_PHOTOS.format(flag=str(between))),
        KILLED_WHILE_SAVING.format(flag=str(saving)),
    )
    photos = tmp_path / "photos"
    crops(photos, chance, 24)
    index = make_index(index_folder(runner.state, "photos"), vgg16_facts(photos, LAYERS))
    queue(runner, index)
    runner.start()
    for _ in range(KILLS):
        pid = until(runner.worker)
        if chance.random() < 0.5:
            between.write_text(str(chance.randrange(3)))
        else:
            saving.write_text(chance.choice(LAYERS))
        change(photos, chance)
        queue(runner, index)
        until(lambda pid=pid: runner.worker() not in (pid, None))  # type: ignore[misc]
    for flag in (between, saving):
        flag.unlink(missing_ok=True)
    until(lambda: not runner.store.has_work())
    queue(runner, index)  # what failed since its worker was killed too often
    until(lambda: not runner.store.has_work())
    assert index.pending() == []
    runner.stop()

    whole = built_at_once(tmp_path / "at-once", photos, Renderer("cpu"), LAYERS)
    assert answers(index) == answers(whole)
