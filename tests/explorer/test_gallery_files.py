"""Listing a gallery: what counts as a picture, what is looked at again, what is read from it."""

import os
import sys

import pytest
from PIL import Image

from convscope.tui.explorer.model.file_words import file_facts as facts
from convscope.tui.explorer.model.gallery_files import Listing, list_gallery
from convscope.tui.explorer.model.pictures import (
    DAMAGED,
    FOREIGN,
    LARGE_SIDE,
    MOST_PIXELS,
    OURS,
    SHEET,
    SMALL_SIDE,
    TOO_LARGE,
    Wanted,
    read,
)
from tests.explorer.fakes import CRISP, task
from tests.explorer.shelving import NEWEST, age, shelve, shelve_damaged, shelve_foreign


def names(listing):
    return [file.name for file in listing.files]


def settled(gallery):
    """Make the folders so old that their times are relied on."""
    for folder, _, _ in os.walk(gallery):
        os.utime(folder, (NEWEST, NEWEST))


def test_the_newest_come_first(tmp_path):
    for seconds, channel in ((5, 1), (0, 2), (9, 3)):
        shelve(tmp_path, task(channel, CRISP), seconds)
    listed = list_gallery(tmp_path, Listing())
    assert [name[8:12] for name in names(listed)] == ["0002", "0001", "0003"]


def test_a_gallery_that_is_not_there_is_empty(tmp_path):
    assert list_gallery(tmp_path / "nowhere", Listing()).files == ()


def test_what_is_no_picture_is_left_out(tmp_path):
    (tmp_path / "notes.txt").write_text("no")
    (tmp_path / ".conv5_1.png.01234567.tmp").write_text("no")
    (tmp_path / ".hidden.png").write_text("no")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "gone.png").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c" / "too-deep.png").write_text("no")
    (tmp_path / "a" / "b" / "yes.PNG").write_text("")
    assert names(list_gallery(tmp_path, Listing())) == ["yes.PNG"]


def test_nothing_is_listed_twice_while_nothing_changes(tmp_path):
    shelve(tmp_path, task(1))
    settled(tmp_path)
    listed = list_gallery(tmp_path, Listing())
    assert list_gallery(tmp_path, listed) is listed


def test_new_and_remade_and_removed_pictures_are_noticed(tmp_path):
    first = shelve(tmp_path, task(1), 10)
    listed = list_gallery(tmp_path, Listing())
    shelve(tmp_path, task(2), 20)
    more = list_gallery(tmp_path, listed)
    assert len(more.files) == 2
    age(first, 30)
    settled(tmp_path)
    remade = list_gallery(tmp_path, more)
    assert names(remade) == names(more)[::-1]
    first.unlink()
    assert len(list_gallery(tmp_path, remade).files) == 1


def test_a_folder_just_written_is_looked_at_again_but_is_no_news(tmp_path):
    shelve(tmp_path, task(1))
    listed = list_gallery(tmp_path, Listing())
    again = list_gallery(tmp_path, listed)
    assert again.files is listed.files


def seen(path, side=SMALL_SIDE):
    (file,) = list_gallery(path.parent, Listing()).files
    return read(Wanted(file, side))


def test_ours_are_read_with_their_record(tmp_path):
    found = seen(shelve(tmp_path, task(3, CRISP)))
    assert (found.kind, found.record.channel, found.size) == (OURS, 3, (128, 128))
    assert found.image.size == (SMALL_SIDE, SMALL_SIDE)


def test_the_record_alone_decodes_no_pixels(tmp_path):
    found = seen(shelve(tmp_path, task(3)), side=0)
    assert (found.record.channel, found.image) == (3, None)


@pytest.mark.parametrize(("name", "kind"), [("a.png", FOREIGN), ("a-sheet.png", SHEET)])
def test_sheets_and_foreign_files_are_pictures_too(tmp_path, name, kind):
    path = shelve_foreign(tmp_path, name)
    found = seen(path)
    assert (found.kind, found.record) == (kind, None)
    assert found.image.size == (SMALL_SIDE, SMALL_SIDE)  # on a black square
    assert seen(path, LARGE_SIDE).image.size == (40, 20)


def test_a_damaged_file_is_said_to_be_one(tmp_path):
    found = seen(shelve_damaged(tmp_path, "conv5_3-0001-crisp-128px-s0-0123abcd.png"))
    assert (found.kind, found.image) == (DAMAGED, None)
    assert "damaged" in facts(found)[0].text


def test_a_file_that_went_is_a_damaged_one(tmp_path):
    path = shelve(tmp_path, task(3))
    (file,) = list_gallery(path.parent, Listing()).files
    path.unlink()
    assert read(Wanted(file, LARGE_SIDE)).kind == DAMAGED


def test_what_would_fill_the_memory_is_not_decoded(tmp_path):
    path = tmp_path / "huge.png"
    Image.new("1", (MOST_PIXELS // 1000 + 1, 1000)).save(path)
    found = seen(path)
    assert (found.kind, found.image) == (TOO_LARGE, None)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems take no such names")
def test_every_fact_of_a_hostile_file_is_safe_to_print(tmp_path):
    name = b"\x1b[2J\xff[x]\n\xe2\x80\xae.png".decode(errors="surrogateescape")
    shelve_foreign(tmp_path, name)
    hostile = task(1, CRISP.__class__(preset="\x1b]52;c;x\x07[b]", resolution=64), "a\u202eb")
    shelve(tmp_path, hostile)
    listed = list_gallery(tmp_path, Listing())
    assert len(listed.files) == 2
    for file in listed.files:
        for fact in facts(read(Wanted(file, LARGE_SIDE))):
            assert fact.text.replace("\u00a0", " ").isprintable()
