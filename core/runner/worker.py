"""The worker: a process of its own session that makes what is wished for and what is queued.

What comes first: the peek (the draft of the channel somebody rests on), then urgent jobs (somebody
waits for the picture), then the queue, then the drafts of the channels on somebody's screen. The
more important thing is done between two steps of the less important one, which then goes on.
"""

import logging
import os
import time
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path

from core.errors import UserError
from core.gallery.pictures import picture_path, read_record, write_picture
from core.jobs.specs import JobSpec
from core.jobs.store import URGENT, Job, JobStore
from core.runner.live import write_live
from core.runner.local import pack_size
from core.runner.making import Made, Maker
from core.runner.showing import Showing, device_live
from core.runner.wishes import read_wishes
from core.text import printable

IDLE_SECONDS = 60.0
"""A worker that nobody needs ends after this."""
WATCHED_IDLE_SECONDS = 600.0
"""The same while an explorer is open: starting again would cost its user seconds."""
LOOK_SECONDS = 0.02
"""How often a worker looks for something more important."""

log = logging.getLogger("convscope.worker")


class Level(IntEnum):
    """How important a pack is; a higher one is made between two steps of a lower one."""

    NOTHING = 0
    VISIBLE = 1
    QUEUED = 2
    URGENT = 3
    PEEK = 4


class Stopped(Exception):  # noqa: N818  nothing went wrong
    """The worker was asked to end, or a draft is not wanted any more."""


class Worker:
    """The one worker of a state folder; the caller holds its lock."""

    def __init__(self, state: Path, device: str = "auto") -> None:
        """Open the queue and find the device.

        Raises:
            UserError: the queue cannot be opened, or there is no such device.
        """
        self._state = state
        self._name = f"{os.uname().nodename}:{os.getpid()}"
        self._store = JobStore(state)
        self._maker = Maker(device)
        self._stopping = False
        self._next_look = 0.0
        self._impossible: set[str] = set()
        """Digests of drafts that failed; this worker does not try them again."""

    def stop(self) -> None:
        """Ask the worker to end within one step; safe to call from a signal handler."""
        self._stopping = True

    def run(self) -> None:
        """Work until stopped, or until there was nothing to do for a while."""
        left_behind = self._store.recover()
        if left_behind:
            log.info("put back %d jobs that a dead worker left", left_behind)
        self._show_idle()
        last_useful = time.monotonic()
        while not self._stopping:
            if self._serve_above(Level.NOTHING):
                self._show_idle()
                last_useful = time.monotonic()
                continue
            patience = WATCHED_IDLE_SECONDS if any(read_wishes(self._state)) else IDLE_SECONDS
            if time.monotonic() - last_useful > patience:
                log.info("nothing to do for %.0f s, ending", patience)
                return
            time.sleep(LOOK_SECONDS)

    # ---- what to do next -------------------------------------------------------------------

    def _serve_above(self, level: Level) -> bool:
        """Do the most important thing above ``level``; returns whether there was one."""
        try:
            return (
                (level < Level.PEEK and self._serve_peek())
                or (level < Level.URGENT and self._serve_queue(Level.URGENT))
                or (level < Level.QUEUED and self._serve_queue(Level.QUEUED))
                or (level < Level.VISIBLE and self._serve_visible())
            )
        except Stopped:
            if self._stopping and level > Level.NOTHING:
                raise  # whatever was interrupted for this stops as well
            return True

    def _serve_peek(self) -> bool:
        for wishes in read_wishes(self._state):
            gallery, spec = Path(wishes.gallery), wishes.peek
            if spec and self._is_missing(gallery, spec):
                self._make_drafts(gallery, [spec], Level.PEEK)
                return True
        return False

    def _serve_visible(self) -> bool:
        for wishes in read_wishes(self._state):
            gallery = Path(wishes.gallery)
            missing = [spec for spec in wishes.visible if self._is_missing(gallery, spec)]
            if missing:
                pack = [spec for spec in missing if spec.packs_with(missing[0])]
                size = pack_size(pack[0].recipe.resolution)
                self._make_drafts(gallery, pack[:size], Level.VISIBLE)
                return True
        return False

    def _serve_queue(self, level: Level) -> bool:
        least = URGENT if level is Level.URGENT else 0
        spec = self._store.next_spec(at_least=least)
        if spec is None:
            return False
        claimed = self._store.claim(self._name, pack_size(spec.recipe.resolution), at_least=least)
        jobs = [job for job in claimed if not self._adopt(job)]
        if jobs:
            self._make_jobs(jobs, level)
        return True

    def _is_missing(self, gallery: Path, spec: JobSpec) -> bool:
        return spec.digest not in self._impossible and not picture_path(gallery, spec).exists()

    # ---- doing it --------------------------------------------------------------------------

    def _make_drafts(self, gallery: Path, specs: list[JobSpec], level: Level) -> None:
        """Make drafts while they are wanted."""

        def wanted() -> bool:
            wishes = list(read_wishes(self._state))
            if level is Level.PEEK:
                return any(wish.peek == specs[0] for wish in wishes)
            return any(spec in wish.visible for wish in wishes for spec in specs)

        try:
            for made in self._make(specs, level, wanted):
                write_picture(picture_path(gallery, made.spec), made.image, made.record)
        except (UserError, OSError, RuntimeError) as error:
            log.warning("drafts of %s failed: %s", specs[0].target, printable(error))
            self._impossible.update(spec.digest for spec in specs)

    def _make_jobs(self, jobs: list[Job], level: Level) -> None:
        """Make claimed jobs; each ends done or failed, or goes back when the worker stops."""
        try:
            made = self._make([job.spec for job in jobs], level, wanted=lambda: True)
            for job, picture in zip(jobs, made, strict=True):
                self._save(job, picture)
        except Stopped:
            for job in jobs:
                self._store.release(job, self._name)
            raise
        except (UserError, OSError, RuntimeError) as error:
            log.warning("%s failed: %s", jobs[0].spec.target, printable(error))
            for job in jobs:  # those already saved are done, and the fence leaves them alone
                self._store.fail(job, self._name, printable(error))

    def _make(self, specs: list[JobSpec], level: Level, wanted: Callable[[], bool]) -> list[Made]:
        """Make a pack, looking between steps for what is more important.

        Raises:
            Stopped: the worker is to end, or the pack is not ``wanted`` any more.
        """
        making = self._maker.make(specs)
        showing = Showing(self._state, self._maker.info, making)
        for step in making:
            showing.step(step)
            if self._stopping:
                raise Stopped
            if time.monotonic() < self._next_look:
                continue
            while self._serve_above(level):
                pass
            if not wanted():
                raise Stopped
            self._next_look = time.monotonic() + LOOK_SECONDS
        return making.made

    def _save(self, job: Job, made: Made) -> None:
        write_picture(picture_path(job.gallery, job.spec), made.image, made.record)
        self._store.finish(
            job,
            self._name,
            activation=made.record.activation,
            verdict=made.record.verdict,
            seconds=made.record.seconds,
        )

    def _adopt(self, job: Job) -> bool:
        """Finish a job whose picture is there already, whole and with its record."""
        try:
            record = read_record(picture_path(job.gallery, job.spec))
        except UserError:
            return False
        return self._store.finish(
            job, self._name, activation=record.activation, verdict=record.verdict, seconds=0.0
        )

    def _show_idle(self) -> None:
        write_live(self._state, device_live(self._maker.info, "idle"))
