"""How fast the ascent is, and how good its pictures: ``python -m tests.benchmarks.ascent``.

Everything is measured in one run on one machine, so that the ratios hold where the seconds do not:
the steps of the original recipe as published, Lucent where it is installed (the ``benchmarks``
extra), the rate of a large matrix product, and convscope alone and in packs. The original's
pictures are made read before the ReLU, so that none of its channels is lost and flatters ours.
``--json FILE`` writes the figures.
"""

import argparse
import json
import math
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import torch
from torch import Tensor

from convscope.core.ascent.loop import Request, ascend
from convscope.core.ascent.recipes import PRESETS, Recipe, Transforms, override
from convscope.core.ascent.resampling import resampled
from convscope.core.ascent.scoring import to_8bit
from convscope.core.ascent.transforms import affine
from convscope.core.catalog.networks import Layer
from convscope.core.catalog.normalization import parse_normalization
from convscope.core.catalog.weights import EMBEDDED
from convscope.core.networks.probe import ChannelWeights, Probe
from convscope.core.runner.rendering import Renderer
from convscope.core.tasks.visualize import Visualize
from tests.original import SHEETS, STEPS, original_recipe
from tests.samples import VGG16, position
from tests.shared import torchvision_features

TURN_DEGREES, RESCALE = 7.0, 0.93
"""What a picture has to survive to count as robust."""
BOUNDED = override(
    PRESETS["classic"],
    objective="channel",
    parameterization="bounded",
    optimizer="sgd",
    betas=(0.6, 0.98),
    lr=0.3,
    lr_hold=0.0,
    lr_end=0.02,
    steps=30,
)
RACES = {
    # Layer, and the recipe that gets soonest, from the original's start, to what that reaches.
    "conv5_1": BOUNDED,
    "conv3_1": BOUNDED,
    # The optimum of a linear layer is a picture of pure colours, so bounds only slow it down.
    "conv1_1": override(PRESETS["classic"], objective="channel", lr=2.0, steps=40),
}
LUCENT_RACE = override(PRESETS["vivid"], transforms=Transforms(), lr=0.7, steps=40)
"""What gets soonest to the activation of Lucent's picture, which is a third of the original's."""


