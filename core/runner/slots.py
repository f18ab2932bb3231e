"""What workers may compute on: one slot for each worker. No torch.

Torch takes seconds to import and, once it has met a GPU, holds memory on it; whoever starts workers
asks the driver's own library, NVML, instead.
"""

import contextlib
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from types import ModuleType
from typing import NamedTuple

from convscope.core.system.errors import UserError
from convscope.core.system.text import printable

VISIBLE = "CUDA_VISIBLE_DEVICES"
CPU_SLOTS = "CONVSCOPE_CPU_SLOTS"
"""How many workers share the CPU where there is no GPU: on many cores one does not use them all."""
MOST_CPU_SLOTS = 64
THREADS = "OMP_NUM_THREADS"


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

    @property
    def is_nvidia(self) -> bool:
        """Whether it is a GPU, or a part of one, that NVML knows."""
        return VISIBLE in self.environment


def find_slots(device: str) -> list[Slot]:
    """Return the slots that a device's name stands for; there is always one at least.

    ``auto`` stands for every NVIDIA GPU, each MIG instance counting as one, that this user's
    ``CUDA_VISIBLE_DEVICES`` leaves visible. Where there is none, the CPU is one slot or, with
    ``CONVSCOPE_CPU_SLOTS``, several; what else ``auto`` may be is up to torch.

    Args:
        device: ``auto``, ``cpu``, ``mps``, ``cuda`` or ``cuda:1``; the latter is CUDA's number.

    Raises:
        UserError: ``CONVSCOPE_CPU_SLOTS`` is no such number.
    """
    if device == "auto":
        with open_nvml() as nvml:
            found = _visible(_gpus(nvml)) if nvml else []
        if found:
            return [_gpu_slot(*each) for each in found]
    number = _cpu_slots() if device in ("auto", "cpu") else 1
    if number == 1:
        return [Slot(_file_name(device), device)]
    threads = {THREADS: str(_threads(number))}
    return [Slot(f"cpu-{each}", "cpu", threads) for each in range(1, number + 1)]


def free_memory(slot: Slot) -> int | None:
    """Return the free bytes of a slot's GPU or MIG instance; ``None`` where that is not known."""
    if not slot.uuid:
        return None
    with open_nvml() as nvml:
        if nvml is None:
            return None
        try:
            handle = nvml.nvmlDeviceGetHandleByUUID(slot.uuid)
            return int(nvml.nvmlDeviceGetMemoryInfo(handle).free)
        except nvml.NVMLError:
            return None


@contextlib.contextmanager
def open_nvml() -> Iterator[ModuleType | None]:
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


@dataclass(frozen=True)
class _Gpu:
    """A GPU as NVML lists it."""

    uuid: str
    """Empty where it cannot be asked: it fell off the bus, or is not for this user."""
    instances: tuple[str, ...] | None = None
    """UUIDs of its MIG instances, on which alone CUDA computes; ``None`` where it is not cut."""

    @property
    def parts(self) -> tuple[str, ...]:
        """UUIDs of what one worker each computes on."""
        whole = (self.uuid,) if self.uuid else ()
        return whole if self.instances is None else self.instances


def _gpus(nvml: ModuleType) -> list[_Gpu]:
    """Return all GPUs, in PCI order."""
    try:
        count = nvml.nvmlDeviceGetCount()
    except nvml.NVMLError:
        return []
    return [_gpu(nvml, index) for index in range(count)]


def _gpu(nvml: ModuleType, index: int) -> _Gpu:
    try:
        gpu = nvml.nvmlDeviceGetHandleByIndex(index)
        uuid = nvml.nvmlDeviceGetUUID(gpu)
    except nvml.NVMLError:
        return _Gpu("")
    return _Gpu(uuid, tuple(_mig_uuids(nvml, gpu)) if _in_mig_mode(nvml, gpu) else None)


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


class _Visible(NamedTuple):
    """A device that a worker may see."""

    token: str
    """What ``CUDA_VISIBLE_DEVICES`` calls it."""
    uuid: str = ""
    """Empty for a number: CUDA counts the fastest GPU first, NVML by PCI bus."""


def _visible(gpus: list[_Gpu]) -> list[_Visible]:
    """Return the devices that the user's own ``CUDA_VISIBLE_DEVICES`` leaves, in its order.

    As CUDA reads it: by UUIDs or by numbers, whichever is first; what names no device ends the
    list, and a device named twice leaves none at all.
    """
    parts = [uuid for gpu in gpus for uuid in gpu.parts]
    named = os.environ.get(VISIBLE)
    if named is None:
        return [_Visible(uuid, uuid) for uuid in parts]
    tokens = [token.strip() for token in named.split(",")]
    is_by_uuid = tokens[0].startswith(_UUIDS)
    read = partial(_by_uuid, parts) if is_by_uuid else partial(_by_number, len(gpus))
    found = [each for each in takewhile(bool, map(read, tokens)) if each]
    names = {each.uuid or each.token for each in found}
    return found if len(names) == len(found) else []


_UUIDS = ("GPU-", "MIG-")


def _by_uuid(parts: list[str], token: str) -> _Visible | None:
    """Return what a UUID, or the beginning of just one, stands for."""
    if token.startswith("MIG-GPU-"):  # as drivers before R470 call an instance; CUDA still does
        return _Visible(token)
    fitting = [uuid for uuid in parts if uuid.startswith(token)]
    return _Visible(token, *fitting) if token.startswith(_UUIDS) and len(fitting) == 1 else None


def _by_number(count: int, token: str) -> _Visible | None:
    digits = re.match(r"\+?(\d+)", token, re.ASCII)  # CUDA goes no further: "1st" is 1
    if digits is None or int(digits[1]) >= count:
        return None
    return _Visible(str(int(digits[1])))


def _gpu_slot(token: str, uuid: str) -> Slot:
    # A worker that sees a single GPU calls it just "cuda", in whatever order CUDA counts them.
    name = _file_name(uuid or (f"gpu-{token}" if token.isdecimal() else token))
    return Slot(name, "cuda", {VISIBLE: token}, uuid)


def _cpu_slots() -> int:
    """Return how many workers the user wants on the CPU.

    Raises:
        UserError: it is no such number.
    """
    told = os.environ.get(CPU_SLOTS, "").strip() or "1"
    number = _positive(told)
    if not 1 <= number <= MOST_CPU_SLOTS:
        raise UserError(
            f"{CPU_SLOTS} is {printable(told, 40)!r}; set it to a number of workers from 1 to "
            f"{MOST_CPU_SLOTS}."
        )
    return number


def _threads(slots: int) -> int:
    """Return how many threads each of several workers has, so that none waits for another's core.

    With more threads than cores, a step of a network takes up to twenty times as long: each of its
    operations waits for the thread that has no core just now.
    """
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    most = max(1, cores // slots)
    return min(most, _positive(os.environ.get(THREADS, "")) or most)


def _positive(text: str) -> int:
    """Return a number that a variable holds; 0 where it holds none."""
    return int(text) if re.fullmatch(r"\d{1,6}", text.strip(), re.ASCII) else 0


def _file_name(text: str) -> str:
    return re.sub(r"[^\w.-]", "-", text, flags=re.ASCII)
