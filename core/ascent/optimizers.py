"""Optimizers: how a gradient becomes a step.

Each treats every image of a pack by itself: no number of one image affects another's step. Adding
one: a line in :data:`OPTIMIZERS`, its name in ``recipes.OptimizerName``; a test holds all of them
to climb and to go on from a checkpoint.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.optim import SGD, Adam, Optimizer, RMSprop

from convscope.core.ascent.recipes import OptimizerName, Recipe


def _adam(parameters: Tensor, recipe: Recipe) -> Optimizer:
    """Kingma and Ba, "Adam", 2015; in one kernel on CPUs and GPUs."""
    return Adam([parameters], lr=recipe.lr, betas=recipe.betas, fused=True)


def _rmsprop(parameters: Tensor, recipe: Recipe) -> Optimizer:
    return RMSprop([parameters], lr=recipe.lr, alpha=recipe.betas[1], momentum=recipe.betas[0])


def _sgd(parameters: Tensor, recipe: Recipe) -> Optimizer:
    """Steps along the gradient with momentum; see :func:`scaled` for the gradient's length."""
    return SGD([parameters], lr=recipe.lr, momentum=recipe.betas[0])


OPTIMIZERS: Mapping[OptimizerName, Callable[[Tensor, Recipe], Optimizer]] = {
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
    square = gradient.square().mean(dim=tuple(range(1, gradient.dim())), keepdim=True)
    return gradient / square.sqrt().clamp(min=torch.finfo(gradient.dtype).tiny)
