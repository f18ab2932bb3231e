"""Films: how an image came to be, as those of its states that are kept, at their full size."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from convscope.core.ascent.loop import Step
from convscope.core.ascent.scoring import score, to_8bit
from convscope.core.networks.probe import Probe

HASTE = 1.5
"""How much sooner the first frames follow each other, in steps: i of n frames are taken within
``(i / n) ** HASTE`` of the steps. Images change most while their shapes are found, which takes
``vivid`` an eighth of its steps and ``classic`` a quarter."""


@dataclass(frozen=True)
class Filming:
    """Which states of an image are kept."""

    moments: tuple[float, ...]
    """Steps, rising, from 0 to the last one. Between two steps stands a blend of their images."""
    scores: bool = False
    """Whether the activation of each is to be known, which takes half a step more."""


@dataclass(frozen=True)
class Film:
    """The states of one image that were kept, so far."""

    frames: npt.NDArray[np.uint8]
    """``(F, H, W, 3)``; the last one is the image as it is saved."""
    activations: tuple[float, ...] = ()
    """Of each frame, before the ReLU; empty where they were not asked for."""


def spread(frames: int, steps: int) -> tuple[float, ...]:
    """Return the moments of so many frames, closer to each other at the beginning.

    Each is a step, and none comes twice. Of more frames than there are images those that are left
    over stand between two steps, as evenly as can be, in the first ones once more.

    Args:
        frames: at least 2.
        steps: of the ascent, at least 1.
    """
    if frames <= steps + 1:
        ideal = [round(steps * (i / (frames - 1)) ** HASTE) for i in range(frames)]
        moments = [0]
        for moment in ideal[1:]:
            moments.append(max(moment, moments[-1] + 1))
        return tuple(map(float, moments))
    each, rest = divmod(frames - 1, steps)
    parts = [each + (step < rest) for step in range(steps)]
    return (0.0, *(step + i / n for step, n in enumerate(parts) for i in range(1, n + 1)))


class Recorder:
    """Films the images of a pack during one attempt.

    Args:
        filming: what is kept.
        probe: what the images are shown to.
        begun: the films so far of those that go on; empty where they start.
    """

    def __init__(self, filming: Filming, probe: Probe, begun: Sequence[Film] = ()) -> None:
        self._filming, self._probe = filming, probe
        # Frame by frame, each of the whole pack: (B, H, W, 3), and B numbers.
        frames = zip(*(film.frames for film in begun), strict=True)
        self._frames = [np.stack(alike) for alike in frames]
        self._activations = list(zip(*(film.activations for film in begun), strict=True))
        self._before = torch.empty(0)
        """The images after the last step, where they are to be blended with the next."""

    def note(self, step: Step) -> None:
        """Keep the images of a step, and what is to stand between it and the one before."""
        while self._next <= step.number:
            images, late = step.images().clamp(0, 1), step.number - self._next
            self._take(torch.lerp(images, self._before, late) if late else images, step)
        if self._next < step.number + 1:
            self._before = step.images().clamp(0, 1)

    def films(self) -> list[Film]:
        """Return what was kept of each image."""
        frames = np.stack(self._frames, axis=1)
        activations = list(zip(*self._activations, strict=True)) or [()] * len(frames)
        return [Film(*each) for each in zip(frames, activations, strict=True)]

    @property
    def _next(self) -> float:
        moments, taken = self._filming.moments, len(self._frames)
        return moments[taken] if taken < len(moments) else math.inf

    def _take(self, images: Tensor, step: Step) -> None:
        pixels = to_8bit(images)
        self._frames.append(pixels.permute(0, 2, 3, 1).cpu().numpy())
        if self._filming.scores:
            scores = score(self._probe, pixels, step.readout)
            self._activations.append(tuple(each.activation for each in scores))
