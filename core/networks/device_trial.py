"""Whether a device computes at all, found out before any work is begun on it.

A build of torch has kernels for some generations of GPUs only, and knows some drivers only; it
finds a GPU all the same, and fails at the first thing that is to be computed there.
"""

import torch

from convscope.core.networks.device_errors import DeviceTakenError, is_taken, short
from convscope.core.networks.devices import DeviceInfo, describe, precision_on
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable


def tried(wanted: str = "auto") -> DeviceInfo:
    """Describe a device that was proven to compute: one small convolution and its gradient.

    Raises:
        UserError: there is no such device, or this torch cannot compute on it.
        DeviceTakenError: for now others have it, or its memory.
    """
    info = describe(wanted)
    device = torch.device(info.device)
    try:
        for dtype in {torch.float32, precision_on(device)}:
            _convolve(device, dtype)
    except RuntimeError as error:
        name = printable(info.name, 60)
        if is_taken(error):
            raise DeviceTakenError(name, error) from error
        raise UserError(
            f"torch {torch.__version__} cannot compute on {name} ({short(error)}); install a "
            'build of torch that supports it, or choose --device cpu, or device = "cpu" in the '
            "config file.",
            about="device",
        ) from error
    return info


def _convolve(device: torch.device, dtype: torch.dtype) -> None:
    image = torch.ones(1, 8, 8, 8, device=device, dtype=dtype, requires_grad=True)
    kernel = torch.ones(8, 8, 3, 3, device=device, dtype=dtype)
    maps = torch.nn.functional.conv2d(image, kernel)
    (gradient,) = torch.autograd.grad(maps.sum(), image)
    gradient.cpu()  # what a GPU cannot do it says once somebody waits for it
