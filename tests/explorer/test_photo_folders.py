"""A folder of photos is opened as a photo is: it is indexed for the network on the screen."""

from contextlib import closing
from pathlib import Path

import pytest

from convscope.core.catalog.networks import network
from convscope.core.catalog.subjects import usual_subject
from convscope.core.exemplars.opening import open_index
from convscope.core.tasks.survey import Survey
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.model.photo_paths import completions, with_whole_folder
from tests.exemplars.folders import result_of
from tests.explorer.driving import explore, settle, toasts, until
from tests.explorer.indexes import PHOTOS, photograph
from tests.explorer.local_feeds import claims, clock, feed, store, worker

# ruff: noqa: F401, F811  the fixtures of another file


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)  # so that little is to be typed
    for name, colour in PHOTOS.items():
        photograph(tmp_path / "my photos", name, colour)
    return tmp_path / "my photos"


@pytest.fixture
def app(feed):
    return ExplorerApp(feed)


async def open_folder(pilot, folder: Path) -> str:
    """Open it as a person does; returns what was told."""
    pilot.app._notifications.clear()
    await pilot.press("I")
    await pilot.press(*folder.name, "enter", "enter")
    told = f"{folder.name.replace(' ', '-')}"
    await until(pilot, lambda: any(each.startswith(told) for each in toasts(pilot.app)))
    await settle(pilot)
    return next(each for each in toasts(pilot.app) if each.startswith(told))


def look_at_photos(feed, claims, name: str, number: int = len(PHOTOS)) -> None:
    """What the worker does, in an instant."""
    with closing(open_index(feed.state, name)) as index:
        rows = [photo.row for photo in index.pending()][:number]
        assert index.save(result_of(index, rows, key=index.facts.key), lambda: True)
    claims.release(*claims.claim(lambda _: 1))


def surveys(feed) -> list[Survey]:
    return [job.task for job in feed.batches.store.jobs("queued")]


async def test_it_is_queued_and_shown_as_it_is_looked_at(app, feed, worker, claims, photos):
    worker.runs = False
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        told = await open_folder(pilot, photos)
        assert told.startswith("my-photos: 7 photos to look at in 13 layers of vgg16: about ")
        assert told.endswith("296 kB on the disk; x takes it back")
        assert [(task.first, task.rows) for task in surveys(feed)] == [(0, 7)]
        assert worker.starts, "somebody waits for it"
        screen = explore(pilot)
        assert screen.source is screen.sources.exemplars
        assert "my-photos (0 of 7 photos)" in str(screen.grid.border_subtitle)
        assert screen.source.detail(0).facts[0].text == "7 photos still to be looked at"
        look_at_photos(feed, claims, "my-photos", 3)
        await settle(pilot)
        await until(pilot, lambda: "(3 of 7 photos)" in str(screen.grid.border_subtitle))
        await until(pilot, lambda: screen.tile(0).image is not None)


async def test_one_that_is_indexed_is_gone_to(app, feed, claims, photos):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await open_folder(pilot, photos)
        assert "already queued" in await open_folder(pilot, photos)
        assert len(surveys(feed)) == 1
        look_at_photos(feed, claims, "my-photos")
        await pilot.press("i")
        assert await open_folder(pilot, photos) == "my-photos: 7 photos, all indexed already"
        screen = explore(pilot)
        assert screen.source is screen.sources.exemplars
        photograph(photos, "hare", (10, 20, 30))
        assert "1 photo to look at" in await open_folder(pilot, photos), "what is new there"


async def test_it_can_be_taken_back_and_queued_again(app, feed, photos):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await open_folder(pilot, photos)
        await pilot.press("x")
        assert "exemplars my-photos: cancelled 1" in toasts(app)[-1]
        assert not surveys(feed)
        assert "7 photos to look at" in await open_folder(pilot, photos)
        assert len(surveys(feed)) == 1


async def test_the_folder_that_was_opened_last_is_shown_also_the_next_time(
    app, feed, claims, photos
):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await open_folder(pilot, photos)
        look_at_photos(feed, claims, "my-photos")
        few = photograph(photos.parent / "few", "ibis", (1, 200, 3)).parent
        await open_folder(pilot, few)
        look_at_photos(feed, claims, "few")
        screen = explore(pilot)
        await until(pilot, lambda: "few (1 photo)" in str(screen.grid.border_subtitle))
        left = app.last_session
    again = ExplorerApp(feed, session=left)
    async with again.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: explore(pilot).source is explore(pilot).sources.exemplars)
        await until(pilot, lambda: "few (1" in str(explore(pilot).grid.border_subtitle))


async def test_each_network_has_an_index_of_its_own(app, feed, photos):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await open_folder(pilot, photos)
        explore(pilot).look_into(usual_subject("resnet18"))
        await settle(pilot)
        layers = len(network("resnet18").main_layers)
        told = await open_folder(pilot, photos)
        assert told.startswith(f"my-photos-resnet18: 7 photos to look at in {layers} layers")
        assert [task.model for task in surveys(feed)] == ["vgg16", "resnet18"]


async def test_what_cannot_be_indexed_is_told_of(app, tmp_path, worker, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty" / "below").mkdir(parents=True)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        await pilot.press("I", *"empty", "enter", "down", "enter")
        await until(pilot, lambda: toasts(app) and "There is no photo" in toasts(app)[-1])
        assert screen.source is screen.channels
        assert not worker.starts


def test_all_photos_of_a_folder_are_offered_first_where_it_has_some(tmp_path, photos):
    def offered(text: str) -> list[bool]:
        return [each.is_whole for each in with_whole_folder(text, completions(text))]

    assert offered(f"{photos}/") == [True] + [False] * 7
    assert offered(f"{tmp_path}/") == [False, True], "one is on the way to the photos"
    assert offered(f"{photos}/a") == [False]
    assert offered(f"{tmp_path}/nothing/") == []
