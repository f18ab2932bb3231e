"""What is known of a channel: which picture counts, its verdict, its stage."""

import io
import zlib

import msgspec
import pytest
from PIL.Image import DecompressionBombError
from PIL.Image import open as open_image

from convscope.core.ascent.recipes import DRAFT
from convscope.core.catalog.subjects import Subject
from convscope.core.runner.live import Live
from convscope.core.runner.wishes import Watched
from convscope.tui.explorer.feed import WorkerState
from convscope.tui.explorer.marks import Stage
from convscope.tui.explorer.model.channel_tasks import CHOOSABLE, ChannelTasks
from convscope.tui.explorer.model.channels import ChannelSource
from convscope.tui.explorer.model.history import NetworkHistory
from convscope.tui.explorer.model.pictures import Pictures, read, read_some
from convscope.tui.explorer.queue_words import now_lines
from tests.explorer.fakes import CRISP, FakeFeed, frame, save, task


@pytest.fixture
def feed(tmp_path):
    return FakeFeed(gallery=tmp_path)


@pytest.fixture
def channels(feed):
    return ChannelSource(feed, ChannelTasks(NetworkHistory(Subject())), Pictures())


def shelve(feed, of, verdict="excited"):
    feed.files[of] = save(feed.gallery, of, verdict)
    return feed.files[of]


def read_all(channels, visible, *, large=()):
    channels.look_again()
    while wanted := list(channels.wanted(visible, large, [])):
        for each in wanted:
            channels.note(read(each))


def tile(channels, channel=0):
    read_all(channels, [channel])
    return channels.item(channel)


def detail(channels, channel=0):
    read_all(channels, [channel], large=[channel])
    return channels.detail(channel)


def path_of(channels, channel=0):
    detail(channels, channel)
    return channels.path(channel)


def test_nothing_is_known_at_first(channels):
    assert (tile(channels).picture, tile(channels).stage) == (None, Stage.NONE)
    assert detail(channels).image is None


def test_a_draft_shows_with_its_verdict(channels, feed):
    shelve(feed, task(0), "weak")
    assert (tile(channels).verdict, tile(channels).stage) == ("weak", Stage.NONE)
    assert said(channels)["state"].startswith("draft;")


def test_the_full_picture_comes_before_the_draft(channels, feed):
    shelve(feed, task(0), "weak")
    path = shelve(feed, task(0, CRISP))
    assert (tile(channels).verdict, tile(channels).stage) == ("excited", Stage.SAVED)
    assert path_of(channels) == path


def test_another_preset_shows_the_draft_again(channels, feed):
    draft = shelve(feed, task(0))
    shelve(feed, task(0, CRISP))
    assert [channels.tasks.next_recipe().preset for _ in CHOOSABLE] == [
        "classic",
        "lucid",
        "vivid",
        "crisp",
    ]
    channels.tasks.next_recipe()
    assert path_of(channels) == draft


def test_a_live_frame_comes_before_the_draft_but_not_before_the_full_picture(channels, feed):
    shelve(feed, task(0))
    feed.live = Live(frames=[frame(task(0, CRISP))], step=10, steps=64, seconds_per_step=0.5)
    assert tile(channels).stage is Stage.MAKING
    assert said(channels)["rendering"].endswith("27 s left")
    shelve(feed, task(0, CRISP))
    feed.live = Live(frames=[frame(task(0))])
    assert tile(channels).stage is Stage.SAVED


@pytest.mark.parametrize(
    ("step", "told"),
    [(0, "step 0 / 64"), (1, "step 1 / 64"), (2, "step 2 / 64 · 31 s left")],
)
def test_how_long_it_still_takes_is_told_once_two_steps_were_measured(channels, feed, step, told):
    growing = [frame(task(0, CRISP))]
    feed.live = Live(frames=growing, step=step, steps=64, seconds_per_step=0.5)
    assert said(channels)["rendering"] == told
    feed.workers = [WorkerState("cpu", live=feed.live)]
    assert now_lines(feed, "", "W")[0][0].endswith(told)


