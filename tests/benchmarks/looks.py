"""How natural recipes' pictures are, and what they tell: ``python -m tests.benchmarks.looks``.

Everything is measured in one run, so that recipes can be compared where seconds cannot. Of each
recipe's pictures: activation, robust activation (over movements that no recipe makes), chroma,
values at the ends, energy in fine detail, seconds. With ``--photos`` and ``--observer`` also how
often a machine observer tells from the picture alone which of two patches of photographs excites
the channel (see :mod:`tests.benchmarks.observer`). ``--json FILE`` writes the figures, ``--sheet
FILE`` the pictures, a recipe in each row.
"""

import argparse
import json
import math
import random
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from convscope.core.ascent.loop import Request, ascend
from convscope.core.ascent.recipes import PRESETS, Recipe, override
from convscope.core.ascent.scoring import to_8bit
from convscope.core.ascent.transforms import resampled
from convscope.core.networks.probe import ChannelWeights, Probe
from convscope.core.runner.rendering import Renderer
from convscope.core.tasks.visualize import Visualize
from tests.benchmarks.observer import Observer, Patches
from tests.samples import VGG16

MOVEMENTS = (
    *((degrees, 1.0) for degrees in (-11, -9, -4, 4, 9, 11)),
    *((0, zoom) for zoom in (0.88, 0.9, 0.95, 1.05, 1.1, 1.12)),
)
"""Turns in degrees and zooms, none of which a recipe makes: what lasts through them is robust."""
END = 2
"""Values so close to 0 or 255 count as at the ends."""
FINE = 0.25
"""Cycles a pixel above which detail is fine: photographs have hardly any there."""
PACK = 8


@dataclass(frozen=True)
class Looks:
    """What pictures of some channels of a layer are like, on average."""

    layer: str
    recipe: str
    channels: int
    activation: float
    robust: float
    kept: float
    """Mean share of its activation that a picture keeps when it is moved."""
    chroma: float
    ends: float
    fine: float
    seconds: float
    """Of a picture."""
    observer: float = math.nan
    """Share of the observer's right answers; a half is chance."""
    error: float = math.nan
    """Standard error of that, over channels."""

    def line(self) -> str:
        """Return a row of the table."""
        told = "" if math.isnan(self.observer) else f"  {self.observer:.3f} ± {self.error:.3f}"
        return (
            f"{self.layer:8} {self.recipe:10} {self.channels:4} {self.activation:10.0f} "
            f"{self.robust:7.0f} {self.kept:5.2f} {self.chroma:7.2f} {self.ends:7.1%} "
            f"{self.fine:5.2f} {self.seconds:8.2f}{told}"
        )


HEADER = (
    f"{'layer':8} {'recipe':10} {'of':>4} {'activation':>10} {'robust':>7} {'kept':>5} "
    f"{'chroma':>7} {'at ends':>7} {'fine':>5} {'seconds':>8}  observer"
)


def chroma(rgb: Tensor) -> Tensor:
    """Return how colourful images are: the mean distance of a pixel's largest and least colour.

    Args:
        rgb: ``(B, 3, H, W)`` in 0..1.

    Returns:
        ``(B,)``, 0 for grey.
    """
    return (rgb.amax(1) - rgb.amin(1)).mean((1, 2))


def at_ends(pixels: Tensor) -> Tensor:
    """Return the share of values as good as cut off: ``(B, 3, H, W)`` uint8 to ``(B,)``."""
    return ((pixels <= END) | (pixels >= 255 - END)).float().mean((1, 2, 3))


def fine_energy(rgb: Tensor) -> Tensor:
    """Return the share of images' spectral power in fine detail: ``(B, 3, H, W)`` to ``(B,)``."""
    centred = rgb - rgb.mean((2, 3), keepdim=True)
    power = torch.fft.fft2(centred).abs().square().sum(1)
    side = torch.fft.fftfreq(rgb.shape[-1], device=rgb.device)
    is_fine = torch.hypot(side[:, None], side[None, :]) > FINE
    return power[:, is_fine].sum(1) / power.sum((1, 2))


def robust_activations(probe: Probe, readout: ChannelWeights, rgb: Tensor) -> Tensor:
    """Return the mean activation of images ``(B, 3, H, W)`` over :data:`MOVEMENTS`: ``(B,)``."""
    zeros = torch.zeros(len(rgb))
    found = []
    for degrees, zoom in MOVEMENTS:
        moved = resampled(rgb, zeros + math.radians(degrees), zeros + zoom, zeros, zeros)
        found.append(activations(probe, readout, moved))
    return torch.stack(found).mean(0)


def activations(probe: Probe, readout: ChannelWeights, rgb: Tensor) -> Tensor:
    """Return each image's mean of its map: ``(B, 3, H, W)`` to ``(B,)``."""
    with torch.no_grad():
        return probe.maps(rgb, readout).mean((1, 2))


