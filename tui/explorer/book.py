"""What is known of each channel, gathered from queue, gallery and live frames. No Textual."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from convscope.core.ascent.recipes import DEFAULT_PRESET, DRAFT, PRESETS, Recipe
from convscope.core.catalog.targets import Target
from convscope.core.gallery.records import Record
from convscope.core.jobs.rows import Job
from convscope.core.runner.live import Live, LiveFrame
from convscope.core.tasks.visualize import Visualize
from convscope.tui.explorer.album import Album, Saved
from convscope.tui.explorer.feed import Feed
from convscope.tui.explorer.filters import Known
from convscope.tui.explorer.frames import Frames, image_of, name_of
from convscope.tui.explorer.layer_tasks import LayerTasks
from convscope.tui.explorer.marks import Stage
from convscope.tui.explorer.selection import Selection

if TYPE_CHECKING:  # Pillow costs 60 ms; the first frame has no pictures
    from PIL.Image import Image

THUMBNAIL_SIDE = 24
LARGE_SIDE = 256
"""Pixels kept of a large picture: half-blocks in the largest terminal show fewer."""
CHOOSABLE = tuple(recipe for recipe in PRESETS.values() if recipe is not DRAFT)
"""The presets ``p`` goes through; drafts are made unasked."""
OPEN = ("queued", "running")
"""The states of a job whose picture is still to come."""
STOPPED = "stopped"
"""The activity of a worker that somebody stopped."""
STAGES = {"queued": Stage.QUEUED, "running": Stage.MAKING, "failed": Stage.FAILED}
"""What the state of a job tells where there is no picture."""


@dataclass(frozen=True)
class Tile:
    """One channel in the grid. Tiles that are equal look alike."""

    channel: int
    picture: tuple[object, ...] | None = None
    """Names the image: tiles with the same name show the same pixels."""
    image: "Image | None" = field(default=None, compare=False)
    verdict: str = ""
    stage: Stage = Stage.NONE
    grows: bool = False
    """Whether the image is a frame, which the next one replaces."""
    activation: float | None = None
    marked: bool = False


@dataclass(frozen=True)
class Chosen:
    """All that the right pane says about the chosen channel."""

    task: Visualize
    """The picture that ``enter`` would make."""
    job: Job | None = None
    """The newest job for exactly that picture."""
    picture: tuple[object, ...] | None = None
    """Names the image, as in :class:`Tile`."""
    image: "Image | None" = field(default=None, compare=False)
    path: Path | None = None
    """The PNG of the image, when it is a saved one."""
    record: Record | None = None
    damaged: bool = False
    """The file of ``task`` is there and cannot be read."""
    frame: LiveFrame | None = None
    """The frame, while the image is one that is not whole."""
    waits: bool = False
    """Whether the frame is the last one of a picture that nothing is done for at this moment."""
    step: int = 0
    steps: int = 0
    seconds_left: float = 0.0
    curve: Sequence[float] = ()
    activity: str = ""
    """What the worker does when it makes no picture."""
    draft_trouble: str = ""
    """Why drafts cannot be made, if they cannot."""

    @property
    def target(self) -> Target:
        """The chosen channel."""
        return self.task.target


class Book:
    """Looks channels up for the layer of a selection and the recipe in use.

    ``look`` and ``load`` touch the disk, within a time budget; ``tile`` opens no file.
    """

    def __init__(self, feed: Feed, selection: Selection) -> None:
        self.recipe: Recipe = PRESETS[DEFAULT_PRESET]
        self.seed = 0
        self._feed = feed
        self._selection = selection
        self._own, self._drafts = LayerTasks(selection), LayerTasks(selection)
        self._thumbnails = Album(THUMBNAIL_SIDE, capacity=selection.model.channel_count)
        self._large = Album(LARGE_SIDE, capacity=16)
        self._pending: list[Path] = []
        self._frames = Frames(feed)

    # ---- what would be made ----------------------------------------------------------------

    def next_recipe(self) -> Recipe:
        """Change to the next preset and return it."""
        position = CHOOSABLE.index(self.recipe) if self.recipe in CHOOSABLE else -1
        self.recipe = CHOOSABLE[(position + 1) % len(CHOOSABLE)]
        return self.recipe

    def task(self, channel: int) -> Visualize:
        """Return the job of a channel of this layer with the recipe in use."""
        return self._tasks([channel], self.recipe)[0]

    def layer_tasks(self) -> list[Visualize]:
        """Return the jobs of the whole layer with the recipe in use."""
        return self.tasks(range(self._selection.layer.channels))

    def tasks(self, channels: Iterable[int]) -> list[Visualize]:
        """Return the jobs of some channels of this layer with the recipe in use."""
        return self._tasks(channels, self.recipe)

    def missing_drafts(self, channels: Iterable[int]) -> list[Visualize]:
        """Return the drafts of those channels that have no readable picture."""
        return self._tasks((channel for channel in channels if not self._best(channel)), DRAFT)

    def damaged(self, tasks: Iterable[Visualize]) -> frozenset[Visualize]:
        """Return those whose files were found unreadable."""
        found = ((task, self._feed.find(task)) for task in tasks)
        return frozenset(task for task, path in found if path and self._is_damaged(path))

    # ---- what is there ---------------------------------------------------------------------

    def note_live(self) -> None:
        """Remember the frames of what the worker makes; of curves, records keep only the ends."""
        self._frames.note()

    def look(self, channels: Iterable[int]) -> bool:
        """Look which of these channels have pictures; returns whether some are to be decoded."""
        self._pending.clear()
        for channel in channels:
            for _, path in self._shelved(channel):
                if not self._thumbnails.is_current(path):
                    self._pending.append(path)
                    break
                if not self._is_damaged(path):
                    break
        return bool(self._pending)

    def load(self, seconds: float) -> bool:
        """Decode thumbnails for at most about so many seconds.

        Returns:
            Whether some are left for the next call.
        """
        deadline = time.perf_counter() + seconds
        while self._pending and time.perf_counter() < deadline:
            self._thumbnails.load(self._pending.pop(0))
        return bool(self._pending)

    def tile(self, channel: int) -> Tile:
        """Return what is known of a channel without opening files."""
        task = self.task(channel)
        best = self._best(channel)
        saved = self._thumbnails.get(best[1]) if best else None
        frame = self._frame(task, best[0] if best and saved else None)
        stage = self._stage(task, frame)
        record = saved.record if saved else None
        verdict, activation = (record.verdict, record.activation) if record else ("", None)
        marked = self._selection.is_marked(channel)
        if frame is not None:
            now = frame.curve[-1] if frame.curve else None
            name, image = name_of(frame), image_of(frame)
            return Tile(channel, name, image, "", stage, grows=True, activation=now, marked=marked)
        if saved is not None:
            name = (saved.path, saved.changed)
            return Tile(
                channel, name, saved.image, verdict, stage, activation=activation, marked=marked
            )
        return Tile(channel, stage=stage, marked=marked)

    def known(self, channel: int) -> Known:
        """Return what a filter may ask about a channel, as far as it is known without reading."""
        tile = self.tile(channel)
        return Known(channel, tile.verdict, tile.activation, tile.stage, tile.marked)

    def chosen(self) -> Chosen:
        """Return all about the chosen channel; reads its picture when it is not in memory."""
        live = self._feed.live
        task = self.task(self._selection.channel)
        made, saved, damaged = self._opened(task)
        frame = self._frame(task, made)
        job = self._feed.jobs_like(task).get(task.channel)
        activity, draft_trouble = self._activity(live), live.trouble
        if frame is not None:
            waits = not self._frames.is_live(frame)
            recipe = task.recipe if frame.key == task.digest else DRAFT
            return Chosen(
                task,
                job,
                name_of(frame),
                image_of(frame),
                frame=frame,
                waits=waits,
                step=live.step,
                steps=recipe.steps if waits else live.steps,
                curve=frame.curve,
                activity=activity,
                draft_trouble=draft_trouble,
                seconds_left=max(0, live.steps - live.step) * live.seconds_per_step,
            )
        if made is None or saved is None:
            return Chosen(
                task, job, damaged=damaged, activity=activity, draft_trouble=draft_trouble
            )
        return Chosen(
            task,
            job,
            (saved.path, saved.changed),
            saved.image,
            saved.path,
            saved.record,
            damaged,
            curve=last.curve if (last := self._frames.last(made)) else (),
            activity=activity,
            draft_trouble=draft_trouble,
        )

    # ---- inside ----------------------------------------------------------------------------

    def _tasks(self, channels: Iterable[int], recipe: Recipe) -> list[Visualize]:
        # A draft is always the same one, whatever seed the full picture is to have.
        made, seed = (self._drafts, 0) if recipe is DRAFT else (self._own, self.seed)
        return made.get(channels, recipe, seed)

    def _shelved(self, channel: int) -> list[tuple[Visualize, Path]]:
        """The files there are: of the recipe in use, then of the draft."""
        tasks = (self.task(channel), *self._tasks([channel], DRAFT))
        found = ((task, self._feed.find(task)) for task in tasks)
        return [(task, path) for task, path in found if path is not None]

    def _best(self, channel: int) -> tuple[Visualize, Path] | None:
        """The first of them that is not known to be damaged."""
        return next((it for it in self._shelved(channel) if not self._is_damaged(it[1])), None)

    def _is_damaged(self, path: Path) -> bool:
        saved = self._thumbnails.get(path)
        return saved is not None and bool(saved.trouble)

    def _opened(self, task: Visualize) -> tuple[Visualize | None, Saved | None, bool]:
        """Open the best picture of a channel.

        Returns:
            Which it is, the picture, and whether the one asked for is there and damaged.
        """
        damaged = False
        for made, path in self._shelved(task.channel):
            known = self._large.get(path) if self._large.is_current(path) else None
            saved = known or self._large.load(path)
            if not saved.trouble:
                return made, saved, damaged
            damaged |= made == task
        return None, None, damaged

    def _frame(self, task: Visualize, saved: Visualize | None) -> LiveFrame | None:
        """The frame that is shown of a channel in place of what is saved, if any is.

        What is saved never gives way to a frame of itself, whoever makes it again.

        Args:
            task: the picture of the recipe in use.
            saved: the best that there is.
        """
        if saved == task:
            return None
        live = self._frames.live(task, but=saved)
        if live is not None:
            return live
        job = self._feed.jobs_like(task).get(task.channel)
        last = self._frames.last(task) if job is not None and job.state in OPEN else None
        if last is not None or saved is not None:
            return last
        return self._frames.last(*self._tasks([task.channel], DRAFT))

    def _stage(self, task: Visualize, frame: LiveFrame | None) -> Stage:
        if frame is not None and self._frames.is_live(frame):
            return Stage.MAKING
        path = self._feed.find(task)
        if path is not None and not self._is_damaged(path):
            return Stage.SAVED
        job = self._feed.jobs_like(task).get(task.channel)
        otherwise = Stage.NONE if path is None else Stage.FAILED
        return STAGES.get(job.state, otherwise) if job is not None else otherwise

    def _activity(self, live: Live) -> str:
        if self._feed.worker_runs:
            return live.activity
        if self._feed.worker_stopped:
            return STOPPED
        return "starting" if self._feed.worker_starts else ""
