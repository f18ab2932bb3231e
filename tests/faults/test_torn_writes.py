"""Fault 2: whoever saves a picture is killed at any of the system calls that this takes."""

import inspect
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from PIL import Image

from convscope.core.ascent.recipes import PRESETS, override
from convscope.core.gallery.pictures import read_picture, read_whole
from convscope.core.runner.sweeping import sweep
from convscope.core.system.files import OLD_SECONDS, open_beside, remove_abandoned, replace_file
from convscope.core.tasks.animation import animation_of
from tests.faults.invariants import temporaries
from tests.faults.tracing import Nursery, open_nursery
from tests.samples import job, save, save_animation

SPEC = job("conv1_1:7", recipe=override(PRESETS["classic"], resolution=32))
PICTURES = "*/*/*.png"
ANIMATION = animation_of(SPEC, frames=7)


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    with open_nursery(tmp_path_factory.mktemp("nursery")) as found:
        yield found


def saves(gallery: str) -> Iterator[None]:
    """Save a picture."""
    Image.init()  # Pillow loads itself when it is first used
    yield
    save(Path(gallery), SPEC, verdict="excited")


def saves_animation(gallery: str) -> Iterator[None]:
    """Save an animation of seven frames."""
    Image.init()
    yield
    save_animation(Path(gallery), ANIMATION)


def test_an_animation_is_whole_or_as_it_was(nursery: Nursery, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (24, 24), (0, 0, i)) for i in range(ANIMATION.frames)]
    path = save_animation(tmp_path, ANIMATION, frames)
    old = path.read_bytes()

    found = set()
    for moment in nursery.kills(saves_animation, tmp_path, reset=lambda: path.write_bytes(old)):
        found.add(path.read_bytes() == old)
        assert read_whole(path) is not None, moment
        sweep(tmp_path / "state", [tmp_path])
        assert [each.name for each in path.parent.iterdir()] == [path.name], moment
    assert found == {True, False}


def test_over_an_old_picture_stands_the_old_or_the_new_one(
    nursery: Nursery, tmp_path: Path
) -> None:
    path = save(tmp_path, SPEC, verdict="silent")
    old = path.read_bytes()

    found = set()
    for moment in nursery.kills(saves, tmp_path, reset=lambda: path.write_bytes(old)):
        _, record = read_picture(path)
        found.add(record.verdict)
        assert record.verdict == "excited" or path.read_bytes() == old, moment
        _sweep(tmp_path, moment)
        assert [each.name for each in path.parent.iterdir()] == [path.name], moment
    assert found == {"silent", "excited"}, "it was killed before the new one was there, and after"


def test_where_nothing_was_stands_the_whole_picture_or_nothing(
    nursery: Nursery, tmp_path: Path
) -> None:
    path = save(tmp_path, SPEC)

    def clear() -> None:
        path.unlink(missing_ok=True)
        for folder in (path.parent, path.parent.parent):
            if folder.exists():
                folder.rmdir()

    found = set()
    for moment in nursery.kills(saves, tmp_path, reset=clear):
        found.add(path.exists())
        if path.exists():
            read_picture(path)
        _sweep(tmp_path, moment)
    assert found == {False, True}


def test_the_picture_is_on_disk_before_its_name_and_its_name_before_the_end(
    nursery: Nursery, tmp_path: Path
) -> None:
    path = save(tmp_path, SPEC)
    for each in (path, path.parent, path.parent.parent):
        each.rmdir() if each.is_dir() else each.unlink()
    traced = nursery.trace(saves, tmp_path)
    assert traced.code == 0
    folder = re.escape(str(path.parent))
    temporary = rf"{folder}/\.{re.escape(path.name)}\.[0-9a-f]{{8}}\.tmp"

    # Every folder is known to the one above it before anything is put in it.
    made = traced.position(rf'mkdir(at)?\(.*"{re.escape(str(path.parent.parent))}", ')
    synced = traced.position(rf"fsync\(\d+<{re.escape(str(tmp_path))}>\) += 0", made)
    made = traced.position(rf'mkdir(at)?\(.*"{folder}", ', synced)
    synced = traced.position(rf"fsync\(\d+<{re.escape(str(path.parent.parent))}>\) += 0", made)

    opened = traced.position(rf'openat\(.*"{temporary}", O_.*O_EXCL', synced)
    locked = traced.position(rf"flock\(\d+<{temporary}>, LOCK_EX", opened)
    written = traced.position(rf"write\(\d+<{temporary}>", locked)
    synced = traced.position(rf"fsync\(\d+<{temporary}>\) += 0", written)
    renamed = traced.position(rf'rename(at2?)?\(.*"{temporary}", .*{re.escape(path.name)}"', synced)
    assert not [call for call in traced.calls[synced:] if call.startswith("write(")]
    assert not [call for call in traced.calls[:synced] if call.startswith("rename")]
    traced.position(
        rf"close\(\d+<{re.escape(str(path))}>\)", renamed
    )  # the lock is held until here
    traced.position(rf"fsync\(\d+<{folder}>\) += 0", renamed)


