"""Animations as jobs: made alone, gone on with, and found again."""

import io
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image

from convscope.core.ascent.attempts import AttemptStep
from convscope.core.ascent.recipes import PRESETS, override
from convscope.core.gallery.outputs import Artifact
from convscope.core.gallery.paths import result_path
from convscope.core.gallery.pictures import read_whole
from convscope.core.gallery.records import AnimationRecord
from convscope.core.runner.executor import Outcome, Pack
from convscope.core.runner.live import LiveReader
from convscope.core.runner.paths import kept_picture
from convscope.core.runner.rendering import run_pack
from convscope.core.runner.saved import SavedCheckpoints
from convscope.core.runner.showing import Showing
from convscope.core.runner.window import LiveWindow
from convscope.core.runner.wishes import Watched, Wishes, wish_box
from convscope.core.tasks.animation import Animate, animation_of
from tests.running import Running, running, tasks
from tests.samples import animate, save_animation
from tests.shared import maker

QUICK = override(PRESETS["crisp"], resolution=32, steps=8)


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


def wanted(target: str = "conv2_1:3", **asked: object) -> Animate:
    return animation_of(tasks(target, QUICK)[0], container="png", **asked)  # type: ignore[arg-type]


def frames_of(artifact: Artifact) -> np.ndarray:
    with Image.open(io.BytesIO(artifact.data)) as image:
        found = []
        for number in range(image.n_frames):
            image.seek(number)
            found.append(np.asarray(image.convert("RGB")))
    return np.stack(found)


def sent(outcome: Outcome) -> Outcome:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(outcome), type=Outcome)


def test_animations_are_made_one_by_one_and_whole() -> None:
    assert maker().pack_size(wanted()) == 1
    both = (wanted(), wanted("conv2_1:4"))
    pack = msgspec.msgpack.decode(msgspec.msgpack.encode(Pack(both)), type=Pack)
    assert pack.tasks == both
    outcome = sent(run_pack(pack, maker(), lambda _: True))
    for position in (0, 1):
        artifact = outcome.artifacts[position]
        assert isinstance(artifact.record, AnimationRecord)
        assert artifact.record.channel == 3 + position
        assert len(frames_of(artifact)) == 33


def test_between_frames_others_have_a_turn_and_it_can_be_stopped() -> None:
    seen: list[AttemptStep] = []

    def on_progress(step: AttemptStep) -> bool:
        seen.append(step)
        return len(seen) < 20

    outcome = run_pack(Pack((wanted(),)), maker(), on_progress)
    assert outcome.artifacts == {}
    assert [step.number for step in seen] == [*range(9), *[8] * 11]
    assert seen[-1].fraction == 1


def test_what_is_shown_of_it_stays_while_its_frames_are_encoded(tmp_path: Path) -> None:
    wish_box(tmp_path).send("explorer", Wishes(b"/gallery", watched=[Watched.of(wanted())]))
    run = maker().start(Pack((wanted(),)))
    showing = Showing(LiveWindow(tmp_path, "cpu", maker().idle), run)
    for step in run:
        showing.step(step)
    live = LiveReader(tmp_path).poll()
    assert live is not None
    (frame,) = live.frames
    assert (live.step, len(frame.curve), frame.key) == (8, 8, wanted().digest)


@pytest.mark.parametrize("after", [0, 5, 8])
def test_one_that_was_stopped_goes_on_to_the_same(after: int) -> None:
    task = wanted(curve=True)
    whole = run_pack(Pack((task,)), maker(), lambda _: True).artifacts[0]
    stopped = sent(run_pack(Pack((task,)), maker(), lambda step: step.number < after))
    steps: list[int] = []

    def on_progress(step: AttemptStep) -> bool:
        steps.append(step.number)
        return True

    again = run_pack(Pack((task,), (stopped.checkpoints[0],)), maker(), on_progress).artifacts[0]
    assert steps[0] == after
    # Without the curve's numbers: one that is rounded differently looks quite different.
    first, second = (frames_of(each)[:, :32].astype(int) for each in (whole, again))
    assert np.abs(first - second).max() <= 2


def test_one_that_has_no_room_yet_is_kept_and_read_again(tmp_path: Path, runner: Running) -> None:
    task = animate()
    runner.queue([task])
    (job,) = runner.store.jobs()
    made = save_animation(tmp_path / "elsewhere", task)
    record = read_whole(made)
    assert record is not None
    kept = SavedCheckpoints(runner.state, runner.store)
    kept.keep_picture(job, Artifact(record, made.read_bytes()), lambda: True)
    assert kept_picture(runner.state, job).exists()
    assert kept.picture(job) == Artifact(record, made.read_bytes())


@pytest.mark.long
def test_one_that_is_there_is_not_made_again(runner: Running) -> None:
    there = animate()
    path = save_animation(runner.gallery, there)
    before = path.stat().st_mtime_ns
    runner.queue([there, wanted()])
    runner.start()
    found, made = runner.until_done()
    assert path.stat().st_mtime_ns == before
    record = read_whole(result_path(runner.gallery, wanted()))
    assert record is not None
    assert (made.activation, made.verdict) == (record.activation, record.verdict)
    assert found.activation is not None
