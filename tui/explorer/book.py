"""What is known of each channel, gathered from queue, gallery and live frames. No Textual."""

import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL.Image import Image, frombytes

from core.ascent.recipes import DEFAULT_PRESET, DRAFT, PRESETS, Recipe
from core.catalog.targets import Target
from core.gallery.records import Record
from core.jobs.specs import JobSpec, specs_for
from core.jobs.store import Job
from core.runner.live import Live, LiveFrame
from tui.explorer.album import Album, Saved
from tui.explorer.feed import Feed
from tui.explorer.marks import Stage
from tui.explorer.selection import Selection

THUMBNAIL_SIDE = 24
LARGE_SIDE = 256
"""Pixels kept of a large picture: half-blocks in the largest terminal show fewer."""
CURVES_KEPT = 256
CHOOSABLE = tuple(recipe for recipe in PRESETS.values() if recipe is not DRAFT)
"""The presets ``p`` goes through; drafts are made unasked."""


@dataclass(frozen=True)
class Tile:
    """One channel in the grid. Tiles that are equal look alike."""

    channel: int
    picture: tuple[object, ...] | None = None
    """Names the image: tiles with the same name show the same pixels."""
    image: Image | None = field(default=None, compare=False)
    verdict: str = ""
    stage: Stage = Stage.NONE


@dataclass(frozen=True)
class Chosen:
    """All that the right pane says about the chosen channel."""

    spec: JobSpec
    """The picture that ``enter`` would make."""
    job: Job | None = None
    """The newest job for exactly that picture."""
    picture: tuple[object, ...] | None = None
    """Names the image, as in :class:`Tile`."""
    image: Image | None = field(default=None, compare=False)
    path: Path | None = None
    """The PNG of the image, when it is a saved one."""
    record: Record | None = None
    trouble: str = ""
    """Why a saved picture cannot be shown."""
    frame: LiveFrame | None = None
    """The frame, while the image is one that grows."""
    step: int = 0
    steps: int = 0
    seconds_left: float = 0.0
    curve: Sequence[float] = ()
    activity: str = ""
    """What the worker does when it makes no picture."""

    @property
    def target(self) -> Target:
        """The chosen channel."""
        return self.spec.target


