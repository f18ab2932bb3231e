"""How fast other networks than VGG16 are, beside Lucent: ``python -m tests.benchmarks.networks``.

Lucent (the ``benchmarks`` extra) is measured as its README has it, which enlarges images to 224 px
and computes the gradients of the weights as well; then with images of the same size as convscope's;
then with frozen weights, too. All take turns in one run, so that the ratios hold where the
milliseconds do not; where other programs take the cores, those of the CPU are the steadier ones. A
network has random weights unless ``--weights`` names some. ``--json FILE`` writes the figures.
"""

import argparse
import copy
import json
import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor
from torchvision.transforms import Normalize

from convscope.core.ascent.loop import Request, Step, ascend
from convscope.core.ascent.recipes import PRESETS, Recipe, override
from convscope.core.ascent.scoring import to_8bit
from convscope.core.ascent.tuning import fitted
from convscope.core.catalog.networks import network
from convscope.core.catalog.normalization import parse_normalization
from convscope.core.catalog.weights import parse_weights
from convscope.core.networks.devices import describe, find_device, precision_on
from convscope.core.networks.loaders import FAMILIES, load_network
from convscope.core.networks.probe import Probe
from tests.benchmarks import beside_lucent
from tests.benchmarks.beside_lucent import Spent, clock, run_lucent, total
from tests.networks.graphs import random_network

LAYERS = ("resnet50/layer4.2", "mobilenet_v2/features.17")
DOGS = Path(__file__).parents[2].parent / "shared" / "checkpoints" / "mobilenet_v2-19-dogs.pth"
WEIGHTS = {"mobilenet_v2": (str(DOGS), "half")} if DOGS.exists() else {}
SIZES = ((128, 1), (224, 1), (128, 8))
"""Sides of images in pixels, and how many are made together."""
WAYS = {
    # Name: whether images are enlarged, whether weights are frozen.
    "Lucent": (True, False),
    "Lucent, same size": (False, False),
    "Lucent, same size, frozen": (False, True),
}
BASELINE = "Lucent, same size"
RACERS = ("crisp", "vivid")
REPEATS = 3
"""Of each race of convscope's, which are short."""


class Subject:
    """A layer of a network with its weights, named as the module that Lucent hooks."""

    def __init__(self, name: str, weights: tuple[str, str] | None, device: torch.device) -> None:
        self.name, self.device, self.is_random = name, device, weights is None
        self.model, _, self.module = name.partition("/")
        self.layer = network(self.model).layer(self.module)
        file, normalization = weights or ("", "imagenet")
        self.normalization = parse_normalization(normalization)
        if weights:
            whole = load_network(self.model, parse_weights(file, self.model)).module
        else:
            whole = random_network(self.model, beside_lucent.SIDE)
        self.network = whole.to(device)

    def probe(self, dtype: torch.dtype) -> Probe:
        """Return convscope's probe into the layer."""
        cut = FAMILIES[self.layer.family]
        whole = copy.deepcopy(self.network)
        return cut(whole, self.layer, self.normalization, self.device, dtype)

    def recipe(self, preset: str) -> Recipe:
        """Return a preset as it is for the layer."""
        return fitted(PRESETS[preset], network(self.model), self.layer)

    def lucent(self, way: str, channel: int, **options: int) -> tuple[Tensor, list[Spent]]:
        """Make pictures in one of Lucent's ways: see :func:`run_lucent`."""
        is_enlarged, is_frozen = WAYS[way]
        whole = self.network.requires_grad_(not is_frozen)
        given = (whole, self.module, channel, self.normalization)
        return run_lucent(*given, is_enlarged=is_enlarged, **options)

    def activation(self, pixels: Tensor, channel: int) -> float:
        """Return the mean of a channel of what the module puts out, by plain torch code.

        That is what Lucent maximises: of a sum with a ReLU behind it, what the ReLU leaves.
        """
        kept: list[Tensor] = []
        hook = self.network.get_submodule(self.module).register_forward_hook(
            lambda *call: kept.append(call[-1])
        )
        normalize = Normalize(self.normalization.mean, self.normalization.std)
        with torch.no_grad():
            self.network(normalize(pixels.to(self.device).float() / 255))
        hook.remove()
        return float(kept[0][:, channel].mean())