class Bench:
    """One device, its networks, and what was measured."""

    def __init__(self, device: str, channels: list[int]) -> None:
        self.maker = Renderer(device)
        self.channels = channels
        self.device = self.maker.device
        self.dtype = self.maker.dtype("auto")
        self.figures: dict[str, object] = {
            "device": self.maker.info.name,
            "precision": str(self.dtype).removeprefix("torch."),
            "torch": str(torch.__version__),
            "python": platform.python_version(),
            "channels": channels,
        }

    def probe(self, layer: str) -> Probe:
        """The real network cut at a layer."""
        task = Visualize(model="vgg16", layer=layer, channel=0, recipe=PRESETS["crisp"])
        return self.maker.probe(task)

    def wait(self) -> None:
        """Wait for a GPU, which works behind Python's back."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def seconds(self, work: Callable[[], object]) -> float:
        """Return how long a piece of work takes."""
        self.wait()
        begun = time.perf_counter()
        work()
        self.wait()
        return time.perf_counter() - begun

    def product_rate(self) -> float:
        """Return what a large matrix product reaches, in operations a second."""
        side = 8192 if self.device.type == "cuda" else 2048
        a = torch.rand(side, side, device=self.device).to(self.dtype)
        b = torch.rand(side, side, device=self.device).to(self.dtype)
        times = [self.seconds(lambda: a @ b) for _ in range(8)]
        return 2 * side**3 / statistics.median(times[2:])

    def original_step(self, layer: str, resolution: int, steps: int = 6) -> float:
        """Return the seconds of a step of the original recipe, as published."""
        noise = torch.rand(1, 3, resolution, resolution, device=self.device)
        recipe = original_recipe(position(layer), self.channels[0], noise)
        next(recipe)
        return statistics.median(self.seconds(lambda: next(recipe)) for _ in range(steps))

    def lucent(self, layer: str, channels: list[int]) -> tuple[Tensor, float]:
        """Make pictures as Lucent does with its defaults: 128 px, 512 steps.

        Returns:
            The pictures in 8 bit, and the seconds of each.

        Raises:
            ImportError: it is not installed.
        """
        from tests.benchmarks.beside_lucent import run_lucent, total

        network = torch.nn.Sequential()
        network.add_module("features", torchvision_features().to(self.device))
        normalization = parse_normalization(EMBEDDED.usual_normalization)
        given = (network, f"features.{position(layer)}")
        run_lucent(*given, channels[0], normalization, steps=1)  # what only the first step takes
        made = [run_lucent(*given, channel, normalization) for channel in channels]
        seconds = sum(total(spent).wall for _, spent in made)
        return torch.cat([pixels for pixels, _ in made]).to(self.device), seconds / len(channels)

    def steps(self, layer: str, recipe: Recipe, pack: int, number: int = 6) -> float:
        """Return the seconds of a step and image, for packs of a size."""
        probe = self.probe(layer)
        requests = [Request(self.channels[i % len(self.channels)], i) for i in range(pack)]
        going = ascend(probe, requests, override(recipe, steps=number + 2))
        next(going)
        next(going)
        return statistics.median(self.seconds(lambda: next(going)) for _ in range(number)) / pack

    def finished(self, layer: str, recipe: Recipe) -> tuple[Tensor, float]:
        """Make the pictures of all channels; returns them in 8 bit, and the seconds of each."""
        probe = self.probe(layer)
        requests = [Request(channel, 0) for channel in self.channels]
        begun = time.perf_counter()
        *_, last = ascend(probe, requests, recipe)
        self.wait()
        return to_8bit(last.images()), (time.perf_counter() - begun) / len(requests)

    def quality(
        self, layer: str, pixels: Tensor, channels: list[int] | None = None
    ) -> dict[str, float]:
        """Judge pictures: activation, robust activation, share of values at 0 or 255."""
        probe = self.probe(layer)
        readout = probe.readout(channels or self.channels)
        return {
            "activation": mean_activation(probe, readout, pixels.float() / 255),
            "robust": robust_activation(probe, readout, pixels.float() / 255),
            "saturated": float(((pixels == 0) | (pixels == 255)).float().mean()),
        }

    def race(
        self, layer: str, recipe: Recipe, goal: float, channels: list[int] | None = None
    ) -> tuple[float, int]:
        """Return the seconds of a picture until the pack's mean activation reaches a goal.

        Looking at the pictures as they would be saved takes no part in the time. Of fewer channels
        than there are, the pack has several pictures.
        """
        probe = self.probe(layer)
        of = channels or self.channels
        requests = [Request(of[i % len(of)], i // len(of)) for i in range(len(self.channels))]
        readout = probe.readout([request.channel for request in requests])
        going = ascend(probe, requests, recipe)
        step = next(going)
        spent = 0.0
        for _ in range(recipe.steps):
            begun = time.perf_counter()
            step = next(going)
            self.wait()
            spent += time.perf_counter() - begun
            pixels = to_8bit(step.images()).float() / 255
            if mean_activation(probe, readout, pixels) >= goal:
                return spent / len(self.channels), step.number
        return math.inf, recipe.steps


def mean_activation(probe: Probe, readout: ChannelWeights, rgb: Tensor) -> float:
    """Mean over maps and images."""
    with torch.no_grad():
        return float(probe.maps(rgb, readout).mean())


def robust_activation(probe: Probe, readout: ChannelWeights, rgb: Tensor) -> float:
    """The same after a rotation and after a rescale, averaged; interpolated linearly."""
    zeros = torch.zeros(len(rgb))
    turned = affine(zeros + math.radians(TURN_DEGREES), zeros + 1, zeros, zeros)
    rescaled = affine(zeros, zeros + RESCALE, zeros, zeros)
    return statistics.mean(
        mean_activation(probe, readout, resampled(rgb, each.to(rgb.device)))
        for each in (turned, rescaled)
    )


def operations(layer: Layer, resolution: int) -> float:
    """Count a step's multiplications and additions for one image, forward and back.

    Convolutions only; of the layer itself one channel, of those below all. Going back to the image
    takes as many as going forward, since no gradient of a weight is wanted.
    """
    total, given = 0.0, 3
    for one in VGG16.layers:
        pixels = (resolution // one.stride) ** 2
        if one == layer:
            return 2 * (total + 2 * 9 * given * pixels)
        total += 2 * 9 * given * one.channels * pixels
        given = one.channels
    raise AssertionError("a layer is one of its model's")


def measure(bench: Bench, layers: list[str], presets: list[str], lucent: int) -> Iterator[str]:
    """Measure all, into the bench's figures; yields lines to print."""
    figures = bench.figures
    rate = bench.product_rate()
    figures["product_gflops"] = round(rate / 1e9, 1)
    yield f"{figures['device']}, {figures['precision']}, torch {figures['torch']}"
    yield f"matrix product: {rate / 1e9:,.0f} GFLOP/s"

    yield from measure_packs(bench, layers, rate)
    yield from measure_presets(bench, layers, presets)
    yield from measure_races(bench)
    if lucent:
        with suppress(ImportError):
            yield from measure_lucent(bench, bench.channels[:lucent])


def measure_packs(bench: Bench, layers: list[str], rate: float) -> Iterator[str]:
    """Steps alone and in packs of 8, beside the original's and the matrix product."""
    yield ""
    yield "seconds of a step and image    original    alone   pack of 8   ratio   of the product"
    rows = bench.figures["steps"] = []
    for layer in layers:
        resolution = SHEETS[layer][1] if layer in SHEETS else 128
        recipe = override(PRESETS["crisp"], resolution=resolution)
        original = bench.original_step(layer, resolution)
        alone, packed = (bench.steps(layer, recipe, pack) for pack in (1, 8))
        share = operations(VGG16.layer(layer), resolution) / packed / rate
        rows.append(
            {
                "layer": layer,
                "resolution": resolution,
                "original": original,
                "alone": alone,
                "pack_of_8": packed,
                "share_of_product": share,
            }
        )
        yield (
            f"{layer:10} {resolution:4} px {original:18.4f} {alone:10.4f} {packed:10.4f} "
            f"{original / packed:8.1f} {share:13.0%}"
        )


