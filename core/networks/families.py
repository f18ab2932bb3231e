"""Which other network a state dict belongs to, so that the error can name it."""

import re
from collections.abc import Iterator, Mapping

from torch import Tensor

_DEPTHS = {
    "vgg11": (1, 1, 2, 2, 2),
    "vgg13": (2, 2, 2, 2, 2),
    "vgg16": (2, 2, 3, 3, 3),
    "vgg19": (2, 2, 4, 4, 4),
}
"""Convolutions in each block of the VGG networks."""
_WIDTHS = (64, 128, 256, 512, 512)

_HALLMARKS = (
    (r"layer1\.0\.conv1\.weight", "a ResNet"),
    (r"features\.denseblock1\.", "a DenseNet"),
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


def family_of(table: Mapping[str, Tensor]) -> str:
    """Return the common name of the network that tensors belong to; '' if it is unknown.

    VGG16 is not named, even if its first layer differs or layers are missing.
    """
    for convolutions, channels in _stacks(table):
        for name, depths in _DEPTHS.items():
            for suffix, stride in (("", 2), ("_bn", 3)):
                if convolutions != _positions(depths, stride):
                    continue
                if channels != 3:
                    plural = "" if channels == 1 else "s"
                    return f"{name}{suffix} for images of {channels} channel{plural}"
                if name + suffix != "vgg16":
                    return name + suffix
    for hallmark, name in _HALLMARKS:
        if any(re.search(rf"(^|\.){hallmark}", key) for key in table):
            return name
    return "AlexNet" if _is_alexnet(table) else ""


def _stacks(table: Mapping[str, Tensor]) -> Iterator[tuple[dict[int, int], int]]:
    """Yield the channels of each stack of 3×3 convolutions by position, and those of its input."""
    kernels: dict[str, dict[int, Tensor]] = {}
    for key, tensor in table.items():
        named = re.fullmatch(r"(.*\.|)(\d{1,3})\.weight", key)
        if named and tensor.ndim == 4 and tensor.shape[2:] == (3, 3):
            kernels.setdefault(named[1], {})[int(named[2])] = tensor
    for sequence in kernels.values():
        if 0 in sequence:
            yield {index: len(kernel) for index, kernel in sequence.items()}, sequence[0].shape[1]


def _positions(depths: tuple[int, ...], stride: int) -> dict[int, int]:
    """Return the channels of a VGG's convolutions by their position in ``features``."""
    found: dict[int, int] = {}
    position = 0
    for depth, width in zip(depths, _WIDTHS, strict=True):
        for _ in range(depth):
            found[position] = width
            position += stride
        position += 1  # the pooling
    return found


def _is_alexnet(table: Mapping[str, Tensor]) -> bool:
    return any(
        key.endswith("features.0.weight") and tensor.shape[2:] == (11, 11)
        for key, tensor in table.items()
    )