def test_what_is_on_the_screen_is_looked_at_as_it_grows(channels, feed):
    channels.wish(3, [2, 3, 4], rests=False)
    assert feed.watched == [Watched.of(task(0), [2, 3, 4])]
    channels.wish(9, [2, 3, 4], rests=True)
    (watched,) = feed.watched
    assert [n for n in range(12) if watched.shows(task(n, CRISP))] == [2, 3, 4, 9]
    assert not watched.shows(msgspec.structs.replace(task(3), layer="conv5_1"))


def test_a_saved_draft_is_not_seen_growing_again(channels, feed):
    shelve(feed, task(0))
    feed.live = Live(frames=[frame(task(0)), frame(task(1))], step=3, steps=16)
    assert not tile(channels).grows
    assert (tile(channels).stage, tile(channels).verdict) == (Stage.NONE, "excited")
    assert path_of(channels) == feed.files[task(0)]
    assert said(channels)["state"].startswith("draft;")
    assert tile(channels, 1).grows


def test_what_is_half_grown_keeps_its_last_frame_while_the_worker_is_at_something_else(
    channels, feed
):
    feed.live = Live(frames=[frame(task(0)), frame(task(1))], step=3, steps=16)
    channels.follow()
    growing, chosen = tile(channels), detail(channels)
    feed.live = Live(frames=[frame(task(1))], step=9, steps=16)
    channels.follow()
    assert (tile(channels).picture, tile(channels).stage) == (growing.picture, Stage.NONE)
    waiting = detail(channels)
    assert (waiting.picture, waiting.curve) == (chosen.picture, chosen.curve)
    assert waiting.steps == DRAFT.steps
    assert "a draft is on its way" in said(channels)["state"]
    shelve(feed, task(0))
    assert not tile(channels).grows
    assert not detail(channels).grows


def test_a_picture_in_full_keeps_its_last_frame_as_long_as_it_is_to_be_made(channels, feed):
    shelve(feed, task(0))
    feed.live = Live(frames=[frame(task(0, CRISP))], step=10, steps=64)
    feed.put_job(task(0, CRISP), "running")
    channels.follow()
    feed.live = Live(frames=[frame(task(1))], step=1, steps=16)
    assert tile(channels).grows
    feed.put_job(task(0, CRISP), "cancelled")
    assert not tile(channels).grows
    assert tile(channels).image is not None


@pytest.mark.parametrize(
    ("state", "stage"),
    [("queued", Stage.QUEUED), ("running", Stage.MAKING), ("failed", Stage.FAILED)],
)
def test_the_queue_tells_the_stage(channels, feed, state, stage):
    feed.put_job(task(0, CRISP), state)
    assert tile(channels).stage is stage


def test_drafts_that_are_there_are_not_missing(channels, feed):
    shelve(feed, task(1))
    assert channels.missing_drafts([0, 1, 2]) == [task(0), task(2)]


def spoil(feed, of, content=b"no picture"):
    path = shelve(feed, of)
    path.write_bytes(content)
    return path


def said(channels):
    return {fact.label: fact.text for fact in detail(channels).facts}


def test_a_damaged_picture_is_said_and_asked_for_again(channels, feed):
    spoil(feed, task(0, CRISP))
    assert (tile(channels).image, tile(channels).stage) == (None, Stage.FAILED)
    assert said(channels)["state"] == "! damaged; press enter to render it again"
    assert channels.damaged(channels.tasks.of_layer()) == {task(0, CRISP)}
    shelve(feed, task(0, CRISP))
    assert tile(channels).stage is Stage.SAVED
    assert channels.damaged([task(0, CRISP)]) == frozenset()


