"""The graph probe sees what the whole network would, in every kind of layer of any network."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import mobilenet_v2

from convscope.core.ascent.attempts import make_images
from convscope.core.ascent.loop import Request
from convscope.core.ascent.recipes import PRESETS
from convscope.core.catalog.networks import network, networks
from convscope.core.catalog.normalization import IMAGENET, parse_normalization
from convscope.core.networks.describe import describe
from convscope.core.networks.graph_probe import GraphProbe
from convscope.core.networks.memory import image_bytes
from convscope.core.networks.vgg16 import vgg16_features
from convscope.core.system.errors import UserError
from tests.networks.graphs import (
    as_maps,
    normalized,
    of_each_kind,
    probe_into,
    random_network,
    whole_maps,
)

CHECKPOINT = Path(__file__).parents[3] / "shared/checkpoints/mobilenet_v2-19-dogs.pth"

LAYERS = [
    # network, layer, the module whose output is its map
    ("mobilenet_v2", "features.17.conv.0.0", "features.17.conv.0.1"),
    ("mobilenet_v2", "features.17.conv.1.0", "features.17.conv.1.1"),
    ("mobilenet_v2", "features.16", "features.16"),
    ("mobilenet_v2", "classifier.1", "classifier.1"),
    ("resnet18", "conv1", "bn1"),
    ("resnet18", "layer4.0.downsample.0", "layer4.0.downsample.1"),
    ("resnet18", "layer4.1.conv2", "layer4.1.bn2"),
    ("squeezenet1_1", "features.12.expand3x3", "features.12.expand3x3"),
    ("squeezenet1_1", "features.12", "features.12"),
    ("convnext_tiny", "features.5.2.block.0", "features.5.2.block.0"),
    ("convnext_tiny", "features.5.2.block.3", "features.5.2.block.3"),
    ("convnext_tiny", "features.7.1", "features.7.1"),
    (
        "densenet121",
        "features.denseblock2.denselayer3.conv1",
        "features.denseblock2.denselayer3.norm2",
    ),
    (
        "densenet121",
        "features.denseblock2.denselayer3.conv2",
        "features.denseblock2.denselayer3.conv2",
    ),
    ("densenet121", "features.transition3.conv", "features.transition3.conv"),
]
SIDE = 64


def images(count: int = 3, side: int = SIDE) -> Tensor:
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(1))


def hooked(model: nn.Module, module: str, given: Tensor) -> Tensor:
    """Return what a module puts out, by plain torch code."""
    kept: list[Tensor] = []
    hook = model.get_submodule(module).register_forward_hook(
        lambda _module, _given, found: kept.append(found.clone())
    )
    with torch.no_grad():
        model(normalized(given))
    hook.remove()
    return kept[0]


@pytest.mark.parametrize(("name", "layer_name", "module"), LAYERS, ids=lambda word: word)
def test_maps_are_those_of_torchvisions_network(name: str, layer_name: str, module: str) -> None:
    model, layer = random_network(name, SIDE), network(name).layer(layer_name)
    whole = as_maps(hooked(model, module, images()), layer)
    probe = probe_into(model, layer)
    channels = [0, layer.channels - 1, layer.channels // 2]
    given = images().requires_grad_()
    maps = probe.maps(given, probe.readout(channels))
    expected = torch.stack([whole[i, channel] for i, channel in enumerate(channels)])
    torch.testing.assert_close(maps, expected, rtol=1e-3, atol=1e-4 * float(whole.std()))
    assert (probe.channels, probe.stride) == (layer.channels, layer.stride)
    maps[:, 0, 0].sum().backward()
    assert given.grad is not None
    if layer.kind != "concat":  # behind a ReLU, where nothing may come through
        assert given.grad.abs().amax((1, 2, 3)).min() > 0


def test_a_sum_is_read_before_its_activation() -> None:
    model, layer = random_network("resnet18", SIDE), network("resnet18").layer("layer4.1")
    behind = hooked(model, "layer4.1", images())
    probe = probe_into(model, layer)
    maps = probe.maps(images(), probe.readout([5, 6, 7]))
    assert maps.min() < 0
    expected = torch.stack([behind[i, 5 + i] for i in range(3)])
    torch.testing.assert_close(maps.relu(), expected, rtol=1e-3, atol=1e-4 * float(behind.std()))


@pytest.mark.parametrize(
    ("name", "layer_name"),
    [
        ("resnet18", "layer3.0.conv1"),
        ("resnet18", "layer4.1"),
        ("resnet18", "fc"),
        ("mobilenet_v2", "features.17.conv.1.0"),
        ("convnext_tiny", "features.5.2.block.3"),
        ("squeezenet1_1", "features.12"),
    ],
)
def test_mixtures_are_those_of_the_maps(name: str, layer_name: str) -> None:
    model, layer = random_network(name, SIDE), network(name).layer(layer_name)
    probe = probe_into(model, layer)
    (whole,) = whole_maps(model, images(2), [layer])
    mixture = torch.randn(2, probe.channels, generator=torch.Generator().manual_seed(2))
    maps = probe.maps(images(2), probe.direction_readout(mixture))
    expected = torch.einsum("bc,bchw->bhw", mixture, whole)
    torch.testing.assert_close(maps, expected, rtol=1e-3, atol=1e-3 * float(expected.std()))


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(
    ("name", "layer_name", "is_batched"),
    [
        ("resnet18", "layer3.1", True),
        ("mobilenet_v2", "features.4.conv.2", True),  # convolves in both precisions
        ("googlenet", "inception3b", True),
        ("efficientnet_b0", "features.2.1.block.3.0", False),  # its SiLU rounds by the place
        ("densenet121", "features.denseblock1.denselayer3.conv2", False),
    ],
)
def test_no_bit_of_a_picture_depends_on_its_pack(
    name: str, layer_name: str, precision: torch.dtype, *, is_batched: bool
) -> None:
    model, layer = random_network.__wrapped__(name, SIDE), network(name).layer(layer_name)
    probe = GraphProbe(model, layer, IMAGENET, torch.device("cpu"), precision)

    def gradient(some: slice) -> Tensor:
        given = images()[some].requires_grad_()
        maps = probe.maps(given, probe.readout([3, 4, 5][some]))
        return torch.autograd.grad(maps.square().mean((1, 2)).sum(), given)[0]

    together = gradient(slice(3))
    assert all(torch.equal(together[i : i + 1], gradient(slice(i, i + 1))) for i in range(3))
    assert (probe.batch(SIDE).size > 1) == is_batched


@pytest.mark.parametrize(
    ("name", "layer_name"),
    [("resnet18", "layer3.1.conv2"), ("mobilenet_v2", "features.4"), ("mnasnet1_0", "layers.9")],
    ids=lambda word: word,
)
def test_bfloat16_agrees_within_its_precision(name: str, layer_name: str) -> None:
    model, layer = random_network(name, SIDE), network(name).layer(layer_name)
    random_network.cache_clear()  # its parameters are shared, and will change their precision

    def seen(dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        probe = GraphProbe(model, layer, IMAGENET, torch.device("cpu"), dtype)
        given = images().requires_grad_()
        maps = probe.maps(given, probe.readout([5, 6, 7]))
        return maps.detach(), torch.autograd.grad(maps.mean(), given)[0]

    expected, gradient = seen(torch.float32)
    maps, found = seen(torch.bfloat16)
    assert maps.dtype == found.dtype == torch.float32
    assert (maps - expected).norm() / expected.norm() < 0.05
    assert torch.cosine_similarity(found.flatten(), gradient.flatten(), dim=0) > 0.9


def test_probes_leave_the_networks_own_convolutions_as_they_are() -> None:
    """Of a precision, too, in which some are computed otherwise: probes share the network."""
    model = random_network.__wrapped__("mobilenet_v2", SIDE)
    before = {path for path, each in model.named_modules() if isinstance(each, nn.Conv2d)}
    for name in ("features.17.conv.1.0", "features.2.conv.1.0"):
        layer = network("mobilenet_v2").layer(name)
        probe = GraphProbe(model, layer, IMAGENET, torch.device("cpu"), torch.bfloat16)
        assert probe.channels == layer.channels
    after = {path for path, each in model.named_modules() if isinstance(each, nn.Conv2d)}
    assert after == before


def test_a_head_of_other_classes_has_as_many_channels() -> None:
    model = mobilenet_v2(num_classes=19)
    assert probe_into(model, network("mobilenet_v2").layer("classifier.1")).channels == 19


def test_weights_without_a_classifier_are_named() -> None:
    model = nn.ModuleDict({"features": vgg16_features()})
    with pytest.raises(UserError, match="do not include fc8"):
        probe_into(model, network("vgg16").layer("fc8"))


class Twice(nn.Module):
    """A network of one's own: two sums in one block, a convolution that is used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding="same")
        self.shared = nn.Conv2d(8, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.odd = nn.Conv2d(8, 6, (1, 5), stride=2, padding=(0, 4), dilation=2, groups=2)

    def forward(self, image: Tensor) -> Tensor:
        x = torch.relu(self.stem(image))
        x = self.norm(self.shared(x)) + x
        x = self.norm(self.shared(x)).add(x)
        return self.odd(x)


def test_unusual_layers_are_read_right_too() -> None:
    torch.manual_seed(0)
    model = Twice().eval()
    model.norm.running_mean.fill_(0.3)
    layers = list(describe(model, SIDE))
    assert [(each.name, each.kind, each.stride, each.field) for each in layers] == [
        ("stem", "conv", 1, 3),
        ("shared", "conv", 1, 5),
        ("sum1", "sum", 1, 5),
        ("sum2", "sum", 1, 7),
        ("odd", "grouped", 2, 15),
    ]
    whole = whole_maps(model, images(2), layers)
    for layer, expected in zip(layers, whole, strict=True):
        probe = probe_into(model, layer)
        maps = probe.maps(images(2), probe.readout([1, 4]))
        torch.testing.assert_close(maps, torch.stack([expected[0, 1], expected[1, 4]]))


@pytest.mark.parametrize(
    ("name", "layer_name"),
    [
        ("resnet18", "layer4.1"),
        ("mobilenet_v2", "features.17.conv.1.0"),
        ("densenet121", "features.denseblock3"),
        ("convnext_tiny", "features.7.1"),
    ],
)
def test_a_step_keeps_no_more_than_the_catalogue_says(name: str, layer_name: str) -> None:
    probe = probe_into(random_network(name, SIDE), network(name).layer(layer_name))
    own = {each.untyped_storage().data_ptr() for each in probe.trunk.parameters()}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    given = images(1, 128).requires_grad_()
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        maps = probe.maps(given, probe.readout([0]))
    found = image_bytes(network(name), layer_name, 128, torch.float32)
    assert maps.requires_grad
    assert sum(kept.values()) < found < 4 * sum(kept.values())


@pytest.mark.skipif(not CHECKPOINT.exists(), reason=f"{CHECKPOINT.name} is not here")
@pytest.mark.parametrize(
    "layer_name", ["features.17.conv.1.0", "features.14.conv.0.0", "features.16"]
)
def test_a_real_network_is_excited_by_what_is_made_for_it(layer_name: str) -> None:
    model = mobilenet_v2(num_classes=19)
    model.load_state_dict(torch.load(CHECKPOINT, weights_only=True))
    half = parse_normalization("half")
    layer = network("mobilenet_v2").layer(layer_name)
    probe = GraphProbe(model, layer, half, torch.device("cpu"), torch.float32)
    making = make_images(probe, [Request(channel=3, seed=0)], PRESETS["crisp"])
    try:
        while True:
            next(making)
    except StopIteration as ended:
        (result,) = ended.value
    assert result.verdict == "excited"


@pytest.mark.long
@pytest.mark.parametrize("name", networks())
def test_every_network_is_read_right(name: str) -> None:
    side = max(SIDE, network(name).smallest_input)
    model = random_network.__wrapped__(name, side)
    given = images(1, side).requires_grad_()
    layers = of_each_kind(name, 3)
    for layer, whole in zip(layers, whole_maps(model, given, layers), strict=True):
        probe = probe_into(model, layer)
        channel = int(whole[0].abs().mean((1, 2)).argmax())  # one that no ReLU silences
        maps = probe.maps(given, probe.readout([channel]))
        expected = whole[:, channel]
        torch.testing.assert_close(maps, expected, rtol=1e-3, atol=1e-3 * float(whole.std()))
        (gradient,) = torch.autograd.grad(maps.mean(), given)
        assert gradient.abs().max() > 0, layer.name
