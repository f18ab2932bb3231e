"""Geometry of torchvision's layers, measured by gradients on networks that pass all of it on."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.convnext import LayerNorm2d
from torchvision.ops import SqueezeExcitation
from torchvision.ops.stochastic_depth import StochasticDepth

from convscope.core.catalog.networks import Layer, network
from convscope.core.networks.rebuild_catalog import blank

ACROSS = 8
"""Side of the image in pixels, across the axis that is measured, where the network takes so few."""


def measured(name: str, layers: tuple[Layer, ...]) -> Iterator[tuple[str, int, int]]:
    """Yield name, stride and longer side of the field of some layers of a network."""
    model = transparent(blank(name).to_empty(device="cpu"))
    maps: dict[str, Tensor] = {}
    for layer in layers:
        model.get_submodule(layer.node).register_forward_hook(
            lambda _module, _given, found, key=layer.name: maps.update({key: found.clone()})
        )
    along = max(layer.field + 4 * layer.stride for layer in layers)
    across = max(ACROSS, network(name).smallest_input)
    sides: dict[str, list[int]] = {layer.name: [] for layer in layers}
    strides: dict[str, int] = {}
    for axis, shape in enumerate([(along, across), (across, along)]):
        image = torch.ones(1, 3, *shape, dtype=torch.float64, requires_grad=True)
        model(image)
        for layer in layers:
            found = maps[layer.name]
            if layer.kind == "pointwise":
                found = found.permute(0, 3, 1, 2)
            middle = found.shape[2 + axis] // 2
            first, last = reach(image, found, middle, axis)
            sides[layer.name].append(last - first + 1)
            strides[layer.name] = reach(image, found, middle + 1, axis)[0] - first
    for layer in layers:
        yield layer.name, strides[layer.name], max(sides[layer.name])


def transparent(model: nn.Module) -> nn.Module:
    """Make every module pass on what it is given, so that no gradient vanishes by chance."""
    for tensor in model.state_dict().values():
        tensor.fill_(1 / tensor[0].numel() if tensor.dim() > 1 else 1)
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.MaxPool2d):
                pooling = nn.AvgPool2d(child.kernel_size, child.stride, child.padding)
                pooling.ceil_mode = child.ceil_mode
                setattr(module, name, pooling)
            elif isinstance(
                child, SqueezeExcitation | LayerNorm2d | nn.LayerNorm | StochasticDepth
            ):
                setattr(module, name, nn.Identity())
    return model.double().eval()


def averaging(images: Tensor, kernel_size: int, stride: int) -> Tensor:
    """Pool as ``max_pool2d`` does, but by the mean."""
    return F.avg_pool2d(images, kernel_size, stride)


def reach(image: Tensor, maps: Tensor, place: int, axis: int) -> tuple[int, int]:
    """Return the first and last row (or column) of the image that one of the maps sees."""
    value = maps.select(2 + axis, place).sum()
    (gradient,) = torch.autograd.grad(value, image, retain_graph=True)
    seen = gradient.abs().sum((0, 1, 3 - axis)).nonzero().flatten()
    return int(seen[0]), int(seen[-1])