def measure_presets(bench: Bench, layers: list[str], presets: list[str]) -> Iterator[str]:
    """What each preset's pictures are worth, beside the original's at the same resolution."""
    yield ""
    yield f"{'pictures':28} {'seconds':>9} {'activation':>11} {'robust':>8} {'0 or 255':>9}"
    rows = bench.figures["pictures"] = []
    for layer in layers:
        start = SHEETS[layer][2] if layer in SHEETS else (-0.25, 0.25)
        resolution = PRESETS["crisp"].resolution
        for name in ("original", *presets):
            if name == "original":
                recipe = override(PRESETS["classic"], resolution=resolution, start=start)
                pixels, _ = bench.finished(layer, recipe)
                seconds = STEPS * bench.original_step(layer, resolution)
            else:
                pixels, seconds = bench.finished(layer, PRESETS[name])
            quality = bench.quality(layer, pixels)
            rows.append({"layer": layer, "recipe": name, "seconds": seconds, **quality})
            yield (
                f"{layer:10} {name:9} {pixels.shape[-1]:4} px {seconds:11.2f} "
                f"{quality['activation']:11.0f} {quality['robust']:8.0f} "
                f"{quality['saturated']:9.1%}"
            )


def measure_races(bench: Bench) -> Iterator[str]:
    """How long until the activation that the original reaches after 200 steps."""
    yield ""
    yield "to the original's activation    original s   reached    ours s   steps   times faster"
    rows = bench.figures["races"] = []
    for layer, recipe in RACES.items():
        _, resolution, start = SHEETS[layer]
        original = override(PRESETS["classic"], resolution=resolution, start=start)
        goal = bench.quality(layer, bench.finished(layer, original)[0])["activation"]
        theirs = STEPS * bench.original_step(layer, resolution)
        racer = override(recipe, resolution=resolution, start=start)
        ours, steps = bench.race(layer, racer, goal)
        rows.append(
            {
                "layer": layer,
                "resolution": resolution,
                "goal": goal,
                "original": theirs,
                "ours": ours,
                "steps": steps,
            }
        )
        yield (
            f"{layer:10} {resolution:4} px {theirs:25.1f} {goal:9.0f} {ours:9.3f} {steps:7} "
            f"{theirs / ours:14.0f}"
        )


def measure_lucent(bench: Bench, channels: list[int]) -> Iterator[str]:
    """How long until the activation of Lucent's picture, and what crisp is worth beside it.

    Raises:
        ImportError: Lucent is not installed.
    """
    layer = "conv5_1"
    pixels, theirs = bench.lucent(layer, channels)
    quality = bench.quality(layer, pixels, channels)
    ours, steps = bench.race(layer, LUCENT_RACE, quality["activation"], channels)
    crisp_pixels, crisp = bench.finished(layer, PRESETS["crisp"])
    crisp_quality = bench.quality(layer, crisp_pixels[: len(channels)], channels)
    bench.figures["lucent"] = {
        "channels": channels,
        "seconds": theirs,
        **quality,
        "race_seconds": ours,
        "race_steps": steps,
        "crisp": {"seconds": crisp, **crisp_quality},
    }
    yield ""
    yield f"{'beside Lucent':28} {'seconds':>9} {'activation':>11} {'robust':>8} {'0 or 255':>9}"
    for name, seconds, found in (
        ("lucent", theirs, quality),
        ("crisp", crisp, crisp_quality),
    ):
        yield (
            f"{layer:10} {name:9} {pixels.shape[-1]:4} px {seconds:11.2f} "
            f"{found['activation']:11.0f} {found['robust']:8.0f} {found['saturated']:9.1%}"
        )
    yield f"its activation is reached {theirs / ours:.0f} times faster: {ours:.2f} s, {steps} steps"
    yield f"a picture of crisp is made {theirs / crisp:.0f} times faster"


def main() -> None:
    """Measure, print, and write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--channels", default="20-27", help="of each layer, such as 20-27")
    parser.add_argument("--layers", default="conv1_1,conv2_1,conv3_1,conv4_1,conv5_1")
    parser.add_argument("--presets", default="draft,crisp")
    parser.add_argument(
        "--lucent", type=int, default=1, help="pictures that Lucent makes, minutes each; 0 for none"
    )
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    first, _, last = options.channels.partition("-")
    bench = Bench(options.device, list(range(int(first), int(last or first) + 1)))
    layers, presets = options.layers.split(","), options.presets.split(",")
    for line in measure(bench, layers, presets, options.lucent):
        print(line, flush=True)
    if options.json:
        options.json.write_text(json.dumps(bench.figures, indent=1))


if __name__ == "__main__":
    main()
