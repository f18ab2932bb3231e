"""How hard the GPUs of this machine work: load, memory, power, temperature. No torch."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event, Thread
from types import ModuleType
from typing import TypeVar

from convscope.core.runner.slots import find_slots, open_nvml
from convscope.core.system.errors import UserError

T = TypeVar("T")

EVERY = 2.0
"""Seconds between two readings, and before the first: a program that starts has better to do."""


@dataclass(frozen=True)
class GpuFigures:
    """A GPU, or a MIG instance, at one moment; ``None`` for what the driver does not tell."""

    load: int | None = None
    """Percent of the time in which something was computed."""
    memory_used: int | None = None
    memory_total: int | None = None
    """Bytes, as the one before."""
    watts: float | None = None
    celsius: int | None = None


class GpuWatch:
    """Reads the figures again and again, in a thread of its own: a driver may take its time.

    Args:
        every: seconds between two readings.
    """

    def __init__(self, every: float = EVERY) -> None:
        self.figures: Mapping[str, GpuFigures] = {}
        """By the names of slots; empty until they are read, and where there is no NVIDIA GPU."""
        self._every, self._is_over = every, Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin to read, unless that goes on already."""
        if self._thread is None:
            self._thread = Thread(target=self._watch, name="gpu-figures", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Read no more; a reading that goes on is not waited for."""
        self._is_over.set()

    def _watch(self) -> None:
        if self._is_over.wait(self._every):
            return
        try:
            uuids = {slot.name: slot.uuid for slot in find_slots("auto") if slot.uuid}
        except UserError:  # whoever starts workers says it
            return
        with open_nvml() as nvml:  # for as long as it is used: opening it takes a while
            while nvml is not None and uuids:
                self.figures = {name: _figures(nvml, uuid) for name, uuid in uuids.items()}
                if self._is_over.wait(self._every):
                    return


def _figures(nvml: ModuleType, uuid: str) -> GpuFigures:
    """Ask for each figure by itself: cards and MIG instances tell some of them only."""

    def told(ask: Callable[[], T]) -> T | None:
        with contextlib.suppress(nvml.NVMLError):
            return ask()
        return None

    try:
        gpu = nvml.nvmlDeviceGetHandleByUUID(uuid)
    except nvml.NVMLError:  # it fell off the bus
        return GpuFigures()
    load = told(lambda: int(nvml.nvmlDeviceGetUtilizationRates(gpu).gpu))
    memory = told(lambda: nvml.nvmlDeviceGetMemoryInfo(gpu))
    milliwatts = told(lambda: float(nvml.nvmlDeviceGetPowerUsage(gpu)))
    celsius = told(lambda: int(nvml.nvmlDeviceGetTemperature(gpu, nvml.NVML_TEMPERATURE_GPU)))
    return GpuFigures(
        load,
        None if memory is None else int(memory.used),
        None if memory is None else int(memory.total),
        None if milliwatts is None else milliwatts / 1000,
        celsius,
    )
