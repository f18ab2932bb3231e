"""Geometry of torchvision's convolutions, measured by gradients on networks that pass all of it on.

``python -m tests.catalog.geometry vgg11`` prints what its layers are in ``networks.json``.
"""

import sys
from collections.abc import Iterator

import msgspec
import torch
from torch import Tensor, nn
from torchvision.models import get_model

from convscope.core.catalog.networks import Layer

HEIGHT, WIDTH = 256, 32
"""Of the image, in pixels: the one is more than the largest field and a stride."""


def measured(name: str) -> Iterator[Layer]:
    """Yield all convolutions of a network, named by their module paths, from the input upwards."""
    with torch.device("meta"):
        network = get_model(name, weights=None)
    network = transparent(network.to_empty(device="cpu").eval())
    maps: dict[str, Tensor] = {}
    for node, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(
                lambda _module, _given, found, node=node: maps.update({node: found})
            )
    image = torch.ones(1, 3, HEIGHT, WIDTH, requires_grad=True)
    network(image)
    for node, found in maps.items():
        middle = found.shape[2] // 2
        first, last = reach(image, found, middle)
        module = network.get_submodule(node)
        assert isinstance(module, nn.Conv2d)
        yield Layer(
            name=node,
            node=node,
            kind=kind(module),
            channels=module.out_channels,
            stride=reach(image, found, middle + 1)[0] - first,
            field=last - first + 1,
        )


def transparent(network: nn.Module) -> nn.Module:
    """Make every module pass on what it is given, so that no gradient vanishes by chance."""
    for tensor in network.state_dict().values():
        tensor.fill_(1 / tensor[0].numel() if tensor.dim() > 1 else 1)
    for module in network.modules():
        for child_name, child in module.named_children():
            if isinstance(child, nn.MaxPool2d):
                pooling = nn.AvgPool2d(child.kernel_size, child.stride, child.padding)
                setattr(module, child_name, pooling)
    return network


def reach(image: Tensor, maps: Tensor, row: int) -> tuple[int, int]:
    """Return the first and last row of the image that a row of maps sees."""
    (gradient,) = torch.autograd.grad(maps[:, :, row].sum(), image, retain_graph=True)
    rows = gradient.abs().sum((0, 1, 3)).nonzero().flatten()
    return int(rows[0]), int(rows[-1])


def kind(module: nn.Conv2d) -> str:
    if module.groups == 1:
        return "conv"
    return "depthwise" if module.groups == module.in_channels else "grouped"


if __name__ == "__main__":
    print(",\n".join(msgspec.json.encode(layer).decode() for layer in measured(sys.argv[1])))
