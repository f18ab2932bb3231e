"""A folder is looked through to its end whatever lies there; what is no photo is named."""

import os
import random
import socket
from collections import Counter
from pathlib import Path

import pytest

from convscope.core.exemplars.scan import names_of, scan_folder
from convscope.core.system.errors import UserError
from tests.exemplars.folders import photo


def names(folder: Path) -> list[str]:
    return [os.fsdecode(each.name) for each in scan_folder(folder).photos]


def test_photos_are_found_in_all_folders_by_suffix_or_by_how_they_begin(tmp_path: Path) -> None:
    photo(tmp_path, "b.JPG")
    photo(tmp_path, "a/deep/down/c.webp")
    photo(tmp_path, "a/photo-without-suffix", b"\x89PNG\r\n\x1a\n...")
    photo(tmp_path, "a/renamed.txt", b"\xff\xd8\xff\xe0...")
    photo(tmp_path, "a/notes.txt")
    photo(tmp_path, ".hidden.jpg")
    photo(tmp_path, ".hidden/d.jpg")

    scan = scan_folder(tmp_path)

    found = [os.fsdecode(each.name) for each in scan.photos]
    assert found == ["a/deep/down/c.webp", "a/photo-without-suffix", "a/renamed.txt", "b.JPG"]
    assert scan.others == 1
    assert scan.skipped == []


def test_size_and_time_tell_a_changed_photo(tmp_path: Path) -> None:
    path = photo(tmp_path, "a.jpg")
    os.utime(path, ns=(1, 1234567890123456789))

    (found,) = scan_folder(tmp_path).photos

    assert found == (b"a.jpg", 7, 1234567890123456789)


def test_loops_of_links_are_walked_once(tmp_path: Path) -> None:
    photo(tmp_path, "a/b/photo.jpg")
    (tmp_path / "a/b/up").symlink_to(tmp_path)
    (tmp_path / "a/b/again").symlink_to(tmp_path / "a")
    (tmp_path / "itself.jpg").symlink_to("itself.jpg")

    scan = scan_folder(tmp_path)

    assert [each.name for each in scan.photos] == [b"a/b/photo.jpg"]
    assert dict(scan.skipped) == {
        b"a/b/again": "it leads to a folder that was already searched",
        b"a/b/up": "it leads to a folder that was already searched",
        b"itself.jpg": "it cannot be read (Too many levels of symbolic links)",
    }


def test_a_file_of_several_names_counts_once(tmp_path: Path) -> None:
    first = photo(tmp_path, "a.jpg")
    (tmp_path / "b.jpg").hardlink_to(first)
    (tmp_path / "c.jpg").symlink_to("a.jpg")

    scan = scan_folder(tmp_path)

    assert [each.name for each in scan.photos] == [b"a.jpg"]
    assert {each.why for each in scan.skipped} == {"it is another name for the same file"}


def test_pipes_sockets_and_broken_links_are_named_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "device.png").symlink_to("/dev/zero")
    (tmp_path / "nowhere.jpg").symlink_to("not-there.jpg")
    photo(tmp_path, "empty.jpg", b"")
    with socket.socket(socket.AF_UNIX) as unix:
        os.chdir(tmp_path)  # the path of a socket has to be short
        unix.bind("socket.jpg")
        skipped = dict(scan_folder(tmp_path).skipped)

    assert skipped == {
        b"device.png": "it cannot be read (a device, not a file)",
        b"empty.jpg": "it is empty",
        b"nowhere.jpg": "it cannot be read (No such file or directory)",
        b"pipe": "it cannot be read (a pipe, not a file)",
        b"pipe.jpg": "it cannot be read (a pipe, not a file)",
        b"socket.jpg": "it cannot be read (a socket, not a file)",
    }


def test_names_that_are_no_text_or_would_drive_a_terminal_are_shown_harmlessly(
    tmp_path: Path,
) -> None:
    photo(tmp_path, "\x1b]2;owned\x07.jpg", b"")
    photo(tmp_path, os.fsdecode(b"caf\xe9.jpg"))

    scan = scan_folder(tmp_path)

    assert [each.name for each in scan.photos] == [b"caf\xe9.jpg"]
    assert list(names_of(scan.skipped)) == [r"\x1b]2;owned\x07.jpg: it is empty"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"photos cannot be read \(No such file or directory\)"):
        scan_folder(tmp_path / "photos")


def test_everything_of_a_large_mixed_folder_is_counted(tmp_path: Path) -> None:
    chosen = random.Random(16)
    made: Counter[str] = Counter()
    for number in range(300):
        kind = chosen.choice(["photo", "empty", "pipe", "other", "loop"])
        made[kind] += 1
        folder = tmp_path / f"{chosen.randrange(9)}" / f"{chosen.randrange(9)}"
        folder.mkdir(parents=True, exist_ok=True)
        if kind == "pipe":
            os.mkfifo(folder / f"{number}.jpg")
        elif kind == "loop":
            (folder / f"{number}").symlink_to(chosen.choice(["..", ".", "../.."]))
        else:
            content = {"photo": b"x", "empty": b"", "other": b"text"}[kind]
            suffix = "txt" if kind == "other" else "jpg"
            photo(folder, f"{number}.{suffix}", content)

    scan = scan_folder(tmp_path)

    assert len(scan.photos) == made["photo"]
    assert scan.others == made["other"]
    assert len(scan.skipped) == made["empty"] + made["pipe"] + made["loop"]
