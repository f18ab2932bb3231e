"""An index says the same of a folder however it came about, and forgets nothing."""

import os
import random
from pathlib import Path

import msgspec
import numpy as np
import pytest

from convscope.core.catalog.geometry import Box
from convscope.core.exemplars.folders import (
    index_folder,
    index_names,
    remove_index,
    remove_unfinished,
)
from convscope.core.exemplars.index import ExemplarIndex, PhotoCounts, Update, make_index
from convscope.core.exemplars.opening import open_index
from convscope.core.exemplars.reader import ExemplarRank, ExemplarReader
from convscope.core.exemplars.scan import scan_folder
from convscope.core.system.errors import UserError
from tests.exemplars.folders import LAYERS, excited, facts, fill, index_of, photo, result_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of twelve photos."""
    for number in range(12):
        photo(tmp_path, f"photos/{number % 3}/{number}.jpg", f"{number}".encode() * 9)
    return tmp_path / "photos"


@pytest.fixture
def index(folder: Path, tmp_path: Path) -> ExemplarIndex:
    """An empty index of them."""
    return index_of(folder, tmp_path / "index")


def answers(index: ExemplarIndex) -> list[object]:
    """Everything that can be asked of an index."""
    reader = ExemplarReader(ExemplarIndex(index.folder))
    return [
        *(
            reader.top(layer.name, channel, 5)
            for layer in LAYERS
            for channel in range(layer.channels)
        ),
        *(reader.quantiles(layer.name, 0.95).tolist() for layer in LAYERS),
        *(reader.best(layer.name).tolist() for layer in LAYERS),
        index.counts()[:3],
        index.missing(),
    ]


def test_the_strongest_photos_and_how_a_value_compares(index: ExemplarIndex, folder: Path) -> None:
    fill(index)
    reader = ExemplarReader(ExemplarIndex(index.folder))
    paths = sorted(folder.glob("*/*.jpg"), key=lambda path: -excited(path, 3)[1])
    values = np.array([excited(path, 3)[1] for path in paths])

    found = reader.top("conv1", 1, 4)

    assert [each.path for each in found] == paths[:4]
    np.testing.assert_array_equal([each.value for each in found], values[:4])
    assert [round(each.below * 12) for each in found] == [11, 10, 9, 8]
    assert reader.top("conv1", 1, 99)[-1].path == paths[-1]
    middle = float(values[6:8].mean())
    assert reader.standing("conv1", 1, middle) == ExemplarRank(12, 5 / 12, float(values[0]))
    assert reader.quantiles("conv1", 0.95)[1] == pytest.approx(np.quantile(values, 0.95))
    assert reader.best("conv1")[1] == values[0]


def test_a_place_of_the_map_is_found_on_the_photo(index: ExemplarIndex) -> None:
    fill(index)

    for each in ExemplarReader(index).top("conv2", 0, 12):
        place = int(abs(each.value) * 1000) % 24
        assert (each.row, each.column) == divmod(place, 6)
        assert each.is_at_border == (each.row in (0, 3) or each.column in (0, 5))
        left, top = 8 * each.column - 30 + 13, 8 * each.row - 30 + 13
        assert each.crop == Box(left, top, left + 38, top + 38).within(48, 32)


def test_a_value_that_sees_the_whole_photo_is_at_no_border(index: ExemplarIndex) -> None:
    result = result_of(index)
    whole = tuple(field._replace(reach="whole") for field in result.fields)
    assert index.save(msgspec.structs.replace(result, fields=whole), lambda: True)

    for each in ExemplarReader(index).top("conv2", 0, 12):
        assert (each.is_at_border, each.crop) == (False, Box(0, 0, 48, 32))


def test_rows_can_be_filled_in_any_order_and_twice(index: ExemplarIndex, tmp_path: Path) -> None:
    whole = index_of(tmp_path / "photos", tmp_path / "whole")
    fill(whole)
    parts = [result_of(index, rows) for rows in ([7, 9], [0, 1, 2], [3, 4, 5, 6, 8, 10, 11])]
    for part in (*parts, parts[0]):
        index.save(part, lambda: True)

    assert answers(index) == answers(whole)
    assert index.pending() == []


def test_what_is_not_to_count_any_more_is_not_entered(index: ExemplarIndex) -> None:
    assert not index.save(result_of(index), lambda: False)
    assert index.counts() == PhotoCounts(0, 12, 0, 0)
    assert ExemplarReader(index).top("conv1", 0, 3) == []


def test_what_belongs_to_a_former_index_is_refused(index: ExemplarIndex) -> None:
    with pytest.raises(UserError, match="was removed and made again"):
        index.save(result_of(index, key="another"), lambda: True)


def test_new_changed_and_missing_photos_are_told_apart(index: ExemplarIndex, folder: Path) -> None:
    fill(index)
    photo(folder, "new.jpg", b"new one")
    photo(folder, "0/0.jpg", b"changed")
    (folder / "1/1.jpg").unlink()

    assert index.update(scan_folder(folder)) == Update(new=1, changed=1, gone=1, kept=10)
    assert [each.path.name for each in index.pending()] == ["0.jpg", "new.jpg"]
    assert index.counts() == PhotoCounts(done=10, pending=2, unreadable=0, gone=1)
    assert index.update(scan_folder(folder)) == Update(new=0, changed=0, gone=0, kept=12)


def test_a_disk_that_was_not_mounted_costs_nothing(index: ExemplarIndex, folder: Path) -> None:
    fill(index)
    before = answers(index)
    hidden = folder.rename(folder.with_name("unmounted"))
    folder.mkdir()
    assert index.update(scan_folder(folder)).gone == 12
    assert ExemplarReader(ExemplarIndex(index.folder)).top("conv1", 0, 3) == []

    folder.rmdir()
    hidden.rename(folder)
    assert index.update(scan_folder(folder)) == Update(new=0, changed=0, gone=0, kept=12)
    assert answers(index) == before
    assert index.pending() == []


@pytest.mark.parametrize("seed", range(4))
def test_it_equals_one_that_was_built_at_once(folder: Path, tmp_path: Path, seed: int) -> None:
    chosen = random.Random(seed)
    index = index_of(folder, tmp_path / "grown")
    for step in range(30):
        paths = sorted(folder.glob("**/*.jpg"))
        kind = chosen.choice(["add", "change", "remove", "break", "fill", "scan"])
        content = chosen.randbytes(9)
        if kind == "add":
            photo(folder, f"{chosen.choice('ab')}/{step}.jpg", content)
        elif kind == "fill" and (pending := [each.row for each in index.pending()]):
            rows = chosen.sample(pending, chosen.randint(1, len(pending)))
            index.save(result_of(index, rows), lambda: True)
        elif kind == "scan":
            index.update(scan_folder(folder))
        elif len(paths) > 1:
            path = chosen.choice(paths)
            path.unlink()
            if kind != "remove":
                photo(
                    folder, str(path.relative_to(folder)), content + b"broken" * (kind == "break")
                )
                os.utime(path, ns=(1, step))
        index.update(scan_folder(folder))
    fill(index)

    at_once = index_of(folder, tmp_path / "at-once")
    fill(at_once)
    assert answers(index) == answers(at_once)


def test_a_reader_sees_what_workers_add(index: ExemplarIndex) -> None:
    reader = ExemplarReader(ExemplarIndex(index.folder))
    assert reader.photos == 0
    assert np.isnan(reader.quantiles("conv1", 0.5)).all()
    assert reader.standing("conv1", 0, 1.0) is None
    index.save(result_of(index, [4, 5]), lambda: True)
    assert reader.photos == 2
    fill(index)
    assert reader.photos == 12
    assert not reader.refresh()


def test_a_photo_added_while_an_answer_is_put_together_is_part_of_it(
    index: ExemplarIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.save(result_of(index, [0, 1]), lambda: True)
    reader = ExemplarReader(ExemplarIndex(index.folder))
    assert len(reader.top("conv1", 0, 12)) == 2
    fresh, adding = reader.refresh, iter([None, None])

    def refresh() -> bool:
        for _ in adding:  # a worker writes behind the first look
            found = fresh()
            fill(index)
            return found
        return fresh()

    monkeypatch.setattr(reader, "refresh", refresh)
    assert len(reader.top("conv1", 0, 12)) >= 2
    assert len(reader.top("conv1", 0, 12)) == 12


@pytest.mark.parametrize("size", [None, 0, 20])
def test_an_index_that_was_copied_in_part_is_told_of(
    index: ExemplarIndex, size: int | None
) -> None:
    fill(index)
    path = index.folder / "000-conv1" / "mean.f32"
    if size is None:
        path.unlink()
    else:
        os.truncate(path, size)
    for ask in (lambda reader: reader.top("conv1", 0, 3), lambda reader: reader.best("conv1")):
        with pytest.raises(UserError, match="lacks photos of conv1; convscope exemplars remove"):
            ask(ExemplarReader(index))
    assert len(ExemplarReader(index).top("conv2", 0, 3)) == 3


def test_what_is_not_in_an_index_is_named(index: ExemplarIndex) -> None:
    reader = ExemplarReader(index)
    with pytest.raises(UserError, match="has no layer conv3; it has conv2, conv1"):
        reader.top("conv3", 0, 1)
    with pytest.raises(UserError, match="conv1 has no channel 3; its channels are 0 to 2"):
        reader.top("conv1", 3, 1)


def test_what_a_killed_command_left_is_swept_up_once_it_is_old(
    folder: Path, tmp_path: Path
) -> None:
    make_index(index_folder(tmp_path, "mine"), facts(folder))
    for name in (".0123456789abcdef.new", ".0123456789abcdef.old"):
        (tmp_path / "exemplars" / name).mkdir()
    assert remove_unfinished(tmp_path, 600) == 0
    assert remove_unfinished(tmp_path, -1) == 2
    assert index_names(tmp_path) == ["mine"]


def test_indexes_are_found_and_removed_by_name(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no index yet"):
        open_index(tmp_path)
    make_index(index_folder(tmp_path, "cats"), facts(folder))
    assert open_index(tmp_path).name == "cats"
    make_index(index_folder(tmp_path, "dogs"), facts(folder))
    assert index_names(tmp_path) == ["cats", "dogs"]
    with pytest.raises(UserError, match="choose one with --name: cats, dogs"):
        open_index(tmp_path)
    with pytest.raises(UserError, match="There is no index 'cat'; there is cats"):
        open_index(tmp_path, "cat")
    with pytest.raises(UserError, match="There is an index cats already"):
        make_index(index_folder(tmp_path, "cats"), facts(folder))
    remove_index(index_folder(tmp_path, "cats"))
    assert [path.name for path in (tmp_path / "exemplars").iterdir()] == ["dogs"]
    for name in ("../dogs", ".hidden", "", "a\x1bb", "x" * 61):
        with pytest.raises(UserError, match="does not suit an index"):
            index_folder(tmp_path, name)
