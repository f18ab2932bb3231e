"""How much memory a step needs, so that a pack is no larger than fits."""

import torch

from convscope.core.catalog.networks import Layer, Network

MARGIN = 0.7
"""Share of the free memory that a pack may take; the rest is for workspaces and fragmentation."""
CPU_BATCH_BYTES = 2**17
"""What one channel of a batch may take on a CPU, at the size of the images: where the maps of 64 do
not fit into 8 MB, getting memory for them costs more than a batch saves. Measured on VGG16."""
GPU_BATCH_BYTES = 512 * 2**20
"""What a batch takes on a GPU, all of which have that much: so that it computes longer than it
takes to launch."""
GPU_BATCH = 32
"""Images of a GPU's batch at most, since one that is made alone takes as long as all of them."""


def image_bytes(network: Network, layer: str, resolution: int, dtype: torch.dtype) -> int:
    """Estimate what one image adds to a step's memory, in bytes.

    Args:
        network: the network.
        layer: name of the target layer.
        resolution: side of the image in pixels.
        dtype: what the network runs in.
    """
    return _image_bytes(network.layer(layer), resolution, dtype)


def batch_size(layer: Layer, resolution: int, dtype: torch.dtype, device: torch.device) -> int:
    """Return how many images a step computes together at most: a power of two.

    It does not depend on the memory that is free, since on a GPU pictures depend on it.

    Args:
        layer: the target layer.
        resolution: side of the image in pixels.
        dtype: what the network runs in.
        device: where it runs.
    """
    if device.type == "cpu":
        return _power_of_two(CPU_BATCH_BYTES // (resolution**2 * dtype.itemsize))
    fitting = GPU_BATCH_BYTES // _image_bytes(layer, resolution, dtype)
    return min(GPU_BATCH, _power_of_two(fitting))


def _power_of_two(most: int) -> int:
    return 1 << max(0, most.bit_length() - 1)


def _image_bytes(layer: Layer, resolution: int, dtype: torch.dtype) -> int:
    image = 3 * 4 * 12  # parameters, gradient, two moments, and the spectrum on its way to pixels
    return resolution**2 * (layer.memory * dtype.itemsize + image)


def free_bytes(device: torch.device) -> int:
    """Return the memory that new tensors may take on a GPU, in bytes."""
    if device.type == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    free, _ = torch.cuda.mem_get_info(device)
    return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)


def release_unused(device: torch.device) -> None:
    """Return to a GPU what torch keeps for later tensors: its other libraries get none of that."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()
