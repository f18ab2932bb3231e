"""What is known of a channel: which picture counts, its verdict, its stage."""

import io
import zlib

import msgspec
import pytest
from PIL.Image import DecompressionBombError
from PIL.Image import open as open_image

from convscope.core.ascent.recipes import DRAFT
from convscope.core.runner.live import Live
from convscope.tui.explorer.book import CHOOSABLE, Book
from convscope.tui.explorer.describe import facts, note
from convscope.tui.explorer.marks import Stage
from convscope.tui.explorer.selection import Selection
from tests.explorer.fakes import CRISP, FakeFeed, frame, save, task
from tests.samples import VGG16


@pytest.fixture
def feed(tmp_path):
    return FakeFeed(gallery=tmp_path)


@pytest.fixture
def book(feed):
    return Book(feed, Selection(VGG16))


def shelve(feed, of, verdict="excited"):
    feed.files[of] = save(feed.gallery, of, verdict)
    return feed.files[of]


def tile(book, channel=0):
    book.look([channel])
    book.load(1.0)
    return book.tile(channel)


def test_nothing_is_known_at_first(book):
    assert (tile(book).picture, tile(book).stage) == (None, Stage.NONE)
    assert book.chosen().image is None


def test_a_draft_shows_with_its_verdict(book, feed):
    shelve(feed, task(0), "weak")
    assert (tile(book).verdict, tile(book).stage) == ("weak", Stage.NONE)
    assert book.chosen().record.recipe == DRAFT


def test_the_full_picture_comes_before_the_draft(book, feed):
    shelve(feed, task(0), "weak")
    path = shelve(feed, task(0, CRISP))
    assert (tile(book).verdict, tile(book).stage) == ("excited", Stage.SAVED)
    assert book.chosen().path == path


def test_another_preset_shows_the_draft_again(book, feed):
    draft = shelve(feed, task(0))
    shelve(feed, task(0, CRISP))
    assert [book.next_recipe().preset for _ in CHOOSABLE] == ["classic", "lucid", "vivid", "crisp"]
    book.next_recipe()
    assert book.chosen().path == draft


def test_a_live_frame_comes_before_the_draft_but_not_before_the_full_picture(book, feed):
    shelve(feed, task(0))
    feed.live = Live(frames=[frame(task(0, CRISP))], step=10, steps=64, seconds_per_step=0.5)
    assert tile(book).stage is Stage.MAKING
    assert book.chosen().seconds_left == 27
    shelve(feed, task(0, CRISP))
    feed.live = Live(frames=[frame(task(0))])
    assert tile(book).stage is Stage.SAVED


def test_a_saved_draft_is_not_seen_growing_again(book, feed):
    shelve(feed, task(0))
    feed.live = Live(frames=[frame(task(0)), frame(task(1))], step=3, steps=16)
    assert not tile(book).grows
    assert (tile(book).stage, tile(book).verdict) == (Stage.NONE, "excited")
    assert book.chosen().path == feed.files[task(0)]
    assert said(book)["state"].startswith("draft;")
    assert tile(book, 1).grows


def test_what_is_half_grown_keeps_its_last_frame_while_the_worker_is_at_something_else(book, feed):
    feed.live = Live(frames=[frame(task(0)), frame(task(1))], step=3, steps=16)
    book.note_live()
    growing, chosen = tile(book), book.chosen()
    feed.live = Live(frames=[frame(task(1))], step=9, steps=16)
    book.note_live()
    assert (tile(book).picture, tile(book).stage) == (growing.picture, Stage.NONE)
    waiting = book.chosen()
    assert (waiting.picture, waiting.curve) == (chosen.picture, chosen.curve)
    assert waiting.steps == DRAFT.steps
    assert "a draft comes by itself" in said(book)["state"]
    shelve(feed, task(0))
    assert not tile(book).grows
    assert book.chosen().frame is None


def test_a_picture_in_full_keeps_its_last_frame_as_long_as_it_is_to_be_made(book, feed):
    shelve(feed, task(0))
    feed.live = Live(frames=[frame(task(0, CRISP))], step=10, steps=64)
    feed.put_job(task(0, CRISP), "running")
    book.note_live()
    feed.live = Live(frames=[frame(task(1))], step=1, steps=16)
    assert tile(book).grows
    feed.put_job(task(0, CRISP), "cancelled")
    assert not tile(book).grows
    assert tile(book).image is not None


