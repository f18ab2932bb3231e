"""Which device runs the network, in which precision, and what to call it."""

import platform
from dataclasses import dataclass
from pathlib import Path

import torch

from convscope.core.catalog.weights import Precision
from convscope.core.networks.device_errors import DeviceTakenError, is_taken, short
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable


@dataclass(frozen=True)
class DeviceInfo:
    """A device as people speak of it."""

    device: str
    """As torch calls it: ``cpu``, ``cuda:1``."""
    name: str
    kind: str
    """``cpu``, ``cuda`` or ``mps``."""
    memory_total: int
    """Bytes."""
    precision: str
    """What ``--precision auto`` means on it: ``float32`` or ``bfloat16``."""


def find_device(wanted: str = "auto") -> torch.device:
    """Return the device of that name; ``auto`` is the first GPU, else the CPU.

    Raises:
        UserError: there is no such device.
        DeviceTakenError: others have it for now.
    """
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(wanted)
    except RuntimeError:
        raise UserError(
            f"There is no device {printable(wanted)}; choose auto, cpu, cuda, cuda:1 … or mps.",
            about="device",
        ) from None
    if device.type == "cuda":
        return _cuda_device(device.index, wanted)
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise UserError(
            "There is no device mps on this machine; "
            "name another with --device or in the config file.",
            about="device",
        )
    if device.type not in ("cpu", "cuda", "mps"):
        raise UserError(
            f"convscope does not run on {wanted}; choose auto, cpu, cuda or mps.", about="device"
        )
    return device


def _cuda_device(index: int | None, wanted: str) -> torch.device:
    why = ""
    try:
        torch.cuda.init()  # type: ignore[no-untyped-call]  # torch counts devices also where it cannot use the driver
        count = torch.cuda.device_count()
    except (RuntimeError, AssertionError) as error:  # the latter of a build without CUDA
        if is_taken(error):
            raise DeviceTakenError(wanted, error) from error
        count, why = 0, f" ({short(error)})"
    if (index or 0) >= count:
        raise UserError(
            f"There is no device {wanted}: torch sees {count} CUDA devices{why}; name another "
            "with --device or in the config file, or see convscope doctor.",
            about="device",
        )
    return torch.device("cuda", torch.cuda.current_device() if index is None else index)


def precision_on(device: torch.device, wanted: Precision = "auto") -> torch.dtype:
    """Return what the network runs in: bfloat16 where the device has it in hardware.

    Elsewhere bfloat16 is emulated and slower than float32, so it must be asked for.
    """
    if wanted == "auto":
        return torch.bfloat16 if _has_bfloat16(device) else torch.float32
    return torch.bfloat16 if wanted == "bfloat16" else torch.float32


def describe(wanted: str = "auto") -> DeviceInfo:
    """Describe a device for people.

    Raises:
        UserError: there is no such device.
    """
    device = find_device(wanted)
    precision = str(precision_on(device)).removeprefix("torch.")
    if device.type == "cuda":
        found = torch.cuda.get_device_properties(device)
        return DeviceInfo(str(device), found.name, "cuda", found.total_memory, precision)
    threads = torch.get_num_threads()
    name = f"{_cpu_name()}, {threads} thread{'' if threads == 1 else 's'}"
    return DeviceInfo(str(device), name, device.type, _main_memory(), precision)


def _has_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    flags = _cpuinfo("flags").split()
    return device.type == "cpu" and ("avx512_bf16" in flags or "amx_bf16" in flags)


def _cpu_name() -> str:
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def _cpuinfo(field: str) -> str:
    """Read a field of the first processor; empty where the system has no /proc/cpuinfo."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return ""
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == field:
            return value.strip()
    return ""


def _main_memory() -> int:
    try:
        first = Path("/proc/meminfo").read_text().split()
        return int(first[1]) * 1024
    except (OSError, ValueError, IndexError):
        return 0
