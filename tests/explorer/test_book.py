"""What is known of a channel: which picture counts, its verdict, its stage."""

import pytest

from core.ascent.recipes import DRAFT
from core.catalog.models import VGG16
from core.gallery.pictures import picture_path
from core.runner.live import Live
from tests.explorer.fakes import CRISP, FakeFeed, frame, save, spec
from tui.explorer.book import Book
from tui.explorer.describe import facts
from tui.explorer.marks import Stage
from tui.explorer.selection import Selection


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
    shelve(feed, spec(0), "weak")
    assert (tile(book).verdict, tile(book).stage) == ("weak", Stage.NONE)
    assert book.chosen().record.recipe == DRAFT


def test_the_full_picture_comes_before_the_draft(book, feed):
    shelve(feed, spec(0), "weak")
    path = shelve(feed, spec(0, CRISP))
    assert (tile(book).verdict, tile(book).stage) == ("excited", Stage.SAVED)
    assert book.chosen().path == path


def test_another_preset_shows_the_draft_again(book, feed):
    draft = shelve(feed, spec(0))
    shelve(feed, spec(0, CRISP))
    assert [book.next_recipe().preset for _ in range(3)] == ["classic", "lucid", "crisp"]
    book.next_recipe()
    assert book.chosen().path == draft


def test_a_live_frame_comes_before_the_draft_but_not_before_the_full_picture(book, feed):
    shelve(feed, spec(0))
    feed.live = Live(frames=[frame(spec(0, CRISP))], step=10, steps=64, seconds_per_step=0.5)
    assert tile(book).stage is Stage.MAKING
    assert book.chosen().seconds_left == 27
    shelve(feed, spec(0, CRISP))
    feed.live = Live(frames=[frame(spec(0))])
    assert tile(book).stage is Stage.SAVED


@pytest.mark.parametrize(
    ("state", "stage"),
    [("queued", Stage.QUEUED), ("running", Stage.MAKING), ("failed", Stage.FAILED)],
)
def test_the_queue_tells_the_stage(book, feed, state, stage):
    feed.put_job(spec(0, CRISP), state)
    assert tile(book).stage is stage


def test_drafts_that_are_there_are_not_missing(book, feed):
    shelve(feed, spec(1))
    assert book.missing_drafts([0, 1, 2]) == [spec(0), spec(2)]


def test_a_damaged_picture_is_said_and_does_no_harm(book, feed):
    path = picture_path(feed.gallery, spec(0))
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no picture")
    feed.files[spec(0)] = path
    assert tile(book).image is None
    assert "not a readable PNG" in facts(book.chosen())[0].text


def test_a_picture_made_again_is_read_again(book, feed):
    shelve(feed, spec(0), "weak")
    assert tile(book).verdict == "weak"
    shelve(feed, spec(0), "silent")
    assert tile(book).verdict == "silent"


def test_decoding_stops_when_its_time_is_over(book, feed):
    for channel in range(3):
        shelve(feed, spec(channel))
    book.look(range(3))
    assert book.load(0.0)
    assert book.load(1.0) is False


def test_the_curve_outlives_its_frames(book, feed):
    feed.live = Live(frames=[frame(spec(0), steps=5)])
    book.note_live()
    feed.live = Live()
    shelve(feed, spec(0))
    assert list(book.chosen().curve) == [0, 1, 4, 9, 16]
