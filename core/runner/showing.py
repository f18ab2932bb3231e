"""What a worker shows of its work: live frames a few times a second, and the curves so far."""

import contextlib
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from convscope.core.ascent.attempts import AttemptStep
from convscope.core.ascent.scoring import to_8bit
from convscope.core.networks.devices import DeviceInfo
from convscope.core.runner.live import FRAME_LIMIT, Live, LiveFrame, live_box
from convscope.core.runner.rendering import PackRun
from convscope.core.system.recent import Recent
from convscope.core.tasks.visualize import Visualize

INTERVAL = 0.25
"""Seconds between two live frames: as many as a slow line carries, and as an eye needs."""


CURVE_POINTS = 256
"""Most points of a curve in a live frame: a terminal shows fewer, and the file stays small."""
CURVES_KEPT = 512
"""Curves that are remembered of pictures which were put by and may go on."""


class Showing:
    """Shows one pack."""

    def __init__(self, window: "Window", run: PackRun) -> None:
        self._window, self._run = window, run
        self._curves = [window.curve(task) for task in run.tasks]
        self._unread: list[Tensor] = []
        """Activations still on the device: reading each at once would wait for a GPU each step."""
        self._begun, self._begun_at = time.monotonic(), 0
        self._next = 0.0

    def step(self, step: AttemptStep) -> None:
        """Take note of a step, and write a frame when one is due."""
        if not len(step.activations):  # an attempt begins, or goes on from a checkpoint
            self._begun, self._begun_at = time.monotonic(), step.number
            self._unread.clear()
            for position in step.positions:
                _begin_at(step.number, self._curves[position])
        else:
            self._unread.append(step.activations)
        if time.monotonic() >= self._next or step.number == step.steps:
            self._write(step)
            self._next = time.monotonic() + INTERVAL

    def _write(self, step: AttemptStep) -> None:
        self._read_activations(step.positions)
        pixels = to_8bit(_shrunk(step.images())).permute(0, 2, 3, 1).cpu().numpy()
        frames = [
            self._frame(position, pixels[i].tobytes(), pixels.shape[1])
            for i, position in enumerate(step.positions)
        ]
        live = self._window.live()
        live.step, live.steps, live.frames = step.number, step.steps, frames
        seconds, steps = time.monotonic() - self._begun, step.number - self._begun_at
        live.seconds_per_step = seconds / max(1, steps)
        self._window.show(live)

    def _read_activations(self, positions: tuple[int, ...]) -> None:
        if self._unread:
            rows = torch.stack(self._unread, dim=1).nan_to_num(0, 0, 0).tolist()
            for position, activations in zip(positions, rows, strict=True):
                self._curves[position].extend(activations)
            self._unread.clear()

    def _frame(self, position: int, rgb: bytes, size: int) -> LiveFrame:
        task = self._run.tasks[position]
        curve = self._curves[position]
        return LiveFrame(
            key=task.digest,
            model=task.model,
            layer=task.layer,
            channel=task.channel,
            preset=task.recipe.preset,
            curve=curve[:: 1 + len(curve) // CURVE_POINTS],
            size=size,
            rgb=rgb,
        )


class Window:
    """A worker's live file."""

    def __init__(self, state: Path, slot: str, info: DeviceInfo) -> None:
        self._state, self._slot, self._info = state, slot, info
        self.trouble = ""
        """Shown with everything until it is over."""
        self._curves: Recent[Visualize, list[float]] = Recent(CURVES_KEPT)

    def curve(self, task: Visualize) -> list[float]:
        """Return the curve of a picture as far as it was shown, to be gone on with."""
        curve = self._curves.get(task)
        if curve is None:
            curve = []
        self._curves.put(task, curve)
        return curve

    def live(self, activity: str = "") -> Live:
        """Return a live state that tells about the device and shows no picture."""
        info = self._info
        memory = f"{info.memory_total / 2**30:.0f} GB"
        if info.kind == "cuda":
            free, total = torch.cuda.mem_get_info(info.device)
            memory = f"{(total - free) / 2**30:.1f} of {total / 2**30:.0f} GB"
        return Live(
            device=info.name,
            precision=info.precision,
            memory=memory,
            activity=activity,
            trouble=self.trouble,
        )

    def show(self, live: Live) -> None:
        """Replace what is shown; where that fails, work goes on unseen."""
        with contextlib.suppress(OSError):
            live_box(self._state).send(self._slot, live)


def _begin_at(number: int, curve: list[float]) -> None:
    """Let a curve go on after a step; the last ones before a picture is put by are not read."""
    curve += curve[-1:] * (number - len(curve))
    del curve[number:]


def _shrunk(images: Tensor) -> Tensor:
    """Average images down to the size of a live frame; smaller ones stay as they are."""
    if images.shape[-1] <= FRAME_LIMIT:
        return images
    return F.adaptive_avg_pool2d(images.clamp(0, 1), FRAME_LIMIT)
