"""Deleted files: nothing is lost until the program that deleted them leaves in good order."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from convscope.core.gallery.trash import FOLDER, Trash, restore_abandoned
from convscope.core.system.errors import UserError


@pytest.fixture
def files(tmp_path):
    """Three files of a gallery, in two folders."""
    gallery = tmp_path / "gallery"
    names = ("vgg16-embedded/conv5_3/a.png", "vgg16-embedded/conv5_2/b.png", "holiday.png")
    paths = [gallery / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.name)
    return paths


@pytest.fixture
def gallery(files):
    return files[-1].parent


def contents(paths):
    return [path.read_text() if path.exists() else None for path in paths]


def test_what_was_deleted_is_taken_back_one_deletion_at_a_time(gallery, files):
    trash = Trash(gallery)
    trash.delete(files[:2])
    trash.delete(files[2:])
    assert contents(files) == [None] * 3
    assert trash.take_back() == files[2:]
    assert trash.take_back() == files[:2]
    assert contents(files) == ["a.png", "b.png", "holiday.png"]
    assert trash.take_back() == []


def test_leaving_removes_it_for_good_and_leaves_nothing_behind(gallery, files):
    trash = Trash(gallery)
    trash.delete(files[:1])
    trash.empty()
    assert trash.take_back() == []
    assert not (gallery / FOLDER).exists()
    assert contents(files) == [None, "b.png", "holiday.png"]


def test_a_trash_that_nothing_was_put_into_makes_no_folder(gallery):
    Trash(gallery).empty()
    assert not (gallery / FOLDER).exists()


def test_a_file_that_was_made_again_stays(gallery, files):
    trash = Trash(gallery)
    trash.delete(files[:1])
    files[0].write_text("made again")
    trash.take_back()
    assert files[0].read_text() == "made again"


def test_a_file_that_is_gone_is_no_mistake(gallery, files):
    files[0].unlink()
    trash = Trash(gallery)
    trash.delete(files)
    trash.take_back()
    assert contents(files) == [None, "b.png", "holiday.png"]


def test_what_cannot_be_moved_is_said_and_the_rest_can_be_taken_back(gallery, files, monkeypatch):
    rename = Path.rename

    def refused(self, to):
        if self == files[1]:
            raise OSError(13, "Permission denied")
        rename(self, to)

    trash = Trash(gallery)
    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(UserError, match="cannot be deleted"):
        trash.delete(files)
    assert contents(files) == [None, "b.png", "holiday.png"]
    trash.take_back()
    assert contents(files)[0] == "a.png"


def test_what_a_killed_program_deleted_comes_back(gallery, files):
    program = f"""
        import os, signal
        from pathlib import Path
        from convscope.core.gallery.trash import Trash
        trash = Trash(Path({str(gallery)!r}))
        trash.delete([Path(path) for path in {[str(path) for path in files]!r}])
        os.kill(os.getpid(), signal.SIGKILL)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False)
    assert contents(files) == [None] * 3
    assert restore_abandoned(gallery) == 3
    assert contents(files) == ["a.png", "b.png", "holiday.png"]
    assert restore_abandoned(gallery) == 0


def test_what_another_program_may_still_take_back_is_left_to_it(gallery, files):
    trash = Trash(gallery)
    trash.delete(files)
    assert restore_abandoned(gallery) == 0
    assert contents(files) == [None] * 3
    trash.take_back()
    assert contents(files) == ["a.png", "b.png", "holiday.png"]


def test_without_a_gallery_there_is_nothing_to_restore(tmp_path):
    assert restore_abandoned(tmp_path / "none") == 0
