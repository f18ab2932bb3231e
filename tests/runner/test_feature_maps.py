"""Maps of a photo are made as they are wished for, kept for the way back, and soon made again."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec
import numpy as np
import pytest

from convscope.core.catalog.networks import network
from convscope.core.gallery.maps_files import (
    encoded_maps,
    maps_path,
    most_map_bytes,
    prune,
    read_maps,
    read_maps_record,
)
from convscope.core.gallery.outputs import Encode
from convscope.core.runner.client import start_runner
from convscope.core.runner.drafts import Drafts
from convscope.core.runner.mapping import look
from convscope.core.runner.paths import maps_folder
from convscope.core.runner.rendering import LocalExecutor, PackRun
from convscope.core.runner.window import LiveWindow
from convscope.core.runner.wishes import Wishes, wish_box
from convscope.core.system.photos import Framing, read_photo
from convscope.core.tasks.feature_maps import FeatureMaps
from convscope.core.tasks.kinds import AnyTask
from tests.conftest import ROOT
from tests.running import SLOT, running, until
from tests.samples import job
from tests.shared import maker

CAT = ROOT / "tests/photos/cat.jpg"


def maps_task(path: Path = CAT, layer: str = "conv3_1", **fields: object) -> FeatureMaps:
    return msgspec.structs.replace(
        FeatureMaps(
            photo=os.fsencode(path), sha256=read_photo(path).digest, model="vgg16", layer=layer
        ),
        **fields,
    )


def doing(run: PackRun, look: Callable[[], None]) -> Iterator[Mapping[int, Encode]]:
    for _ in run:
        yield run.take()
        look()
    yield run.take()


class Fulfilling:
    """A worker's drafts, without the worker."""

    def __init__(self, state: Path) -> None:
        self.state, self.renderer = state, maker()
        self.window = LiveWindow(state, SLOT, self.renderer.idle)
        (state / "workers").mkdir()
        self.drafts = Drafts(state, SLOT, self.window)

    def wish(self, maps: FeatureMaps | None, peek: str = "", sender: str = "test") -> None:
        gallery = os.fsencode(self.state / "gallery")
        wishes = Wishes(gallery, job(peek) if peek else None, maps=maps)
        wish_box(self.state).send(sender, wishes)

    def make(self, kind: Callable[..., Iterator[Mapping[int, Encode]]] = doing) -> bool:
        return self.drafts.make_peek(LocalExecutor(self.renderer, kind))


@pytest.fixture
def fulfilling(tmp_path: Path) -> Fulfilling:
    return Fulfilling(tmp_path)


