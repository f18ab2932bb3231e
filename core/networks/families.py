"""Which network a state dict belongs to, so that the error can name it.

torchvision's networks are recognised by the names and shapes of their tensors, without the head:
``python -m tests.catalog.torchvision`` writes digests of these to ``data/fingerprints.json``.
Others show their family by a key.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files

import msgspec
from torch import Tensor

Shapes = Mapping[str, Sequence[int]]

HEADS = ("fc", "classifier", "head", "heads")
"""Names of the part of a network that gives the classes."""
_AUXILIARY_HEADS = ("aux1", "aux2", "AuxLogits")
_WRAPPERS = ("module", "_orig_mod")
"""What DataParallel and ``torch.compile`` add to keys."""
_COUNTER = "num_batches_tracked"

_HALLMARKS = (
    (r"layer1\.0\.conv1\.weight", "a ResNet"),
    (r"denseblock1\.", "a DenseNet"),
    (r"features\.1\.conv\.0\.0\.weight", "a MobileNetV2"),
    (r"features\.\d+\.block\.\d+\.fc1\.weight", "a MobileNetV3 or EfficientNet"),
    (r"features\.1\.0\.block\.0\.0\.weight", "an EfficientNet"),
    (r"features\.\d+\.\d+\.layer_scale", "a ConvNeXt"),
    (r"features\.\d+\.squeeze\.weight", "a SqueezeNet"),
    (r"inception3a\.", "a GoogLeNet"),
    (r"Conv2d_1a_3x3\.conv\.weight", "an Inception-v3"),
    (r"(cls_token|class_token)$", "a vision transformer"),
    (r"visual\.conv1\.weight", "CLIP"),
    (r"\.attn\.qkv\.weight", "a transformer"),
)
"""A key that only one family of networks has."""


class Fingerprint(msgspec.Struct, frozen=True, array_like=True):
    """What a network is recognised by, whatever its head."""

    stem: str
    """Key of the first kernel within the trunk."""
    digest: str
    """Of the names and shapes in the trunk, with the first kernel taken to be for RGB."""


def family_of(table: Mapping[str, Tensor]) -> str:
    """Return the common name of the network that tensors belong to; '' if it is unknown.

    For torchvision's networks it is the one that ``--model`` takes.
    """
    shapes = {canonical(key): tensor.shape for key, tensor in table.items()}
    known = _known()
    for stem in dict.fromkeys(stem for stem, _ in known):
        for prefix in prefixes(shapes, stem):
            if name := known.get((stem, _digest(shapes, prefix, stem))):
                channels = shapes[prefix + stem][1]
                plural = "" if channels == 1 else "s"
                of = f" for images of {channels} channel{plural}"
                return name if channels == 3 else name + of
    for hallmark, name in _HALLMARKS:
        if any(re.search(rf"(^|\.){hallmark}", key) for key in shapes):
            return name
    return ""


def fingerprint(shapes: Shapes) -> Fingerprint:
    """Return a network's fingerprint from the shapes of its state dict, by canonical keys."""
    prefix = root(shapes)
    kernel = next(key for key, shape in shapes.items() if len(shape) == 4)
    stem = kernel.removeprefix(prefix)
    return Fingerprint(stem, _digest(shapes, prefix, stem))


def canonical(key: str) -> str:
    """Return a key of a state dict without wrappers, as torchvision spells it today."""
    parts = [part for part in key.split(".") if part not in _WRAPPERS]
    # torchvision's files of the DenseNets have ``norm.1`` for ``norm1``.
    return re.sub(r"(denselayer\d+\.(?:norm|conv))\.([12]\.)", r"\1\2", ".".join(parts))


def is_counter(key: str) -> bool:
    """Whether a key is a batch norm's count of batches, which evaluation does not need."""
    return key.rpartition(".")[2] == _COUNTER


def is_head(key: str) -> bool:
    """Whether a canonical key belongs to the head."""
    return key.partition(".")[0] in HEADS


def root(keys: Iterable[str]) -> str:
    """Return the part that all keys of a trunk begin with, such as ``features.``; '' for none."""
    first = {key.partition(".")[0] for key in keys if not is_head(key)}
    return f"{first.pop()}." if len(first) == 1 else ""


def prefixes(keys: Iterable[str], name: str) -> Iterator[str]:
    """Yield what comes before a name, for each key that ends in it."""
    for key in keys:
        prefix = key.removesuffix(name)
        if key.endswith(name) and (not prefix or prefix.endswith(".")):
            yield prefix


def _digest(shapes: Shapes, prefix: str, stem: str) -> str:
    trunk = {key.removeprefix(prefix): key for key in shapes if key.startswith(prefix)}
    lines = []
    for name, key in sorted(trunk.items()):
        shape = list(shapes[key])
        if name == stem and len(shape) > 1:
            shape[1] = 3
        if name.partition(".")[0] not in (*HEADS, *_AUXILIARY_HEADS) and not is_counter(name):
            lines.append(f"{name} {shape}\n")
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:12]


@cache
def _known() -> Mapping[tuple[str, str], str]:
    """Return the names of torchvision's networks by their fingerprints."""
    shipped = (files("convscope.core.networks") / "data" / "fingerprints.json").read_bytes()
    found = msgspec.json.decode(shipped, type=dict[str, Fingerprint])
    return {(each.stem, each.digest): name for name, each in found.items()}
