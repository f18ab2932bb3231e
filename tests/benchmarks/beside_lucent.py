"""Pictures as Lucent makes them, and how long each of its steps takes.

It needs the ``benchmarks`` extra. Lucent hooks a module and runs the whole network in each step.
"""

import copy
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from lucent.optvis import objectives, param, render, transform  # type: ignore[import-not-found]
from torch import Tensor, nn
from torchvision.transforms import Normalize

from convscope.core.ascent.scoring import to_8bit
from convscope.core.catalog.normalization import Normalization

STEPS, SIDE = 512, 128
"""What it takes where nothing else is asked for; the side of its images in pixels."""


class Spent(NamedTuple):
    """Seconds of the clock, and of all threads on the CPU."""

    wall: float
    cpu: float

    def __sub__(self, earlier: "Spent") -> "Spent":
        return Spent(self.wall - earlier.wall, self.cpu - earlier.cpu)

    def __truediv__(self, other: "Spent") -> "Spent":
        """How many times as long as another."""
        return Spent(self.wall / other.wall, self.cpu / other.cpu)


def clock() -> Spent:
    """Return the time, once a GPU has done what it was asked for."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return Spent(time.perf_counter(), time.process_time())


def total(spent: list[Spent]) -> Spent:
    """Return the sum of times."""
    return Spent(*map(sum, zip(*spent, strict=True)))


def run_lucent(
    network: nn.Module,
    module: str,
    channel: int,
    normalization: Normalization,
    *,
    size: int = SIDE,
    pack: int = 1,
    steps: int = STEPS,
    is_enlarged: bool = True,
) -> tuple[Tensor, list[Spent]]:
    """Make pictures of a channel.

    Args:
        network: Lucent computes the gradients of its parameters, too, unless they are frozen.
        module: path of the one that is hooked.
        channel: of its output, whose mean is maximised.
        normalization: what the network expects; by itself Lucent takes it to be ImageNet's.
        size: side of the images in pixels.
        pack: how many are made together.
        steps: how many.
        is_enlarged: whether the network is given smaller images than 224 px in that size, as Lucent
            does by itself.

    Returns:
        The pictures ``(B, 3, H, W)`` in 8 bit, and the time of each step.
    """
    spent: list[Spent] = []

    class Timed(torch.optim.Adam):
        """Notes the time of a step: Lucent does all of it in the optimizer's closure."""

        def step(self, closure: Callable[[], float]) -> None:  # type: ignore[override]
            begun = clock()
            super().step(closure)
            spent.append(clock() - begun)

    torch.manual_seed(0)
    np.random.seed(0)
    pictures = render.render_vis(
        copy.deepcopy(network),  # it never takes its hooks off
        objectives.channel(module.replace(".", "_"), channel),
        lambda: param.image(size, batch=pack),
        optimizer=lambda parameters: Timed(parameters, lr=5e-2),  # as by default
        transforms=[
            *transform.standard_transforms,
            Normalize(normalization.mean, normalization.std),
        ],
        preprocess=False,
        thresholds=(steps,),
        fixed_image_size=None if is_enlarged else size,
        show_image=False,
        progress=False,
    )
    return to_8bit(torch.from_numpy(pictures[-1]).movedim(-1, 1)), spent
