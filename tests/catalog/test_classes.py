"""The names of classes: known for torchvision's weights, or a person's own."""

import os
from pathlib import Path

import pytest

from convscope.core.catalog.classes import check_count, class_names
from convscope.core.catalog.weights import EMBEDDED, Weights
from convscope.core.system.errors import UserError

RESNET = Weights("IMAGENET1K_V1")


def test_torchvisions_weights_have_the_names_of_imagenet() -> None:
    found = class_names("resnet50", RESNET)
    assert (len(found), found[207]) == (1000, "golden retriever")
    file = Weights("/mine/resnet.pth", "0676ba61" + "0" * 56)
    assert class_names("resnet50", file) == found, "known by its digest"


@pytest.mark.parametrize(
    "weights", [EMBEDDED, Weights("IMAGENET1K_FEATURES"), Weights("/mine.pth", "ab" * 32)]
)
def test_other_weights_have_none(weights: Weights) -> None:
    assert class_names("vgg16", weights) == ()


def test_names_are_read_one_a_line(tmp_path: Path) -> None:
    labels = tmp_path / "breeds.txt"
    labels.write_bytes("\ufeffhusky\r\n beagle \nSpitz \x1b[31m\n\n".encode())
    found = class_names("resnet50", RESNET, labels)
    assert found == ("husky", "beagle", "Spitz \\x1b[31m")
    check_count(found, labels, 3)
    check_count(found, labels, 0)
    with pytest.raises(UserError, match="names 3 classes, but the network has 19"):
        check_count(found, labels, 19)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "the name of a class on each line"), (b"a\n\nb", "on each line"), (b"\xff", "UTF-8")],
)
def test_what_holds_no_names_is_refused(content: bytes, words: str, tmp_path: Path) -> None:
    labels = tmp_path / "labels"
    labels.write_bytes(content)
    with pytest.raises(UserError, match=words):
        class_names("resnet50", RESNET, labels)


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match="a pipe, not a file"):
        class_names("resnet50", RESNET, tmp_path / "pipe")