class Book:
    """Looks channels up for the layer of a selection and the recipe in use.

    ``look`` and ``load`` touch the disk, within a time budget; ``tile`` only remembers.
    """

    def __init__(self, feed: Feed, selection: Selection) -> None:
        self.recipe: Recipe = PRESETS[DEFAULT_PRESET]
        self.seed = 0
        self._feed = feed
        self._selection = selection
        self._thumbnails = Album(THUMBNAIL_SIDE, capacity=selection.model.channel_count)
        self._large = Album(LARGE_SIDE, capacity=16)
        self._paths: dict[JobSpec, Path] = {}
        self._pending: list[Path] = []
        self._curves: OrderedDict[str, list[float]] = OrderedDict()

    # ---- what would be made ----------------------------------------------------------------

    def next_recipe(self) -> Recipe:
        """Change to the next preset and return it."""
        position = CHOOSABLE.index(self.recipe) if self.recipe in CHOOSABLE else -1
        self.recipe = CHOOSABLE[(position + 1) % len(CHOOSABLE)]
        return self.recipe

    def spec(self, channel: int) -> JobSpec:
        """Return the job of a channel of this layer with the recipe in use."""
        return self._specs([channel], self.recipe)[0]

    def layer_specs(self) -> list[JobSpec]:
        """Return the jobs of the whole layer with the recipe in use."""
        return self._specs(range(self._selection.layer.channels), self.recipe)

    def missing_drafts(self, channels: Iterable[int]) -> list[JobSpec]:
        """Return the drafts of these channels that are not on the shelf."""
        drafts = self._specs(channels, DRAFT)
        return [draft for draft in drafts if draft not in self._paths and not self._find(draft)]

    # ---- what is there ---------------------------------------------------------------------

    def note_live(self) -> None:
        """Remember the curves of what the worker makes: the record keeps only their ends."""
        for frame in self._feed.live.frames:
            self._curves[frame.key] = frame.curve
            self._curves.move_to_end(frame.key)
        while len(self._curves) > CURVES_KEPT:
            self._curves.popitem(last=False)

    def look(self, channels: Iterable[int]) -> None:
        """Look which of these channels have pictures by now, and which are still to be decoded."""
        self._paths.clear()
        self._pending.clear()
        for channel in channels:
            best = self._best(channel)
            if best is not None and not self._thumbnails.is_current(best[1]):
                self._pending.append(best[1])

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
        """Return what is known of a channel without touching the disk."""
        spec = self.spec(channel)
        path = self._paths.get(spec) or self._paths.get(self._specs([channel], DRAFT)[0])
        saved = self._thumbnails.get(path) if path else None
        frame = self._frame(spec, saved_in_full=spec in self._paths)
        stage = self._stage(spec, frame)
        verdict = saved.record.verdict if saved and saved.record else ""
        if frame is not None:
            return Tile(channel, _name(frame), _image(frame), "", stage)
        if saved is not None:
            return Tile(channel, (saved.path, saved.changed), saved.image, verdict, stage)
        return Tile(channel, stage=stage)

    def chosen(self) -> Chosen:
        """Return all about the chosen channel; reads its picture when it is not in memory."""
        live = self._feed.live
        spec = self.spec(self._selection.channel)
        best = self._best(spec.channel)
        frame = self._frame(spec, saved_in_full=spec in self._paths)
        job = self._feed.jobs_like(spec).get(spec.channel)
        if frame is not None:
            return Chosen(
                spec,
                job,
                _name(frame),
                _image(frame),
                frame=frame,
                step=live.step,
                steps=live.steps,
                curve=frame.curve,
                activity=live.activity,
                seconds_left=max(0, live.steps - live.step) * live.seconds_per_step,
            )
        if best is None:
            return Chosen(spec, job, activity=self._activity(live))
        made, path = best
        saved = self._open(path)
        return Chosen(
            spec,
            job,
            (saved.path, saved.changed),
            saved.image,
            saved.path,
            saved.record,
            saved.trouble,
            curve=self._curves.get(made.digest, ()),
            activity=self._activity(live),
        )

    # ---- inside ----------------------------------------------------------------------------

    def _specs(self, channels: Iterable[int], recipe: Recipe) -> list[JobSpec]:
        # A draft is always the same one, whatever seed the full picture is to have.
        seed = 0 if recipe is DRAFT else self.seed
        return specs_for([self._selection.target_of(c) for c in channels], recipe, seed=seed)

    def _best(self, channel: int) -> tuple[JobSpec, Path] | None:
        """The picture of the recipe in use, else the draft."""
        for spec in (self.spec(channel), *self._specs([channel], DRAFT)):
            path = self._find(spec)
            if path is not None:
                return spec, path
        return None

    def _find(self, spec: JobSpec) -> Path | None:
        path = self._feed.find(spec)
        if path is not None:
            self._paths[spec] = path
        return path

    def _open(self, path: Path) -> Saved:
        known = self._large.get(path) if self._large.is_current(path) else None
        return known or self._large.load(path)

    def _frame(self, spec: JobSpec, *, saved_in_full: bool) -> LiveFrame | None:
        """The frame of this very picture; or of any of this channel while there is none in full."""
        here = [
            frame
            for frame in self._feed.live.frames
            if (frame.model, frame.layer, frame.channel) == (spec.model, spec.layer, spec.channel)
        ]
        exact = [frame for frame in here if frame.key == spec.digest]
        if exact:
            return exact[0]
        return here[0] if here and not saved_in_full else None

    def _stage(self, spec: JobSpec, frame: LiveFrame | None) -> Stage:
        if frame is not None:
            return Stage.MAKING
        if spec in self._paths:
            return Stage.SAVED
        job = self._feed.jobs_like(spec).get(spec.channel)
        if job is None:
            return Stage.NONE
        return {"queued": Stage.QUEUED, "running": Stage.MAKING, "failed": Stage.FAILED}.get(
            job.state, Stage.NONE
        )

    def _activity(self, live: Live) -> str:
        return live.activity if self._feed.worker_runs else "starting"


def _name(frame: LiveFrame) -> tuple[object, ...]:
    return (frame.key, len(frame.curve))


def _image(frame: LiveFrame) -> Image:
    return frombytes("RGB", (frame.size, frame.size), frame.rgb)
