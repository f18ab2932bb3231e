"""The feed of this machine: queue, gallery and worker as files of one state folder. No torch.

A poll is a few stats and one pragma while nothing changes. A connection to the queue belongs to one
thread, so the feed lives in the thread that made it; it never waits there for somebody else's
write longer than an eye would notice.
"""

import contextlib
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from convscope.core.catalog.subjects import Subject
from convscope.core.exemplars.folders import index_names
from convscope.core.exemplars.usual import UsualPeaks
from convscope.core.gallery.atlas.reader import Atlas, Tile
from convscope.core.gallery.index import GalleryIndex
from convscope.core.gallery.maps_files import maps_path
from convscope.core.jobs.rows import URGENT, Job
from convscope.core.runner.client import (
    GIVEN_UP,
    RunnerStatus,
    is_stopped,
    last_status,
    newer_runner,
    runner_status,
)
from convscope.core.runner.gpu_figures import GpuFigures, GpuWatch
from convscope.core.runner.keeper import LOOK_EVERY, Clock, WorkerKeeper
from convscope.core.runner.live import Live, LiveReader, begun
from convscope.core.runner.paths import maps_folder
from convscope.core.runner.wishes import LIFETIME, Watched, Wishes, wish_box
from convscope.core.tasks.feature_maps import FeatureMaps
from convscope.core.tasks.visualize import Visualize
from convscope.tui.explorer.feed import (
    ACTIVITIES,
    Indexing,
    NameOf,
    News,
    QueueCounts,
    Queued,
    WorkerState,
)
from convscope.tui.explorer.local_queue import LocalQueue
from convscope.tui.explorer.troubles import Troubles

REFRESH = LIFETIME / 3
"""Seconds between two writings of the same wishes; two may be lost before they are forgotten."""


