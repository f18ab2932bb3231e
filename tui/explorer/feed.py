"""The explorer's only door to the world: what may be asked, and what comes back. No Textual.

:class:`convscope.tui.explorer.local.LocalFeed` is the real one.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from convscope.core.catalog.subjects import Subject
from convscope.core.gallery.atlas.reader import Tile
from convscope.core.jobs.rows import Batch, Job, JobOrder
from convscope.core.runner.gpu_figures import GpuFigures
from convscope.core.runner.live import Live
from convscope.core.runner.wishes import Watched
from convscope.core.tasks.feature_maps import FeatureMaps
from convscope.core.tasks.visualize import Visualize

ACTIVITIES = ("", "loading", "idle", "ended")
"""What a worker in good order says it does; anything else is the error it ended with."""

NameOf = Callable[[Sequence[Visualize]], str]
"""Names a batch by the pictures that are still to be made."""


@dataclass(frozen=True)
class QueueCounts:
    """The queue in a few numbers."""

    queued: int = 0
    running: int = 0
    done: int = 0
    failed: int = 0
    seconds_left: float | None = None
    """How long all that may run now will take; ``None`` where that is unknown, or paused."""

    @property
    def open(self) -> int:
        """Jobs that a worker still has to finish."""
        return self.queued + self.running


@dataclass(frozen=True)
class News:
    """What a poll found."""

    changed: bool = False
    """The queue, the gallery's folders or the maps of a photo are not what they were."""
    live: bool = False
    """What the worker shows is not what it was, which it is several times a second."""
    failed: tuple[Job, ...] = ()
    """Jobs that failed since the last poll."""
    ended: tuple[Batch, ...] = ()
    """Batches whose last job ended since then, and that nobody cancelled."""
    troubles: tuple[str, ...] = ()
    """Sentences for the person, such as that the worker cannot be started; each is told once."""


@dataclass(frozen=True)
class Queued:
    """What became of a request for pictures."""

    added: int = 0
    hastened: int = 0
    """Waiting already; now before the others."""
    waiting: int = 0
    """Queued or running already, and left as they are."""
    saved: int = 0
    """Saved already."""
    batch: int | None = None
    """The batch that was added, if one was."""
    name: str = field(default="", compare=False)
    """What that is called."""

    @property
    def total(self) -> int:
        """How many pictures were asked for."""
        return self.added + self.hastened + self.waiting + self.saved


@dataclass(frozen=True)
class Indexing:
    """What became of a request to index a folder of photos."""

    index: str
    """The name of the index. Not safe to print."""
    photos: int
    """Looked at already."""
    pending: int
    """Still to be looked at."""
    work: str
    """Says how many those are, and how long they take."""
    skipped: str = ""
    """Says how many files were left out, and what names them; '' for none."""
    batch: int | None = None
    """The batch that was added, if one was."""
    batch_name: str = ""


@dataclass(frozen=True)
class WorkerState:
    """One worker, or the place of one."""

    slot: str
    """Its device; perhaps only as a number that nobody knows by heart."""
    condition: str = ""
    """Why it does not run, as in ``failed (code 1)``; '' while it does, or where none is needed."""
    live: Live | None = None
    """What it does; ``None`` while it does not run."""


class Batches(Protocol):
    """The queue batch by batch, and how it is steered.

    Whatever steers raises a ``UserError`` where the queue cannot be written, or has no such batch.
    """

    paused: bool
    """Whether the whole queue was paused at the last poll."""

    def all(self) -> Sequence[Batch]:
        """Return all batches, the newest first, as of the last poll."""

    def numbers(self, batch: int, order: JobOrder = JobOrder.QUEUED) -> Sequence[int]:
        """Return the numbers of a batch's jobs in an order; the same object while it is as it was.

        Must be quick: it is asked for at every look.
        """

    def jobs(
        self, batch: int, first: int, count: int, order: JobOrder = JobOrder.QUEUED
    ) -> Sequence[Job]:
        """Return some jobs of a batch in an order; fewer where it has fewer."""

    def failed(self, batch: int) -> Sequence[int]:
        """Return the numbers of the jobs of a batch that failed."""

    def pause(self, batch: int | None = None) -> None:
        """Pause a batch, or the whole queue."""

    def resume(self, batch: int | None = None) -> None:
        """Resume a batch, or the whole queue; the worker is started if there is work for it."""

    def cancel(self, batch: int, jobs: Collection[int] | None = None) -> int:
        """Cancel the remaining jobs of a batch, all or some; returns how many that were."""

    def retry(self, batch: int, jobs: Collection[int] | None = None) -> int:
        """Queue failed and cancelled jobs of a batch again, all or some, as :meth:`resume`.

        Returns:
            How many that were.
        """

    def put_first(self, batch: int, jobs: Collection[int] | None = None) -> int:
        """Let a batch run before the others, or some of its jobs before its others.

        Returns:
            How many jobs of them are queued.
        """

    def move(self, batches: Collection[int], by: int) -> bool:
        """Let batches run so many places sooner (below zero) or later.

        Returns:
            Whether that changed anything.
        """


