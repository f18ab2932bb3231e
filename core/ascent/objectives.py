"""Objectives: what an image's map should become, as a loss for each image.

Adding one: a function here, its name in ``recipes.Objective`` and in :data:`OBJECTIVES`, and a test
with exact values on a small map.
"""

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from convscope.core.ascent.recipes import Objective


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


def likeness(below: Tensor, variants: int) -> Tensor:
    """How much each image's features are like those of its group: the diversity objective.

    The features' correlations, whatever their places, are the image's texture (its Gram matrix);
    the cosine between two of them is 1 for equal textures. Driving it down makes the variants of
    one channel differ (Olah et al., "Feature Visualization", Distill 2017, on diversity).

    Args:
        below: ``(B, C, h, w)``, features of the layer below; groups are consecutive images.
        variants: images to a group, at least 2; divides B.

    Returns:
        ``(B,)`` mean cosine to the other images of the group, to be small.
    """
    features = below.flatten(2).to(torch.promote_types(torch.float32, below.dtype))
    features = features.nan_to_num(0, 0, 0)  # a diverged variant leaves its group alone
    gram = F.normalize(torch.bmm(features, features.mT).flatten(1), dim=1)
    groups = gram.view(-1, variants, gram.shape[1])
    cosines = torch.bmm(groups, groups.mT)
    others = cosines.sum(2) - cosines.diagonal(dim1=1, dim2=2)
    return others.flatten() / (variants - 1)


OBJECTIVES: Mapping[Objective, Callable[[Tensor], Tensor]] = {
    "channel": channel,
    "unreachable": unreachable,
    "neuron": neuron,
    "direction": channel,  # the map is that of the mixed channels already
}
