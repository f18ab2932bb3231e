"""The embedded weights are the published ones, and no file can do harm or pass for them."""

import hashlib
import pickle
import random
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from convscope.core.catalog.weights import EMBEDDED, EMBEDDED_SHA256, parse_weights
from convscope.core.networks.vgg16 import vgg16_features
from convscope.core.system.errors import UserError
from tests.samples import VGG16, position
from tests.shared import EMBEDDED_FILE, torchvision_features, vgg16_parameters


def test_the_file_is_the_published_one() -> None:
    assert hashlib.sha256(EMBEDDED_FILE.read_bytes()).hexdigest() == EMBEDDED_SHA256


def test_the_first_kernel_begins_as_published() -> None:
    blue_first = vgg16_parameters(EMBEDDED)["0.weight"].flip(1)  # published as BGR
    kernel = blue_first[0, 0, 0]
    expected = torch.tensor([0.42947057, 0.373467, -0.06136011])
    torch.testing.assert_close(kernel, expected, rtol=5e-4, atol=0)  # stored as float16


def test_shapes_are_those_of_the_catalogue() -> None:
    parameters = vgg16_parameters(EMBEDDED)
    inputs = 3
    for layer in VGG16.layers:
        assert parameters[f"{position(layer.name)}.weight"].shape == (layer.channels, inputs, 3, 3)
        assert parameters[f"{position(layer.name)}.bias"].shape == (layer.channels,)
        inputs = layer.channels
    assert len(parameters) == 2 * len(VGG16.layers)


def test_our_network_is_torchvisions_module_for_module() -> None:
    assert str(vgg16_features()) == str(torchvision_features())


def test_a_pth_state_dict_loads(tmp_path: Path) -> None:
    path = tmp_path / "vgg16.pth"
    torch.save({**load_file(EMBEDDED_FILE), "classifier.0.weight": torch.zeros(2)}, path)
    loaded = vgg16_parameters(parse_weights(str(path)))
    torch.testing.assert_close(loaded["28.bias"], vgg16_parameters(EMBEDDED)["28.bias"])


class Malicious:
    """A pickle that would create a canary file when it is loaded."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self):
        return Path.touch, (self.canary,)


def test_damage_anywhere_in_a_file_is_refused_in_words(tmp_path: Path) -> None:
    good = tmp_path / "good.pth"
    torch.save({"features.0.bias": torch.zeros(64)}, good)
    whole = good.read_bytes()
    chance = random.Random(0)
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(8):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        path = tmp_path / "damaged.pth"
        path.write_bytes(damaged)
        with pytest.raises(UserError):
            vgg16_parameters(parse_weights(str(path)))


def test_nothing_in_torchvisions_cache_is_unpickled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    cache = tmp_path / "hub" / "checkpoints"
    cache.mkdir(parents=True)
    (cache / "vgg16-397923af.pth").write_bytes(pickle.dumps(Malicious(tmp_path / "canary")))
    with pytest.raises(UserError, match="IMAGENET1K_V1"):
        vgg16_parameters(parse_weights("IMAGENET1K_V1"))
    assert not (tmp_path / "canary").exists()


def test_a_file_that_changed_since_it_was_asked_for_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.safetensors"
    path.write_bytes(EMBEDDED_FILE.read_bytes())
    weights = parse_weights(str(path))
    save_file({name: t + 1e-3 for name, t in load_file(EMBEDDED_FILE).items()}, path)
    with pytest.raises(UserError, match="changed since"):
        vgg16_parameters(weights)


def test_a_missing_file_and_an_unknown_name_are_told_apart() -> None:
    with pytest.raises(UserError, match="cannot be read"):
        parse_weights("/nowhere/weights.pth")
    with pytest.raises(UserError, match="did you mean IMAGENET1K"):
        parse_weights("imagenet1k_v9")