class Feed(Protocol):
    """What the screens know of the world; tests put a fake in its place."""

    gallery: Path

    @property
    def live(self) -> Live:
        """What the worker does now; empty where none runs."""

    @property
    def worker_runs(self) -> bool:
        """Whether a worker lived when last looked."""

    @property
    def advice(self) -> str:
        """What holds the work up or threatens it, as a full disk or a logout; '' for nothing."""

    @property
    def worker_starts(self) -> bool:
        """Whether one was started that is not seen running yet."""

    @property
    def worker_stopped(self) -> bool:
        """Whether none runs since somebody stopped it, so that it does not start by itself."""

    def start_worker(self) -> None:
        """Start a worker, also where somebody stopped it."""

    @property
    def workers(self) -> Sequence[WorkerState]:
        """What each worker does; empty where no runner runs."""

    @property
    def gpus(self) -> Mapping[str, GpuFigures]:
        """How hard the GPUs work, by the slots of workers; empty until it is known."""

    @property
    def batches(self) -> Batches:
        """The queue batch by batch."""

    @property
    def counts(self) -> QueueCounts:
        """The queue in numbers, as of the last poll."""

    def poll(self) -> News:
        """Look for changes and keep worker and wishes alive; call it a few times a second."""

    def find(self, task: Visualize) -> Path | None:
        """Return the path of a job's picture when it was in the gallery at the last poll."""

    def find_tile(self, task: Visualize) -> Tile | None:
        """Return the picture that the atlas has for a job; ``None`` where there is none."""

    def jobs_like(self, task: Visualize) -> dict[int, Job]:
        """Return the newest job of each channel, all else as in ``task``."""

    def wish(
        self,
        peek: Visualize | None,
        visible: Sequence[Visualize],
        maps: FeatureMaps | None = None,
    ) -> None:
        """Say which drafts, or which maps of a photo, would be good to have now."""

    def watch(self, *watched: Watched) -> None:
        """Say whose pictures are on the screen: of those alone the worker shows how they grow."""

    def find_maps(self, task: FeatureMaps) -> Path | None:
        """Return where the maps of a photo lie, if they are there."""

    def usual_peaks(self, subject: Subject, layer: str) -> Sequence[float] | None:
        """Return what 95% of many photos do not exceed, for each channel of a layer.

        ``None`` where no folder of photos was indexed with that network.
        """

    def photo_indexes(self) -> Path | None:
        """Return the state folder that has indexes of photos; ``None`` where there is none."""

    def index_photos(self, folder: Path, subject: Subject, layer: str) -> Indexing:
        """Queue those photos of a folder that are new to its index, which is made if need be.

        It may take seconds, so it is called in a thread; the worker is then to be started.

        Args:
            folder: the folder, absolute; the folders in it count as well.
            subject: the network that is to look at them.
            layer: one that the index must have.

        Raises:
            UserError: there is no photo, or index or queue cannot be written.
        """

    def queue(
        self,
        tasks: Sequence[Visualize],
        name: str | NameOf,
        *,
        urgent: bool = False,
        damaged: Collection[Visualize] = (),
    ) -> Queued:
        """Queue the pictures that are neither saved nor on their way.

        Args:
            tasks: the pictures.
            name: what the batch is called; or what names it by the pictures that are added.
            urgent: before all others.
            damaged: those of them whose files cannot be read, and so count as missing.

        Raises:
            UserError: the queue cannot be written.
        """

    def close(self) -> None:
        """Wish for nothing any more; queued work goes on."""
