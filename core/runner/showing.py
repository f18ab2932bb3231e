"""What a worker shows of its work: live frames a few times a second, and the curves so far."""

import time
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from convscope.core.ascent.attempts import AttemptStep
from convscope.core.ascent.scoring import to_8bit
from convscope.core.runner.live import EARLIEST_STEP, FRAME_LIMIT, LiveFrame
from convscope.core.runner.rendering import PackRun
from convscope.core.runner.window import LiveWindow

INTERVAL = 0.25
"""Seconds between two live frames: as many as a slow line carries, and as an eye needs."""
UNREAD = 256
"""Steps after which activations are read that nobody looks at."""
CURVE_POINTS = 256
"""Most points of a curve in a live frame: a terminal shows fewer, and the file stays small."""


class Showing:
    """Shows one pack."""

    def __init__(self, window: LiveWindow, run: PackRun) -> None:
        self._window = window
        self._tasks: Sequence[Any] = run.tasks
        """Those at the positions of images are of a kind that has a target and a recipe."""
        self._keys = [task.digest for task in run.tasks]
        self._curves = [window.curve(task) for task in run.tasks]
        self._unread: list[Tensor] = []
        """Activations still on the device: reading each at once would wait for a GPU each step."""
        self._shows_images = False
        self._begun, self._begun_at = time.monotonic(), 0
        self._next = 0.0

    def step(self, step: AttemptStep) -> None:
        """Take note of a step, and write a frame when one is due."""
        if self._shows_images and not step.positions:
            return  # they are done, and being encoded
        self._shows_images = bool(step.positions)
        if not len(step.activations):  # an attempt begins, or goes on from a checkpoint
            self._begun, self._begun_at = time.monotonic(), step.number
            self._unread.clear()
            for position in step.positions:
                _begin_at(step.number, self._curves[position])
        else:
            self._unread.append(step.activations)
            if len(self._unread) > UNREAD:
                self._read_activations(step.positions)
        if time.monotonic() >= self._next or step.number == step.steps:
            self._write(step)
            self._next = time.monotonic() + INTERVAL

    def _write(self, step: AttemptStep) -> None:
        live = self._window.live()
        live.step, live.steps = step.number, step.steps
        first = self._tasks[0]
        if step.positions:
            live.keys = [self._keys[position] for position in step.positions]
            live.layer, live.preset = first.layer, first.recipe.preset
            live.frames = self._frames(step)
        else:
            live.key, live.what = self._keys[0], first.title
        seconds, steps = time.monotonic() - self._begun, step.number - self._begun_at
        if steps >= EARLIEST_STEP:
            live.seconds_per_step = seconds / steps
        self._window.show(live)

    def _frames(self, step: AttemptStep) -> list[LiveFrame]:
        """Show what somebody looks at: showing a picture waits for the device."""
        shown = self._window.watched([self._tasks[position] for position in step.positions])
        if not shown:
            return []
        self._read_activations(step.positions)
        pixels = to_8bit(_shrunk(step.images()[shown])).permute(0, 2, 3, 1).cpu().numpy()
        return [
            self._frame(step.positions[place], pixels[i].tobytes(), pixels.shape[1])
            for i, place in enumerate(shown)
        ]

    def _read_activations(self, positions: tuple[int, ...]) -> None:
        if self._unread:
            rows = torch.stack(self._unread, dim=1).nan_to_num(0, 0, 0).tolist()
            for position, activations in zip(positions, rows, strict=True):
                self._curves[position].extend(activations)
            self._unread.clear()

    def _frame(self, position: int, rgb: bytes, size: int) -> LiveFrame:
        task = self._tasks[position]
        curve = self._curves[position]
        return LiveFrame(
            key=self._keys[position],
            model=task.model,
            weights=task.weights.label,
            layer=task.layer,
            channel=task.channel,
            preset=task.recipe.preset,
            curve=curve[:: 1 + len(curve) // CURVE_POINTS],
            size=size,
            rgb=rgb,
        )


def _begin_at(number: int, curve: list[float]) -> None:
    """Let a curve go on after a step; the last ones before a picture is put by are not read."""
    curve += curve[-1:] * (number - len(curve))
    del curve[number:]


def _shrunk(images: Tensor) -> Tensor:
    """Average images down to the size of a live frame; smaller ones stay as they are."""
    if images.shape[-1] <= FRAME_LIMIT:
        return images
    return F.adaptive_avg_pool2d(images.clamp(0, 1), FRAME_LIMIT)
