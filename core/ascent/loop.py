"""The ascent: from noise, or a photo, to the image a channel wants, one step at a time."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from convscope.core.ascent.objectives import OBJECTIVES, likeness
from convscope.core.ascent.optimizers import PackOptimizer
from convscope.core.ascent.parameterizations import ImageParameterization, parameterization_for
from convscope.core.ascent.penalties import departure, l2, total_variation
from convscope.core.ascent.recipes import Recipe
from convscope.core.ascent.resampling import resampled
from convscope.core.ascent.transforms import Movements
from convscope.core.networks.batch_invariance import in_batches
from convscope.core.networks.probe import Activations, ChannelWeights, Probe


@dataclass(frozen=True)
class Request:
    """One image of a pack: what it is for, and the seed of its noise."""

    channel: int
    seed: int
    direction: tuple[float, ...] = ()
    """Weights of all the layer's channels, for the direction objective; else empty."""
    variant: int = 0
    """Which of the recipe's variants it is."""


@dataclass(frozen=True)
class ImageState:
    """One image between two steps: all that decides how it goes on."""

    number: int
    """Steps done."""
    tensors: Mapping[str, Tensor]
    """On the CPU: ``parameters``, ``generator``, and what the optimizer remembers."""


@dataclass(frozen=True)
class Step:
    """The state of the pack after a step."""

    number: int
    """From 1; 0 is the start, before any step."""
    activations: Tensor
    """``(B,)`` float32 on the device: the mean of each map before the ReLU, as seen in this step,
    that is before its update. Empty where no step was done yet."""
    peaks: Tensor
    """``(B,)`` float32: the largest value of each map, likewise."""
    readout: ChannelWeights
    """How the images are read."""
    parameters: Tensor
    parameterization: ImageParameterization
    optimizer: PackOptimizer
    movements: Movements
    batch: int
    """How many images are computed together."""

    def images(self) -> Tensor:
        """Return the images ``(B, 3, H, W)`` float32 as they are now; pixels may leave 0..1."""
        with torch.no_grad():
            return in_batches(self.parameterization.rgb, self.batch, self.parameters)

    def states(self) -> list[ImageState]:
        """Return what each image needs to go on from here; to be called before the next step."""
        remembered = self.optimizer.remembered().items()
        # Each is fetched from the device once, for all images.
        tensors = {"parameters": self.parameters.cpu()} | {
            OPTIMIZER + name: value.cpu() for name, value in remembered
        }
        return [
            ImageState(
                self.number,
                {
                    "generator": generator,
                    **{
                        name: (value[i] if value.dim() else value).clone()
                        for name, value in tensors.items()
                    },
                },
            )
            for i, generator in enumerate(self.movements.states())
        ]


OPTIMIZER = "optimizer."
"""Before the names of the optimizer's tensors in a state."""


def ascend(
    probe: Probe,
    requests: Sequence[Request],
    recipe: Recipe,
    states: Sequence[ImageState] = (),
    photo: Tensor | None = None,
) -> Generator[Step, None, None]:
    """Optimise a pack of images; yields the start, then after each step.

    The caller may stop, pause or interleave it between any two steps. Losses are summed and random
    numbers come from each request's own seed, so an image does not depend on its pack-mates,
    except among the variants of one target.

    Args:
        probe: the network, cut at the target layer.
        requests: the images of the pack; the variants of a target stand together.
        recipe: how they are made.
        states: where each of them goes on, all after the same step; by default they start anew.
        photo: what all of them start from, ``(3, H, W)`` float32 on the CPU, RGB in 0..1; by
            default each from its own noise.

    Raises:
        ValueError: the states are not after the same step.
    """
    done = states[0].number if states else 0
    if any(state.number != done for state in states):
        raise ValueError("the images of a pack go on from the same step")
    readout = _readout(probe, requests, recipe)
    generators = [torch.Generator().manual_seed(request.seed) for request in requests]
    parameterization = parameterization_for(
        recipe, probe.device, probe.stride, photo, probe.image_dtype
    )
    start = [parameterization.start(generator) for generator in generators]
    parameters = torch.stack(start).to(probe.device, probe.image_dtype)
    optimizer = PackOptimizer(parameters, recipe)
    _restore(states, parameters, optimizer, generators)
    movements = Movements(recipe.transforms, generators, recipe.resolution, probe.device)
    batch = images_together(probe, recipe)
    parts = [slice(i, i + batch) for i in range(0, len(requests), batch)]
    photo = None if photo is None else photo.to(probe.device, probe.image_dtype)

    def stand(number: int, activations: Tensor, peaks: Tensor) -> Step:
        return Step(
            *(number, activations, peaks, readout, parameters),
            *(parameterization, optimizer, movements, batch),
        )

    yield stand(done, torch.empty(0), torch.empty(0))
    for number in range(done + 1, recipe.steps + 1):
        moves = movements.next() if recipe.transforms.moves_at(number) else None
        maps: list[Tensor] = []
        for part in parts:
            turned = parameters[part].requires_grad_()
            images = parameterization.rgb(turned)
            move = None if moves is None else moves[part]
            kept = None
            if photo is not None and recipe.keep:  # before the images: it leaves little in memory
                with torch.no_grad():
                    kept = _seen(probe, photo.expand_as(images), move, readout[part]).below
            seen = _seen(probe, images, move, readout[part])
            loss = _losses(seen, images, recipe, kept).sum()
            (gradient,) = torch.autograd.grad(loss, turned)
            optimizer.take(part, gradient)
            maps.append(seen.maps.detach())
        optimizer.step(rate_at(number, recipe))
        parameterization.settle(parameters)
        seen_maps = torch.cat(maps)
        yield stand(number, seen_maps.mean((1, 2)), seen_maps.amax((1, 2)))