class Bench:
    """A device and its networks."""

    def __init__(self, device: str, precision: str) -> None:
        self._renderer = Renderer(device)
        self._precision = precision

    def probe(self, layer: str) -> Probe:
        """The real network cut at a layer."""
        task = Visualize(
            model="vgg16",
            layer=layer,
            channel=0,
            recipe=PRESETS["crisp"],
            precision=self._precision,  # type: ignore[arg-type]
        )
        return self._renderer.probe(task)

    def pictures(self, layer: str, channels: list[int], recipe: Recipe) -> tuple[Tensor, float]:
        """Make pictures ``(B, 3, H, W)`` uint8; also returns the seconds of each."""
        probe = self.probe(layer)
        begun, made = time.perf_counter(), []
        for first in range(0, len(channels), PACK):
            requests = [Request(channel, 0) for channel in channels[first : first + PACK]]
            *_, last = ascend(probe, requests, recipe)
            made.append(to_8bit(last.images()).cpu())
        return torch.cat(made), (time.perf_counter() - begun) / len(channels)

    def looks(
        self, layer: str, channels: list[int], name: str, pixels: Tensor, seconds: float
    ) -> Looks:
        """Judge pictures of some channels."""
        probe = self.probe(layer)
        readout = probe.readout(channels)
        rgb = pixels.to(probe.device).float() / 255
        plain, robust = activations(probe, readout, rgb), robust_activations(probe, readout, rgb)
        return Looks(
            layer=layer,
            recipe=name,
            channels=len(channels),
            activation=float(plain.mean()),
            robust=float(robust.mean()),
            kept=float((robust / plain).mean()),
            chroma=float(chroma(rgb).mean()),
            ends=float(at_ends(pixels).mean()),
            fine=float(fine_energy(rgb).mean()),
            seconds=seconds,
        )


def measure(
    bench: Bench, layers: list[str], count: int, recipes: dict[str, Recipe], asked: "Asked | None"
) -> Iterator[tuple[Looks, Tensor]]:
    """Make and judge pictures of random channels of each layer; yields a recipe's at a time."""
    for layer in layers:
        every = range(VGG16.layer(layer).channels)
        channels = sorted(random.Random(layer).sample(every, min(count, len(every))))
        excitement = asked.patches.excitement(bench.probe(layer), channels) if asked else None
        for name, recipe in recipes.items():
            pixels, seconds = bench.pictures(layer, channels, recipe)
            looks = bench.looks(layer, channels, name, pixels, seconds)
            if asked and excitement is not None:
                share, error = asked.observer.of_pictures(pixels, excitement)
                looks = replace(looks, observer=share, error=error)
            yield looks, pixels
        if asked and excitement is not None:
            share, error = asked.observer.of_exemplars(excitement)
            nothing = [math.nan] * 7
            yield Looks(layer, "a patch", len(channels), *nothing, share, error), torch.empty(0)


class Asked:
    """A machine observer, and the patches that it is asked about."""

    def __init__(self, photos: Path, checkpoint: Path) -> None:
        self.patches = Patches(photos)
        self.observer = Observer(checkpoint, self.patches)


def sheet(rows: list[Tensor], shown: int) -> Image.Image:
    """Put pictures of equal size side by side, a recipe in each row."""
    lines = [torch.cat(list(row[:shown]), dim=2) for row in rows]
    return Image.fromarray(torch.cat(lines, dim=1).permute(1, 2, 0).numpy())


def main() -> None:
    """Measure, print, and write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--layers", default="conv3_1,conv4_1,conv5_1")
    parser.add_argument("--channels", type=int, default=8, help="so many of each layer, at random")
    parser.add_argument("--presets", default="crisp,classic", help="such as crisp,lucid,classic")
    parser.add_argument("--photos", type=Path, metavar="FOLDER")
    parser.add_argument("--observer", type=Path, metavar="MOBILENET_V2.pth")
    parser.add_argument("--sheet", type=Path, metavar="FILE")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    bench = Bench(options.device, options.precision)
    recipes = {name: at_128(PRESETS[name]) for name in options.presets.split(",")}
    asked = Asked(options.photos, options.observer) if options.photos and options.observer else None
    found: list[Looks] = []
    rows: list[Tensor] = []
    print(HEADER, flush=True)
    layers = options.layers.split(",")
    for looks, pixels in measure(bench, layers, options.channels, recipes, asked):
        found.append(looks)
        rows += [pixels] if len(pixels) else []
        print(looks.line(), flush=True)
    if options.sheet:
        sheet(rows, min(options.channels, 20)).save(options.sheet)
    if options.json:
        options.json.write_text(json.dumps([asdict(each) for each in found], indent=1))


def at_128(recipe: Recipe) -> Recipe:
    """Recipes are compared at one resolution; the original's start is that of its own sheets."""
    start = (-0.25, 0.25) if recipe.is_of_pixels else None
    return override(recipe, resolution=128, start=start)


if __name__ == "__main__":
    main()
