"""Make the catalogue's files again from torchvision's networks.

Run ``python -m convscope.core.networks.rebuild_catalog`` in the repository, after a change of how
networks are described or for new ones. A test holds the files to what this makes.
"""

import sys

import msgspec
from msgspec.structs import replace
from torch import nn
from torchvision import models

from convscope.core.catalog.networks import SHIPPED, Layer, Network
from convscope.core.catalog.published import published
from convscope.core.networks.architectures import torchvision_network as built
from convscope.core.networks.describe import describe
from convscope.core.networks.vgg16 import CONFIGURATION

_TRANSFORMERS = ("vit", "swin", "maxvit")


def torchvision_names() -> list[str]:
    """Return the names of torchvision's convolutional networks that classify."""
    return [name for name in models.list_models(models) if not name.startswith(_TRANSFORMERS)]


def blank(name: str) -> nn.Module:
    """Return one of torchvision's networks with its parameters on the ``meta`` device."""
    return built(name).to("meta").eval()


def torchvision_network(name: str) -> Network:
    """Describe one of torchvision's networks, for the images of its default weights."""
    weights = models.get_model_weights(name).DEFAULT
    transforms = weights.transforms()
    (side,) = transforms.crop_size
    layers = describe(blank(name), side)
    head: tuple[Layer, ...] = ()
    if name == "vgg16":
        layers, head = _vgg16_layers(layers)
    return Network(
        name=name,
        input_size=side,
        smallest_input=weights.meta["min_size"][0],
        normalization=published(name)[0].normalization,
        classes=len(weights.meta["categories"]),
        layers=layers,
        head=head,
    )


def _vgg16_layers(layers: tuple[Layer, ...]) -> tuple[tuple[Layer, ...], tuple[Layer, ...]]:
    """Name VGG16's layers as everyone does; the plain probe reads its convolutions."""
    names: list[str] = []
    block = number = 1
    for channels in CONFIGURATION:
        if channels is None:
            block, number = block + 1, 1
        else:
            names.append(f"conv{block}_{number}")
            number += 1
    convolutions = zip(names, layers, strict=False)
    head = zip(("fc6", "fc7", "fc8"), layers[len(names) :], strict=True)
    return (
        tuple(replace(each, name=n, module=each.name, family="plain") for n, each in convolutions),
        tuple(replace(each, name=n, module=each.name) for n, each in head),
    )


def encode(network: Network) -> bytes:
    """Return a network as its file holds it: a layer a line, without defaults at its end."""
    facts = msgspec.to_builtins(network)
    for key in ("layers", "head"):
        rows = [b"\n" + msgspec.json.encode(_trimmed(row)) for row in facts[key]]
        facts[key] = msgspec.Raw(b"[%s]" % b",".join(rows))
    return msgspec.json.encode(facts) + b"\n"


def _trimmed(row: list[object]) -> list[object]:
    defaults = msgspec.to_builtins(Layer("", "", "conv", 0, 0, 0))
    while row[-1] == defaults[len(row) - 1]:
        row = row[:-1]
    return row


def main() -> None:
    """Write the files of all networks, or of those that are named."""
    for name in sys.argv[1:] or torchvision_names():
        file = SHIPPED / f"{name}.json"
        file.write_bytes(encode(torchvision_network(name)))


if __name__ == "__main__":
    main()
