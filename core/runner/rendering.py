"""From jobs to pictures in memory: networks are loaded once, a pack is made, records are written.

Used by the worker and by the commands that wait. Importing it imports torch.
"""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Literal

import torch
from PIL import Image

from convscope import core
from convscope.core.ascent.attempts import AttemptStep, make_images
from convscope.core.ascent.checkpoints import Checkpoint
from convscope.core.ascent.loop import Request
from convscope.core.ascent.results import Result
from convscope.core.catalog.networks import network
from convscope.core.catalog.weights import Precision
from convscope.core.gallery.records import Record
from convscope.core.networks.devices import describe, find_device, precision_on
from convscope.core.networks.memory import MARGIN, free_bytes, image_bytes, is_out_of_memory
from convscope.core.networks.probe import Probe
from convscope.core.runner.live import Live
from convscope.core.runner.loaded import LoadedNetworks
from convscope.core.system.errors import UserError
from convscope.core.tasks.visualize import Visualize

CPU_PACK = 8
"""A CPU computes images one by one; beyond this a pack only shows its pictures later."""
GPU_PACK = 128
"""Enough to keep a large GPU busy in the layers of small maps."""
DOUBT_SECONDS = 600.0
"""How long a pack that did not fit keeps later ones small: a neighbour on the device may leave."""


@dataclass(frozen=True)
class Artifact:
    """A finished picture that is not saved yet."""

    task: Visualize
    image: Image.Image
    record: Record


class NoRoomError(UserError):
    """A GPU has the memory for a picture, but for now others have taken it."""


class DeviceLostError(Exception):
    """The device computes nothing any more in this process, whatever it is asked for."""


Warn = Callable[[str], None]


def _say_nothing(_: str) -> None:
    """Take no notice: the command that waits has said it."""


