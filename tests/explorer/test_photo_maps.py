"""What is known of the maps of a photo: plain, without a terminal."""

from pathlib import Path

import numpy as np
import pytest

from convscope.core.catalog.subjects import Subject
from convscope.core.gallery.colormaps import coloured
from convscope.tui.explorer.model.channel_tasks import ChannelTasks
from convscope.tui.explorer.model.history import NetworkHistory
from convscope.tui.explorer.model.opened_photo import open_photo
from convscope.tui.explorer.model.photo_maps import PhotoSource
from convscope.tui.explorer.model.photo_paths import completions
from convscope.tui.explorer.model.source import Order
from tests.explorer.fakes import FakeFeed, image
from tests.explorer.photos import maps, photo, values


@pytest.fixture
def source(feed: FakeFeed, tmp_path: Path) -> PhotoSource:
    return PhotoSource(feed, ChannelTasks(NetworkHistory(Subject())), open_photo(photo(tmp_path)))


def read(source: PhotoSource) -> None:
    for picture in source.read(list(source.wanted([], [], [])), 1.0):
        source.note(picture)


@pytest.fixture
def there(source: PhotoSource, feed: FakeFeed) -> PhotoSource:
    """The maps of conv5_3 were made."""
    maps(feed, source.photo.path)
    read(source)
    return source


def test_maps_are_wished_for_where_somebody_rests_and_until_they_are_there(
    source: PhotoSource, feed: FakeFeed
) -> None:
    source.wish(3, [3, 4], rests=False)
    assert feed.maps_wishes == [None], "a layer that is passed by is not looked at"
    source.wish(3, [3, 4], rests=True)
    source.wish(4, [3, 4], rests=False)
    assert feed.maps_wishes[1:] == [source.task, source.task], "moving on does not end it"
    assert (source.task.layer, source.task.sha256) == ("conv5_3", source.photo.sha256)
    assert Path(source.task.photo.decode()) == source.photo.path
    maps(feed, source.photo.path)
    source.wish(4, [3, 4], rests=True)
    assert feed.maps_wishes[-1] is None
    assert feed.wishes == [(None, [])] * 4, "no drafts are made that nobody sees"


def test_a_tile_is_the_map_value_by_value(there: PhotoSource) -> None:
    tile = np.asarray(there.item(5).image)
    assert (tile == coloured(np.maximum(values(6)[5], 0), 60.0, "post")).all()
    assert there.item(5).activation == pytest.approx(80)
    assert there.item(5) != there.item(6)


def test_nothing_is_known_before_the_maps_are_there(source: PhotoSource) -> None:
    assert source.item(5).image is None
    assert "looking at cat.png" in source.detail(5).note
    assert not source.known(5).whole
    assert source.ranked(Order.ACTIVATION) is None


def test_a_file_that_is_damaged_or_of_another_photo_is_not_shown(
    source: PhotoSource, feed: FakeFeed, tmp_path: Path
) -> None:
    maps(feed, photo(tmp_path, "other.png", 50))
    read(source)
    assert source.look is None
    assert not list(source.wanted([], [], [])), "nor is it read again at once"


def test_the_crop_begins_at_the_strongest_place_and_follows(there: PhotoSource) -> None:
    def where() -> str:
        return there.detail(5).facts[0].text

    assert where() == "80 at row 3, column 11"
    assert there.move(5, 1, 0)
    assert where() == "15 at row 4, column 11"
    assert not there.move(5, 0, 5), "there the map ends"
    before = there.detail(5)
    assert there.move(5, 0, -1)
    assert there.detail(5).picture != before.picture
    there.to_peak(5)
    assert where() == "80 at row 3, column 11"
    assert there.detail(6).facts[0].text == "90 at row 10, column 4", "each has its own place"


def test_channels_are_sorted_by_activation_and_by_surprise(
    there: PhotoSource, feed: FakeFeed
) -> None:
    by_activation = there.ranked(Order.ACTIVATION)
    assert by_activation is not None
    assert by_activation[:3] == [6, 13, 20]
    assert sorted(by_activation) == list(range(512))
    assert "an index" in there.why_not(Order.SURPRISE)
    feed.usual["conv5_3"] = [1.0 if channel == 7 else 100.0 for channel in range(512)]
    assert not there.why_not(Order.SURPRISE)
    assert (there.ranked(Order.SURPRISE) or [])[0] == 7
    assert "30× what 95%" in there.detail(7).facts[1].text


def test_another_photo_has_other_maps(there: PhotoSource, tmp_path: Path) -> None:
    there.use(open_photo(photo(tmp_path, "other.png", 50)))
    assert there.look is None
    assert there.note_on_items == "other.png"


# ---- paths that are typed ------------------------------------------------------------------------


def test_a_path_goes_on_as_folders_and_photos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Pictures").mkdir()
    for name in ("cat.JPG", "pier.png", "notes.txt", ".hidden.png"):
        image().save(tmp_path / name, "PNG")
    assert [each.text for each in completions("")] == ["Pictures/", "cat.JPG", "pier.png"]
    assert [each.text for each in completions("pi")] == ["Pictures/", "pier.png"]
    assert [each.text for each in completions(f"{tmp_path}/c")] == [f"{tmp_path}/cat.JPG"]
    assert [each.text for each in completions("notes.txt")] == ["notes.txt"], "if it is typed"
    assert [each.text for each in completions(".h")] == [".hidden.png"]
    assert completions("Pictures/") == completions("no/such/folder/x") == []
    assert completions("~nobody-here/x") == completions("a\0b/") == []
    monkeypatch.setenv("HOME", str(tmp_path))
    assert [each.path for each in completions("~/ca")] == [tmp_path / "cat.JPG"]
