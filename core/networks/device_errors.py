"""What the libraries below torch say when a device fails, and what they mean by it.

Torch turns only its own allocator's refusal into an :class:`torch.OutOfMemoryError`; all else comes
as a :class:`RuntimeError` in the words of CUDA, cuBLAS, cuDNN, cuFFT or Metal.
"""

import torch

from convscope.core.system.errors import UserError
from convscope.core.system.text import printable

_OUT_OF_MEMORY = (
    "CUDA error: out of memory",
    "CUDA driver error: out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUFFT_ALLOC_FAILED",
    "MPS backend out of memory",
    "DefaultCPUAllocator",
)
_PERHAPS_OUT_OF_MEMORY = (
    "CUBLAS_STATUS_NOT_INITIALIZED",
    "CUDNN_STATUS_NOT_INITIALIZED",
    "CUDNN_STATUS_INTERNAL_ERROR",
    "CUDNN_STATUS_EXECUTION_FAILED",
    "CUDNN_STATUS_NOT_SUPPORTED",
    "unable to find an engine to execute this computation",
    "CUFFT_INTERNAL_ERROR",
)
"""What these libraries also say where they cannot load their kernels, or get a workspace."""
_TAKEN = ("busy or unavailable", *_OUT_OF_MEMORY)
"""How a device turns down a process that has nothing on it yet."""
LITTLE_BYTES = 2**30
"""Where a GPU has less than so much free, what may be a lack of memory is taken for one: cuDNN
loads half a gigabyte of kernels when it first needs them."""


class DeviceTakenError(UserError):
    """Other programs have a device to themselves, or all of its memory, for now."""

    def __init__(self, name: str, error: Exception) -> None:
        super().__init__(
            f"Other programs are using {name} ({short(error)}); wait until they have ended, or "
            "choose another --device.",
            about="device",
        )


def is_out_of_memory(error: RuntimeError, device: torch.device) -> bool:
    """Whether an error says that memory ran out; to be asked while its tensors are still there.

    Args:
        error: what was raised.
        device: where that was computed.
    """
    if isinstance(error, torch.OutOfMemoryError) or _says(error, _OUT_OF_MEMORY):
        return True
    return _says(error, _PERHAPS_OUT_OF_MEMORY) and _has_little(device)


def is_taken(error: Exception) -> bool:
    """Whether an error that a device begins with says that others have it, or its memory."""
    return isinstance(error, torch.OutOfMemoryError) or _says(error, _TAKEN)


def short(error: Exception) -> str:
    """Return the part of an error's words that a person can use: one clause, safe to print."""
    first = str(error).strip().partition("\n")[0].partition(". ")[0]
    return printable(first.removeprefix("CUDA error: ").rstrip("."), 120)


def _says(error: Exception, words: tuple[str, ...]) -> bool:
    return any(each in str(error) for each in words)


def _has_little(device: torch.device) -> bool:
    """Whether the libraries, which ask the driver for memory, may not get what they need."""
    if device.type != "cuda":
        return False
    try:
        free, _ = torch.cuda.mem_get_info(device)
    except RuntimeError:  # after some errors CUDA answers nothing any more
        return False
    return free < LITTLE_BYTES
