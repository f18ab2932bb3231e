"""The ascent: from noise to the image a channel wants, one step at a time."""

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.ascent.objectives import OBJECTIVES
from core.ascent.parameterizations import ImageParameterization, parameterization_for
from core.ascent.recipes import Recipe
from core.ascent.transforms import move
from core.networks.probe import Probe


@dataclass(frozen=True)
class Request:
    """One image of a pack: which channel it is for, and the seed of its noise."""

    channel: int
    seed: int


@dataclass(frozen=True)
class Step:
    """How the pack stands after a step."""

    number: int
    """From 1; 0 is the start, before any step."""
    activations: Tensor
    """``(B,)`` float32 on the device: the mean of each map before the ReLU, as seen in this step,
    that is before its update. Empty at the start."""
    parameters: Tensor
    parameterization: ImageParameterization

    def images(self) -> Tensor:
        """Return the images ``(B, 3, H, W)`` float32 as they are now; pixels may leave 0..1."""
        with torch.no_grad():
            return self.parameterization.rgb(self.parameters)


def ascend(
    probe: Probe, requests: Sequence[Request], recipe: Recipe
) -> Generator[Step, None, None]:
    """Optimise a pack of images; yields the start, then after each step.

    The caller may stop, pause or interleave it between any two steps. Losses are summed and random
    numbers come from each request's own seed, so an image does not depend on its pack-mates.

    Args:
        probe: the network, cut at the target layer.
        requests: the images of the pack.
        recipe: how they are made.
    """
    channels = [request.channel for request in requests]
    generators = [torch.Generator().manual_seed(request.seed) for request in requests]
    parameterization = parameterization_for(recipe, probe.device)
    start = torch.stack([parameterization.start(generator) for generator in generators])
    parameters = start.to(probe.device, probe.image_dtype).requires_grad_()
    optimizer = torch.optim.Adam([parameters], lr=recipe.lr, betas=recipe.betas, fused=True)
    objective = OBJECTIVES[recipe.objective]

    yield Step(0, torch.empty(0), parameters, parameterization)
    for number in range(1, recipe.steps + 1):
        optimizer.param_groups[0]["lr"] = rate_at(number, recipe)
        images = parameterization.rgb(parameters)
        if recipe.transforms.any:
            images = move(images, recipe.transforms, generators)
        maps = probe.maps(images, channels)
        losses = objective(maps.relu() if recipe.tap == "post" else maps)
        (gradient,) = torch.autograd.grad(losses.sum(), parameters)
        # The fused optimizer on a CPU reads both as plain memory, so they must be laid out alike.
        parameters.grad = gradient.contiguous()
        optimizer.step()
        yield Step(number, maps.detach().mean((1, 2)), parameters, parameterization)


def rate_at(number: int, recipe: Recipe) -> float:
    """Return the rate of step ``number`` (from 1): a cosine from ``lr`` to ``lr · lr_end``."""
    done = (number - 1) / max(1, recipe.steps - 1)
    share = recipe.lr_end + (1 - recipe.lr_end) * (1 + math.cos(math.pi * done)) / 2
    return recipe.lr * share