def test_ctrl_c_between_any_two_lines_leaves_no_temporary(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "picture.png"
    path.parent.mkdir(parents=True)
    files = {replace_file.__code__.co_filename, inspect.unwrap(open_beside).__code__.co_filename}

    def interrupted(after: int) -> bool:
        """Write the file, and interrupt it after so many lines; returns whether there were more."""
        left = after

        def trace(frame: FrameType, event: str, _: object) -> Callable[..., Any] | None:
            nonlocal left
            if frame.f_code.co_filename not in files:
                return None
            left -= event == "line"
            if left < 0:
                raise KeyboardInterrupt
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            replace_file(path, lambda file: None)
        except KeyboardInterrupt:
            return True
        finally:
            sys.settrace(before)
        return False

    after = 0
    while interrupted(after):
        assert temporaries(tmp_path) == [], f"after {after} lines"
        after += 1
    assert after > 15
    assert path.exists()


def test_a_temporary_whose_writer_lives_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "picture.png"
    path.parent.mkdir(parents=True)
    with open_beside(path) as (temporary, file):
        file.write(b"half")
        os.utime(temporary, (0, 0))
        assert remove_abandoned(tmp_path, PICTURES) == 0
        assert temporary.exists()
        temporary.replace(path)
    assert path.read_bytes() == b"half"


def test_a_writer_whose_temporary_was_taken_for_abandoned_makes_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    path = tmp_path / "a" / "b" / "picture.png"
    path.parent.mkdir(parents=True)
    flock, removed = fcntl.flock, []

    def late(file: object, operation: int) -> None:
        """Somebody sweeps between the making of the file and its lock."""
        monkeypatch.setattr(fcntl, "flock", flock)
        removed.append(remove_abandoned(tmp_path, PICTURES))
        flock(file, operation)  # type: ignore[arg-type]

    monkeypatch.setattr(fcntl, "flock", late)
    with open_beside(path) as (temporary, file):
        file.write(b"whole")
        temporary.replace(path)
    assert removed == [1]
    assert path.read_bytes() == b"whole"
    assert temporaries(tmp_path) == []


def test_on_a_network_filesystem_a_temporary_must_be_old_besides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    fresh, old = (folder / f".{i}.png.{i * 8}.tmp" for i in "12")
    for path in (fresh, old):
        path.touch()
    long_ago = time.time() - OLD_SECONDS - 60
    os.utime(old, (long_ago, long_ago))
    monkeypatch.setattr("convscope.core.system.files.filesystem_of", lambda _: "nfs4")
    assert remove_abandoned(tmp_path, PICTURES) == 1
    assert temporaries(tmp_path) == [fresh]


def test_only_temporaries_are_removed(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    others = ["x.png", ".x.png.tmp", "x.png.12345678.tmp", ".x.txt.12345678.tmp"]
    for name in others:
        (folder / name).touch()
    (folder / ".link.png.12345678.tmp").symlink_to(folder / "x.png")
    os.mkfifo(folder / ".pipe.png.12345678.tmp")
    remove_abandoned(tmp_path, PICTURES)
    remove_abandoned(tmp_path / "missing", PICTURES)
    left = {path.name for path in folder.iterdir()}
    assert left >= {*others, ".link.png.12345678.tmp"}


def _sweep(gallery: Path, moment: str) -> None:
    """Recover, and see that nothing is left of the dead."""
    remove_abandoned(gallery, PICTURES)
    assert temporaries(gallery) == [], moment
