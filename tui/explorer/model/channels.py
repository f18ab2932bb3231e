"""The channels of a layer as items: what is known of each, from queue, gallery and live frames."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from convscope.core.ascent.recipes import DRAFT
from convscope.core.catalog.classes import class_names
from convscope.core.catalog.subjects import Subject
from convscope.core.runner.live import Live, LiveFrame
from convscope.core.system.errors import UserError
from convscope.core.tasks.visualize import Visualize
from convscope.tui.explorer.feed import Feed
from convscope.tui.explorer.marks import Stage
from convscope.tui.explorer.model.channel_tasks import ChannelTasks
from convscope.tui.explorer.model.channel_words import STOPPED, ChannelState, channel_detail
from convscope.tui.explorer.model.estimates import Estimates
from convscope.tui.explorer.model.filters import Known
from convscope.tui.explorer.model.frames import Frames, image_of, name_of
from convscope.tui.explorer.model.items import Detail, GridItem
from convscope.tui.explorer.model.pictures import (
    OURS,
    Picture,
    PictureFile,
    Pictures,
    Place,
    Wanted,
)
from convscope.tui.explorer.model.selection import Selection
from convscope.tui.explorer.model.source import Source

if TYPE_CHECKING:  # Pillow costs 60 ms; the first frame has no pictures
    from PIL.Image import Image

_OPEN = ("queued", "running")
"""The states of a job whose picture is still to come."""
_STAGES = {"queued": Stage.QUEUED, "running": Stage.MAKING, "failed": Stage.FAILED}
"""What the state of a job tells where there is no picture."""


class _Saved(NamedTuple):
    task: Visualize
    file: PictureFile


class ChannelSource(Source[int]):
    """The channels of the chosen layer, with the recipe in use; items are their numbers."""

    def __init__(self, feed: Feed, tasks: ChannelTasks, pictures: Pictures) -> None:
        self.tasks = tasks
        self.estimates = Estimates()
        self._feed = feed
        self._pictures = pictures
        self._classes: tuple[Subject, tuple[str, ...]] | None = None
        self._files: dict[Path, PictureFile] = {}
        """Those that were asked for since the last look."""
        self._channel_of: dict[Place, int] = {}
        self._bests: dict[int, _Saved | None] = {}
        """The best picture of each channel that was asked for since the last look."""
        self._settled: set[int] = set()
        """Channels of which nothing was to be read at the last question since the last look."""
        self._frames = Frames(feed)

    @property
    def classes(self) -> Sequence[str]:
        """What the channels of the chosen layer are called, where it tells classes apart."""
        if not self._selection.network.is_classifier(self._selection.layer.name):
            return ()
        subject = self._selection.subject
        if self._classes is None or self._classes[0] != subject:
            labels = Path(subject.labels) if subject.labels else None
            try:
                names = class_names(subject.model, subject.weights, labels)
            except UserError:  # the file is gone; numbers are left
                names = ()
            self._classes = subject, names
        names = self._classes[1]
        return names if len(names) == self._selection.layer.channels else ()

    @property
    def _selection(self) -> Selection:
        return self.tasks.selection

    def missing_drafts(self, channels: Iterable[int]) -> list[Visualize]:
        """Return the drafts of those channels that have no readable picture."""
        return self.tasks.drafts(channel for channel in channels if not self._best(channel))

    def damaged(self, tasks: Iterable[Visualize]) -> frozenset[Visualize]:
        """Return those whose files were found unreadable."""
        found = ((task, self._feed.find(task)) for task in tasks)
        return frozenset(
            task for task, path in found if path and self._is_damaged(self._file(path))
        )

    # ---- what is there ---------------------------------------------------------------------

    def follow(self) -> None:
        """Remember the frames of what the worker makes; of curves, records keep only the ends."""
        self._frames.note()

    def wish(self, chosen: int, visible: Iterable[int], *, rests: bool) -> None:
        """Wish for the drafts that are missing, and to see the chosen one grow."""
        visible = sorted(visible, key=lambda other: abs(other - chosen))
        peek = self.missing_drafts([chosen]) if rests else []
        drafts = self.missing_drafts(other for other in visible if other != chosen or not peek)
        self._feed.wish(peek[0] if peek else None, drafts)

    def look_again(self) -> None:
        """Look anew, with the next questions, at the files: a stat each."""
        self._files.clear()
        self._channel_of.clear()
        self._settled.clear()
        self._bests.clear()

    def wanted(
        self, visible: Iterable[int], large: Iterable[int], undecided: Iterable[int]
    ) -> Iterator[Wanted]:
        """Name files: large pictures, then visible ones, then those that the filter asks for."""
        for channel in large:
            best = self._best(channel)
            if best and self._frame(self._task(channel), best.task) is None:
                yield from self._pictures.want_large(best.file)
        for channel in (*visible, *undecided):
            if channel not in self._settled:
                best = self._best(channel)
                missing = self._pictures.want_small(best.file) if best else []
                if not missing:
                    self._settled.add(channel)
                yield from missing

    def note(self, picture: Picture) -> int | None:
        """Take over what was found in a file."""
        self._pictures.keep(picture)
        if picture.record is not None:
            self.estimates.note(picture.record)
        channel = self._channel_of.get(picture.file.place)
        if channel is not None:
            self._settled.discard(channel)
            self._bests.pop(channel, None)
        return channel

    def item(self, of: int) -> GridItem:
        """Return what is known of a channel without opening files."""
        task, _, saved, frame = self._now(of)
        stage, caption = self._stage(task, frame), self.caption(of)
        if frame is not None:
            now = frame.curve[-1] if frame.curve else None
            name, image = name_of(frame), image_of(frame)
            return GridItem(caption, name, image, stage=stage, activation=now, grows=str(of))
        if saved is None or saved.record is None:
            return GridItem(caption, stage=stage)
        record = saved.record
        return GridItem(caption, saved.file, saved.image, record.verdict, stage, record.activation)

    def known(self, of: int) -> Known:
        """Return what a filter may ask of a channel; of what grows, nothing is known yet."""
        task, best, saved, frame = self._now(of)
        record = saved.record if saved and frame is None else None
        return Known(
            model=task.model,
            layer=task.layer,
            channel=of,
            preset=best.task.recipe.preset if best else "",
            seed=best.task.seed if best else None,
            activation=record.activation if record else None,
            verdict=record.verdict if record else "",
            stage=self._stage(task, frame),
            is_marked=self._selection.items.is_marked(of),
            name=classes[of] if (classes := self.classes) else "",
            whole=best is None or saved is not None or frame is not None,
        )

    def _now(self, of: int) -> tuple[Visualize, _Saved | None, Picture | None, LiveFrame | None]:
        """Return what is to be made of a channel, its best file, what was read of it, its frame."""
        task, best = self._task(of), self._best(of)
        saved = self._pictures.small(best.file) if best else None
        return task, best, saved, self._frame(task, best.task if best and saved else None)

    def caption(self, of: int) -> str:
        """Return a channel's number, and its class where it has one."""
        return f"{of} {classes[of]}" if (classes := self.classes) else str(of)

    def detail(self, of: int) -> Detail | None:
        """Say all about a channel."""
        live, task, best = self._feed.live, self._task(of), self._best(of)
        frame = self._frame(task, best.task if best else None)
        job = self._feed.jobs_like(task).get(of)
        activity, draft_trouble = self._activity(live), live.trouble
        if frame is not None:
            waits = not self._frames.is_live(frame)
            recipe = task.recipe if frame.key == task.digest else DRAFT
            return self._described(
                ChannelState(
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
            )
        damaged = any(
            found.task == task for found in self._saved(of) if self._is_damaged(found.file)
        )
        if best is None:
            return self._described(
                ChannelState(
                    task, job, damaged=damaged, activity=activity, draft_trouble=draft_trouble
                )
            )
        picture = self._pictures.large(best.file)
        if picture is None:
            return None
        return self._described(
            ChannelState(
                task,
                job,
                best.file,
                picture.image,
                best.file.path,
                picture.record,
                damaged,
                curve=last.curve if (last := self._frames.last(best.task)) else (),
                activity=activity,
                draft_trouble=draft_trouble,
            )
        )

    def _described(self, state: ChannelState) -> Detail:
        channel, layer = state.target.channel, self._selection.layer
        of_class = classes[channel] if (classes := self.classes) else ""
        return channel_detail(state, of_class, layer.branch(channel))

    def shown(self, of: int) -> Picture | None:
        """Return the best picture that was read of a channel, the large one if it was."""
        best = self._best(of)
        if best is None:
            return None
        return self._pictures.large(best.file) or self._pictures.small(best.file)

    def reader(self, of: int) -> "Callable[[], Image] | None":
        """Return what reads the best picture of a channel."""
        best = self._best(of)
        return None if best is None else partial(_image, best.file.path)

    def path(self, of: int) -> Path | None:
        """Return where the picture lies that is shown of a channel; live ones lie nowhere."""
        best = self._best(of)
        is_shown = best is not None and self._frame(self._task(of), best.task) is None
        return best.file.path if best is not None and is_shown else None

    # ---- inside ----------------------------------------------------------------------------

    def _task(self, channel: int) -> Visualize:
        return self.tasks.of([channel])[0]

    def _saved(self, channel: int) -> Iterator[_Saved]:
        """The files there are: of the recipe in use, then of the draft."""
        for task in (self._task(channel), *self.tasks.drafts([channel])):
            path = self._feed.find(task)
            if path is not None:
                file = self._file(path)
                self._channel_of[file.place] = channel
                yield _Saved(task, file)

    def _file(self, path: Path) -> PictureFile:
        """Return a file as of the last look."""
        known = self._files.get(path)
        if known is None:
            known = self._files[path] = file_at(path)
        return known

    def _best(self, channel: int) -> _Saved | None:
        """The first of its files that is not known to be damaged."""
        if channel not in self._bests:
            whole = (found for found in self._saved(channel) if not self._is_damaged(found.file))
            self._bests[channel] = next(whole, None)
        return self._bests[channel]

    def _is_damaged(self, file: PictureFile) -> bool:
        small, large = self._pictures.small(file), self._pictures.large(file)
        return any(found and found.file == file and found.kind != OURS for found in (small, large))

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
        last = self._frames.last(task) if job is not None and job.state in _OPEN else None
        if last is not None or saved is not None:
            return last
        return self._frames.last(*self.tasks.drafts([task.channel]))

    def _stage(self, task: Visualize, frame: LiveFrame | None) -> Stage:
        if frame is not None and self._frames.is_live(frame):
            return Stage.MAKING
        path = self._feed.find(task)
        if path is not None and not self._is_damaged(self._file(path)):
            return Stage.SAVED
        job = self._feed.jobs_like(task).get(task.channel)
        otherwise = Stage.NONE if path is None else Stage.FAILED
        return _STAGES.get(job.state, otherwise) if job is not None else otherwise

    def _activity(self, live: Live) -> str:
        if self._feed.worker_runs:
            return live.activity
        if self._feed.worker_stopped:
            return STOPPED
        return "starting" if self._feed.worker_starts else ""


def _image(path: Path) -> "Image":
    from convscope.core.gallery.pictures import read_picture  # noqa: PLC0415  Pillow

    return read_picture(path)[0]


def file_at(path: Path) -> PictureFile:
    """Return a file as it is at this moment; one stat."""
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        changed = 0
    return PictureFile(str(path.parent), path.name, changed)