def test_the_draft_stands_in_for_a_damaged_picture(channels, feed):
    spoil(feed, task(0, CRISP))
    draft = shelve(feed, task(0), "weak")
    tile(channels)
    assert tile(channels).verdict == "weak"
    assert path_of(channels) == draft
    assert said(channels)["state"] == "! damaged; press enter to render it again"


def test_a_damaged_draft_is_missing(channels, feed):
    spoil(feed, task(0))
    tile(channels)
    assert channels.missing_drafts([0]) == [task(0)]


def test_a_picture_too_large_to_decode_is_damaged(channels, feed):
    content = shelve(feed, task(1, CRISP)).read_bytes()
    # IHDR: 12 bytes to its name, then width and height; its checksum must fit, or that is refused.
    header = content[12:16] + (60_000).to_bytes(4, "big") * 2 + content[24:29]
    bomb = content[:12] + header + zlib.crc32(header).to_bytes(4, "big") + content[33:]
    with pytest.raises(DecompressionBombError):
        open_image(io.BytesIO(bomb))
    spoil(feed, task(0, CRISP), bomb)
    assert tile(channels).stage is Stage.FAILED


def test_no_draft_is_wished_for_where_the_full_picture_is(channels, feed):
    shelve(feed, task(0, CRISP))
    assert channels.missing_drafts([0, 1]) == [task(1)]


def test_a_larger_draft_of_an_earlier_version_is_as_good(channels, feed):
    channels.tasks.selection.select_layer(0)
    draft = task(0, layer="conv1_1")
    former = msgspec.structs.replace(draft, recipe=DRAFT)
    shelve(feed, former)
    assert channels.missing_drafts([0, 1]) == [task(1, layer="conv1_1")]
    assert said(channels)["shown"] == "draft · 64 px"
    shelve(feed, draft)
    assert said(channels)["shown"] == "draft · 32 px"
    spoil(feed, draft, b"")
    assert said(channels)["shown"] == "draft · 64 px"


def test_a_frame_of_another_attempt_is_another_picture(channels, feed):
    first = frame(task(0), steps=5)
    feed.live = Live(frames=[first])
    before = tile(channels)
    feed.live = Live(frames=[msgspec.structs.replace(first, rgb=bytes(len(first.rgb)))])
    assert tile(channels) != before


def test_what_is_shown_is_told_where_it_is_not_what_is_asked_for(channels, feed):
    shelve(feed, task(0))
    feed.put_job(task(0, CRISP), "queued")
    assert said(channels)["shown"] == "draft · 64 px"
    assert said(channels)["recipe"].startswith("crisp")
    shelve(feed, task(0, CRISP))
    assert "shown" not in said(channels)


def test_no_draft_is_promised_where_none_can_be_made(channels, feed):
    assert "a draft is on its way" in said(channels)["state"]
    feed.live = Live(trouble="The gallery is full.")
    assert said(channels)["state"] == "no draft; press enter to render in full"


def test_a_worker_starts_only_if_one_was_started(channels, feed):
    feed.worker_runs = False
    assert detail(channels).note == "no picture yet"
    feed.worker_starts = True
    assert detail(channels).note == "starting …"


def test_a_picture_made_again_is_read_again(channels, feed):
    shelve(feed, task(0), "weak")
    assert tile(channels).verdict == "weak"
    shelve(feed, task(0), "silent")
    assert tile(channels).verdict == "silent"


def test_reading_stops_when_its_time_is_over_but_reads_one(channels, feed):
    for channel in range(3):
        shelve(feed, task(channel))
    wanted = list(channels.wanted(range(3), [], []))
    assert len(wanted) == 3
    for picture in read_some(wanted, 0.0):
        channels.note(picture)
    assert len(list(channels.wanted(range(3), [], []))) == 2


def test_the_curve_outlives_its_frames(channels, feed):
    feed.live = Live(frames=[frame(task(0), steps=5)])
    channels.follow()
    feed.live = Live()
    shelve(feed, task(0))
    assert list(detail(channels).curve) == [0, 1, 4, 9, 16]
