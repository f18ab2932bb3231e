"""Packs on this machine's devices: networks stay loaded, and a pack that does not fit is split.

Used by the worker and by the commands that wait. Importing it imports torch.
"""

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from PIL.Image import Image

from convscope.core.ascent.attempts import AttemptStep
from convscope.core.catalog.weights import Precision
from convscope.core.gallery.outputs import Encode
from convscope.core.networks.device_errors import is_out_of_memory
from convscope.core.networks.device_trial import tried
from convscope.core.networks.devices import precision_on
from convscope.core.networks.maps import LayerMaps
from convscope.core.networks.memory import MARGIN, free_bytes, release_unused
from convscope.core.networks.probe import Probe
from convscope.core.runner.executor import DeviceLostError, Look, NoRoomError, Outcome, Pack, Run
from convscope.core.runner.live import Live
from convscope.core.runner.loaded import LoadedNetworks
from convscope.core.runner.makers import MAKERS
from convscope.core.system.errors import UserError
from convscope.core.system.recent import Recent
from convscope.core.tasks.feature_maps import FeatureMaps
from convscope.core.tasks.kinds import AnyTask
from convscope.core.tasks.survey import Survey
from convscope.core.tasks.visualize import Visualize

CPU_PACK = 8
"""A CPU computes images one by one; beyond this a pack only shows its pictures later."""
GPU_PACK = 128
"""Enough to keep a large GPU busy in the layers of small maps."""
PHOTOS = 2
"""Kept decoded: a person looks at one, and goes through the layers."""
DOUBT_SECONDS = 600.0
"""How long a pack that did not fit keeps later ones small: a neighbour on the device may leave."""


Warn = Callable[[str], None]


def _say_nothing(_: str) -> None:
    """Take no notice: the command that waits has said it."""


