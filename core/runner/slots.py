"""What workers may compute on: one slot for each worker. No torch.

Torch takes seconds to import and, once it has met a GPU, holds memory on it; whoever starts workers
asks the driver's own library, NVML, instead.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType

VISIBLE = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True)
class Slot:
    """A device, or a part of one, that one worker computes on."""

    name: str
    """A part of file names: letters, digits, dot, hyphen, underscore. The same after a reboot."""
    device: str
    """What the worker passes to torch: ``auto``, ``cpu``, ``cuda``, ``cuda:1``."""
    environment: dict[str, str] = field(default_factory=dict)
    """Variables to start the worker with, besides those there are."""
    uuid: str = ""
    """NVML's name of the GPU or MIG instance; empty where it is not known which one it is."""


def find_slots(device: str) -> list[Slot]:
    """Return the slots that a device's name stands for; there is always one at least.

    ``auto`` stands for every NVIDIA GPU, each MIG instance counting as one, that this user's
    ``CUDA_VISIBLE_DEVICES`` leaves visible. Where there is none, and where the variable holds
    anything but UUIDs, it is up to torch what the one slot ``auto`` is.

    Args:
        device: ``auto``, ``cpu``, ``mps``, ``cuda`` or ``cuda:1``; the latter is CUDA's number.
    """
    found: list[str] = []
    if device == "auto":
        with _nvml() as nvml:
            found = _visible(_uuids(nvml)) if nvml else []
    if not found:
        return [Slot(_file_name(device), device)]
    # A worker that sees a single GPU calls it just "cuda", in whatever order CUDA counts them.
    return [Slot(_file_name(uuid), "cuda", {VISIBLE: uuid}, uuid) for uuid in found]


def free_memory(slot: Slot) -> int | None:
    """Return the free bytes of a slot's GPU or MIG instance; ``None`` where that is not known."""
    if not slot.uuid:
        return None
    with _nvml() as nvml:
        if nvml is None:
            return None
        try:
            handle = nvml.nvmlDeviceGetHandleByUUID(slot.uuid)
            return int(nvml.nvmlDeviceGetMemoryInfo(handle).free)
        except nvml.NVMLError:
            return None


@contextlib.contextmanager
def _nvml() -> Iterator[ModuleType | None]:
    """Open NVML for a while, and yield its module; ``None`` where library or driver are missing."""
    try:
        import pynvml  # noqa: PLC0415  only where devices are asked for
    except ImportError:
        yield None
        return
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        yield None
        return
    try:
        yield pynvml
    finally:
        with contextlib.suppress(pynvml.NVMLError):
            pynvml.nvmlShutdown()


def _uuids(nvml: ModuleType) -> list[str]:
    """Return the UUIDs of all GPUs, in PCI order; of MIG instances where a GPU is cut into them."""
    try:
        count = nvml.nvmlDeviceGetCount()
    except nvml.NVMLError:
        return []
    found: list[str] = []
    for index in range(count):
        # A GPU that fell off the bus, or that this user may not open, leaves the others usable.
        with contextlib.suppress(nvml.NVMLError):
            gpu = nvml.nvmlDeviceGetHandleByIndex(index)
            if _in_mig_mode(nvml, gpu):  # CUDA computes on its instances only
                found.extend(_mig_uuids(nvml, gpu))
            else:
                found.append(nvml.nvmlDeviceGetUUID(gpu))
    return found


def _in_mig_mode(nvml: ModuleType, gpu: object) -> bool:
    try:
        current, _pending = nvml.nvmlDeviceGetMigMode(gpu)
    except nvml.NVMLError:  # most GPUs do not know the mode
        return False
    return bool(current == nvml.NVML_DEVICE_MIG_ENABLE)


def _mig_uuids(nvml: ModuleType, gpu: object) -> list[str]:
    found = []
    for index in range(nvml.nvmlDeviceGetMaxMigDeviceCount(gpu)):
        with contextlib.suppress(nvml.NVMLError):  # not every possible instance has been made
            found.append(
                nvml.nvmlDeviceGetUUID(nvml.nvmlDeviceGetMigDeviceHandleByIndex(gpu, index))
            )
    return found


def _visible(uuids: list[str]) -> list[str]:
    """Return those UUIDs that the user's own ``CUDA_VISIBLE_DEVICES`` names, in its order.

    Empty where the variable cannot be read without a guess: numbers (CUDA counts the fastest GPU
    first, NVML by PCI bus), prefixes that fit no UUID or several, an empty text (no GPU at all).
    """
    named = os.environ.get(VISIBLE)
    if named is None:
        return uuids
    found: list[str] = []
    for name in named.split(","):
        fitting = [uuid for uuid in uuids if uuid.startswith(name.strip())]
        if not name.strip().startswith(("GPU-", "MIG-")) or len(fitting) != 1:
            return []
        found += fitting
    return found if len(set(found)) == len(found) else []


def _file_name(text: str) -> str:
    return re.sub(r"[^\w.-]", "-", text, flags=re.ASCII)
