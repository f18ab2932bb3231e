"""Depthwise convolutions with a stride, which CPUs compute faster in float32 than in bfloat16."""

import torch
from torch import fx, nn

from convscope.core.networks.batch_invariance import BatchInvariantConv2d
from convscope.core.networks.linear_layer import is_standard


def widen_strided_depthwise(trunk: fx.GraphModule) -> None:
    """Let a network's depthwise convolutions that have a stride compute in float32.

    oneDNN 3.12 has no fast kernel for their gradients in bfloat16: those of 96 maps of 64×64 take
    3.6 ms on a core, and 0.3 ms in float32. MobileNets, EfficientNets and their like have four to
    six such layers, which took a third of a step. Both add up in float32: with kernels of 3×3,
    images are the same bit for bit; with 5×5, one number of a gradient in 100,000 is rounded the
    other way.

    Args:
        trunk: its modules are exchanged, those of the network that it was cut from are not.
    """
    for path, module in list(trunk.named_modules()):
        if is_standard(module, nn.Conv2d) and _is_strided_depthwise(module):
            trunk.set_submodule(path, BatchInvariantConv2d(module, torch.float32))


def _is_strided_depthwise(convolution: nn.Conv2d) -> bool:
    is_depthwise = 1 < convolution.groups == convolution.in_channels
    return is_depthwise and convolution.stride != (1, 1) and convolution.padding_mode == "zeros"
