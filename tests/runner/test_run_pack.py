"""A pack that was sent gives what it gives here, and goes on from where it was stopped."""

import io
from collections.abc import Generator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest
from PIL import Image

from convscope.core.ascent.attempts import AttemptStep
from convscope.core.ascent.moments import moment_of
from convscope.core.ascent.recipes import PRESETS, override
from convscope.core.ascent.results import Result
from convscope.core.gallery.pictures import read_picture
from convscope.core.gallery.records import is_of
from convscope.core.runner import visualizing
from convscope.core.runner.executor import Outcome, Pack
from convscope.core.runner.local import Saved, make_pictures
from convscope.core.runner.rendering import run_pack
from convscope.core.tasks.visualize import Visualize
from tests.running import tasks
from tests.shared import maker

RECIPE = override(PRESETS["crisp"], resolution=32, steps=8)


def sent(pack: Pack) -> Pack:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(pack), type=Pack)


def came_back(outcome: Outcome) -> Outcome:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(outcome), type=Outcome)


def assert_as_here(outcome: Outcome, wanted: list[Visualize], gallery: Path) -> None:
    here = {
        event.task: read_picture(event.path)
        for event in make_pictures(wanted, gallery, device="cpu")
        if isinstance(event, Saved)
    }
    assert sorted(outcome.artifacts) == list(range(len(wanted)))
    for position, artifact in outcome.artifacts.items():
        image, record = here[wanted[position]]
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(artifact.data))), image)
        assert is_of(artifact.record, wanted[position])
        assert artifact.record.attempts == pytest.approx(record.attempts)


def test_a_pack_that_was_sent_gives_the_same_pictures(tmp_path: Path) -> None:
    wanted = tasks("conv2_1:3-5", RECIPE)
    seen: list[float] = []

    def on_progress(step: AttemptStep) -> bool:
        seen.append(step.fraction)
        return True

    outcome = came_back(run_pack(sent(Pack(tuple(wanted))), maker(), on_progress))
    assert seen == [number / RECIPE.steps for number in range(RECIPE.steps + 1)]
    assert outcome.checkpoints == {}
    assert_as_here(outcome, wanted, tmp_path)


def test_a_pack_that_was_stopped_goes_on_to_the_same_pictures(tmp_path: Path) -> None:
    wanted = tuple(tasks("conv2_1:3-5", RECIPE))
    stopped = came_back(run_pack(sent(Pack(wanted)), maker(), lambda step: step.number < 5))
    assert stopped.artifacts == {}
    rest = Pack(wanted, tuple(stopped.checkpoints[i] for i in range(len(wanted))))
    steps: list[int] = []

    def on_progress(step: AttemptStep) -> bool:
        steps.append(step.number)
        return True

    outcome = came_back(run_pack(sent(rest), maker(), on_progress))
    assert steps == [5, 6, 7, 8]
    assert_as_here(outcome, list(wanted), tmp_path)


def test_what_had_ended_when_its_pack_was_stopped_needs_no_further_step() -> None:
    tried = override(PRESETS["crisp"], resolution=32, steps=2, lr=1e-3, retries=2)
    wanted = tasks("conv2_2:0-5", tried)
    pack = Pack(tuple(wanted))
    stopped = run_pack(pack, maker(), lambda step: len(step.positions) == len(wanted))
    ended = [i for i, each in stopped.checkpoints.items() if moment_of(each)[1] is None]
    assert 0 < len(ended) < len(wanted), "the others are tried again"
    rest = Pack(tuple(wanted[i] for i in ended), tuple(stopped.checkpoints[i] for i in ended))
    steps: list[AttemptStep] = []
    outcome = came_back(run_pack(sent(rest), maker(), lambda step: steps.append(step) or True))
    assert steps == []
    whole = run_pack(pack, maker(), lambda _: True)
    for position, i in enumerate(ended):
        found, expected = outcome.artifacts[position], whole.artifacts[i]
        images = [np.asarray(Image.open(io.BytesIO(each.data))) for each in (found, expected)]
        np.testing.assert_array_equal(*images)
        assert found.record.attempts == expected.record.attempts


def test_what_goes_on_tells_how_long_all_of_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0

    def until(number: int, step: AttemptStep) -> bool:
        nonlocal now
        now += 1.0 if len(step.activations) else 0.0
        return step.number < number

    monkeypatch.setattr(visualizing, "time", SimpleNamespace(monotonic=lambda: now))
    wanted = tuple(tasks("conv1_1:0-1", RECIPE))
    stopped = run_pack(Pack(wanted), maker(), partial(until, 5))
    rest = Pack(wanted, tuple(stopped.checkpoints[i] for i in range(2)))
    outcome = run_pack(rest, maker(), partial(until, 9))
    assert [each.record.seconds for each in outcome.artifacts.values()] == [RECIPE.steps / 2] * 2


def test_what_a_worker_sets_up_first_is_told_of_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    make_images = visualizing.make_images

    def set_up_slowly(*args: Any, **options: Any) -> Generator[AttemptStep, None, list[Result]]:
        nonlocal now
        now += 100.0
        return (yield from make_images(*args, **options))

    def on_progress(step: AttemptStep) -> bool:
        nonlocal now
        now += 1.0
        return True

    monkeypatch.setattr(visualizing, "make_images", set_up_slowly)
    monkeypatch.setattr(visualizing, "time", SimpleNamespace(monotonic=lambda: now))
    outcome = run_pack(Pack(tuple(tasks("conv1_1:0-1", RECIPE))), maker(), on_progress)
    steps = RECIPE.steps + 1  # the one before the first is told, too
    assert [each.record.seconds for each in outcome.artifacts.values()] == [steps / 2] * 2
