"""The worker: a process of its own session that makes what is wished for and what is queued.

What comes first: the peek (the draft of the channel somebody rests on), then urgent jobs (somebody
waits for the picture), then the queue, then the drafts of the channels on somebody's screen. The
more important thing is done between two steps of the less important one, which then goes on.
"""

import logging
import os
import time
from collections.abc import Callable, Iterator
from enum import IntEnum
from pathlib import Path

from core.errors import UserError
from core.gallery.paths import picture_path
from core.gallery.pictures import read_whole, write_picture
from core.gallery.records import Record
from core.jobs.specs import JobSpec
from core.jobs.store import URGENT, Job, JobStore, QueueBusyError, QueueError
from core.runner.making import Made, Maker
from core.runner.showing import Showing, device_live, show_live
from core.runner.wishes import Wishes, WishReader
from core.text import printable

IDLE_SECONDS = 60.0
"""A worker that nobody needs ends after this."""
WATCHED_IDLE_SECONDS = 600.0
"""The same while an explorer is open: starting again would cost its user seconds."""
DOUBT_SECONDS = 2.0
"""How often fulfilled wishes are looked up again: pictures may be deleted."""
RETRY_SECONDS = 60.0
"""Until a draft that failed is tried again: disks are emptied, memory is freed."""
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
        self._wishes = WishReader(state)
        self._maker = Maker(device)
        self._stopping = False
        self._next_look = 0.0
        self._failed: dict[str, float] = {}
        """Digests of drafts that failed, and when they may be tried again."""
        self._whole: set[Path] = set()
        """Drafts that were found or made undamaged."""
        self._trouble = ""
        self._fulfilled: Wishes | None = None
        """Wishes whose visible drafts were all there when last looked up."""
        self._next_doubt = 0.0

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
            patience = WATCHED_IDLE_SECONDS if self._wishes.all() else IDLE_SECONDS
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
        except QueueBusyError:
            return False  # another look will find it free

    def _serve_peek(self) -> bool:
        for wishes in self._wishes.all():
            gallery, spec = Path(wishes.gallery), wishes.peek
            if spec and self._is_missing(gallery, spec):
                self._make_drafts(gallery, [spec], Level.PEEK)
                return True
        return False

    def _serve_visible(self) -> bool:
        for wishes in self._wishes.all():
            if wishes is self._fulfilled and time.monotonic() < self._next_doubt:
                continue
            gallery = Path(wishes.gallery)
            missing = [spec for spec in wishes.visible if self._is_missing(gallery, spec)]
            if not missing:  # not to be looked up fifty times a second while nothing changes
                self._fulfilled = wishes
                self._next_doubt = time.monotonic() + DOUBT_SECONDS
            else:
                pack = [spec for spec in missing if spec.packs_with(missing[0])]
                size = self._maker.pack_size(pack[0])
                self._make_drafts(gallery, pack[:size], Level.VISIBLE)
                return True
        return False

    def _serve_queue(self, level: Level) -> bool:
        least = URGENT if level is Level.URGENT else 0
        spec = self._store.next_spec(at_least=least)
        if spec is None:
            return False
        claimed = self._store.claim(self._name, self._maker.pack_size(spec), at_least=least)
        jobs = [job for job in claimed if not self._adopt(job)]
        if jobs:
            self._make_jobs(jobs, level)
        return True

    def _is_missing(self, gallery: Path, spec: JobSpec) -> bool:
        """Whether a draft has to be made; one that lies there damaged counts as missing."""
        path = picture_path(gallery, spec)
        if time.monotonic() < self._failed.get(spec.digest, 0):
            return False
        if path not in self._whole and read_whole(path) is not None:
            self._whole.add(path)
        try:
            return path not in self._whole or not path.exists()
        except OSError:  # a gallery that cannot be looked into: making the draft will say why
            return True

    # ---- doing it --------------------------------------------------------------------------

    def _make_drafts(self, gallery: Path, specs: list[JobSpec], level: Level) -> None:
        """Make drafts while they are wanted."""

        def wanted() -> bool:
            wishes = self._wishes.all()
            if level is Level.PEEK:
                return any(wish.peek == specs[0] for wish in wishes)
            return any(spec in wish.visible for wish in wishes for spec in specs)

        try:
            for _, made in self._make(specs, level, wanted):
                write_picture(picture_path(gallery, made.spec), made.image, made.record)
        except (Stopped, QueueError):
            raise  # the latter of what was made in between
        except Exception as error:  # noqa: BLE001  whatever it is, the worker has other work
            _tell(error)
            self._trouble = f"Drafts of {specs[0].target} failed: {printable(error)}"
            again = time.monotonic() + RETRY_SECONDS
            self._failed.update({spec.digest: again for spec in specs})
        else:
            self._trouble = ""

    def _make_jobs(self, jobs: list[Job], level: Level) -> None:
        """Make claimed jobs; each ends done or failed, or goes back when the worker stops."""
        try:
            made = self._make([job.spec for job in jobs], level, wanted=lambda: True)
            for position, picture in made:
                self._save(jobs[position], picture)
        except Stopped:
            for job in jobs:  # as below: not those that are done
                self._store.release(job, self._name)
            raise
        except QueueError:
            raise  # the jobs stay this worker's; whoever recovers the queue puts them back
        except Exception as error:  # noqa: BLE001  as above: it fails these jobs, with its reason
            _tell(error)
            for job in jobs:  # those already saved are done, and the fence leaves them alone
                self._store.fail(job, self._name, printable(error))

    def _make(
        self, specs: list[JobSpec], level: Level, wanted: Callable[[], bool]
    ) -> Iterator[tuple[int, Made]]:
        """Make a pack, looking between steps for what is more important.

        Yields each picture with the position of its job, as soon as it is there.

        Raises:
            Stopped: the worker is to end, or the pack is not ``wanted`` any more.
        """
        making = self._maker.make(specs)
        showing = Showing(self._state, self._maker.info, making)
        for step in making:
            yield from making.take()
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
        yield from making.take()

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
        record = read_whole(picture_path(job.gallery, job.spec))
        if record is None or not _is_of(record, job.spec):
            return False
        return self._store.finish(
            job, self._name, activation=record.activation, verdict=record.verdict, seconds=None
        )

    def _show_idle(self) -> None:
        live = device_live(self._maker.info, "idle")
        live.trouble = self._trouble
        show_live(self._state, live)


def _tell(error: Exception) -> None:
    """Log an error; what no user can cause with where it came from."""
    expected = isinstance(error, UserError | OSError)
    log.warning("%s", printable(error), exc_info=None if expected else error)


def _is_of(record: Record, spec: JobSpec) -> bool:
    """Whether a record is of the picture a job asks for, on whatever device it was made."""
    return (record.target, record.recipe, record.seed, record.weights) == (
        spec.target,
        spec.recipe,
        spec.seed,
        spec.weights.name,
    )
