"""What weights expect is known, or doubted where their first convolution hardly answers."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torchvision.models import resnet18

from convscope.core.catalog.normalization import NAMED
from convscope.core.catalog.weights import EMBEDDED, Weights, WeightsFacts, parse_weights
from convscope.core.networks.filling import LoadedNetwork
from convscope.core.networks.loaders import examine, facts_of
from convscope.core.networks.vgg16 import vgg16
from tests.networks.checkpoints import EMBEDDED_FACTS, embedded
from tests.shared import vgg16_parameters

KERNELS = "0.weight"


def facts(**changed: Tensor) -> WeightsFacts:
    """What is known of the embedded weights with something changed, under another name."""
    return facts_as(Weights("/mine.pth", "ab" * 32), **changed)


def facts_as(weights: Weights, **changed: Tensor) -> WeightsFacts:
    parameters = {**vgg16_parameters(EMBEDDED), **changed}
    network = vgg16({f"features.{key}": tensor for key, tensor in parameters.items()})
    return facts_of("vgg16", weights, LoadedNetwork(network))


def with_kernels(kernels: Tensor) -> WeightsFacts:
    return facts(**{KERNELS: kernels})


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.bfloat16, torch.float64])
def test_the_embedded_tensors_are_known_in_any_precision(
    dtype: torch.dtype, tmp_path: Path
) -> None:
    path = tmp_path / "copy.safetensors"
    save_file({key: each.to(dtype) for key, each in embedded().items()}, path)
    assert examine("vgg16", parse_weights(str(path))) == EMBEDDED_FACTS


def test_torchvisions_own_files_are_known_by_their_digest() -> None:
    for digest, known in (("397923af", "imagenet"), ("88682ab5", "caffe")):
        weights = Weights(f"/vgg16-{digest}.pth", digest + "0" * 56)
        assert facts_as(weights, **{"28.bias": torch.ones(512)}) == WeightsFacts(known)


def test_tensors_that_differ_a_little_are_not_known_but_recognised_by_their_kernels() -> None:
    found = facts(**{"28.bias": vgg16_parameters(EMBEDDED)["28.bias"] + 1e-3})
    assert (found.normalization, found.fitting) == ("", "caffe")
    assert 50 < found.weaker < 65, "255 times the deviations of imagenet"


def test_kernels_for_blue_first_are_told_from_those_for_red_first() -> None:
    kernels = vgg16_parameters(EMBEDDED)[KERNELS].flip(1)
    assert with_kernels(kernels).fitting == "caffe-bgr"
    assert with_kernels(kernels / 58).fitting == "caffe-bgr"


def test_kernels_trained_apart_are_doubted_where_they_hardly_answer() -> None:
    torch.manual_seed(0)
    kernels = torch.empty(64, 3, 3, 3)
    nn.init.kaiming_normal_(kernels, mode="fan_out", nonlinearity="relu")  # torchvision's start
    assert with_kernels(kernels) == WeightsFacts()
    assert with_kernels(kernels / 58).fitting == "caffe"


def test_the_embedded_network_made_over_for_imagenet_is_not_doubted() -> None:
    std = torch.tensor((0.229, 0.224, 0.225)).view(1, 3, 1, 1)
    kernels = vgg16_parameters(EMBEDDED)[KERNELS] * 255 * std
    assert with_kernels(kernels) == WeightsFacts()
    assert with_kernels(kernels + 0.1 * torch.randn_like(kernels)) == WeightsFacts()


def test_kernels_that_no_normalisation_could_help_are_not_doubted() -> None:
    assert with_kernels(torch.zeros(64, 3, 3, 3)) == WeightsFacts()


def photo_like() -> Tensor:
    """Images as contrasted and grey as photos, with as much of each scale: ``(4, 3, 64, 64)``."""
    scales = [
        nn.functional.interpolate(
            torch.randn(4, 1, side, side) + 0.3 * torch.randn(4, 3, side, side), size=(64, 64)
        )
        for side in (2, 4, 8, 16, 32, 64)
    ]
    return 0.45 + 0.25 * sum(scales, torch.zeros(())) / len(scales) ** 0.5


@pytest.mark.parametrize("trained_with", ["imagenet", "caffe", "caffe-bgr", "half", "raw"])
def test_a_batch_norm_tells_what_a_network_was_trained_with(trained_with: str) -> None:
    torch.manual_seed(1)
    network = resnet18(weights=None)
    network.bn1.momentum = None  # the plain average
    trained = NAMED[trained_with]
    mean, std = (torch.tensor(each).view(3, 1, 1) for each in (trained.mean, trained.std))
    with torch.no_grad():
        for _ in range(30):
            images = (photo_like() - mean) / std
            network.bn1(network.conv1(images.flip(1) if trained.is_bgr else images))
    found = facts_of("resnet18", Weights("/mine.pth", "ab" * 32), LoadedNetwork(network.eval()))
    assert found.fitting == ("" if trained_with == "imagenet" else trained_with)
    assert found.classes == 1000


def test_a_batch_norm_that_saw_nothing_tells_nothing() -> None:
    network = LoadedNetwork(resnet18(weights=None))
    assert facts_of("resnet18", Weights("/mine.pth", "ab" * 32), network).fitting == ""


def test_small_responses_before_a_layer_norm_are_not_doubted() -> None:
    network = nn.Sequential(nn.Conv2d(3, 8, 4), nn.LayerNorm(8), nn.ReLU())
    nn.init.normal_(network[0].weight, std=1e-6)
    found = facts_of("own", Weights("/mine.pth", "ab" * 32), LoadedNetwork(network))
    assert found == WeightsFacts()
    without = LoadedNetwork(nn.Sequential(network[0], nn.ReLU()))
    assert facts_of("own", Weights("/mine.pth", "ab" * 32), without).fitting == "caffe"


def test_a_doubt_names_the_file_and_the_option() -> None:
    found = with_kernels(vgg16_parameters(EMBEDDED)[KERNELS] * 1.001)
    sentence = found.doubt(Weights("/some/mine\x1b.pth", "ab" * 32))
    assert "/some/mine\\x1b.pth" in sentence
    assert "58 times more weakly" in sentence
    assert "--normalize caffe would fit" in sentence
    assert WeightsFacts().doubt(EMBEDDED) == ""