def median(spent: Sequence[Spent], pack: int = 1) -> Spent:
    """Return the median of times, for each image of a pack."""
    return Spent(*(statistics.median(each) / pack for each in zip(*spent, strict=True)))


def timed(going: Iterator[Step], steps: int) -> list[Spent]:
    """Go on with convscope's loop, and return the time of each step."""
    spent = []
    for _ in range(steps):
        begun = clock()
        next(going)
        spent.append(clock() - begun)
    return spent


def measure_steps(
    subject: Subject, size: int, pack: int, rounds: int, dtypes: Sequence[torch.dtype]
) -> dict[str, Spent]:
    """Return the time of a step and image, by what makes it; each takes its turn in each round."""
    runs: dict[str, Callable[[], list[Spent]]] = {
        # A network's first step takes longer.
        way: lambda way=way: subject.lucent(way, 3, size=size, pack=pack, steps=4)[1][1:]
        for way in WAYS
    }
    recipe = override(subject.recipe("crisp"), resolution=size, steps=100_000)
    for dtype in dtypes:
        requests = [Request(3 + i, i) for i in range(pack)]
        going = ascend(subject.probe(dtype), requests, recipe)
        timed(going, 3)
        runs[f"convscope, {short(dtype)}"] = lambda going=going: timed(going, 3)
    found: dict[str, list[Spent]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            found[name] += run()
    return {name: median(spent, pack) for name, spent in found.items()}


def short(dtype: torch.dtype) -> str:
    """Return a name without ``torch.``."""
    return str(dtype).removeprefix("torch.")


@dataclass(frozen=True)
class Race:
    """How soon a preset comes to the activation of a picture of Lucent's."""

    channel: int
    way: str
    goal: float
    """The activation of Lucent's picture, as it would be saved."""
    lucent: Spent
    preset: str
    reached: float
    steps: int
    convscope: Spent
    """Until the goal; ``inf`` where it is not reached."""

    @property
    def times(self) -> Spent:
        """How many times sooner."""
        return self.lucent / self.convscope

    def line(self) -> str:
        """Return a row of the table."""
        return (
            f"{self.channel:5}  {self.way:18} {self.goal:8.2f} {self.lucent.wall:8.1f} "
            f"{self.lucent.cpu:8.1f}   {self.preset:6} {self.reached:8.2f} {self.steps:6} "
            f"{self.convscope.wall:8.2f} {self.convscope.cpu:8.2f} {self.times.wall:7.0f} "
            f"{self.times.cpu:7.0f}"
        )


def race(
    subject: Subject, probe: Probe, preset: str, channel: int, goal: float
) -> tuple[float, int, Spent]:
    """Return the activation that is reached, and the steps and time that it takes.

    Looking at the picture as it would be saved takes no part in the time.
    """
    going = ascend(probe, [Request(channel, 0)], subject.recipe(preset))
    next(going)
    spent: list[Spent] = []
    reached, begun = -math.inf, clock()
    for step in going:
        spent.append(clock() - begun)
        reached = subject.activation(to_8bit(step.images()), channel)
        if reached >= goal:
            return reached, len(spent), total(spent)
        begun = clock()
    return reached, len(spent), Spent(math.inf, math.inf)


def races(subject: Subject, channels: Sequence[int], steps: int) -> Iterator[Race]:
    """Yield a race for each channel, way and preset, in the precision that is a user's default."""
    probe = subject.probe(precision_on(subject.device))
    for channel in channels:
        for way in ("Lucent", "Lucent, same size"):
            pixels, spent = subject.lucent(way, channel, steps=steps)
            goal = subject.activation(pixels, channel)
            for preset in RACERS:
                runs = [race(subject, probe, preset, channel, goal) for _ in range(REPEATS)]
                ours = median([each[2] for each in runs])
                yield Race(channel, way, goal, total(spent), preset, *runs[0][:2], ours)


def steps_table(
    subject: Subject, rounds: int, dtypes: Sequence[torch.dtype], figures: dict[str, object]
) -> Iterator[str]:
    """Measure steps, into the figures; yields lines to print."""
    for size, pack in SIZES if rounds else ():
        found = measure_steps(subject, size, pack, rounds, dtypes)
        figures[f"{subject.name}, {size} px, {pack}"] = {k: v._asdict() for k, v in found.items()}
        alone = "alone" if pack == 1 else f"pack of {pack}"
        yield f"{f'{size} px, {alone}':27} ms of a step and image    CPU   times faster    CPU"
        for name, each in found.items():
            times = found[BASELINE] / each
            yield (
                f"  {name:36} {1000 * each.wall:9.1f} {1000 * each.cpu:8.1f} {times.wall:14.2f} "
                f"{times.cpu:6.2f}"
            )
        if (size, pack) == (beside_lucent.SIDE, 1):
            lucent, ours = beside_lucent.STEPS, subject.recipe("crisp").steps
            times = found["Lucent"] / each  # in the precision that is a user's default
            wall, cpu = (lucent / ours * ratio for ratio in times)
            yield (
                f"a picture, {lucent} steps of Lucent and {ours} of crisp: {wall:.0f} times sooner,"
                f" CPU {cpu:.0f}"
            )


def races_table(
    subject: Subject, channels: Sequence[int], steps: int, figures: dict[str, object]
) -> Iterator[str]:
    """Race, into the figures; yields lines to print."""
    if not channels:
        return
    if subject.is_random:
        yield "no race, since activations mean little where weights are random"
        return
    yield (
        f"{'to the activation of Lucent’s picture':38} {'s':>4} {'CPU':>8}   {'':6} {'reaches':>8} "
        f"{'steps':>6} {'s':>8} {'CPU':>8} {'times':>7} {'CPU':>7}"
    )
    rows: list[Race] = []
    for each in races(subject, channels, steps):
        rows.append(each)
        yield each.line()
    figures[subject.name] = [asdict(each) for each in rows]
    for way, preset in dict.fromkeys((each.way, each.preset) for each in rows):
        times = median([one.times for one in rows if (one.way, one.preset) == (way, preset)])
        yield f"median, {preset} and {way}: {times.wall:.0f} times sooner, CPU {times.cpu:.0f}"


def main() -> None:
    """Measure, print, and write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("layers", nargs="*", default=LAYERS, metavar="NETWORK/MODULE")
    columns = ("NETWORK", "FILE", "NORMALIZATION")
    parser.add_argument("--weights", nargs=3, action="append", default=[], metavar=columns)
    parser.add_argument("--threads", type=int, help="of the CPU; by default as torch has it")
    parser.add_argument("--rounds", type=int, default=7, help="of steps; 0 for no steps")
    parser.add_argument("--channels", default="3,50,100,200", help="to race for; '' for none")
    parser.add_argument("--steps", type=int, default=beside_lucent.STEPS, help="of Lucent's races")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    torch.set_num_threads(options.threads or torch.get_num_threads())
    weights = WEIGHTS | {model: (file, how) for model, file, how in options.weights}
    channels = [int(each) for each in options.channels.split(",") if each]
    device = find_device()
    dtypes = list(dict.fromkeys((torch.float32, precision_on(device))))
    figures: dict[str, dict[str, object]] = {"steps": {}, "races": {}}
    print(f"{describe().name}, torch {torch.__version__}")
    for name in options.layers:
        subject = Subject(name, weights.get(name.partition("/")[0]), device)
        print(f"\n{name}{', random weights' if subject.is_random else ''}")
        for line in steps_table(subject, options.rounds, dtypes, figures["steps"]):
            print(line, flush=True)
        for line in races_table(subject, channels, options.steps, figures["races"]):
            print(line, flush=True)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
