"""Optimizers: how a gradient becomes a step.

Each treats every image of a pack by itself: no number of one image affects another's step. Adding
one: a line in :data:`OPTIMIZERS`, its name in ``recipes.OptimizerName``; a test holds all of them
to climb and to go on from a checkpoint.
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor
from torch.optim import SGD, Adam, Optimizer, RMSprop

from convscope.core.ascent.recipes import OptimizerName, Recipe
from convscope.core.networks.batch_invariance import fills_vectors


class PackOptimizer:
    """An optimizer of the parameters of a pack."""

    def __init__(self, parameters: Tensor, recipe: Recipe) -> None:
        """Remember nothing yet.

        Args:
            parameters: ``(B, …)``, what is changed in place.
            recipe: names the optimizer and its numbers.
        """
        self._name = recipe.optimizer
        self._gradient = torch.empty_like(parameters)
        size = len(parameters) if fills_vectors(parameters) else 1
        self._pieces = torch.split(parameters, size)
        for piece, gradient in zip(self._pieces, torch.split(self._gradient, size), strict=True):
            piece.grad = gradient
        self._optimizer = OPTIMIZERS[recipe.optimizer](self._pieces, recipe)

    def take(self, some: slice, gradient: Tensor) -> None:
        """Take the gradient of some of the images for the next step."""
        self._gradient[some] = scaled(gradient, self._name)

    def step(self, rate: float) -> None:
        """Change all parameters by the gradients that were taken."""
        self._optimizer.param_groups[0]["lr"] = rate
        self._optimizer.step()

    def remembered(self) -> dict[str, Tensor]:
        """Return what is remembered from step to step, ``(B, …)`` on the device.

        Numbers of the whole pack, such as Adam's count of steps, have no dimension.
        """
        states = [self._optimizer.state[piece] for piece in self._pieces]
        return {
            name: torch.cat([state[name] for state in states]) if value.dim() else value
            for name, value in states[0].items()
            if isinstance(value, Tensor)
        }

    def remember(self, remembered: Mapping[str, Tensor]) -> None:
        """Go on from what was remembered; tensors may be on the CPU."""
        for name, values in remembered.items():
            parts = iter(torch.split(values, len(self._pieces[0])) if values.dim() else ())
            for piece in self._pieces:
                value = next(parts) if values.dim() else values.clone()
                self._optimizer.state[piece][name] = value.to(piece.device)


def _adam(parameters: Sequence[Tensor], recipe: Recipe) -> Optimizer:
    """Kingma and Ba, "Adam", 2015; in one kernel on CPUs and GPUs."""
    return Adam(parameters, lr=recipe.lr, betas=recipe.betas, fused=True)


def _rmsprop(parameters: Sequence[Tensor], recipe: Recipe) -> Optimizer:
    return RMSprop(parameters, lr=recipe.lr, alpha=recipe.betas[1], momentum=recipe.betas[0])


def _sgd(parameters: Sequence[Tensor], recipe: Recipe) -> Optimizer:
    """Steps along the gradient with momentum; see :func:`scaled` for the gradient's length."""
    return SGD(parameters, lr=recipe.lr, momentum=recipe.betas[0])


OPTIMIZERS: Mapping[OptimizerName, Callable[[Sequence[Tensor], Recipe], Optimizer]] = {
    "adam": _adam,
    "rmsprop": _rmsprop,
    "sgd": _sgd,
}


def scaled(gradient: Tensor, name: OptimizerName) -> Tensor:
    """Return the gradient as the optimizer wants it.

    Adam and RMSprop divide by its size themselves. For plain steps each image's gradient is divided
    by its root mean square, so that one rate suits all channels and layers, as in DeepDream
    (Mordvintsev, Olah and Tyka, 2015).

    Args:
        gradient: ``(B, …)``.
        name: which optimizer takes it.
    """
    if name != "sgd":
        return gradient
    # Image by image, since the sum of a single one may be split among threads.
    square = torch.stack([each.square().mean() for each in gradient])
    size = square.view(-1, *[1] * (gradient.dim() - 1))
    return gradient / size.sqrt().clamp(min=torch.finfo(gradient.dtype).tiny)
