"""What is known of weights before they are used: found out elsewhere, and remembered."""

from pathlib import Path

import pytest

from convscope.core.catalog.own import OwnNetwork, parse_own, remember
from convscope.core.catalog.weights import EMBEDDED_NAME, WeightsFacts, parse_weights
from convscope.core.runner.examined import examined
from convscope.core.system.errors import UserError

NET = """
from torch import nn
def build():
    print("built")
    return nn.Sequential(nn.Conv2d(3, 4, 3))
"""


def own(file: Path, code: str, state: Path) -> OwnNetwork:
    state.mkdir(mode=0o700, exist_ok=True)
    file.write_text(code)
    found = parse_own(f"{file}:build")
    assert found is not None
    remember(found)
    return found


def test_named_weights_are_known_without_a_look() -> None:
    head = ("classifier.0", "classifier.3", "classifier.6")
    for model, name, normalization, classes, missing in (
        ("vgg16", EMBEDDED_NAME, "caffe", 0, head),
        ("vgg16", "IMAGENET1K_FEATURES", "caffe", 0, head),
        ("vgg16", "IMAGENET1K_V1", "imagenet", 1000, ()),
        ("resnet50", "IMAGENET1K_V2", "imagenet", 1000, ()),
        ("googlenet", "IMAGENET1K_V1", "half", 1000, ()),
        ("efficientnet_v2_l", "DEFAULT", "half", 1000, ()),
    ):
        found = examined(model, parse_weights(name, model), here=False)
        assert found == WeightsFacts(normalization, classes=classes, missing=missing)


def test_code_of_a_person_s_own_is_run_once_and_in_another_process(tmp_path: Path) -> None:
    network = own(tmp_path / "net.py", NET, tmp_path / "state")
    weights = parse_weights(None, network.name)
    assert examined(network.name, weights, here=False) == WeightsFacts()
    (tmp_path / "net.py").unlink()
    assert examined(network.name, weights, here=False) == WeightsFacts(), "remembered"


def test_its_fault_reaches_the_person_as_a_sentence(tmp_path: Path) -> None:
    network = own(tmp_path / "bad.py", "raise ValueError('no')", tmp_path / "state")
    with pytest.raises(UserError, match=r"bad\.py, line 1: ValueError: no\.$"):
        examined(network.name, parse_weights(None, network.name), here=False)
