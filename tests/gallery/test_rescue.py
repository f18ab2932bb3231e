"""A damaged queue: what is set aside, what is taken over, and what the user is told."""

from pathlib import Path

import pytest

from convscope.core.gallery.rescue import open_queue, rescue
from convscope.core.jobs.database import QUEUE_NAME
from convscope.core.jobs.rows import FRONT
from convscope.core.jobs.store import JobStore
from tests.samples import animate, job, jobs, save, save_animation, signed_on


@pytest.fixture
def state(tmp_path: Path, gallery: Path) -> Path:
    """A queue of five jobs, of which two pictures are made."""
    folder = tmp_path / "state"
    folder.mkdir()
    store = JobStore(folder)
    store.add_batch("five", jobs("conv5_1:0-4"), gallery)
    store.close()
    for task in jobs("conv5_1:0-1"):
        save(gallery, task)
    (gallery / "vgg16-embedded" / "conv5_1" / "stranger.png").write_text("no picture")
    return folder


def test_a_whole_queue_is_left_alone(state: Path) -> None:
    store, told = open_queue(state, thorough=True)
    assert told == ""
    assert store.counts() == {"queued": 5}
    assert rescue(state) == ""


@pytest.mark.parametrize("damage", [b"", b"<html>" * 2000], ids=["empty", "garbage"])
def test_what_was_made_is_listed_in_a_new_queue(state: Path, gallery: Path, damage: bytes) -> None:
    (state / QUEUE_NAME).write_bytes(damage)
    save_animation(gallery, animate("png", target="conv5_1:3"))  # no picture, though it is a PNG
    store, told = open_queue(state)
    assert "lists the 2 pictures" in told
    (aside,) = state.glob("damaged-*.sqlite3")
    assert aside.read_bytes() == damage
    assert str(aside) in told
    assert store.counts() == {"done": 2}
    found = store.latest(job("conv5_1:9"), gallery)
    assert {channel: each.verdict for channel, each in found.items()} == {
        0: "excited",
        1: "excited",
    }


def test_what_waited_is_taken_over_where_it_can_be_read(state: Path, gallery: Path) -> None:
    store = JobStore(state)
    batch = store.add_batch("paused", jobs("conv4_1:7"), gallery)
    store.add_batch("unreadable", jobs("conv3_1:7"), gallery)
    store.pause(batch)
    store.database._connection.execute(
        "UPDATE kinds SET spec = replace(spec, 'conv3_1', 'conv9_9') WHERE spec LIKE '%conv3_1%'"
    )
    store.database._connection.execute("UPDATE jobs SET channel = 4000 WHERE channel = 2")
    store.database._connection.execute("UPDATE kinds SET spec = 'x' WHERE spec LIKE '%conv9_9%'")
    store.close()
    store, told = open_queue(state, thorough=True)
    assert "2 pictures that were made and the 5 waiting jobs" in told
    waiting = [each.task for each in store.jobs("queued")]
    assert waiting == [*jobs("conv5_1:0-1", "conv5_1:3-4"), job("conv4_1:7")]
    assert [each.name for each in store.batches() if each.paused] == ["paused"]


def test_what_was_said_of_it_is_taken_over_too(state: Path, gallery: Path) -> None:
    store = JobStore(state)
    store.add_batch("second", jobs("conv4_1:9"), gallery)
    store.add_batch("front", jobs("conv4_1:7-8"), gallery, priority=FRONT, force=True)
    store.pause()
    store.database._connection.execute("UPDATE kinds SET spec = 'x' WHERE spec LIKE '%conv5_1%'")
    store.close()
    store, _ = open_queue(state, thorough=True)
    assert store.is_paused()
    store.resume()
    claimed = signed_on(store).claim(lambda _: 2)
    assert [(each.task.channel, each.force) for each in claimed] == [(7, True), (8, True)]
