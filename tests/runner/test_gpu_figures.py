"""What the driver tells of GPUs, read by a thread of its own; pynvml is a stand-in."""
# ruff: noqa: N802  the library's own names

import importlib
import sys
import time
from types import SimpleNamespace

import pytest

from convscope.core.runner.gpu_figures import GpuFigures, GpuWatch
from tests.runner.test_slots import Gpu, Library, NVMLError

CARD = "GPU-00000000-0000-0000-0000-000000000001"
PART = "MIG-00000000-0000-0000-0000-000000000002"


class Telling(Library):
    """Tells figures as well; of instances memory only."""

    NVML_TEMPERATURE_GPU = 0

    def nvmlDeviceGetMemoryInfo(self, handle):
        return SimpleNamespace(total=4 * 2**30, free=3 * 2**30, used=2**30)

    def nvmlDeviceGetUtilizationRates(self, handle):
        return SimpleNamespace(gpu=self._of_a_card(handle, 97), memory=40)

    def nvmlDeviceGetPowerUsage(self, handle):
        return self._of_a_card(handle, 412_300)

    def nvmlDeviceGetTemperature(self, handle, sensor):
        assert sensor == self.NVML_TEMPERATURE_GPU
        return self._of_a_card(handle, 61)

    @staticmethod
    def _of_a_card(handle, figure):
        if handle.uuid.startswith("MIG"):
            raise NVMLError("Not Supported")
        return figure


@pytest.fixture
def watch(monkeypatch):
    """Begin to watch a machine; it is watched until the test ends."""
    begun = []

    def begin(library):
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        monkeypatch.setitem(sys.modules, "pynvml", library)
        watch = GpuWatch(every=0.001)
        begun.append(watch)
        watch.start()
        return watch

    yield begin
    for watch in begun:
        watch.stop()
        watch._thread.join(10)
        assert not watch._thread.is_alive()


def read(watch):
    deadline = time.monotonic() + 10
    while not watch.figures:
        assert time.monotonic() < deadline, "nothing was read"
        time.sleep(0.001)
    return watch.figures


def test_a_card_tells_everything(watch):
    found = read(watch(Telling([Gpu(CARD)])))
    assert found == {CARD: GpuFigures(97, 2**30, 4 * 2**30, 412.3, 61)}


def test_an_instance_tells_its_memory_only(watch):
    card = Gpu(CARD, mode=[1, 1], instances=[Gpu(PART)])
    assert read(watch(Telling([card]))) == {PART: GpuFigures(None, 2**30, 4 * 2**30)}


def test_a_card_that_fell_off_the_bus_tells_nothing(watch):
    card = Gpu(CARD)
    watched = watch(Telling([card]))
    read(watched)
    card.lost = True
    deadline = time.monotonic() + 10
    while watched.figures[CARD].load is not None:
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.mark.parametrize("library", [None, Library([], driver=False), Library([])])
def test_without_a_driver_or_a_card_there_is_nothing_and_no_fuss(watch, library, capfd):
    watched = watch(library)
    watched._thread.join(10)
    assert not watched._thread.is_alive()
    assert watched.figures == {}
    assert capfd.readouterr().err == ""


def test_a_wrong_number_of_slots_is_not_said_here(watch, monkeypatch, capfd):
    monkeypatch.setenv("CONVSCOPE_CPU_SLOTS", "many")
    watched = watch(None)
    watched._thread.join(10)
    assert (watched.figures, capfd.readouterr().err) == ({}, "")


def test_nothing_is_read_before_it_is_time(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", Telling([Gpu(CARD)]))
    watched = GpuWatch(every=600)
    watched.start()
    watched.stop()
    watched._thread.join(10)
    assert watched.figures == {}


def test_the_stand_in_has_the_names_of_the_library():
    real = importlib.import_module("pynvml")
    names = [name for name in vars(Telling) if name.lower().startswith("nvml")]
    assert [name for name in names if not hasattr(real, name)] == []