@pytest.mark.parametrize(
    ("state", "stage"),
    [("queued", Stage.QUEUED), ("running", Stage.MAKING), ("failed", Stage.FAILED)],
)
def test_the_queue_tells_the_stage(book, feed, state, stage):
    feed.put_job(task(0, CRISP), state)
    assert tile(book).stage is stage


def test_drafts_that_are_there_are_not_missing(book, feed):
    shelve(feed, task(1))
    assert book.missing_drafts([0, 1, 2]) == [task(0), task(2)]


def spoil(feed, of, content=b"no picture"):
    path = shelve(feed, of)
    path.write_bytes(content)
    return path


def said(book):
    return {fact.label: fact.text for fact in facts(book.chosen())}


def test_a_damaged_picture_is_said_and_asked_for_again(book, feed):
    spoil(feed, task(0, CRISP))
    assert (tile(book).image, tile(book).stage) == (None, Stage.FAILED)
    assert said(book)["state"] == "! damaged; enter makes it again"
    assert book.damaged(book.layer_tasks()) == {task(0, CRISP)}
    shelve(feed, task(0, CRISP))
    assert tile(book).stage is Stage.SAVED
    assert book.damaged([task(0, CRISP)]) == frozenset()


def test_the_draft_stands_in_for_a_damaged_picture(book, feed):
    spoil(feed, task(0, CRISP))
    draft = shelve(feed, task(0), "weak")
    tile(book)
    assert tile(book).verdict == "weak"
    assert book.chosen().path == draft
    assert said(book)["state"] == "! damaged; enter makes it again"


def test_a_damaged_draft_is_missing(book, feed):
    spoil(feed, task(0))
    tile(book)
    assert book.missing_drafts([0]) == [task(0)]


def test_a_picture_too_large_to_decode_is_damaged(book, feed):
    content = shelve(feed, task(1, CRISP)).read_bytes()
    # IHDR: 12 bytes to its name, then width and height; its checksum must fit, or that is refused.
    header = content[12:16] + (60_000).to_bytes(4, "big") * 2 + content[24:29]
    bomb = content[:12] + header + zlib.crc32(header).to_bytes(4, "big") + content[33:]
    with pytest.raises(DecompressionBombError):
        open_image(io.BytesIO(bomb))
    spoil(feed, task(0, CRISP), bomb)
    assert tile(book).stage is Stage.FAILED


def test_no_draft_is_wished_for_where_the_full_picture_is(book, feed):
    shelve(feed, task(0, CRISP))
    assert book.missing_drafts([0, 1]) == [task(1)]


def test_a_frame_of_another_attempt_is_another_picture(book, feed):
    first = frame(task(0), steps=5)
    feed.live = Live(frames=[first])
    before = tile(book)
    feed.live = Live(frames=[msgspec.structs.replace(first, rgb=bytes(len(first.rgb)))])
    assert tile(book) != before


def test_what_is_shown_is_told_where_it_is_not_what_is_asked_for(book, feed):
    shelve(feed, task(0))
    feed.put_job(task(0, CRISP), "queued")
    assert said(book)["shown"] == "draft · 64 px"
    assert said(book)["recipe"].startswith("crisp")
    shelve(feed, task(0, CRISP))
    assert "shown" not in said(book)


def test_no_draft_is_promised_where_none_can_be_made(book, feed):
    assert "a draft comes by itself" in said(book)["state"]
    feed.live = Live(trouble="The gallery is full.")
    assert said(book)["state"] == "no draft; enter makes it in full"


def test_a_worker_starts_only_if_one_was_started(book, feed):
    feed.worker_runs = False
    assert note(book.chosen()) == "no picture yet"
    feed.worker_starts = True
    assert note(book.chosen()) == "starting …"


def test_a_picture_made_again_is_read_again(book, feed):
    shelve(feed, task(0), "weak")
    assert tile(book).verdict == "weak"
    shelve(feed, task(0), "silent")
    assert tile(book).verdict == "silent"


def test_decoding_stops_when_its_time_is_over(book, feed):
    for channel in range(3):
        shelve(feed, task(channel))
    book.look(range(3))
    assert book.load(0.0)
    assert book.load(1.0) is False


def test_the_curve_outlives_its_frames(book, feed):
    feed.live = Live(frames=[frame(task(0), steps=5)])
    book.note_live()
    feed.live = Live()
    shelve(feed, task(0))
    assert list(book.chosen().curve) == [0, 1, 4, 9, 16]
