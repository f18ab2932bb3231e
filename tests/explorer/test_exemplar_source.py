"""What the explorer shows of an index: the photos that excite each channel, and what was made."""

import msgspec
import pytest
from PIL import Image

from convscope.core.catalog.subjects import Subject
from convscope.core.exemplars.folders import remove_index
from convscope.core.exemplars.index import ExemplarIndex
from convscope.core.exemplars.opening import open_index
from convscope.core.exemplars.reader import ExemplarReader
from convscope.core.exemplars.scan import scan_folder
from convscope.tui.explorer.model.channel_tasks import ChannelTasks
from convscope.tui.explorer.model.channels import ChannelSource
from convscope.tui.explorer.model.exemplars import ExemplarSource
from convscope.tui.explorer.model.history import NetworkHistory
from convscope.tui.explorer.model.pictures import Pictures
from convscope.tui.explorer.model.source import Order
from convscope.tui.explorer.model.words import ratio
from tests.exemplars.folders import result_of
from tests.explorer.fakes import CRISP, FakeFeed, save, task
from tests.explorer.indexes import indexed, photograph
from tests.samples import record_of, write_picture


@pytest.fixture
def feed(tmp_path):
    return FakeFeed(gallery=tmp_path / "gallery")


@pytest.fixture
def source(feed, tmp_path):
    synthetic = ChannelSource(feed, ChannelTasks(NetworkHistory(Subject())), Pictures())
    return ExemplarSource(synthetic, tmp_path)


@pytest.fixture
def layer(source):
    return source._selection.layer


@pytest.fixture
def index(tmp_path, layer):
    return indexed(tmp_path, [layer.name])


@pytest.fixture
def photos(index):
    return index.facts.path


def read_all(source, visible=(0, 1), *, large=(0,)):
    source.look_again()
    while wanted := list(source.wanted(visible, large, [])):
        for picture in source.read(wanted, 60):
            source.note(picture)


def strongest(index, channel, layer):
    return ExemplarReader(ExemplarIndex(index.folder)).top(layer.name, channel, 9)


def test_without_an_index_it_is_said_how_to_make_one(source, layer):
    read_all(source)
    detail = source.detail(0)
    assert detail.note == "no index"
    assert "open a folder of them" in detail.facts[0].text
    assert source.note_on_items == "no index"
    assert source.item(0).picture is None


def test_a_tile_is_the_part_of_the_photo_that_excites_the_channel_most(source, index, layer):
    read_all(source)
    best = strongest(index, 1, layer)[0]
    tile = source.item(1)
    assert tile.activation == pytest.approx(best.value)
    assert tile.image.size == (24, 24)
    assert source.path(1) == best.path
    assert source.note_on_items == "mine (7 photos)"
    assert source.known(1).activation == pytest.approx(best.value)


def test_the_large_picture_names_the_photos_in_their_order(source, index, layer):
    read_all(source)
    detail = source.detail(0)
    found = strongest(index, 0, layer)
    named = [fact.text for fact in detail.facts if fact.label.isdecimal()]
    assert [each.path.name in text for each, text in zip(found, named, strict=True)] == [True] * 7
    assert detail.image.width > detail.image.height
    assert "95% stay below" in next(fact.text for fact in detail.facts if fact.label == "photos")


def test_what_was_made_stands_beside_with_how_it_compares(source, index, layer, feed):
    read_all(source)
    before = source.detail(0)
    assert "peak" not in [fact.label for fact in before.facts]
    best = strongest(index, 0, layer)[0].value
    path = feed.files[task(0, CRISP)] = save(feed.gallery, task(0, CRISP))
    told = msgspec.structs.replace(record_of(task(0, CRISP)), peak=11.2 * best)
    write_picture(path, Image.new("RGB", (128, 128), (0, 200, 0)), told)

    read_all(source)

    beside = source.detail(0)
    assert beside.facts[0].text == "11× the strongest of 7 photos"
    assert beside.picture != before.picture
    assert beside.image.getpixel((40, 40)) == (0, 200, 0, 255)


@pytest.mark.parametrize(("times", "text"), [(11.3, "11×"), (1.42, "1.4×"), (0.5, "0.5×")])
def test_how_a_peak_compares_in_words(times, text):
    assert ratio(times) == text


def test_a_photo_that_is_gone_is_told_and_the_others_stay(source, index, layer):
    gone = strongest(index, 0, layer)[2].path
    gone.unlink()
    read_all(source)
    texts = [fact.text for fact in source.detail(0).facts if fact.label.isdecimal()]
    assert [("gone" in text) for text in texts] == [False, False, True, False, False, False, False]


def test_photos_that_are_added_meanwhile_are_seen(source, index, layer, photos):
    read_all(source)
    first = source.detail(0)
    photograph(photos, "newt", (10, 20, 30))
    index.update(scan_folder(photos))
    read_all(source)
    assert source.note_on_items == "mine (7 of 8 photos)"
    index.save(result_of(index), lambda: True)
    read_all(source)
    assert source.note_on_items == "mine (8 photos)"
    assert source.detail(0).picture != first.picture


def test_channels_are_sorted_by_their_strongest_photo(source, index, layer):
    read_all(source)
    order = source.ranked(Order.ACTIVATION)
    best = ExemplarReader(ExemplarIndex(index.folder)).best(layer.name)
    assert sorted(order) == list(range(layer.channels))
    assert best[order[0]] == best.max()
    assert source.ranked(Order.NUMBER) is None


def test_a_sheet_gets_the_crops_of_a_channel(source, index):
    read_all(source)
    read = source.reader(5)
    assert read is not None
    assert read().size == source.reader(0)().size


def test_an_index_that_is_removed_is_gone_from_the_screen(source, index, tmp_path, monkeypatch):
    read_all(source)
    remove_index(open_index(tmp_path).folder)
    monkeypatch.setattr("convscope.tui.explorer.model.exemplar_reading.DOUBT_SECONDS", 0.0)
    read_all(source)
    assert source.detail(0).note == "no index"
