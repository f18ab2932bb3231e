"""What a worker does with wishes: it makes drafts, and goes on with what it began as they change.

A draft that is given up half made may be wanted again within a second: its person moved on, or
came to rest on it. How far it was is kept in memory, whichever pack it was in.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from convscope.core.ascent.moments import moment_of
from convscope.core.gallery.outputs import Artifact, output_of
from convscope.core.gallery.saving import Refusal, explained, refusals
from convscope.core.jobs.database import QueueError
from convscope.core.runner.crash_guard import InFlightDrafts
from convscope.core.runner.executor import Executor, Look, Pack, Run
from convscope.core.runner.leasing import LeaseLost
from convscope.core.runner.paths import maps_folder
from convscope.core.runner.queued import Stopped
from convscope.core.runner.window import LiveWindow
from convscope.core.runner.wishes import Wishes, wish_box
from convscope.core.system.errors import UserError
from convscope.core.system.recent import Recent
from convscope.core.system.text import printable
from convscope.core.tasks.feature_maps import FeatureMaps
from convscope.core.tasks.kinds import AnyTask
from convscope.core.tasks.visualize import Visualize

DOUBT_SECONDS = 2.0
"""How often fulfilled wishes are looked up again: pictures may be deleted."""
RETRY_SECONDS = 60.0
"""Until a draft that failed is tried again: disks are emptied, memory is freed."""
REFUSED_SECONDS = 5.0
"""The same for one that could not be saved: before it is made, a millisecond shows whether it can
be now."""
FATAL_SECONDS = 600.0
"""The same for one during which the worker died."""
BEGUN_KEPT = 256
"""Drafts of which it is remembered how far they were, 150 KB each: two packs of a GPU."""

log = logging.getLogger("convscope.worker")


class _Changed(Exception):  # noqa: N818  nothing went wrong
    """Other drafts are wished for than those of the pack in the making."""


class Drafts:
    """Makes what explorers wish for, in packs of one kind.

    Args:
        state: the state folder.
        slot: the worker's.
        window: told why drafts cannot be made.
    """

    def __init__(self, state: Path, slot: str, window: LiveWindow) -> None:
        self._wishes = wish_box(state)
        self._maps_folder = maps_folder(state)
        self._last_kind: type[AnyTask] | None = None
        """Of what somebody rested on and was made last."""
        self._window = window
        self._in_flight = InFlightDrafts(state, slot)
        again = time.monotonic() + FATAL_SECONDS
        self._failed: dict[str | Path, float] = dict.fromkeys(self._in_flight.fatal(), again)
        """Digests of drafts that failed, files that could not be saved; when to try them again."""
        self._whole: set[Path] = set()
        """Drafts that were found undamaged."""
        self._fulfilled: list[Wishes] = []
        """Those whose visible drafts were all there when last looked up."""
        self._next_doubt = 0.0
        self._begun: Recent[AnyTask, bytes] = Recent(BEGUN_KEPT)

    @property
    def are_wished(self) -> bool:
        """Whether an explorer is open."""
        return bool(self._wishes.read().values())

    def make_peek(self, executor: Executor) -> bool:
        """Make what somebody rests on, a draft or the maps of a layer; says if any was missing."""
        for gallery, task in self._rested_on():
            if not self._is_missing(gallery, task):
                continue
            # A pack that holds it may not have heard of the wish yet; it will put it by.
            if not self._in_flight.holds(gallery, task):
                self._last_kind = type(task)
                self._make(gallery, [task], _peeks, executor)
                return True
        return False

    def _rested_on(self) -> list[tuple[Path, AnyTask]]:
        """Return what comes next, each with its gallery; of two kinds, none waits for ever."""
        found: list[tuple[Path, AnyTask]] = []
        for wishes in self._wishes.read().values():
            if wishes.peek:
                found.append((wishes.folder, wishes.peek))
            if wishes.maps:
                found.append((self._maps_folder, wishes.maps))
        return sorted(found, key=lambda each: type(each[1]) is self._last_kind)

    def make_visible(self, executor: Executor) -> bool:
        """Make a pack of the drafts on somebody's screen; returns whether any was missing."""
        if time.monotonic() > self._next_doubt:
            self._fulfilled.clear()
            self._next_doubt = time.monotonic() + DOUBT_SECONDS
        for wishes in self._wishes.read().values():
            if wishes in self._fulfilled:
                continue
            gallery = wishes.folder
            missing = [task for task in wishes.visible if self._is_missing(gallery, task)]
            if not missing:  # not to be looked up fifty times a second while nothing changes
                self._fulfilled.append(wishes)
            else:
                self._make(gallery, self._pack(missing, executor), _visible, executor)
                return True
        return False

    # ---- which -----------------------------------------------------------------------------

    def _is_missing(self, gallery: Path, task: AnyTask) -> bool:
        """Whether a draft has to be made; one that lies there damaged counts as missing."""
        output = output_of(task)
        path = output.path(gallery, task)
        if time.monotonic() < max(self._failed.get(task.digest, 0), self._failed.get(path, 0)):
            return False
        if path not in self._whole and output.whole_record(path) is not None:
            self._whole.add(path)
        try:
            return path not in self._whole or not path.exists()
        except OSError:  # a gallery that cannot be looked into: making the draft will say why
            return True

    def _pack(self, missing: Sequence[Visualize], executor: Executor) -> list[Visualize]:
        """Return those to be made next: what was begun goes on before anything else begins."""
        first = next((task for task in missing if self._moment(task)), missing[0])
        moment = self._moment(first)
        alike = (task for task in missing if task.packs_with(first))
        pack = [task for task in alike if self._moment(task) == moment]
        return pack[: executor.pack_size(first)]

    def _moment(self, task: Visualize) -> tuple[int, int | None] | None:
        begun = self._begun.get(task)
        return moment_of(begun) if begun else None

    # ---- doing it --------------------------------------------------------------------------

    def _make(
        self, gallery: Path, tasks: Sequence[AnyTask], wished: "_Which", executor: Executor
    ) -> None:
        """Make a pack while all of it is wished for; else those that are left are put by."""
        tasks = self._savable(gallery, tasks)
        if not tasks:
            return
        begun = tuple(checkpoint for task in tasks if (checkpoint := self._begun.get(task)))
        run = executor.start(Pack(tuple(tasks), begun))
        self._in_flight.begin(gallery, tasks)
        try:
            for results in run.results(self._looking(gallery, tasks, run, wished)):
                for position, encode in results.items():
                    self._save(gallery, tasks[position], encode())
        except _Changed:
            for position, checkpoint in run.checkpoints().items():
                self._begun.put(tasks[position], checkpoint)
        except (Stopped, LeaseLost, QueueError):
            raise  # the latter of what was made in between
        except Exception as error:
            expected = isinstance(error, UserError)
            log.warning("%s", printable(error), exc_info=None if expected else error)
            self._window.trouble = f"{_named(tasks[0])} failed: {printable(error)}"
            again = time.monotonic() + RETRY_SECONDS
            for task in tasks:
                self._failed[task.digest] = again
                self._begun.discard(task)
        finally:
            self._in_flight.end()

    def _save(self, gallery: Path, task: AnyTask, artifact: Artifact) -> None:
        output = output_of(task)
        path = output.path(gallery, task)
        try:
            output.save(path, artifact, lambda: True)
            self._window.trouble = ""
        except OSError as error:  # such as a disk that has got full meanwhile
            self._refuse(path, explained(error, path))
        self._begun.discard(task)

    def _savable(self, gallery: Path, tasks: Sequence[AnyTask]) -> list[AnyTask]:
        """Return those drafts that can be saved, of a pack; work for the others would be lost."""
        output = output_of(tasks[0])
        paths = {task: output.path(gallery, task) for task in tasks}
        refused = refusals(paths.values(), output.most_bytes(tasks[0]))
        for path, why in refused.items():
            self._refuse(path, why)
        return [task for task in tasks if paths[task] not in refused]

    def _refuse(self, path: Path, refused: Refusal) -> None:
        trouble = f"Drafts cannot be saved: {refused}."
        if trouble != self._window.trouble:
            log.warning("a draft is not saved: %s", refused)
        self._window.trouble = trouble
        self._failed[path] = time.monotonic() + REFUSED_SECONDS

    def _looking(self, gallery: Path, tasks: Sequence[AnyTask], run: Run, wished: "_Which") -> Look:
        """Return what is done between two steps: notice that wishes changed."""
        seen: list[Wishes] | None = None

        def look() -> None:
            nonlocal seen
            found = [
                each
                for each in self._wishes.read().values()
                if gallery in (each.folder, self._maps_folder)
            ]
            if found == seen:
                return
            seen, wanted = found, wished(found)
            left = (task for i, task in enumerate(tasks) if i not in run.made)
            if not all(task in wanted and self._is_missing(gallery, task) for task in left):
                raise _Changed

        return look


def _named(task: AnyTask) -> str:
    if isinstance(task, FeatureMaps):
        return f"Maps of {task.layer}"
    return f"Drafts of {task.title}"


_Which = Callable[[Iterable[Wishes]], Collection[AnyTask]]
"""Which drafts of some wishes a pack may be of."""


def _peeks(wishes: Iterable[Wishes]) -> Collection[AnyTask]:
    return {task for each in wishes for task in (each.peek, each.maps) if task}


def _visible(wishes: Iterable[Wishes]) -> Collection[AnyTask]:
    """Return what is on a screen; but where somebody rests, that one is made alone, and first."""
    wishes = list(wishes)
    return {task for each in wishes for task in each.visible} - set(_peeks(wishes))
