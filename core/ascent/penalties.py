"""Penalties: terms of the loss beside the objective.

They are weighed against the activation: a total variation of 0.05 at a weight of 1000 costs as much
as 50 of activation.
"""

import torch
from torch import Tensor

FAINT = 1e-6
"""Mean square below which features count as none, so that nothing is divided by it."""


def total_variation(images: Tensor) -> Tensor:
    """Mean absolute difference of neighbouring pixels, which noise has most of.

    The anisotropic form of Rudin, Osher and Fatemi, "Nonlinear total variation", 1992; for feature
    visualization Mahendran and Vedaldi, "Understanding deep image representations", 2015.

    Args:
        images: ``(B, 3, H, W)``, RGB in 0..1.

    Returns:
        ``(B,)``, the sum of both directions; 0 for a flat image.
    """
    down = (images[:, :, 1:] - images[:, :, :-1]).abs().mean((1, 2, 3))
    right = (images[:, :, :, 1:] - images[:, :, :, :-1]).abs().mean((1, 2, 3))
    return down + right


def l2(images: Tensor) -> Tensor:
    """Mean squared distance from grey, which saturated colours have most of.

    Args:
        images: ``(B, 3, H, W)``, RGB in 0..1.

    Returns:
        ``(B,)``, 0 for grey and 0.25 for an image of pure colours.
    """
    return (images - 0.5).square().mean((1, 2, 3))


def departure(below: Tensor, reference: Tensor) -> Tensor:
    """Mean squared distance of features from those of a photo, relative to their mean square.

    What a channel may change is what it sees: a distance in the features that it is made of leaves
    it free to strengthen what is there, and holds the rest, places included. A distance in pixels
    hardly counts the fine patterns that a channel is excited by most, which then cover everything
    (after Hamblin et al., "Feature accentuation: revealing 'what' features respond to in natural
    images", 2024).

    Args:
        below: ``(B, C, h, w)``, features of the layer below.
        reference: the same of the photo.

    Returns:
        ``(B,)``, 0 where nothing departs and 1 where all features are gone.
    """
    features, kept = (
        each.to(torch.promote_types(torch.float32, each.dtype)) for each in (below, reference)
    )
    return _mean_square(features - kept) / _mean_square(kept).clamp(min=FAINT)


def _mean_square(features: Tensor) -> Tensor:
    # Channel by channel: a sum of everything would be split among threads, and a picture would
    # depend on their number.
    return features.square().flatten(2).mean(2).mean(1)
