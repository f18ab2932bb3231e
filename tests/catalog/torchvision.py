"""What convscope ships about torchvision's networks and weights, taken from torchvision itself.

``python -m tests.catalog.torchvision`` writes it anew.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec
from torchvision import models
from torchvision.models import get_model_weights, list_models

from convscope.core import catalog, networks
from convscope.core.catalog.normalization import named
from convscope.core.catalog.published import URL, PublishedWeights
from convscope.core.networks.architectures import torchvision_network
from convscope.core.networks.families import Fingerprint, canonical, fingerprint

PUBLISHED = Path(catalog.__file__).with_name("published.json")
CLASSES = Path(catalog.__file__).with_name("imagenet.txt")
FINGERPRINTS = Path(networks.__file__).parent / "data" / "fingerprints.json"


def names() -> list[str]:
    """All of torchvision's classification networks but the transformers."""
    transformers = ("vit_", "swin_", "maxvit_")
    return [name for name in list_models(module=models) if not name.startswith(transformers)]


def published_weights(model: str) -> tuple[PublishedWeights, ...]:
    """What torchvision says of a network's weights, its default first."""
    every = get_model_weights(model)
    ordered = sorted(every, key=lambda each: each is not every.DEFAULT)
    return tuple(_published(model, each) for each in ordered)


def _published(model: str, weights: models.WeightsEnum) -> PublishedWeights:
    assert weights.url.startswith(URL)
    transforms = weights.transforms()
    colors = (",".join(map(str, values)) for values in (transforms.mean, transforms.std))
    transforms_input = model in ("googlenet", "inception_v3")
    return PublishedWeights(
        name=weights.name,
        file=weights.url.removeprefix(URL),
        mebibytes=round(weights.meta["_file_size"], 1),
        giga_macs=weights.meta["_ops"],
        normalization="half" if transforms_input else named("/".join(colors)),
        has_classes=bool(weights.meta["categories"]),
    )


def class_names() -> list[str]:
    """The names of ImageNet's classes, which are the same for all weights."""
    (found,) = {
        tuple(weights.meta["categories"])
        for name in names()
        for weights in get_model_weights(name)
        if weights.meta["categories"]
    }
    return list(found)


def fingerprint_of(model: str) -> Fingerprint:
    """By what a network is known."""
    state = torchvision_network(model).state_dict()
    return fingerprint({canonical(key): tensor.shape for key, tensor in state.items()})


def table(rows: Mapping[str, object]) -> bytes:
    """JSON with a row on a line."""
    lines = (f'"{key}": {msgspec.json.encode(row).decode()}' for key, row in rows.items())
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


if __name__ == "__main__":
    PUBLISHED.write_bytes(table({name: published_weights(name) for name in names()}))
    CLASSES.write_text("\n".join(class_names()) + "\n", encoding="utf-8")
    FINGERPRINTS.write_bytes(table({name: fingerprint_of(name) for name in names()}))