class Renderer:
    """Makes packs on one device; keeps the networks it used last."""

    def __init__(self, device: str = "auto", warn: Warn = _say_nothing) -> None:
        """Find the device.

        Args:
            device: its name.
            warn: told what speaks against the normalisation of the weights of a job.

        Raises:
            UserError: there is none of that name.
        """
        self.device = find_device(device)
        self.info = describe(device)
        self._loaded = LoadedNetworks(self.device, warn)
        self._fitting: dict[Visualize, tuple[int, float]] = {}
        """For kinds of which a pack did not fit: how many images to try, and until when."""
        # cuDNN would round float32 convolutions to 10 bits of mantissa; float32 was asked for.
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cudnn.deterministic = True  # as far as a GPU can repeat itself

    @property
    def is_cpu(self) -> bool:
        """Whether it computes where everything else does."""
        return self.device.type == "cpu"

    def idle(self) -> Live:
        """Return a live state that tells about the device and shows no picture."""
        info = self.info
        memory = f"{info.memory_total / 2**30:.0f} GB"
        if info.kind == "cuda":
            free, total = torch.cuda.mem_get_info(info.device)
            memory = f"{(total - free) / 2**30:.1f} of {total / 2**30:.0f} GB"
        return Live(device=info.name, precision=info.precision, memory=memory)

    def make(self, tasks: Sequence[Visualize], checkpoints: Sequence[bytes] = ()) -> "PackRun":
        """Prepare a pack.

        Args:
            tasks: the jobs, all of one kind.
            checkpoints: where each goes on, all from the same step; by default they start anew.
        """
        return PackRun(self, tasks, checkpoints)

    def probe(self, task: Visualize) -> Probe:
        """Return the network of a job, cut at its layer.

        Raises:
            UserError: the weights cannot be used.
        """
        return self._loaded.probe(task, self.dtype(task.precision))

    def pack_size(self, task: Visualize) -> int:
        """Return how many images of jobs like this one share a tensor, by the memory free now."""
        if self.is_cpu:
            size = CPU_PACK  # a step takes the memory of one image, however many there are
        else:
            dtype = self.dtype(task.precision)
            needed = image_bytes(network(task.model), task.layer, task.recipe.resolution, dtype)
            size = min(GPU_PACK, int(MARGIN * free_bytes(self.device)) // needed)
        fitting, until = self._fitting.get(task.pack_kind, (size, 0.0))
        return max(1, min(size, fitting) if time.monotonic() < until else size)

    def could_hold(self, task: Visualize) -> bool:
        """Whether a GPU that is free would have the memory for one such target."""
        if self.is_cpu:
            return False
        needed = image_bytes(
            network(task.model), task.layer, task.recipe.resolution, self.dtype(task.precision)
        )
        return needed * task.recipe.variants < MARGIN * self.info.memory_total

    def check_device(self) -> None:
        """Find out whether the device still computes: after some errors of CUDA it never does.

        Raises:
            DeviceLostError: it does not.
        """
        try:
            torch.ones(1, device=self.device).add_(1).cpu()
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise DeviceLostError(str(error)) from error

    def halve(self, task: Visualize, images: int) -> None:
        """Remember for a while that so many images of this kind did not fit."""
        known, _ = self._fitting.get(task.pack_kind, (images, 0.0))
        fitting = max(1, min(known, images // 2))
        self._fitting[task.pack_kind] = (fitting, time.monotonic() + DOUBT_SECONDS)

    def dtype(self, precision: Precision) -> torch.dtype:
        """Return what a network of this precision runs in here."""
        return precision_on(self.device, precision)


class PackRun:
    """A pack in the making: iterate over its steps, and :meth:`take` what is made as it comes."""

    def __init__(
        self, renderer: Renderer, tasks: Sequence[Visualize], checkpoints: Sequence[bytes] = ()
    ) -> None:
        self._renderer = renderer
        self._checkpoints = tuple(checkpoints)
        self._part: Sequence[int] = ()
        self._step: AttemptStep | None = None
        self.tasks = tuple(tasks)
        """The jobs; the positions of a step count in them."""
        self.made: dict[int, Artifact] = {}
        """The pictures so far, by their job's position; all of them once the steps have ended."""
        self._taken = 0

    def __iter__(self) -> Iterator[AttemptStep]:
        """Make the pack, in smaller parts where the memory does not suffice.

        Raises:
            UserError: the weights cannot be used; the memory does not suffice for one image. What
                was :attr:`made` until then is whole.
        """
        everyone = range(len(self.tasks))
        size = self._images(everyone)
        while waiting := [i for i in everyone if i not in self.made]:
            part = self._cut(waiting, size)
            pictures: list[Artifact] | None = None
            try:
                pictures = yield from self._make(part)
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
            # Only here, behind the except block, are the tensors free that the error held.
            if pictures is not None:
                self.made.update(zip(part, pictures, strict=True))
                continue
            images = self._images(part)
            self._renderer.halve(self.tasks[0], images)
            if images == self.tasks[0].recipe.variants:
                raise self._too_large()
            size = images // 2

    def take(self) -> list[tuple[int, Artifact]]:
        """Return what was made since the last call, each with its job's position."""
        fresh = list(self.made.items())[self._taken :]
        self._taken = len(self.made)
        return fresh

    def checkpoints(self) -> dict[int, bytes]:
        """Return how far each picture is that is being made now, by its job's position.

        To be called between two steps.
        """
        if self._step is None:
            return {}
        checkpoints = self._step.checkpoints()
        return {i: each.to_bytes() for i, each in zip(self._part, checkpoints, strict=True)}

    def _images(self, positions: Sequence[int]) -> int:
        """How many images some jobs take: variants are made with their whole group."""
        groups = {self.tasks[i].group for i in positions}
        return len(groups) * self.tasks[0].recipe.variants

    def _cut(self, waiting: Sequence[int], size: int) -> list[int]:
        """Take jobs of so many images, at least one group of variants."""
        groups = list(dict.fromkeys(self.tasks[i].group for i in waiting))
        first = set(groups[: max(1, size // self.tasks[0].recipe.variants)])
        return [i for i in waiting if self.tasks[i].group in first]

    def _make(self, part: Sequence[int]) -> Generator[AttemptStep, None, list[Artifact]]:
        """Make some of the jobs in one tensor."""
        tasks = [self.tasks[i] for i in part]
        probe = self._renderer.probe(tasks[0])
        requests = [
            Request(task.channel, task.seed, task.direction, task.variant) for task in tasks
        ]
        begun = time.monotonic()
        resumed = [Checkpoint.from_bytes(self._checkpoints[i]) for i in part if self._checkpoints]
        making = make_images(probe, requests, tasks[0].recipe, resumed)
        results = yield from self._placed(making, part)
        seconds = (time.monotonic() - begun) / len(results)
        return [
            Artifact(task, Image.fromarray(result.pixels), self._record(task, result, seconds))
            for task, result in zip(tasks, results, strict=True)
        ]

    def _placed(
        self, making: Generator[AttemptStep, None, list[Result]], part: Sequence[int]
    ) -> Generator[AttemptStep, None, list[Result]]:
        """Pass on the steps of a part with its places in the pack, and its share of the work."""
        done, share = (len(jobs) / len(self.tasks) for jobs in (self.made, part))
        self._part = part
        while True:
            self._step = None
            try:
                self._step = step = next(making)
            except StopIteration as end:
                results: list[Result] = end.value
                return results
            positions = tuple(part[i] for i in step.positions)
            fraction = done + share * min(1.0, step.fraction)
            yield replace(step, positions=positions, fraction=fraction)

    def _too_large(self) -> UserError:
        """Return the error for a picture that does not fit, ever or for now."""
        task = self.tasks[0]
        if self._renderer.could_hold(task):
            return NoRoomError(
                f"Others have taken too much of the memory of {self._renderer.info.name}; try "
                "again when they have left it, or choose another --device."
            )
        variants = task.recipe.variants
        images = "one image" if variants == 1 else f"{variants} variants"
        return UserError(
            f"The memory of {self._renderer.info.name} does not suffice for {images} of "
            f"{task.recipe.resolution} px at {task.layer}; choose a smaller --resolution"
            f"{', fewer --variants' if variants > 1 else ''}, or wait until others have left it."
        )

    def _record(self, task: Visualize, result: Result, seconds: float) -> Record:
        return Record(
            model=task.model,
            weights=task.weights.name,
            weights_sha256=task.weights.sha256,
            layer=task.layer,
            channel=task.channel,
            recipe=task.recipe,
            seed=task.seed,
            activation=round(result.score.activation, 4),
            start_activation=round(result.start_activation, 4),
            verdict=result.verdict,
            steps_run=result.steps_run,
            attempts=[round(activation, 4) for activation in result.attempts],
            peak=round(result.peak, 4),
            seconds=round(seconds, 3),
            device=self._renderer.info.name,
            precision=_precision_name(self._renderer.dtype(task.precision)),
            versions={
                "convscope": core.__version__,
                "torch": str(torch.__version__),
                "torchvision": version("torchvision"),
            },
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            direction=task.direction,
            variant=task.variant,
            normalization=task.input_normalization,
        )


def _precision_name(dtype: torch.dtype) -> Literal["float32", "bfloat16"]:
    return "bfloat16" if dtype == torch.bfloat16 else "float32"
