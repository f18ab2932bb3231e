"""From jobs to pictures in memory: networks are loaded once, a pack is made, records are written.

Used by the worker and by the commands that wait. Importing it imports torch.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Literal

import torch
from PIL import Image
from torch import nn

import core
from core.ascent.attempts import AttemptStep, Result, make_images
from core.ascent.loop import Request
from core.catalog.models import model
from core.catalog.weights import Precision, Weights
from core.gallery.records import Record
from core.jobs.specs import JobSpec
from core.networks.devices import describe, find_device, precision_on
from core.networks.probe import Probe
from core.networks.vgg16 import vgg16_features
from core.networks.weights import Normalization, load_weights


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
        first = self.specs[0]
        probe = self._maker.probe(first)
        requests = [Request(spec.channel, spec.seed) for spec in self.specs]
        begun = time.monotonic()
        results = yield from make_images(probe, requests, first.recipe)
        seconds = (time.monotonic() - begun) / len(results)
        self.made = [
            Made(spec, Image.fromarray(result.pixels), self._record(spec, result, seconds))
            for spec, result in zip(self.specs, results, strict=True)
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
            seconds=round(seconds, 3),
            device=self._maker.info.name,
            precision=_precision_name(self._maker.dtype(spec.precision)),
            versions={
                "convscope": core.__version__,
                "torch": str(torch.__version__),
                "torchvision": version("torchvision"),
            },
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )


@dataclass(frozen=True)
class _Network:
    features: nn.Sequential
    normalization: Normalization


def _precision_name(dtype: torch.dtype) -> Literal["float32", "bfloat16"]:
    return "bfloat16" if dtype == torch.bfloat16 else "float32"
