"""Feature maps are those of the plain network, and fields are where their values look."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchvision.models import mobilenet_v2

from convscope.core.catalog.networks import Layer, network
from convscope.core.catalog.normalization import IMAGENET, NAMED
from convscope.core.catalog.weights import EMBEDDED
from convscope.core.networks.describe import describe
from convscope.core.networks.hooks import observe
from convscope.core.networks.loaders import load_network
from convscope.core.networks.maps import LayerMaps
from convscope.core.system.errors import UserError
from convscope.core.system.photos import Framing, read_photo
from tests.networks.graphs import MEAN, STD, as_maps, of_each_kind, random_network, whole_maps
from tests.shared import CAFFE_MEAN, torchvision_features

PHOTOS = Path(__file__).parents[1] / "photos"
CHECKPOINT = Path(__file__).parents[3] / "shared/checkpoints/mobilenet_v2-19-dogs.pth"

RESNET18 = {
    # layer: the module whose output is its map
    "conv1": "bn1",
    "layer1.0.conv1": "layer1.0.bn1",
    "layer1.1.conv2": "layer1.1.bn2",
    "layer2.0.downsample.0": "layer2.0.downsample.1",
    "layer2.1.conv1": "layer2.1.bn1",
    "layer3.0.conv2": "layer3.0.bn2",
    "layer3.1.conv1": "layer3.1.bn1",
    "layer4.0.conv1": "layer4.0.bn1",
    "layer4.1.conv2": "layer4.1.bn2",
    "fc": "fc",
}
MOBILENET = {
    "features.0.0": "features.0.1",
    "features.1.conv.1": "features.1.conv.2",
    "features.3.conv.0.0": "features.3.conv.0.1",
    "features.3.conv.1.0": "features.3.conv.1.1",
    "features.5": "features.5",
    "features.8.conv.2": "features.8.conv.3",
    "features.12.conv.1.0": "features.12.conv.1.1",
    "features.16": "features.16",
    "features.18.0": "features.18.1",
    "classifier.1": "classifier.1",
}


def photo(name: str, side: int = 224) -> Tensor:
    """A photo as a network is given it: ``(1, 3, H, W)``, RGB in 0..1."""
    image = read_photo(PHOTOS / name).image
    values = np.asarray(Framing.of(image.size, side).image(image))
    return torch.from_numpy(values.astype(np.float32) / 255).permute(2, 0, 1)[None]


def maps_of(model: nn.Module, layers: list[Layer], dtype: torch.dtype = torch.float32) -> LayerMaps:
    return LayerMaps(model, layers, IMAGENET, torch.device("cpu"), dtype)


def hooked(model: nn.Module, modules: list[str], normalized: Tensor) -> dict[str, Tensor]:
    """What modules put out, by plain torch code: cloned before anything can overwrite it."""
    found: dict[str, Tensor] = {}

    def keep(path: str, value: Tensor) -> None:
        found[path] = value.clone()

    for path in modules:
        model.get_submodule(path).register_forward_hook(
            lambda _module, _given, value, path=path: keep(path, value)
        )
    with torch.no_grad():
        model(normalized)
    return found


def assert_close(found: Tensor, expected: Tensor) -> None:
    assert found.shape == expected.shape
    assert found.dtype == torch.float32
    assert (found - expected).abs().max() < 1e-4 * expected.abs().max()


def test_vgg16s_maps_are_those_of_torchvisions_network() -> None:
    layers = list(network("vgg16").layers)
    ours = load_network("vgg16", EMBEDDED).module
    maps = LayerMaps(ours, layers, NAMED["caffe"], torch.device("cpu"), torch.float32)
    image = photo("cat.jpg")
    found = maps.run(image)
    plain = torchvision_features()
    positions = [layer.node.removeprefix("features.") for layer in layers]
    expected = hooked(plain, positions, ((image - CAFFE_MEAN) * 255).float())
    for layer, position in zip(layers, positions, strict=True):
        assert_close(found[layer.name], expected[position])


@pytest.mark.skipif(not CHECKPOINT.exists(), reason="needs shared/checkpoints")
def test_maps_with_real_weights_are_those_of_torchvisions_mobilenet() -> None:
    def built() -> nn.Module:
        model = mobilenet_v2(num_classes=19)
        model.load_state_dict(torch.load(CHECKPOINT, weights_only=True))
        return model.eval()

    known = network("mobilenet_v2")
    image = photo("coffee.jpg")
    found = maps_of(built(), [known.layer(name) for name in MOBILENET]).run(image)
    expected = hooked(built(), list(MOBILENET.values()), (image - MEAN) / STD)
    for name, module in MOBILENET.items():
        assert_close(found[name], as_maps(expected[module], known.layer(name)))


def test_maps_are_those_of_torchvisions_resnet() -> None:
    known = network("resnet18")
    image = photo("rocket.jpg")
    expected = hooked(random_network("resnet18", 64), list(RESNET18.values()), (image - MEAN) / STD)
    found = maps_of(random_network("resnet18", 64), list(map(known.layer, RESNET18))).run(image)
    for name, module in RESNET18.items():
        assert_close(found[name], as_maps(expected[module], known.layer(name)))


@pytest.mark.parametrize(
    "name", ["densenet121", "googlenet", "convnext_tiny", "shufflenet_v2_x0_5"]
)
def test_layers_of_every_kind_are_read_in_one_run(name: str) -> None:
    model, layers = random_network(name, 64), of_each_kind(name, 6)
    images = torch.rand(2, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    expected = whole_maps(model, images, layers)
    found = maps_of(model, layers).run(images)
    for layer, each in zip(layers, expected, strict=True):
        assert_close(found[layer.name], each)


FIELDS = [
    pytest.param("vgg16", 7, marks=pytest.mark.long),
    ("resnet18", 5),
    ("mobilenet_v2", 5),
    ("googlenet", 5),
    ("densenet121", 3),
]


@pytest.mark.parametrize(("name", "count"), FIELDS)
def test_a_value_depends_on_its_field_and_on_nothing_else(name: str, count: int) -> None:
    height, width = 160, 224
    model = random_network(name, 64).double()
    layers = [each for each in network(name).layers if each.field < 100][-count:]
    maps = maps_of(model, layers, torch.float64)
    fields = maps.fields(height, width)
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(1, 3, height, width, generator=generator, dtype=torch.float64)
    image.requires_grad_()
    with torch.enable_grad():
        found = LayerMaps.run.__wrapped__(maps, image)
        for layer in layers:
            values = found[layer.name]
            rows, columns = values.shape[2:]
            for row, column in [(0, 0), (rows // 2, columns // 2), (rows - 1, columns // 3)]:
                chosen = torch.zeros_like(values)
                chosen[0, :, row, column] = 1 + torch.rand(values.shape[1], generator=generator)
                (gradient,) = torch.autograd.grad(values, image, chosen, retain_graph=True)
                seen = gradient[0].abs().sum(0).nonzero()
                (top, left), (bottom, right) = seen.amin(0).tolist(), seen.amax(0).tolist()
                box = fields[layer.name].box(row, column).within(width, height)
                assert (left, top, right + 1, bottom + 1) == box, (layer.name, row, column)


class Switching(nn.Module):
    """Cannot be traced; its activations work in place."""

    image_size = 96

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 4, 5, stride=2, padding=1)
        self.second = nn.Conv2d(4, 6, 3, padding=1)
        self.third = nn.Conv2d(6, 8, 3, stride=2)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.first(x))
        if x.mean() > 1e9:
            return x
        return self.act(self.third(self.act(self.second(x))))


def test_a_network_that_cannot_be_traced_is_read_by_hooks() -> None:
    torch.manual_seed(0)
    model = Switching().eval()
    layers = list(observe(model, 96))
    image = photo("cat.jpg", 96)
    expected = hooked(model, ["first", "second", "third"], (image - MEAN) / STD)
    maps = maps_of(model, layers)
    found = maps.run(image)
    for layer in layers:
        assert_close(found[layer.name], expected[layer.name])
    boxes = [maps.fields(96, 96)[layer.name].box(1, 2) for layer in layers]
    assert boxes == [(3, 1, 8, 6), (1, -1, 10, 8), (5, 1, 18, 14)]


def test_a_class_looks_at_the_whole_photo() -> None:
    model = random_network("resnet18", 64)
    fc = network("resnet18").layer("fc")
    maps = maps_of(model, [fc])
    assert maps.run(torch.zeros(1, 3, 64, 96))["fc"].shape == (1, 1000, 1, 1)
    assert maps.fields(64, 96)["fc"].box(0, 0) == (0, 0, 96, 64)
    assert maps.fields(64, 96)["fc"].crop(0, 0, 96, 64) == (0, 0, 96, 64)


def test_weights_without_the_layer_are_refused() -> None:
    with pytest.raises(UserError, match="do not include fc8"):
        maps_of(load_network("vgg16", EMBEDDED).module, [network("vgg16").layer("fc8")])


def test_a_photo_that_a_network_of_one_size_does_not_take_is_refused() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 30 * 30, 5)).eval()
    maps = maps_of(model, list(describe(model, 32)))
    with pytest.raises(UserError, match="takes no images of 40×32 px"):
        maps.run(torch.zeros(1, 3, 32, 40))


class OfFixedSize(nn.Module):
    """A network whose last layer counts on 6×6 places."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.fc = nn.Linear(4 * 36, 5)
        self.input_size = 48

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(nn.functional.max_pool2d(self.conv(x), 8).flatten(1))


def test_a_network_that_takes_squares_alone_is_told_apart() -> None:
    layers = {layer.name: layer for layer in describe(OfFixedSize(), 48)}
    assert not maps_of(OfFixedSize(), [layers["conv"], layers["fc"]]).takes_oblongs(48)
    assert maps_of(OfFixedSize(), [layers["conv"]]).takes_oblongs(48)
    mobilenet = network("mobilenet_v2").layer("classifier.1")
    assert maps_of(mobilenet_v2(), [mobilenet]).takes_oblongs(224)
