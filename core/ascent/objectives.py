"""Objectives: what an image's map should become, as a loss for each image.

Adding one: a function here, its name in ``recipes.Objective`` and in :data:`OBJECTIVES`, and a test
with exact values on a small map.
"""

from collections.abc import Callable, Mapping

from torch import Tensor


def channel(maps: Tensor) -> Tensor:
    """The mean of the map, to be large.

    Args:
        maps: ``(B, h, w)``, each image's map of its own channel.

    Returns:
        ``(B,)`` losses.
    """
    return -maps.mean((1, 2))


def unreachable(maps: Tensor) -> Tensor:
    """Mean squared distance to a constant out of reach: the square of the map's largest value.

    The loss of the original recipe. The constant follows the map from step to step and takes no
    part in the gradient. Where the map is zero everywhere (which the ReLU makes of 14% of conv5_1's
    channels on noise) so are constant and gradient, and the image stays noise.

    Args:
        maps: ``(B, h, w)``.

    Returns:
        ``(B,)`` losses.
    """
    constant = maps.detach().amax((1, 2), keepdim=True) ** 2
    return ((maps - constant) ** 2).mean((1, 2))


def neuron(maps: Tensor) -> Tensor:
    """The value in the middle of the map, to be large (right and below of the middle where even).

    Args:
        maps: ``(B, h, w)``.

    Returns:
        ``(B,)`` losses.
    """
    return -maps[:, maps.shape[1] // 2, maps.shape[2] // 2]


OBJECTIVES: Mapping[str, Callable[[Tensor], Tensor]] = {
    "channel": channel,
    "unreachable": unreachable,
    "neuron": neuron,
}
