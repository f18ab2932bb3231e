"""How much memory a step needs, so that a pack is no larger than fits."""

import torch

from convscope.core.catalog.networks import Network

MARGIN = 0.7
"""Share of the free memory that a pack may take; the rest is for workspaces and fragmentation."""


def image_bytes(network: Network, layer: str, resolution: int, dtype: torch.dtype) -> int:
    """Estimate what one image adds to a step's memory, in bytes.

    Args:
        network: the network.
        layer: name of the target layer.
        resolution: side of the image in pixels.
        dtype: what the network runs in.
    """
    image = 3 * 4 * 12  # parameters, gradient, two moments, and the spectrum on its way to pixels
    return resolution**2 * (network.layer(layer).memory * dtype.itemsize + image)


def free_bytes(device: torch.device) -> int:
    """Return the memory that new tensors may take on a GPU, in bytes."""
    if device.type == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    free, _ = torch.cuda.mem_get_info(device)
    return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)


_OUT_OF_MEMORY = (
    "CUDA error: out of memory",
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUFFT_ALLOC_FAILED",
    "MPS backend out of memory",
    "DefaultCPUAllocator",
)


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether an error says that memory ran out; the libraries below torch word it differently."""
    known = any(words in str(error) for words in _OUT_OF_MEMORY)
    return known or isinstance(error, torch.OutOfMemoryError)
