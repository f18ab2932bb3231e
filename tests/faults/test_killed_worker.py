"""Fault 1: a worker is killed in the middle of a pack, at whatever step it happens to be."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load, save

from convscope.core.ascent.recipes import PRESETS, override
from convscope.core.gallery.paths import picture_path
from convscope.core.gallery.pictures import read_picture
from convscope.core.runner.bundles import furthest, stored, write_bundle
from convscope.core.runner.paths import checkpoint_folder, checkpoint_name
from convscope.core.tasks.animation import animation_of
from tests.faults.invariants import check_invariants
from tests.faults.patches import CHECKPOINTS_OFTEN, between_steps, patch_workers
from tests.running import Running, running, tasks, until

STEADY = override(PRESETS["crisp"], resolution=32, steps=400, retries=0)


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


class Diary:
    """Which steps each worker came to."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def patch(self) -> str:
        """What makes workers keep it."""
        return between_steps(f"""
with pathlib.Path({str(self._path)!r}).open("a") as diary:
    diary.write(f"{{os.getpid()}} {{step.number}} {{is_first:d}}\\n")
""")

    def steps(self, pid: int) -> list[int]:
        """All steps of a worker, in order."""
        return [step for worker, step, _ in self._rows() if worker == pid]

    def begun(self, pid: int) -> list[int]:
        """The step that each of its packs went on from."""
        return [step for worker, step, is_first in self._rows() if worker == pid and is_first]

    def _rows(self) -> list[tuple[int, ...]]:
        if not self._path.exists():
            return []
        whole = self._path.read_text().split("\n")[:-1]
        return [tuple(map(int, line.split())) for line in whole]


@pytest.mark.long
def test_a_killed_worker_costs_no_more_than_the_steps_since_its_checkpoints(
    runner: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(11)
    diary = Diary(tmp_path / "diary")
    patch_workers(monkeypatch, tmp_path / "patch", CHECKPOINTS_OFTEN, diary.patch)
    wanted = tasks("conv1_1:0-3", STEADY)
    runner.queue(wanted)
    half = picture_path(runner.gallery, wanted[0]).with_name(".another.png.0a1b2c3d.tmp")
    half.parent.mkdir(parents=True)
    half.write_bytes(b"of a worker that was killed before")
    runner.start()

    def kill_at(step: int) -> int:
        pid = until(runner.worker)
        until(lambda: max(diary.steps(pid), default=0) >= step)
        runner.kill_worker()
        return pid

    first = kill_at(chance.randrange(60, 140))  # of 400, all four in one pack
    second = kill_at(chance.randrange(220, 340))  # two of them
    runner.until_done()
    third = until(runner.worker)
    check_invariants(runner.state, runner.gallery)
    assert sorted(job.attempt for job in runner.store.jobs()) == [2, 2, 3, 3]

    # Nothing starts anew, and what the second worker did is not lost either.
    assert diary.begun(first) == [0]
    assert all(0 < step <= max(diary.steps(first)) for step in diary.begun(second))
    assert all(0 < step <= max(diary.steps(second)) for step in diary.begun(third))
    assert max(diary.begun(third)) > max(diary.steps(first))

    undisturbed = tmp_path / "undisturbed"
    runner.store.add_batch("again", wanted, undisturbed)
    runner.until_done()
    for task in wanted:
        resumed, _ = read_picture(picture_path(runner.gallery, task))
        whole, _ = read_picture(picture_path(undisturbed, task))
        assert np.abs(np.int16(resumed) - np.int16(whole)).max() <= 2


@pytest.mark.long
def test_an_animation_goes_on_with_the_frames_it_had(
    runner: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    diary = Diary(tmp_path / "diary")
    patch_workers(monkeypatch, tmp_path / "patch", CHECKPOINTS_OFTEN, diary.patch)
    task = animation_of(tasks("conv1_1:0", STEADY)[0], container="png")
    runner.queue([task])
    runner.start()
    first = until(runner.worker)
    until(lambda: max(diary.steps(first), default=0) >= 150)
    runner.kill_worker()
    runner.until_done()
    second = until(runner.worker)
    check_invariants(runner.state, runner.gallery)
    assert 0 < diary.begun(second)[0] <= max(diary.steps(first))

    undisturbed = tmp_path / "undisturbed"
    runner.store.add_batch("again", [task], undisturbed)
    runner.until_done()
    with (
        Image.open(picture_path(runner.gallery, task)) as resumed,
        Image.open(picture_path(undisturbed, task)) as whole,
    ):
        assert resumed.n_frames == whole.n_frames == 33
        for frame in range(33):
            resumed.seek(frame)
            whole.seek(frame)
            assert np.abs(np.int16(resumed) - np.int16(whole)).max() <= 2


@pytest.mark.long
def test_a_damaged_checkpoint_costs_only_its_own_job(
    runner: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    diary = Diary(tmp_path / "diary")
    patch_workers(monkeypatch, tmp_path / "patch", CHECKPOINTS_OFTEN, diary.patch)
    runner.queue(tasks("conv1_1:0-2", STEADY))
    runner.start()
    runner.until_step(20)
    runner.stop()
    kept = furthest(stored(checkpoint_folder(runner.state)))
    checkpoints = {name: each.read() for name, each in kept.items()}
    damaged = checkpoint_name(runner.store.jobs("queued")[1])
    tensors = load(checkpoints[damaged])
    story = json.loads(tensors["story"].tobytes())
    del story["peak"]
    tensors["story"] = np.frombuffer(json.dumps(story).encode(), np.uint8)
    checkpoints[damaged] = save(tensors)
    (bundle,) = {each.path for each in kept.values()}
    with bundle.open("wb") as file:
        write_bundle(file, checkpoints)

    runner.start()
    second = until(runner.worker)
    runner.until_done()
    anew, *others = sorted(diary.begun(second))
    assert anew == 0
    assert len(others) == 2
    assert min(others) >= 20
    check_invariants(runner.state, runner.gallery)
