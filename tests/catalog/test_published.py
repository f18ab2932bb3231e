"""What is shipped about torchvision's weights agrees with torchvision, and needs no torch."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from convscope.core.catalog.published import cache_folder, imagenet_classes, published
from convscope.core.catalog.weights import TORCHVISION_NAMES
from tests.catalog.torchvision import (
    CLASSES,
    FINGERPRINTS,
    PUBLISHED,
    class_names,
    fingerprint_of,
    names,
    published_weights,
    table,
)


def test_weights_are_those_that_torchvision_has() -> None:
    found = {name: published_weights(name) for name in names()}
    assert len(found) == 68
    assert PUBLISHED.read_bytes() == table(found)
    assert {each.name for every in found.values() for each in every} == set(TORCHVISION_NAMES)


def test_classes_are_torchvisions() -> None:
    assert imagenet_classes() == tuple(class_names())
    assert CLASSES.read_bytes().isascii()


@pytest.mark.long
def test_fingerprints_are_those_of_the_networks() -> None:
    assert FINGERPRINTS.read_bytes() == table({name: fingerprint_of(name) for name in names()})


@pytest.mark.parametrize("variables", [{}, {"XDG_CACHE_HOME": "/caches"}, {"TORCH_HOME": "~/t"}])
def test_files_are_looked_for_where_torch_keeps_them(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_CACHE_HOME", "TORCH_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache_folder() == Path(torch.hub.get_dir()) / "checkpoints"


def test_a_file_is_known_by_how_its_digest_begins() -> None:
    (resnet18,) = published("resnet18")
    assert (resnet18.file, resnet18.sha256) == ("resnet18-f37072fd.pth", "f37072fd")
    assert published("nothing") == ()


def test_naming_weights_classes_and_networks_imports_no_torch() -> None:
    code = (
        "import sys; from convscope.core.catalog import classes, own, weights; "
        "chosen = weights.parse_weights(None, 'resnet50'); "
        "assert len(classes.class_names('resnet50', chosen)) == 1000; "
        "assert own.parse_own('timm:resnet18'); "
        "sys.exit(any(name in sys.modules for name in ('torch', 'torchvision', 'timm')))"
    )
    assert subprocess.run([sys.executable, "-P", "-c", code], check=False).returncode == 0