def _seen(
    probe: Probe, images: Tensor, move: Tensor | None, readout: ChannelWeights
) -> Activations:
    """Show images ``(B, 3, H, W)`` to the network, each moved in its own way or as it is."""
    return probe.forward(images if move is None else resampled(images, move), readout)


def _losses(seen: Activations, images: Tensor, recipe: Recipe, kept: Tensor | None) -> Tensor:
    """Return each image's loss ``(B,)``: its objective and penalties.

    Args:
        seen: the network's response to the images as they were moved.
        images: as they are.
        recipe: names objective and penalties.
        kept: the features below of the photo that they are to stay like, moved as they were.
    """
    losses = OBJECTIVES[recipe.objective](seen.maps.relu() if recipe.tap == "post" else seen.maps)
    if recipe.variants > 1:
        # A diverged variant weighs nothing: through its loss the others would diverge as well.
        weight = recipe.diversity * _strength(seen).nan_to_num(0, 0)
        losses = losses + weight * likeness(seen.below, recipe.variants)
    if kept is not None:
        losses = losses + recipe.keep * _strength(seen) * departure(seen.below, kept)
    if recipe.tv:
        losses = losses + recipe.tv * total_variation(images)
    if recipe.l2:
        losses = losses + recipe.l2 * l2(images)
    return losses


def _strength(seen: Activations) -> Tensor:
    """Return each image's activation without its sign ``(B,)``, which takes no gradient.

    What is weighed by it weighs alike in all channels and layers.
    """
    return seen.maps.detach().mean((1, 2)).abs()


def rate_at(number: int, recipe: Recipe) -> float:
    """Return the rate of step ``number`` (from 1): held, then falling linearly.

    Holding it first goes further than a cosine: ``vivid``, which holds it for 85% of its steps, by
    6% in the activation of conv5_1 and 4% in the robust activation.
    """
    done = (number - 1) / max(1, recipe.steps - 1)
    if done <= recipe.lr_hold:
        return recipe.lr
    falling = (done - recipe.lr_hold) / (1 - recipe.lr_hold)
    return recipe.lr * (1 - falling * (1 - recipe.lr_end))


def _readout(probe: Probe, requests: Sequence[Request], recipe: Recipe) -> ChannelWeights:
    if recipe.objective == "direction":
        return probe.direction_readout(torch.tensor([request.direction for request in requests]))
    return probe.readout([request.channel for request in requests])


def images_together(probe: Probe, recipe: Recipe) -> int:
    """Return how many images share a forward and a backward pass: whole groups of variants.

    A backward pass right after each keeps the memory of a step that of one batch.
    """
    size = probe.batch(recipe.resolution).size
    if probe.device.type == "cpu" and (recipe.variants > 1 or recipe.keep):
        size = 1  # what is weighed by the activation or compared rounds otherwise in a batch
    return max(1, size // recipe.variants) * recipe.variants


def _restore(
    states: Sequence[ImageState],
    parameters: Tensor,
    optimizer: PackOptimizer,
    generators: Sequence[torch.Generator],
) -> None:
    """Put a pack back where its images' states left off."""
    if not states:
        return
    for generator, state in zip(generators, states, strict=True):
        generator.set_state(state.tensors["generator"])
    parameters.copy_(torch.stack([state.tensors["parameters"] for state in states]))
    optimizer.remember(
        {
            name.removeprefix(OPTIMIZER): (
                torch.stack([state.tensors[name] for state in states]) if first.dim() else first
            )
            for name, first in states[0].tensors.items()
            if name.startswith(OPTIMIZER)
        }
    )
