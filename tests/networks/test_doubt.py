"""What weights expect is known, or doubted where their first convolution hardly answers."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from convscope.core.catalog.weights import EMBEDDED, Weights, WeightsFacts, parse_weights
from convscope.core.networks.loaders import examine
from convscope.core.networks.weights import facts_of, load_weights
from tests.networks.checkpoints import embedded

KERNELS = "0.weight"


def facts(**changed: Tensor) -> WeightsFacts:
    """What is known of the embedded weights with something changed, under another name."""
    parameters = {**load_weights(EMBEDDED), **changed}
    return facts_of(Weights("/mine.pth", "ab" * 32), parameters)


def with_kernels(kernels: Tensor) -> WeightsFacts:
    return facts(**{KERNELS: kernels})


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.bfloat16, torch.float64])
def test_the_embedded_tensors_are_known_in_any_precision(
    dtype: torch.dtype, tmp_path: Path
) -> None:
    path = tmp_path / "copy.safetensors"
    save_file({key: each.to(dtype) for key, each in embedded().items()}, path)
    assert examine("vgg16", parse_weights(str(path))) == WeightsFacts("caffe")


def test_torchvisions_own_files_are_known_by_their_digest() -> None:
    parameters = load_weights(EMBEDDED)
    for digest, known in (("397923af", "imagenet"), ("88682ab5", "caffe")):
        weights = Weights(f"/vgg16-{digest}.pth", digest + "0" * 56)
        assert facts_of(weights, {**parameters, "28.bias": torch.ones(512)}) == WeightsFacts(known)


def test_tensors_that_differ_a_little_are_not_known_but_recognised_by_their_kernels() -> None:
    found = facts(**{"28.bias": load_weights(EMBEDDED)["28.bias"] + 1e-3})
    assert (found.normalization, found.fitting) == ("", "caffe")
    assert 50 < found.weaker < 65, "255 times the deviations of imagenet"


def test_kernels_for_blue_first_are_told_from_those_for_red_first() -> None:
    kernels = load_weights(EMBEDDED)[KERNELS].flip(1)
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
    kernels = load_weights(EMBEDDED)[KERNELS] * 255 * std
    assert with_kernels(kernels) == WeightsFacts()
    assert with_kernels(kernels + 0.1 * torch.randn_like(kernels)) == WeightsFacts()


def test_kernels_that_no_normalisation_could_help_are_not_doubted() -> None:
    assert with_kernels(torch.zeros(64, 3, 3, 3)) == WeightsFacts()


def test_a_doubt_names_the_file_and_the_option() -> None:
    found = with_kernels(load_weights(EMBEDDED)[KERNELS] * 1.001)
    sentence = found.doubt(Weights("/some/mine\x1b.pth", "ab" * 32))
    assert "/some/mine\\x1b.pth" in sentence
    assert "58 times more weakly" in sentence
    assert "--normalize caffe would fit" in sentence
    assert WeightsFacts().doubt(EMBEDDED) == ""