class Renderer:
    """Makes packs on one device; keeps the networks it used last."""

    def __init__(self, device: str = "auto", warn: Warn = _say_nothing) -> None:
        """Find the device, and try it out.

        Args:
            device: its name.
            warn: told what speaks against the normalisation of the weights of a job.

        Raises:
            UserError: there is none of that name, or torch cannot compute on it.
            DeviceTakenError: for now others have it, or its memory.
        """
        # cuDNN would round float32 convolutions to 10 bits of mantissa; float32 was asked for.
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cudnn.deterministic = True  # as far as a GPU can repeat itself
        self.info = tried(device)
        self.device = torch.device(self.info.device)
        self._loaded = LoadedNetworks(self.device, warn)
        self.photos: Recent[str, Image] = Recent(PHOTOS)
        """Those that were looked at last, by their digest."""
        self._fitting: dict[AnyTask, tuple[int, float]] = {}
        """For kinds of which a pack did not fit: how many images to try, and until when."""

    @property
    def is_cpu(self) -> bool:
        """Whether it computes where everything else does."""
        return self.device.type == "cpu"

    def start(self, pack: Pack) -> "PackRun":
        """Prepare a pack."""
        return PackRun(self, pack)

    def idle(self) -> Live:
        """Return a live state that tells about the device and shows no picture."""
        info = self.info
        memory = f"{info.memory_total / 2**30:.0f} GB"
        if info.kind == "cuda":
            free, total = torch.cuda.mem_get_info(info.device)
            memory = f"{(total - free) / 2**30:.1f} of {total / 2**30:.0f} GB"
        return Live(device=info.name, precision=info.precision, memory=memory)

    def probe(self, task: Visualize) -> Probe:
        """Return the network of a job, cut at its layer.

        Raises:
            UserError: the weights cannot be used.
        """
        return self._loaded.probe(task, self.dtype(task.precision))

    def maps(self, task: FeatureMaps | Survey) -> LayerMaps:
        """Return the network of a task in float32, cut behind its layers.

        Raises:
            UserError: the weights cannot be used.
        """
        return self._loaded.maps(task)

    def pack_size(self, task: AnyTask) -> int:
        """Return how many tasks like this one fit into a pack, by the memory free now."""
        if not MAKERS[type(task)].shares_tensor:
            return 1
        if self.is_cpu:
            size = CPU_PACK  # a step takes the memory of one image, however many there are
        else:
            needed = MAKERS[type(task)].task_bytes(self, task)
            size = min(GPU_PACK, int(MARGIN * free_bytes(self.device)) // needed)
        fitting, until = self._fitting.get(task.pack_kind, (size, 0.0))
        return max(1, min(size, fitting) if time.monotonic() < until else size)

    def could_hold(self, task: AnyTask) -> bool:
        """Whether a GPU that is free would have the memory for one such group of tasks."""
        if self.is_cpu:
            return False
        needed = MAKERS[type(task)].task_bytes(self, task) * task.group_size
        return needed < MARGIN * self.info.memory_total

    def check_device(self) -> None:
        """Find out whether the device still computes: after some errors of CUDA it never does.

        Raises:
            DeviceLostError: it does not.
        """
        try:
            torch.ones(1, device=self.device).add_(1).cpu()
        except RuntimeError as error:
            if not is_out_of_memory(error, self.device):
                raise DeviceLostError(str(error)) from error

    def release(self) -> None:
        """Leave the device's memory to others, but for what torch itself has there."""
        self._loaded.forget()
        release_unused(self.device)

    def halve(self, task: AnyTask, images: int) -> None:
        """Remember for a while that so many images of this kind did not fit."""
        known, _ = self._fitting.get(task.pack_kind, (images, 0.0))
        fitting = max(1, min(known, images // 2))
        self._fitting[task.pack_kind] = (fitting, time.monotonic() + DOUBT_SECONDS)

    def dtype(self, precision: Precision) -> torch.dtype:
        """Return what a network of this precision runs in here."""
        return precision_on(self.device, precision)


class PackRun:
    """A pack in the making: iterate over its steps, and :meth:`take` what is made as it comes."""

    def __init__(self, renderer: Renderer, pack: Pack) -> None:
        self._renderer, self._pack = renderer, pack
        self._part: Sequence[int] = ()
        self._step: AttemptStep | None = None
        self.tasks = pack.tasks
        """The positions of a step count in them."""
        self.made: dict[int, Encode] = {}
        """The results so far, by their task's position; all of them once the steps have ended."""
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
            results: list[Encode] | None = None
            try:
                results = yield from self._make(part)
            except RuntimeError as error:
                if not is_out_of_memory(error, self._renderer.device):
                    raise
            # Only here, after the except block, are the tensors freed that the error held.
            if results is not None:
                self.made.update(zip(part, results, strict=True))
                continue
            release_unused(self._renderer.device)
            images = self._images(part)
            self._renderer.halve(self.tasks[0], images)
            if images == self.tasks[0].group_size:
                raise self._too_large()
            size = images // 2

    def take(self) -> dict[int, Encode]:
        """Return what was made since the last call, by its task's position."""
        fresh = dict(list(self.made.items())[self._taken :])
        self._taken = len(self.made)
        return fresh

    def checkpoints(self) -> dict[int, bytes]:
        """Return how far each task is that is being done now, by its position.

        To be called between two steps.
        """
        if self._step is None:
            return {}
        checkpoints = self._step.checkpoints()  # none where the kind of task has none
        return {i: each.to_bytes() for i, each in zip(self._part, checkpoints, strict=False)}

    def _images(self, positions: Sequence[int]) -> int:
        """How many images some tasks take: variants are made with their whole group."""
        groups = {self.tasks[i].group for i in positions}
        return len(groups) * self.tasks[0].group_size

    def _cut(self, waiting: Sequence[int], size: int) -> list[int]:
        """Take tasks of so many images, at least one group of variants."""
        groups = list(dict.fromkeys(self.tasks[i].group for i in waiting))
        first = set(groups[: max(1, size // self.tasks[0].group_size)])
        return [i for i in waiting if self.tasks[i].group in first]

    def _make(self, part: Sequence[int]) -> Generator[AttemptStep, None, list[Encode]]:
        """Do some of the tasks; the steps count in the positions and the work of the whole pack."""
        tasks = [self.tasks[i] for i in part]
        resumed = [self._pack.checkpoints[i] for i in part if self._pack.checkpoints]
        making = MAKERS[type(tasks[0])].make(self._renderer, tasks, resumed)
        done, share = (len(jobs) / len(self.tasks) for jobs in (self.made, part))
        self._part = part
        while True:
            self._step = None
            try:
                step = next(making)
            except StopIteration as end:
                results: list[Encode] = end.value
                return results
            positions = tuple(part[i] for i in step.positions)
            fraction = done + share * min(1.0, step.fraction)
            self._step = replace(step, positions=positions, fraction=fraction)
            yield self._step

    def _too_large(self) -> UserError:
        """Return the error for a picture that does not fit, ever or for now."""
        task = self.tasks[0]
        if self._renderer.could_hold(task):
            return NoRoomError(
                f"Other programs use too much of the memory of {self._renderer.info.name}; try "
                "again when they have ended, or choose another --device."
            )
        what, remedy = MAKERS[type(task)].too_large(task)
        return UserError(
            f"{self._renderer.info.name} has too little memory for {what}; choose {remedy}, or "
            "wait until other programs free some."
        )


def run_pack(pack: Pack, renderer: Renderer, on_progress: Callable[[AttemptStep], bool]) -> Outcome:
    """Run a pack to its end, or until it is stopped.

    For executors that send packs to other machines; in this process, use :class:`LocalExecutor`.

    Args:
        pack: what to do.
        renderer: does it.
        on_progress: called before the first step and after each; returns whether to go on.

    Raises:
        UserError: the weights cannot be used; the memory does not suffice for one task.
    """
    run = renderer.start(pack)
    for step in run:
        if not on_progress(step):
            break
    return Outcome({i: encode() for i, encode in run.made.items()}, run.checkpoints())


@dataclass(frozen=True)
class LocalExecutor:
    """Runs packs in this process."""

    renderer: Renderer
    results: Callable[[PackRun, Look], Iterator[Mapping[int, Encode]]]
    """Takes a pack through its steps; see :class:`~convscope.core.runner.executor.Run`."""

    def pack_size(self, task: AnyTask) -> int:
        """See :class:`Renderer`."""
        return self.renderer.pack_size(task)

    def check_device(self) -> None:
        """See :class:`Renderer`."""
        self.renderer.check_device()

    def start(self, pack: Pack) -> Run:
        """See :class:`~convscope.core.runner.executor.Executor`."""
        run = self.renderer.start(pack)
        return Run(partial(self.results, run), run.made, run.checkpoints)
