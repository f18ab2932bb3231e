"""Pausing, cancelling and peeking in the middle of a pack: what goes on is unharmed."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from convscope.core.ascent.recipes import DRAFT, PRESETS, override
from convscope.core.gallery.paths import picture_path
from convscope.core.gallery.pictures import read_picture
from convscope.core.runner.bundles import furthest, stored
from convscope.core.runner.paths import checkpoint_name
from convscope.core.runner.wishes import Wishes, wish_box
from tests.running import Running, running, tasks, until
from tests.shared import make_tasks

pytestmark = pytest.mark.long

STEADY = override(PRESETS["crisp"], resolution=32, steps=600, retries=0)


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


def test_a_pack_goes_on_unharmed_whatever_becomes_of_its_mates(runner: Running) -> None:
    kept = tasks("conv1_1:0-1", STEADY)
    cancelled = runner.queue(tasks("conv1_1:2", STEADY))
    paused = runner.queue(tasks("conv1_1:3", STEADY))
    runner.queue(kept)
    runner.start()
    runner.until_step(20)
    assert runner.store.counts() == {"running": 4}, "one pack"

    assert runner.store.cancel(cancelled) == 1
    runner.store.pause(paused)
    until(lambda: runner.store.counts() == {"running": 2, "cancelled": 1, "queued": 1})
    (waiting,) = runner.store.jobs("queued")
    assert waiting.attempt == 0, "a pause is no failed attempt"
    assert checkpoint_name(waiting) in furthest(stored(runner.state / "checkpoints"))

    (peek,) = tasks("conv1_2:5", DRAFT)
    wishes = wish_box(runner.state)
    wishes.send("test", Wishes(os.fsencode(runner.gallery), peek=peek))
    until(lambda: runner.find(peek))
    assert runner.store.counts()["running"] == 2, "the peek came between two steps"
    wishes.clear("test")
    runner.until_done(2)

    runner.store.resume(paused)
    runner.until_done(3)
    until(lambda: not list((runner.state / "checkpoints").iterdir()))
    assert not runner.find(tasks("conv1_1:2", STEADY)[0])

    for made in make_tasks([*kept, *tasks("conv1_1:3", STEADY)]):
        image, _ = read_picture(picture_path(runner.gallery, made.task))
        np.testing.assert_array_equal(np.asarray(image), np.asarray(made.image))


def test_a_paused_queue_rests_and_goes_on(runner: Running) -> None:
    runner.queue(tasks("conv1_1:0-3", STEADY))
    runner.start()
    runner.until_step()
    runner.store.pause()
    until(lambda: runner.store.counts() == {"queued": 4})
    runner.store.resume()
    runner.until_done(4)
