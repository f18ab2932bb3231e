"""How a worker looks at photos: in batches or one by one, beside drafts, whatever they are."""

import os
import shutil
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PIL import Image

from convscope.core.ascent.recipes import DRAFT
from convscope.core.exemplars.folders import index_folder
from convscope.core.exemplars.index import ExemplarIndex, make_index
from convscope.core.exemplars.reader import ExemplarReader
from convscope.core.exemplars.scan import scan_folder
from convscope.core.networks.maps import LayerMaps
from convscope.core.runner.executor import Pack
from convscope.core.runner.photo_guard import PhotoGuard
from convscope.core.runner.rendering import Renderer
from convscope.core.runner.wishes import Wishes, wish_box
from tests.exemplars.photographs import PHOTOS, built_at_once, look, vgg16_facts
from tests.faults.patches import patch_workers
from tests.running import Running, running, tasks, until

LAYERS = ("conv1_1", "conv2_2")


class LikeGpu(Renderer):
    """Does on the CPU what is done on a GPU: photos of one shape together, many threads."""

    is_cpu = False  # type: ignore[assignment]


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """The tests' photos, some of them turned: of several shapes, in no order."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, path in enumerate(sorted(PHOTOS.glob("*.jpg"))):
        with Image.open(path) as file:
            file.rotate(90, expand=True).crop((0, 0, 200, 300)).save(
                folder / f"{number}-turned.png"
            )
            file.crop((0, 0, 200, 150)).save(folder / f"{number}.png")
    return folder


def tops(index: ExemplarIndex) -> list[tuple[object, ...]]:
    reader = ExemplarReader(ExemplarIndex(index.folder))
    return [
        (each.path, each.row, each.column, each.image, pytest.approx(each.value, rel=1e-3))
        for layer in LAYERS
        for channel in range(0, 64, 9)
        for each in reader.top(layer, channel, 5)
    ]


@pytest.mark.long
def test_batches_say_the_same_as_photos_one_by_one(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photos / "broken.png").write_bytes((photos / "0.png").read_bytes()[:500])
    single = built_at_once(tmp_path / "single", photos, Renderer("cpu"), LAYERS)
    batches: list[int] = []
    run = LayerMaps.run

    def short_of_memory(self: LayerMaps, rgb: torch.Tensor) -> dict[str, torch.Tensor]:
        batches.append(len(rgb))
        if len(rgb) > 4:
            held.append(weakref.ref(rgb))
            raise torch.OutOfMemoryError("no memory for so many")
        return run(self, rgb)

    held: list[weakref.ref[torch.Tensor]] = []
    freed: list[bool] = []
    monkeypatch.setattr(
        "convscope.core.runner.surveying.release_unused",
        lambda _: freed.append(held[-1]() is None),
    )
    monkeypatch.setattr(LayerMaps, "run", short_of_memory)
    batched = built_at_once(tmp_path / "batched", photos, LikeGpu("cpu"), LAYERS)

    assert batches == [7, 3, 3, 1, 3, 3, 1]
    assert freed == [True], "by then nothing holds what did not fit"
    assert [each[:4] for each in tops(batched)] == [each[:4] for each in tops(single)]
    assert tops(batched) == tops(single)
    assert [each.name for each in batched.missing()] == [b"broken.png"]


def test_a_photo_that_changed_since_waits_for_the_next_look(photos: Path, tmp_path: Path) -> None:
    index = make_index(index_folder(tmp_path, "photos"), vgg16_facts(photos, LAYERS))
    index.update(scan_folder(photos))
    shutil.copyfile(photos / "0.png", photos / "1.png")
    look(index, Renderer("cpu"))
    assert index.counts().done == 13
    assert index.missing() == []
    assert index.update(scan_folder(photos))[:2] == (1, 0)
    look(index, Renderer("cpu"))
    assert index.counts().done == 14


def test_a_disk_that_is_unmounted_while_photos_are_looked_at_costs_nothing(
    photos: Path, tmp_path: Path
) -> None:
    index = make_index(index_folder(tmp_path, "photos"), vgg16_facts(photos, LAYERS))
    index.update(scan_folder(photos))
    hidden = photos.rename(tmp_path / "unmounted")
    look(index, Renderer("cpu"))
    assert index.counts() == (0, 0, 0, 14)

    hidden.rename(photos)
    assert index.update(scan_folder(photos)).kept == 14
    look(index, Renderer("cpu"))
    assert index.counts() == (14, 0, 0, 0)


def test_threads_that_read_on_leave_no_note_behind(tmp_path: Path) -> None:
    guard = PhotoGuard(tmp_path / "note")
    with guard.reading(1):
        assert PhotoGuard(tmp_path / "note").suspects == {1}
        guard.close()
    with guard.reading(2):
        pass
    assert list(tmp_path.iterdir()) == []


def test_others_have_a_turn_while_photos_wait_for_more_of_their_shape(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(40):
        Image.new("RGB", (64 + 2 * number, 64), (number, 0, 0)).save(folder / f"{number}.png")
    index = make_index(index_folder(tmp_path, "photos"), vgg16_facts(folder, LAYERS[:1]))
    index.update(scan_folder(folder))
    run = iter(LikeGpu("cpu").start(Pack((index.facts.survey(index.folder, 0, 40),))))
    numbers = [next(run).number for _ in range(3)]
    run.close()  # type: ignore[attr-defined]
    assert numbers == [0, 0, 0]


def test_it_can_be_stopped_between_two_photos(photos: Path, tmp_path: Path) -> None:
    index = make_index(index_folder(tmp_path, "photos"), vgg16_facts(photos, LAYERS))
    index.update(scan_folder(photos))
    run = iter(Renderer("cpu").start(Pack((index.facts.survey(index.folder, 0, 14),))))
    steps = [next(run).number for _ in range(4)]
    run.close()  # type: ignore[attr-defined]
    assert steps == [0, 1, 2, 3]
    assert list(index.folder.glob(".reading*")) == []


@pytest.mark.long
def test_drafts_are_made_while_a_folder_is_indexed(runner: Running, photos: Path) -> None:
    for number in range(20):
        shutil.copyfile(photos / "0.png", photos / f"copy-{number}.png")
    index = make_index(index_folder(runner.state, "photos"), vgg16_facts(photos))
    index.update(scan_folder(photos))
    runner.store.add_batch("photos", [index.facts.survey(index.folder, 0, 34)], index.folder)
    runner.start()
    until(lambda: (live := runner.live.poll()) is not None and bool(live.key) and live.step > 0)

    (peek,) = tasks("conv1_2:5", DRAFT)
    wish_box(runner.state).send("test", Wishes(os.fsencode(runner.gallery), peek=peek))
    until(lambda: runner.find(peek))

    assert runner.store.counts() == {"running": 1}
    runner.until_done()
    assert index.counts().done == 34


@pytest.mark.long
def test_a_photo_that_kills_its_worker_is_left_out(
    runner: Running, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killer = photos / "3.png"
    patch_workers(
        monkeypatch,
        tmp_path / "patch",
        f"""
import os, signal, convscope.core.runner.photo_reading as reading
whole_read = reading.read_photo

def read_photo(path, smallest=0):
    if str(path) == {str(killer)!r}:
        os.kill(os.getpid(), signal.SIGKILL)
    return whole_read(path, smallest)

reading.read_photo = read_photo
""",
    )
    index = make_index(index_folder(runner.state, "photos"), vgg16_facts(photos, LAYERS))
    index.update(scan_folder(photos))
    runner.store.add_batch("photos", [index.facts.survey(index.folder, 0, 14)], index.folder)
    runner.start()
    runner.until_done()
    assert index.counts().done == 13
    assert index.missing() == [(b"3.png", "the worker died while reading it")]
    assert list(index.folder.glob(".reading*")) == []
