"""The recipe that convscope grew out of, written down plainly, with no code of ours.

Tests hold our ``classic`` preset to it; the benchmark measures beside it.
"""

from collections.abc import Iterator
from copy import deepcopy

import torch

from tests.shared import CAFFE_MEAN, torchvision_features

IMAGENET_MEAN = torch.tensor([0.485, 0.456, 0.406], dtype=torch.float64).view(1, 3, 1, 1)
IMAGENET_STD = torch.tensor([0.229, 0.224, 0.225], dtype=torch.float64).view(1, 3, 1, 1)
STEPS = 200
SHEETS = {
    # layer: channel, resolution and uniform start of the original's contact sheets
    "conv1_1": (20, 100, (0.0, 2.0)),
    "conv2_1": (20, 110, (0.0, 0.5)),
    "conv3_1": (20, 120, (-0.1, 0.2)),
    "conv4_1": (20, 140, (-0.2, 0.2)),
    "conv5_1": (27, 160, (-0.25, 0.25)),
}


def original_recipe(index: int, channel: int, start: torch.Tensor) -> Iterator[torch.Tensor]:
    """One channel, the whole base, a hook, Adam 0.01, the loss against an unreachable activation.

    The hook keeps the convolution's output; the ReLU behind it works in place, so what the loss
    sees is what the ReLU left.

    Args:
        index: of the convolution in ``features``.
        channel: of that layer.
        start: ``(1, 3, H, W)`` in ImageNet-normalised RGB, float32 or float64.

    Yields:
        The image after each step, for ever, in the same terms.
    """
    mean, std, caffe_mean = (
        colors.to(start) for colors in (IMAGENET_MEAN, IMAGENET_STD, CAFFE_MEAN)
    )
    features = deepcopy(torchvision_features()).to(start)
    seen = {}
    features[index].register_forward_hook(lambda module, inputs, output: seen.update(output=output))
    image = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=0.01)
    while True:
        optimizer.zero_grad()
        features((image * std + mean - caffe_mean) * 255)
        activation = seen["output"][0, channel]
        unreachable = torch.full_like(activation, activation.max().item() ** 2)
        torch.nn.functional.mse_loss(activation, unreachable).backward()
        optimizer.step()
        yield image.detach()
