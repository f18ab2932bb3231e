"""The device of a remote worker: what it keeps while it makes packs, and what when it has none."""

import gc
import threading
import weakref

import pytest

from convscope.core.ascent.recipes import PRESETS, override
from convscope.core.runner.cluster import station
from convscope.core.runner.cluster.messages import PackOrder
from convscope.core.runner.cluster.station import Station
from convscope.core.runner.executor import Pack
from convscope.core.runner.rendering import Renderer
from tests.running import tasks

RECIPE = override(PRESETS["classic"], resolution=32, steps=2)


def test_a_worker_that_has_nothing_to_do_gives_the_memory_back_and_goes_on_when_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    released = threading.Event()
    release = Renderer.release

    def noted(self: Renderer) -> None:
        release(self)
        released.set()

    monkeypatch.setattr(Renderer, "release", noted)
    monkeypatch.setattr(station, "IDLE_SECONDS", 0.2)
    found = Station("cpu", lambda live: None)
    order = PackOrder("a", Pack(tuple(tasks("conv1_1:0", RECIPE))))
    first = found.make(order)
    assert released.wait(60)
    monkeypatch.setattr(station, "IDLE_SECONDS", 600.0)
    released.clear()
    again = found.make(order)
    assert not released.is_set()
    assert first.outcome is not None
    assert again.outcome is not None
    (one,), (other,) = (each.outcome.artifacts.values() for each in (first, again))
    assert one.record.activation == other.record.activation


def test_what_is_released_is_held_by_nobody() -> None:
    renderer = Renderer("cpu")
    probe = weakref.ref(renderer.probe(tasks("conv1_1:0", RECIPE)[0]))
    assert probe() is not None
    renderer.release()
    gc.collect()
    assert probe() is None