def test_maps_that_are_wished_for_lie_in_the_state_folder(fulfilling: Fulfilling) -> None:
    task = maps_task()
    fulfilling.wish(task)
    assert fulfilling.make()
    assert not fulfilling.make(), "they are there"
    found = read_maps(maps_path(maps_folder(fulfilling.state), task))
    assert found is not None
    photo = read_photo(CAT)
    record, values = look(maker(), task, photo.image)
    framing = Framing(*found.record.framing)
    assert framing == Framing.of(photo.image.size, 224)
    assert found.values.shape == (256, framing.height // 4, framing.width // 4)
    assert np.abs(found.values - values).max() < 1e-3 * np.abs(values).max()
    assert found.record.field == record.field
    assert found.record.field.box(0, 0) == (-10, -10, 14, 14)
    assert np.isclose((values <= found.record.strong).mean(), 0.999, atol=1e-4)


def test_a_photo_that_was_changed_is_told_of(fulfilling: Fulfilling, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    shutil.copy(CAT, path)
    fulfilling.wish(maps_task(path, sha256="0" * 64))
    fulfilling.make()
    assert "was changed; open it again" in fulfilling.window.trouble
    assert not fulfilling.make(), "it is not tried again at once"


def test_maps_and_pictures_take_turns(fulfilling: Fulfilling) -> None:
    made: list[type[AnyTask]] = []

    def noting(run: PackRun, look: Callable[[], None]) -> Iterator[Mapping[int, Encode]]:
        made.append(type(run.tasks[0]))
        yield from ()

    fulfilling.wish(maps_task(), sender="one")
    fulfilling.wish(None, peek="conv1_1:3", sender="other")
    for _ in range(4):
        fulfilling.make(noting)
    assert made[0] != made[1] != made[2] != made[3]


def test_maps_are_given_up_when_they_are_wished_for_no_more(fulfilling: Fulfilling) -> None:
    def moving_on(run: PackRun, look: Callable[[], None]) -> Iterator[Mapping[int, Encode]]:
        for _ in run:
            fulfilling.wish(maps_task(layer="conv1_1"))
            look()
        yield run.take()

    fulfilling.wish(maps_task())
    assert fulfilling.make(moving_on)
    assert not list(maps_folder(fulfilling.state).glob("*"))


@pytest.mark.long
def test_a_worker_runs_for_maps_alone(tmp_path: Path) -> None:
    task = maps_task()
    with running(tmp_path) as runner:
        box, wishes = wish_box(runner.state), Wishes(os.fsencode(runner.gallery), maps=task)
        box.send("test", wishes)
        start_runner(runner.state, device="cpu")

        def are_made() -> bool:
            box.send("test", wishes)  # lest they are forgotten
            return maps_path(maps_folder(runner.state), task).exists()

        until(are_made)


def test_wishes_of_earlier_versions_are_heard(tmp_path: Path) -> None:
    box = wish_box(tmp_path)
    box.send("test", Wishes(b"/gallery", job("conv1_1:3")))
    (file,) = (tmp_path / "wishes").iterdir()
    told = msgspec.msgpack.decode(file.read_bytes())
    del told["maps"]
    file.write_bytes(msgspec.msgpack.encode(told))
    assert box.read()["test"].peek == job("conv1_1:3")


# ---- files ------------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [1e-9, 1.0, 1e9])
def test_numbers_of_any_size_are_kept(tmp_path: Path, factor: float) -> None:
    record, values = look(maker(), maps_task(layer="conv1_1"), read_photo(CAT).image)
    scaled = values * np.float32(factor)
    path = tmp_path / "maps.npy"
    path.write_bytes(encoded_maps(scaled, record))
    found = read_maps(path)
    assert found is not None
    assert np.allclose(found.values, scaled, rtol=1e-3, atol=1e-6 * np.abs(scaled).max())
    assert np.load(path).shape == values.shape, "any reader of NumPy files reads it"


def test_files_that_are_torn_count_as_missing(tmp_path: Path) -> None:
    record, values = look(maker(), maps_task(layer="conv1_1"), read_photo(CAT).image)
    content = encoded_maps(values, record)
    path = tmp_path / "maps.npy"
    for length in (0, 5, 200, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:length])
        assert read_maps(path) is None
        assert read_maps_record(path) is None
    path.write_bytes(content)
    assert read_maps_record(path) is not None


def test_the_photo_counts_by_its_content_and_the_weights_by_theirs() -> None:
    task = maps_task()
    assert maps_task(photo=b"/elsewhere/cat.jpg").digest == task.digest
    others = [
        maps_task(sha256="0" * 64),
        maps_task(layer="conv3_2"),
        maps_task(normalization="half"),
    ]
    assert len({each.digest for each in (task, *others)}) == 4


def test_the_maps_that_were_wanted_last_stay(tmp_path: Path) -> None:
    for number in range(5):
        path = tmp_path / f"{number}.npy"
        path.write_bytes(bytes(100))
        os.utime(path, (number, number))
    prune(tmp_path, 250)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["3.npy", "4.npy"]
    prune(tmp_path, 50)
    assert [each.name for each in tmp_path.iterdir()] == ["4.npy"]


def test_room_is_asked_for_the_largest_photo() -> None:
    for layer in network("vgg16").layers:
        task = maps_task(layer=layer.name)
        for size in [(640, 480), (100, 100), (4000, 500)]:
            framing = Framing.of(size, 224)
            places = (framing.width // layer.stride) * (framing.height // layer.stride)
            assert 2 * layer.channels * places < most_map_bytes(task)
