"""Penalties: terms of the loss beside the objective.

They are weighed against the activation: a total variation of 0.05 at a weight of 1000 costs as much
as 50 of activation.
"""

from torch import Tensor


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
