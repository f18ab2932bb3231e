"""A machine observer: does a picture tell which of two patches of photographs excites a channel?

After Zimmermann et al., "Scale Alone Does not Improve Mechanistic Interpretability in Vision
Models", 2024, who let such observers stand for people. Ours compares pictures and patches by the
features of a network that made none of them. A patch of a photograph in the picture's place tells
what natural exemplars are worth.
"""

import math
import random
import statistics
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps
from torch import Tensor
from torchvision.models import mobilenet_v2

from convscope.core.networks.probe import Probe

SIDE = 128
STRONGEST = 10
"""So many patches, each of another photograph, count as exciting a channel."""
SCALES = (1.0, 0.5)
"""Patches are cut from each photograph at these scales, as many as fit without overlapping."""
SUFFIXES = (".jpg", ".jpeg", ".png")
LONGEST = 512
"""Photographs are made so small that a patch shows more than a texture."""


def photographs(folder: Path) -> list[Path]:
    """Return the pictures below a folder, in order."""
    return [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES]


class Patches:
    """Square patches of a folder's photographs."""

    def __init__(self, folder: Path) -> None:
        pixels: list[Tensor] = []
        self.photos: list[int] = []
        """Which photograph each is of."""
        for number, path in enumerate(photographs(folder)):
            for patch in _patches(path):
                pixels.append(torch.from_numpy(np.array(patch)).permute(2, 0, 1))
                self.photos.append(number)
        self.pixels = torch.stack(pixels)
        """``(N, 3, 128, 128)`` uint8."""

    def excitement(self, probe: Probe, channels: list[int]) -> Tensor:
        """Return the mean of each channel's map over each patch: ``(channels, N)`` float32."""
        readout = probe.readout(channels)
        found = []
        for patch in self.pixels.split(1):
            with torch.no_grad():
                rgb = (patch.float() / 255).to(probe.device)
                below = probe.forward(rgb, readout[:1]).below
                maps = F.conv2d(below, readout.kernels, padding=1)[0].float()
            found.append((maps.mean((1, 2)) + readout.biases).cpu())
        return torch.stack(found, dim=1)


def _patches(path: Path) -> Iterator[Image.Image]:
    """Cut a photograph up; what is cut out of its ground stands on grey."""
    with Image.open(path) as opened:
        photo = ImageOps.exif_transpose(opened).convert("RGBA")
    ground = Image.new("RGBA", photo.size, (128, 128, 128, 255))
    photo = Image.alpha_composite(ground, photo).convert("RGB")
    photo.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    for scale in SCALES:
        width, height = (round(side * scale) for side in photo.size)
        shown = photo.resize((width, height), Image.Resampling.LANCZOS)
        for top in range(0, height - SIDE + 1, SIDE):
            for left in range(0, width - SIDE + 1, SIDE):
                yield shown.crop((left, top, left + SIDE, top + SIDE))


class Observer:
    """Compares images by the features of a MobileNetV2, as far as they differ from patches' mean.

    Args:
        checkpoint: a state dict whose network expects RGB in -1..1.
        patches: what it is asked about.
    """

    def __init__(self, checkpoint: Path, patches: Patches) -> None:
        state = torch.load(checkpoint, map_location="cpu", weights_only=True)
        network = mobilenet_v2(num_classes=len(state["classifier.1.bias"]))
        network.load_state_dict(state)
        self._features = network.features.eval().requires_grad_(requires_grad=False)
        self._photos = patches.photos
        features = self._seen(patches.pixels)
        self._mean = features.mean(0)
        self._patches = F.normalize(features - self._mean, dim=1)

    def of_pictures(self, pictures: Tensor, excitement: Tensor) -> tuple[float, float]:
        """Return the share of right answers over channels, and its standard error.

        Args:
            pictures: ``(channels, 3, H, W)`` uint8, one of each channel.
            excitement: ``(channels, N)``, of each channel by each patch.
        """
        shown = F.normalize(self._seen(pictures) - self._mean, dim=1)
        return _mean_and_error(
            [
                self._share(picture, self._strongest(values, STRONGEST), values, row)
                for row, (picture, values) in enumerate(zip(shown, excitement, strict=True))
            ]
        )

    def of_exemplars(self, excitement: Tensor) -> tuple[float, float]:
        """Return the same where the strongest patch is the explanation, and not asked about."""
        shares = []
        for row, values in enumerate(excitement):
            first, *others = self._strongest(values, STRONGEST + 1)
            shares.append(self._share(self._patches[first], others, values, row))
        return _mean_and_error(shares)

    def _share(self, explanation: Tensor, strongest: list[int], values: Tensor, seed: int) -> float:
        """Return how often a strong patch is more like the explanation than a dull one."""
        lower_half = values.argsort()[: len(values) // 2].tolist()
        dull = random.Random(seed).sample(lower_half, min(STRONGEST, len(lower_half)))
        likeness = self._patches @ explanation
        return float((likeness[strongest][:, None] > likeness[dull]).float().mean())

    def _strongest(self, values: Tensor, count: int) -> list[int]:
        """Return the patches that excite most, each of another photograph."""
        found: dict[int, int] = {}
        for patch in values.argsort(descending=True).tolist():
            found.setdefault(self._photos[patch], patch)
        return list(found.values())[:count]

    def _seen(self, pixels: Tensor) -> Tensor:
        """Return the features of images ``(B, 3, H, W)`` uint8: ``(B, 1280)``."""
        with torch.no_grad():
            maps = [self._features(some.float() / 127.5 - 1) for some in pixels.split(32)]
        return torch.cat(maps).mean((2, 3))


def _mean_and_error(shares: list[float]) -> tuple[float, float]:
    deviation = statistics.stdev(shares) if len(shares) > 1 else math.nan
    return statistics.mean(shares), deviation / math.sqrt(len(shares))
