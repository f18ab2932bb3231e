"""Weights as named: known names, files by their content, and safe labels for file names."""

import os
from pathlib import Path

import pytest

from convscope.core.catalog.weights import EMBEDDED, Weights, parse_weights, weights_names
from convscope.core.system.errors import UserError


def test_the_embedded_weights_are_the_default() -> None:
    assert parse_weights(None) == parse_weights("embedded") == EMBEDDED


def test_torchvisions_names_are_known_in_any_case() -> None:
    assert parse_weights("imagenet1k_v1").name == "IMAGENET1K_V1"


def test_files_of_one_name_and_other_content_have_other_labels(tmp_path: Path) -> None:
    labels = set()
    for folder, content in (("a", b"one"), ("b", b"two")):
        file = tmp_path / folder / "my model.pth"
        file.parent.mkdir()
        file.write_bytes(content)
        labels.add(parse_weights(str(file)).label)
    assert len(labels) == 2
    assert all(label.startswith("my_model_") for label in labels)


def test_a_hostile_file_name_gives_a_label_that_stays_in_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "..\x1b[31m\u202e.pth"
    file.write_bytes(b"")
    label = parse_weights(str(file)).label
    assert label.isascii()
    assert label.isprintable()
    assert not label.startswith(".")
    assert "/" not in label


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("IMAGENET1K_V2", "did you mean IMAGENET1K_V1"),
        ("notes.txt", "cannot be read (No such file or directory)"),
        ("~nobody-here/w.pth", "there is no user nobody-here"),
        ("n" * 300, "the path is too long"),
        ("n" * 300 + ".pth", "the path is too long"),
        ("missing.pth", "cannot be read (No such file or directory)"),
    ],
)
def test_other_words_are_answered_with_the_remedy(text: str, sentence: str) -> None:
    with pytest.raises(UserError) as raised:
        parse_weights(text)
    assert sentence in str(raised.value)


def test_a_path_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.pth"))
    path.write_bytes(b"weights")
    with pytest.raises(UserError, match="not text"):
        parse_weights(str(path))


def test_each_network_has_names_of_its_own() -> None:
    assert weights_names("vgg16") == ("embedded", "IMAGENET1K_V1", "IMAGENET1K_FEATURES")
    assert weights_names("resnet50") == ("IMAGENET1K_V2", "IMAGENET1K_V1")
    assert weights_names("net.build_0123abcd") == ("builtin",)


@pytest.mark.parametrize(
    ("text", "model", "name"),
    [
        (None, "resnet50", "IMAGENET1K_V2"),
        ("default", "resnet50", "IMAGENET1K_V2"),
        ("imagenet1k_v1", "resnet50", "IMAGENET1K_V1"),
        ("default", "vgg16", "IMAGENET1K_V1"),
        (None, "net.build_0123abcd", "builtin"),
        ("DEFAULT", "timm.resnet18", "builtin"),
    ],
)
def test_names_are_those_of_the_network(text: str | None, model: str, name: str) -> None:
    found = parse_weights(text, model)
    assert (found, found.is_file, found.label) == (Weights(name), False, name.lower())


def test_a_name_of_another_network_is_answered_with_its_own() -> None:
    with pytest.raises(UserError, match=r"of resnet18 \(did you mean IMAGENET1K_V1"):
        parse_weights("IMAGENET1K_V2", "resnet18")
    with pytest.raises(UserError, match="names are IMAGENET1K_V1"):
        parse_weights("embedded", "resnet18")
