"""From jobs to pictures in memory: networks are loaded once, a pack is made, records are written.

Used by the worker and by the commands that wait. Importing it imports torch.
"""

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Literal

import torch
from PIL import Image
from torch import nn

import core
from core.ascent.attempts import AttemptStep, make_images
from core.ascent.loop import Request
from core.ascent.results import Result
from core.catalog.models import model
from core.catalog.weights import Precision, Weights
from core.errors import UserError
from core.gallery.records import Record
from core.jobs.specs import JobSpec
from core.networks.devices import describe, find_device, precision_on
from core.networks.memory import MARGIN, free_bytes, image_bytes
from core.networks.probe import Probe
from core.networks.vgg16 import vgg16_features
from core.networks.weights import Normalization, load_weights

CPU_PACK = 8
"""A CPU computes images one by one; beyond this a pack only shows its pictures later."""
GPU_PACK = 128
"""Enough to keep a large GPU busy in the layers of small maps."""


@dataclass(frozen=True)
class Made:
    """A finished picture that is not saved yet."""

    spec: JobSpec
    image: Image.Image
    record: Record


class Maker:
    """Makes packs on one device; keeps the networks it has loaded."""

    def __init__(self, device: str = "auto") -> None:
        """Find the device.

        Raises:
            UserError: there is none of that name.
        """
        self.device = find_device(device)
        self.info = describe(device)
        self._networks: dict[tuple[Weights, torch.dtype], _Network] = {}
        self._too_many: dict[tuple[object, ...], int] = {}
        """By what decides about memory: how many images did not fit."""
        # cuDNN would round float32 convolutions to 10 bits of mantissa; float32 was asked for.
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cudnn.deterministic = True  # the same seed is the same picture

    def make(self, specs: Sequence[JobSpec]) -> "Making":
        """Prepare a pack; all its jobs must be of one kind."""
        return Making(self, specs)

    def probe(self, spec: JobSpec) -> Probe:
        """Return the network of a job, cut at its layer.

        Raises:
            UserError: the weights cannot be used.
        """
        dtype = self.dtype(spec.precision)
        network = self._networks.get((spec.weights, dtype))
        if network is None:
            loaded = load_weights(spec.weights)
            features = vgg16_features()
            features.load_state_dict(loaded.parameters, assign=True)
            network = _Network(features, loaded.normalization)
            self._networks[spec.weights, dtype] = network
        index = model(spec.model).layer(spec.layer).index
        return Probe(
            network.features, index, network.normalization, device=self.device, dtype=dtype
        )

    def pack_size(self, spec: JobSpec) -> int:
        """Return how many jobs like this one share a tensor, by the memory that is free now."""
        needed = image_bytes(
            model(spec.model), spec.layer, spec.recipe.resolution, self.dtype(spec.precision)
        )
        fitting = int(MARGIN * free_bytes(self.device)) // needed
        size = min(CPU_PACK if self.device.type == "cpu" else GPU_PACK, fitting)
        size = min(size, self._too_many.get(_demand(spec), size + 1) - 1)
        variants = spec.recipe.variants
        return max(1, size // variants) * variants

    def remember_too_many(self, spec: JobSpec, images: int) -> None:
        """Remember that so many images of this kind did not fit; later packs are half of them."""
        self._too_many[_demand(spec)] = images // 2 + 1

    def dtype(self, precision: Precision) -> torch.dtype:
        """Return what a network of this precision runs in here."""
        return precision_on(self.device, precision)


class Making:
    """A pack in the making: iterate over its steps, then take what was :attr:`made`."""

    def __init__(self, maker: Maker, specs: Sequence[JobSpec]) -> None:
        self._maker = maker
        self.specs = tuple(specs)
        """The jobs; the positions of a step count in them."""
        self.made: list[Made] = []
        """The pictures, in the order of the jobs, once the steps have ended."""

    def __iter__(self) -> Iterator[AttemptStep]:
        """Make the pack, in halves of it where the memory does not suffice.

        Raises:
            UserError: the weights cannot be used; the memory does not suffice for one image.
        """
        made: dict[int, Made] = {}
        waiting = [tuple(range(len(self.specs)))]
        while waiting:
            part = waiting.pop(0)
            pictures: list[Made] | None = None
            try:
                pictures = yield from self._make(part)
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
            # Only here, behind the except block, are the tensors free that the error held.
            if pictures is not None:
                made.update(zip(part, pictures, strict=True))
                continue
            self._maker.remember_too_many(self.specs[0], len(part))
            if len(part) == 1:
                recipe = self.specs[0].recipe
                raise UserError(
                    f"The memory of {self._maker.info.name} does not suffice for one image of "
                    f"{recipe.resolution} px at {self.specs[0].layer}; choose a smaller "
                    "--resolution, or wait until others have left the device."
                )
            half = (len(part) + 1) // 2
            waiting[:0] = [part[:half], part[half:]]
        self.made = [made[i] for i in range(len(self.specs))]

    def _make(self, part: tuple[int, ...]) -> Generator[AttemptStep, None, list[Made]]:
        """Make some of the jobs in one tensor."""
        specs = [self.specs[i] for i in part]
        probe = self._maker.probe(specs[0])
        requests = [
            Request(spec.channel, spec.seed, spec.direction, spec.variant) for spec in specs
        ]
        begun = time.monotonic()
        making = make_images(probe, requests, specs[0].recipe)
        results = yield from _placed(making, part, len(self.specs))
        seconds = (time.monotonic() - begun) / len(results)
        return [
            Made(spec, Image.fromarray(result.pixels), self._record(spec, result, seconds))
            for spec, result in zip(specs, results, strict=True)
        ]

    def _record(self, spec: JobSpec, result: Result, seconds: float) -> Record:
        return Record(
            model=spec.model,
            weights=spec.weights.name,
            weights_sha256=spec.weights.sha256,
            layer=spec.layer,
            channel=spec.channel,
            recipe=spec.recipe,
            seed=spec.seed,
            activation=round(result.score.activation, 4),
            start_activation=round(result.start_activation, 4),
            verdict=result.verdict,
            steps_run=result.steps_run,
            attempts=[round(activation, 4) for activation in result.attempts],
            peak=round(result.peak, 4),
            seconds=round(seconds, 3),
            device=self._maker.info.name,
            precision=_precision_name(self._maker.dtype(spec.precision)),
            versions={
                "convscope": core.__version__,
                "torch": str(torch.__version__),
                "torchvision": version("torchvision"),
            },
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            direction=spec.direction,
            variant=spec.variant,
        )


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether an error says that memory ran out; a CPU's has no type of its own."""
    return isinstance(error, torch.OutOfMemoryError) or "DefaultCPUAllocator" in str(error)


def _placed(
    making: Generator[AttemptStep, None, list[Result]], part: tuple[int, ...], jobs: int
) -> Generator[AttemptStep, None, list[Result]]:
    """Pass on the steps of a part with its places in the whole pack, and its share of the work."""
    share = len(part) / jobs
    done = part[0] / jobs
    while True:
        try:
            step = next(making)
        except StopIteration as end:
            results: list[Result] = end.value
            return results
        positions = tuple(part[i] for i in step.positions)
        yield replace(step, positions=positions, fraction=done + share * step.fraction)


def _demand(spec: JobSpec) -> tuple[object, ...]:
    """What decides how much memory an image takes."""
    return (spec.model, spec.layer, spec.recipe.resolution, spec.precision)


@dataclass(frozen=True)
class _Network:
    features: nn.Sequential
    normalization: Normalization


def _precision_name(dtype: torch.dtype) -> Literal["float32", "bfloat16"]:
    return "bfloat16" if dtype == torch.bfloat16 else "float32"
