"""A worker shows how far it is, and the pictures that somebody looks at; others cost nothing."""

from pathlib import Path

import msgspec
import pytest
import torch

from convscope.core.ascent.attempts import AttemptStep
from convscope.core.ascent.recipes import DRAFT
from convscope.core.runner import showing as showing_module
from convscope.core.runner.executor import Pack
from convscope.core.runner.live import Live, LiveReader, begun
from convscope.core.runner.showing import Showing
from convscope.core.runner.window import LiveWindow
from convscope.core.runner.wishes import Watched, Wishes, wish_box
from tests.running import tasks
from tests.shared import maker

PACK = tasks("conv1_1:0-2", DRAFT)


class Shown:
    """A pack that is shown, step by step."""

    def __init__(self, state: Path) -> None:
        self._showing = Showing(
            LiveWindow(state, "cpu", maker().idle), maker().start(Pack(tuple(PACK)))
        )
        self._reader = LiveReader(state)
        self.drawn = 0
        """How often the images were asked for."""

    def step(self, number: int) -> Live:
        self._showing.step(
            AttemptStep(
                number,
                64,
                number / 64,
                (0, 1, 2),
                torch.full((3,), float(number)) if number else torch.empty(0),
                self._images,
            )
        )
        return self._reader.poll() or Live()

    def going_on(self, number: int) -> None:
        """Begin anew at the step of a checkpoint."""
        positions = (0, 1, 2)
        self._showing.step(
            AttemptStep(number, 64, number / 64, positions, torch.empty(0), self._images)
        )

    def _images(self) -> torch.Tensor:
        self.drawn += 1
        return torch.arange(3).view(3, 1, 1, 1).expand(3, 3, 8, 8) / 8


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shown:
    monkeypatch.setattr(showing_module, "INTERVAL", 0.0)
    return Shown(tmp_path)


def look_at(state: Path, *watched: Watched, name: str = "explorer") -> None:
    wish_box(state).send(name, Wishes(b"/gallery", watched=list(watched)))


def test_what_nobody_looks_at_is_told_of_and_not_drawn(tmp_path: Path, shown: Shown) -> None:
    shown.step(0)
    look_at(tmp_path)  # an explorer that shows something else
    look_at(tmp_path, Watched("vgg16", "embedded", "conv2_1", (0, 1, 2)), name="other")
    live = shown.step(5)
    assert shown.drawn == 0
    assert live.frames == []
    assert (live.step, live.steps) == (5, 64)
    assert (live.layer, live.preset) == ("conv1_1", "draft")
    assert live.keys == [task.digest for task in PACK]
    assert begun([live]).keys() == set(live.keys)


def test_what_somebody_looks_at_is_seen_from_the_next_frame_on(
    tmp_path: Path, shown: Shown
) -> None:
    shown.step(0)
    shown.step(1)
    look_at(tmp_path, Watched.of(PACK[2]))
    (frame,) = shown.step(2).frames
    assert (frame.key, frame.channel) == (PACK[2].digest, 2)
    assert frame.rgb == bytes([64]) * 8 * 8 * 3
    assert frame.curve == [1, 2], "as it was before somebody looked"
    look_at(tmp_path, Watched.of(PACK[1]), name="another")
    assert [each.channel for each in shown.step(3).frames] == [1, 2]
    look_at(tmp_path)
    assert [each.channel for each in shown.step(4).frames] == [1]


def test_an_explorer_of_an_earlier_version_sees_all(tmp_path: Path, shown: Shown) -> None:
    wish_box(tmp_path).send("explorer", Wishes(b"/gallery"))
    live = shown.step(1)
    assert [frame.key for frame in live.frames] == live.keys


def test_a_pack_that_goes_on_is_timed_from_its_own_second_step_on(shown: Shown) -> None:
    def pace(live: Live) -> float:
        (first, *_) = begun([live]).values()
        assert first.share == live.step / live.steps
        return first.seconds

    shown.step(0)
    assert pace(shown.step(40)) > 0
    shown.going_on(41)
    assert [pace(shown.step(number)) > 0 for number in (42, 43, 44)] == [False, True, True]


def test_activations_do_not_pile_up_on_the_device(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(showing_module, "UNREAD", 10)
    for number in range(101):
        shown.step(number)
        assert len(shown._showing._unread) <= 10
    assert len(shown._showing._curves[0]) >= 90


def test_what_a_worker_of_an_earlier_version_tells_is_read(tmp_path: Path, shown: Shown) -> None:
    wish_box(tmp_path).send("explorer", Wishes(b"/gallery"))
    told = msgspec.to_builtins(shown.step(2))
    for new in ("keys", "layer", "preset"):
        told.pop(new)
    live = msgspec.convert(told, Live)
    assert live.making == [task.digest for task in PACK]
    assert (live.layer, live.preset) == ("conv1_1", "draft")
    assert Live(key="0a1b2c3d").making == ["0a1b2c3d"]
    assert Live().making == []
