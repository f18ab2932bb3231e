"""Favourites, tags and notes: kept beside the pictures, whoever writes them at the same time."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from convscope.core.catalog.weights import EMBEDDED, Weights
from convscope.core.gallery.annotation_index import Annotations, all_annotations
from convscope.core.gallery.annotations import (
    NOTHING,
    Annotation,
    Channel,
    annotate,
    read_annotation,
)
from convscope.core.gallery.paths import picture_folder
from convscope.core.system.errors import UserError
from tests.samples import job

EYES = Channel("vgg16", EMBEDDED, "conv5_1", 25)
WRITER = """
import sys
from pathlib import Path
from convscope.core.catalog.weights import EMBEDDED
from convscope.core.gallery.annotations import Channel, annotate
of = Channel("vgg16", EMBEDDED, "conv5_1", 25)
for number in range(10):
    annotate(Path(sys.argv[1]), of, lambda known: known.tagged([f"{sys.argv[2]}{number}"]))
"""


def star(gallery: Path, of: Channel = EYES) -> Annotation:
    return annotate(gallery, of, lambda known: known.starred(True))


def test_what_is_noted_comes_back(tmp_path):
    assert read_annotation(tmp_path, EYES) == NOTHING
    star(tmp_path)
    annotate(tmp_path, EYES, lambda known: known.tagged(["eyes", "Dogs"]).noted("both  eyes\n"))
    assert read_annotation(tmp_path, EYES) == Annotation(True, ("Dogs", "eyes"), "both eyes")
    annotate(tmp_path, EYES, lambda known: known.tagged(["cats"], ["DOGS"]))
    assert read_annotation(tmp_path, EYES).tags == ("cats", "eyes")


def test_it_lies_beside_the_pictures_as_text_that_a_person_can_read(tmp_path):
    star(tmp_path)
    path = EYES.path(tmp_path)
    assert path.parent == picture_folder(tmp_path, job("conv5_1:25"))
    told = json.loads(path.read_text())
    assert told["favourite"] is True
    assert (told["model"], told["layer"], told["channel"]) == ("vgg16", "conv5_1", 25)


def test_other_weights_and_layers_of_like_names_are_others(tmp_path):
    long = "encoder.layers.encoder_layer_11.self_attention."
    others = [
        Channel("vgg16", Weights("/w/a.pt", "ab" * 32), "conv5_1", 25),
        Channel("vgg16", EMBEDDED, long + "q", 25),
        Channel("vgg16", EMBEDDED, long + "k", 25),
    ]
    star(tmp_path)
    assert len({each.path(tmp_path) for each in (EYES, *others)}) == 4
    assert not any(read_annotation(tmp_path, each) for each in others)


def test_processes_that_write_at_once_take_turns(tmp_path):
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, tmp_path, name]) for name in ("a", "b", "c")
    ]
    assert [writer.wait(30) for writer in writers] == [0, 0, 0]
    assert len(read_annotation(tmp_path, EYES).tags) == 30


def test_galleries_copied_into_each_other_keep_what_was_noted_in_either(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    star(here)
    star(there, Channel("vgg16", EMBEDDED, "conv5_1", 26))
    shutil.copytree(here, there, dirs_exist_ok=True)
    assert [each.channel for each in all_annotations(there)] == [25, 26]


def test_what_was_removed_leaves_a_file_that_says_so(tmp_path):
    star(tmp_path)
    annotate(tmp_path, EYES, lambda known: known.starred(False))
    assert EYES.path(tmp_path).exists()
    assert not all_annotations(tmp_path)


@pytest.mark.parametrize("tag", ["", "two words", "a,b", "x" * 41, "a\x1b[31m", "a\u202eb"])
def test_what_is_no_tag_is_refused_in_a_sentence(tag):
    with pytest.raises(UserError) as caught:
        NOTHING.tagged([tag])
    assert "\x1b" not in str(caught.value)


def test_too_much_is_refused():
    with pytest.raises(UserError, match="at most 32 tags"):
        NOTHING.tagged(map(str, range(33)))
    with pytest.raises(UserError, match=r"at most 1,000 characters; this one has 1,001"):
        NOTHING.noted("x" * 1001)
    with pytest.raises(UserError, match="not text"):
        NOTHING.noted(os.fsdecode(b"\xff"))


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"{", "is damaged"), (b"\xff" * 9, "is damaged"), (b"x" * 100_000, "is damaged")],
)
def test_a_damaged_file_is_told_of_and_left_alone(tmp_path, content, said):
    star(tmp_path)
    EYES.path(tmp_path).write_bytes(content)
    with pytest.raises(UserError, match=said):
        star(tmp_path)
    assert EYES.path(tmp_path).read_bytes() == content
    assert not all_annotations(tmp_path)


def test_a_file_of_a_newer_version_is_left_alone(tmp_path):
    star(tmp_path)
    path = EYES.path(tmp_path)
    path.write_text(path.read_text().replace("{", '{"format": 2,', 1))
    with pytest.raises(UserError, match="newer convscope"):
        star(tmp_path)


def test_a_pipe_in_its_place_makes_nobody_wait(tmp_path):
    star(tmp_path)
    EYES.path(tmp_path).unlink()
    os.mkfifo(EYES.path(tmp_path))
    assert not all_annotations(tmp_path)
    with pytest.raises(UserError, match="cannot be read"):
        star(tmp_path)


def test_a_gallery_that_is_no_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"gallery: .*is not a folder"):
        star(tmp_path / "file")


def test_only_what_changed_is_read_again(tmp_path, monkeypatch):
    star(tmp_path)
    folder = EYES.path(tmp_path).parent
    known = Annotations()
    assert known.look([folder])
    assert known.find(folder, "conv5_1", 25).favourite
    read = []
    monkeypatch.setattr("convscope.core.gallery.annotation_index.read_file", read.append)
    assert not known.look([folder])
    assert not read


def test_a_change_is_found_and_a_folder_that_went_says_nothing(tmp_path):
    known = Annotations()
    folder = EYES.path(tmp_path).parent
    assert not known.look([folder])
    star(tmp_path)
    assert known.look([folder])
    assert known.of_layer(folder, "conv5_1") == {25: Annotation(True)}
    shutil.rmtree(folder)
    assert known.look([folder])
    assert known.find(folder, "conv5_1", 25) == NOTHING
