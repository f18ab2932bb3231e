"""384 pictures over two remote workers that are started, killed and stopped at random."""

import contextlib
import os
import random
import signal
from collections.abc import Callable
from pathlib import Path

from convscope.core.ascent.recipes import PRESETS, override
from tests.faults.clusters import Cluster, cluster, turns
from tests.running import tasks, until

DRAFT = override(PRESETS["draft"], resolution=32, steps=4)
"""A draft, made quick; CONVSCOPE_FAULT_DRAFTS=1 makes those that people see."""
RECIPE = PRESETS["draft"] if os.environ.get("CONVSCOPE_FAULT_DRAFTS") else DRAFT
EVERY = 48
"""After so many pictures something happens again."""


@turns
def test_each_picture_is_made_once_whatever_becomes_of_the_workers(
    tmp_path: Path, turn: int
) -> None:
    chance = random.Random(turn)
    with cluster(tmp_path) as found:
        found.ready()
        batch = found.runner.queue(
            tasks("conv1_1:*", RECIPE)
            + tasks("conv1_2:*", RECIPE)
            + tasks("conv2_1:*", RECIPE)
            + tasks("conv2_2:*", RECIPE)
        )
        store = found.runner.store
        for least in range(EVERY // 2, 384, EVERY):
            until(lambda least=least: store.batch(batch).done >= least, 300)
            chance.choice(EVENTS)(found, chance)
            while len([each for each in found.boxes if each.process.poll() is None]) < 2:
                found.box()
        jobs = found.check(batch)
        assert [job.state for job in jobs] == ["done"] * 384
        assert store.database.read("SELECT COUNT(*) FROM finished") == [(384,)]
        assert len(list(found.runner.gallery.rglob("*.png"))) == 384
        found.stop()


def _kill_worker(found: Cluster, chance: random.Random) -> None:
    chance.choice(found.boxes).kill_member()


def _end_box(found: Cluster, chance: random.Random) -> None:
    code = found.boxes.pop(chance.randrange(len(found.boxes))).end()
    # The last where it had only just been started, and heeded no signal yet.
    assert code in (0, 128 + signal.SIGTERM, -signal.SIGTERM)


def _kill_box(found: Cluster, chance: random.Random) -> None:
    found.boxes.pop(chance.randrange(len(found.boxes))).end(signal.SIGKILL)


def _suspend_worker(found: Cluster, chance: random.Random) -> None:
    """Stop a worker while the other goes on; it is back before anybody takes it for dead."""
    if (pid := chance.choice(found.boxes).member) is None:
        return
    os.kill(pid, signal.SIGSTOP)
    try:
        done = found.runner.store.counts().get("done", 0)
        with contextlib.suppress(AssertionError):  # the other one may still be starting
            until(lambda: found.runner.store.counts().get("done", 0) > done, 30)
    finally:
        os.kill(pid, signal.SIGCONT)


def _kill_coordinator(found: Cluster, chance: random.Random) -> None:
    found.kill_coordinator()


EVENTS: tuple[Callable[[Cluster, random.Random], None], ...] = (
    _kill_worker,
    _end_box,
    _kill_box,
    _suspend_worker,
    _kill_coordinator,
)
