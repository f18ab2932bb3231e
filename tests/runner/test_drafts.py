"""Drafts while their person moves about: none falls back, and each is made once."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from convscope.core.ascent.recipes import DRAFT, override
from convscope.core.gallery.outputs import Encode
from convscope.core.gallery.paths import picture_path
from convscope.core.gallery.pictures import read_picture
from convscope.core.runner.drafts import Drafts
from convscope.core.runner.rendering import LocalExecutor, PackRun, Renderer
from convscope.core.runner.window import LiveWindow
from convscope.core.runner.wishes import Wishes, wish_box
from convscope.core.tasks.visualize import Visualize
from tests.running import SLOT, Running, running, tasks, until
from tests.shared import make_tasks

pytestmark = pytest.mark.long

STEADY = override(DRAFT, steps=120, retries=0)
"""A draft that takes as long as a person needs to move about, on quick machines as well."""


class Person:
    """Wishes for drafts as an explorer does, and sees how they grow."""

    def __init__(self, runner: Running) -> None:
        self._runner = runner
        self._box = wish_box(runner.state)
        self._wishes = Wishes(os.fsencode(runner.gallery))
        self.steps: defaultdict[str, list[int]] = defaultdict(list)
        """Those that were seen of each draft, by its digest."""
        self.saved: set[Visualize] = set()
        self.relapses: list[Visualize] = []
        """Drafts that were seen growing when they were saved already."""

    def wish(self, visible: Sequence[Visualize], peek: Visualize | None = None) -> None:
        left = [task for task in visible if task not in self.saved and task != peek]
        self._wishes = Wishes(os.fsencode(self._runner.gallery), peek, left)
        self._box.send("test", self._wishes)

    def until(self, true: Callable[[], bool]) -> None:
        """Look at what grows until something has happened."""
        until(lambda: self._look() or true())

    def until_grown(self, task: Visualize, by: int) -> None:
        least = max(self.steps[task.digest], default=0) + by
        self.until(lambda: max(self.steps[task.digest], default=0) >= least)

    def _look(self) -> None:
        self._box.send("test", self._wishes)  # lest they are forgotten
        live = self._runner.live.poll()
        for frame in live.frames if live else ():
            self.steps[frame.key].append(live.step)
            assert len(frame.curve) == live.step, "nor does its curve begin again"
            self.relapses += [task for task in self.saved if task.digest == frame.key]
        wished = {*self._wishes.visible, self._wishes.peek} - {None}
        self.saved |= {
            task for task in wished if task and picture_path(self._runner.gallery, task).exists()
        }


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


def test_a_peek_waits_until_the_pack_that_holds_it_has_put_it_by(tmp_path: Path) -> None:
    renderer = Renderer("cpu")
    drafts = Drafts(tmp_path, SLOT, LiveWindow(tmp_path, SLOT, renderer.idle))
    box, page = wish_box(tmp_path), tasks("conv1_1:0-1")
    gallery = os.fsencode(tmp_path / "gallery")
    peeks: list[list[Visualize]] = []

    def peek(run: PackRun, look: Callable[[], None]) -> Iterator[Mapping[int, Encode]]:
        peeks.append(list(run.tasks))
        yield from ()

    def interrupted(run: PackRun, look: Callable[[], None]) -> Iterator[Mapping[int, Encode]]:
        look()
        box.send("test", Wishes(gallery, page[0], page[1:]))  # somebody rests on it just now
        assert not drafts.make_peek(LocalExecutor(renderer, peek))
        look()
        yield from ()

    box.send("test", Wishes(gallery, None, page))
    assert drafts.make_visible(LocalExecutor(renderer, interrupted))
    assert peeks == []
    assert drafts.make_peek(LocalExecutor(renderer, peek))
    assert peeks == [page[:1]]


def test_a_peek_does_not_wait_for_a_pack_of_another_gallery(tmp_path: Path) -> None:
    renderer = Renderer("cpu")
    drafts = Drafts(tmp_path, SLOT, LiveWindow(tmp_path, SLOT, renderer.idle))
    box, page = wish_box(tmp_path), tasks("conv1_1:0-1")
    peeks: list[list[Visualize]] = []

    def peek(run: PackRun, look: Callable[[], None]) -> Iterator[Mapping[int, Encode]]:
        peeks.append(list(run.tasks))
        yield from ()

    def interrupted(run: PackRun, look: Callable[[], None]) -> Iterator[Mapping[int, Encode]]:
        box.send("other", Wishes(os.fsencode(tmp_path / "other"), page[0]))
        assert drafts.make_peek(LocalExecutor(renderer, peek))
        yield from ()

    box.send("test", Wishes(os.fsencode(tmp_path / "gallery"), None, page))
    assert drafts.make_visible(LocalExecutor(renderer, interrupted))
    assert peeks == [page[:1]]


def test_what_was_begun_is_gone_on_with_wherever_the_cursor_goes(runner: Running) -> None:
    page, below = tasks("conv3_1:0-4", STEADY), tasks("conv3_1:5-6", STEADY)
    person = Person(runner)
    person.wish(page)
    runner.start()
    person.until_grown(page[1], by=1)

    # It rests on a tile that grows in the pack: that one goes on alone, and first.
    person.wish(page, peek=page[1])
    person.until(lambda: page[1] in person.saved)
    assert person.saved == {page[1]}

    # It rests on another one, and moves on before that is done.
    person.wish(page, peek=page[2])
    person.until_grown(page[2], by=6)
    person.wish(page)
    person.until_grown(page[0], by=1)

    # It goes down a row, and up again.
    person.wish([*page[3:], *below])
    person.until_grown(page[3], by=1)
    person.wish(page)
    person.until(lambda: person.saved.issuperset(page))

    assert person.relapses == []
    for steps in person.steps.values():
        assert steps == sorted(steps), "nothing is begun again"
    for made in make_tasks(page):
        image, _ = read_picture(picture_path(runner.gallery, made.task))
        np.testing.assert_array_equal(np.asarray(image), np.asarray(made.image))