@dataclass
class LocalFeed:
    """The feed of one state folder and one gallery on this machine.

    Raises:
        UserError: the queue cannot be opened.
    """

    state: Path
    gallery: Path
    keeper: WorkerKeeper
    clock: Clock
    frame_seconds: float = 0.0
    """So long at least a live frame stays; those that come sooner are never shown."""
    atlas: Atlas | None = None
    """Has pictures before any was made; ``None`` where nobody wants to see them."""
    live: Live = field(default_factory=Live, init=False)

    def __post_init__(self) -> None:
        self._troubles = Troubles()
        """To be told at the next poll."""
        self.batches = LocalQueue(
            self.state, self.gallery, self._troubles, self.start_worker, self.clock
        )
        self._store = self.batches.store
        self._usual = UsualPeaks(self.state)
        self._index = GalleryIndex(self.gallery)
        self._found: dict[Visualize, Path | None] = {}
        self._reader = LiveReader(self.state)
        self._latest, self._latest_at = Live(), float("-inf")
        self._live_read_at = float("-inf")
        self._wish_box = wish_box(self.state)
        self._name = f"explorer-{os.getpid()}"
        self._wishes = Wishes(os.fsencode(self.gallery), watched=[])
        self._wishes_written = self._status_at = float("-inf")
        self._last_words = ""
        """The sentence with which the worker ended, if it ended with one."""
        self._status = RunnerStatus()
        self._is_stopped = False
        self._gpu_watch = GpuWatch()

    @property
    def advice(self) -> str:
        """What holds the work up, or threatens it; '' when nothing does."""
        return self.batches.hold_up or next(iter(self._status.sentences), "")

    @property
    def counts(self) -> QueueCounts:
        """The queue in numbers, as of the last poll."""
        return self.batches.counts

    @property
    def worker_runs(self) -> bool:
        """Whether a worker lived when last looked."""
        return self.keeper.runs

    @property
    def worker_starts(self) -> bool:
        """Whether one was started that is not seen running yet."""
        return self.keeper.starting

    @property
    def worker_stopped(self) -> bool:
        """Whether none runs since somebody stopped it, so that it does not start by itself."""
        return self._is_stopped and not (self.worker_runs or self.worker_starts)

    @property
    def workers(self) -> Sequence[WorkerState]:
        """What each worker does; empty where no runner runs."""
        if not self.keeper.runs:
            return ()
        lives = self._reader.by_slot
        return [
            WorkerState(worker.slot, "", lives.get(worker.slot, Live()))
            if worker.condition == "running"
            else WorkerState(worker.slot, worker.condition)
            for worker in self._status.workers
        ]

    @property
    def gpus(self) -> Mapping[str, GpuFigures]:
        """How hard the GPUs of this machine work, by the slots of workers."""
        return self._gpu_watch.figures

    def poll(self) -> News:
        """Look for changes; see :meth:`Feed.poll`."""
        self._gpu_watch.start()  # here, since the first frame comes before the first look
        of_queue = self.batches.poll(begun(self._reader.by_slot.values()))
        self._read_live()
        wished, maps = self._wishes.has_any, self._wishes.maps
        maps_came = maps is not None and self.find_maps(maps) is not None
        self._note_worker(self.keeper.keep(wanted=wished or self.batches.work_waits))
        self._read_status()
        live_changed = self._show_live()
        index_changed = self._index.refresh()
        if index_changed:
            self._found.clear()
        if self.clock() - self._wishes_written >= REFRESH:
            self._write_wishes()
        changed = of_queue.changed or index_changed or maps_came
        return replace(of_queue, changed=changed, live=live_changed, troubles=self._troubles.take())

    def find(self, task: Visualize) -> Path | None:
        """Return the path of a job's picture when it was in the gallery at the last poll."""
        try:
            return self._found[task]  # not asked twice: a task takes long to hash
        except KeyError:
            return self._found.setdefault(task, self._index.find(task))

    def find_tile(self, task: Visualize) -> Tile | None:
        """Return the picture that the atlas has for a job; ``None`` where there is none."""
        return self.atlas.find(task) if self.atlas is not None else None

    def jobs_like(self, task: Visualize) -> dict[int, Job]:
        """Return the newest job of each channel, all else as in ``task``."""
        return self.batches.jobs_like(task)

    def find_maps(self, task: FeatureMaps) -> Path | None:
        """Return where the maps of a photo lie, if they are there; one stat."""
        path = maps_path(maps_folder(self.state), task)
        return path if os.path.exists(path) else None  # noqa: PTH110  raises nothing

    def usual_peaks(self, subject: Subject, layer: str) -> Sequence[float] | None:
        """Return what 95% of a folder's photos do not exceed, for each channel of a layer."""
        return self._usual.get(subject, layer)

    def photo_indexes(self) -> Path | None:
        """Return the state folder where it has indexes of photos; a look into a folder."""
        return self.state if index_names(self.state) else None

    def index_photos(self, folder: Path, subject: Subject, layer: str) -> Indexing:
        """Queue those photos of a folder that are new; see :meth:`Feed.index_photos`."""
        from convscope.tui.explorer.photo_folders import index_photos  # noqa: PLC0415  NumPy

        return index_photos(self.state, folder, subject, layer, self.keeper.device)

    def wish(
        self,
        peek: Visualize | None,
        visible: Sequence[Visualize],
        maps: FeatureMaps | None = None,
    ) -> None:
        """Say what would be good to have now; written only when it is news."""
        self._wish(peek=peek, visible=list(visible), maps=maps)

    def watch(self, *watched: Watched) -> None:
        """Say whose pictures are on the screen; written only when it is news."""
        self._wish(watched=list(watched))

    def queue(
        self,
        tasks: Sequence[Visualize],
        name: str | NameOf,
        *,
        urgent: bool = False,
        damaged: Collection[Visualize] = (),
    ) -> Queued:
        """Queue what is neither saved nor on its way; see :meth:`Feed.queue`."""
        missing: list[Visualize] = []
        batch, called = None, ""
        hastened = waiting = saved = 0
        with self.batches.writing() as store:
            for task in tasks:
                job = self.jobs_like(task).get(task.channel)
                if self.find(task) and task not in damaged:
                    saved += 1
                elif job is None or job.state not in ("queued", "running"):
                    missing.append(task)
                elif urgent and store.hasten(job):
                    hastened += 1
                else:
                    waiting += 1
            if missing:
                called = name if isinstance(name, str) else name(missing)
                urgency = URGENT * urgent
                batch = store.add_batch(called, missing, self.gallery, priority=urgency)
        if missing or (urgent and saved < len(tasks)):  # somebody waits for it
            self.start_worker()
        return Queued(len(missing), hastened, waiting, saved, batch, called)

    def close(self) -> None:
        """Wish for nothing any more; queued work goes on."""
        self._gpu_watch.stop()
        with contextlib.suppress(OSError):  # forgotten after its lifetime anyway
            self._wish_box.clear(self._name)
        self._store.close()

    # ---- the worker ------------------------------------------------------------------------

    def start_worker(self) -> None:
        """Start a worker, also where somebody stopped it."""
        self._note_worker(self.keeper.start_now())

    def _read_status(self) -> None:
        """Tell what the supervisor has to say about its workers, each sentence once."""
        if self.clock() < self._status_at:
            return
        self._status_at = self.clock() + LOOK_EVERY
        self._is_stopped = is_stopped(self.state)
        if not self.keeper.runs:
            self._tell_each(last_status(self.state).rescued)
            return
        self._troubles.tell_once("version", newer_runner(self.state))
        status = self._status = runner_status(self.state) or RunnerStatus()
        self._tell_each(status.sentences)
        for worker in status.workers:
            trouble = "" if worker.condition in ("", "running", GIVEN_UP) else worker.condition
            sentence = trouble and f"The worker of {worker.slot} {trouble}."
            self._troubles.tell_once(worker.slot, sentence)

    def _tell_each(self, sentences: Sequence[str]) -> None:
        for number, sentence in enumerate(sentences):
            self._troubles.tell_once(f"advice {number}", sentence)

    def _read_live(self) -> None:
        """Read what the worker shows; it can be newer than the last look whether it lives."""
        if self.clock() - self._live_read_at < self.frame_seconds:
            return
        self._live_read_at = self.clock()
        live = self._reader.poll()
        if live is not None:
            self._latest, self._latest_at = live, self.clock()
            self._last_words = "" if live.activity in ACTIVITIES else live.activity

    def _show_live(self) -> bool:
        """Show what was read last; but what a dead worker left behind tells of nothing."""
        is_left_over = self._latest_at <= self.keeper.missed_at
        live = self._latest if self.keeper.runs and not is_left_over else Live()
        changed, self.live = live is not self.live and live != self.live, live
        if changed:
            self._troubles.tell_once("drafts", live.trouble)
            self._tell_of_other_device()
        return changed

    def _note_worker(self, trouble: str) -> None:
        if trouble:  # its own words tell more than its exit code
            said, told = self._last_words or trouble, self._status.given_up
            self._status = RunnerStatus(given_up=last_status(self.state).given_up)
            if said not in told:
                self._troubles.tell(said)

    def _tell_of_other_device(self) -> None:
        if self.keeper.has_started or self.keeper.device == "auto" or not self.live.device:
            return
        self._troubles.tell_once(
            "device",
            f"A worker was running already, on {self.live.device}; "
            f"--device {self.keeper.device} applies to the next one.",
        )

    def _wish(self, **changes: object) -> None:
        wishes = msgspec.structs.replace(self._wishes, **changes)
        if wishes != self._wishes:
            self._wishes = wishes
            self._write_wishes()

    def _write_wishes(self) -> None:
        self._wishes_written = self.clock()
        try:
            self._wish_box.send(self._name, self._wishes)
            self._troubles.tell_once("wishes", "")
        except OSError as error:
            self._troubles.tell_once(
                "wishes", f"Drafts cannot be asked for in {self.state} ({error.strerror})."
            )
