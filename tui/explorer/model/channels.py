"""The channels of a layer as items: what is known of each, from queue, gallery and live frames."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from convscope.core.ascent.recipes import DRAFT
from convscope.core.catalog.classes import class_names
from convscope.core.catalog.subjects import Subject
from convscope.core.runner.live import Live, LiveFrame
from convscope.core.runner.wishes import Watched
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.core.tasks.visualize import Visualize
from convscope.tui.explorer.feed import Feed
from convscope.tui.explorer.marks import ATLAS, Stage
from convscope.tui.explorer.model.channel_files import ChannelFiles, TaskPicture
from convscope.tui.explorer.model.channel_tasks import ChannelTasks
from convscope.tui.explorer.model.channel_words import STOPPED, ChannelState, channel_detail
from convscope.tui.explorer.model.estimates import Estimates
from convscope.tui.explorer.model.filters import Known
from convscope.tui.explorer.model.frames import Frames, image_of, name_of
from convscope.tui.explorer.model.items import Detail, GridItem
from convscope.tui.explorer.model.pictures import Picture, Pictures, Wanted
from convscope.tui.explorer.model.selection import Selection
from convscope.tui.explorer.model.shown_ranks import ShownRanks
from convscope.tui.explorer.model.source import Order, Source

if TYPE_CHECKING:  # Pillow costs 60 ms; the first frame has no pictures
    from PIL.Image import Image

_OPEN = ("queued", "running")
"""The states of a job whose picture is still to come."""
_STAGES = {"queued": Stage.QUEUED, "running": Stage.MAKING, "failed": Stage.FAILED}
"""What the state of a job tells where there is no picture."""


class ChannelSource(Source[int]):
    """The channels of the chosen layer, with the recipe in use; items are their numbers."""

    ORDERS = (Order.NUMBER, Order.ACTIVATION)

    def __init__(self, feed: Feed, tasks: ChannelTasks, pictures: Pictures) -> None:
        self.tasks = tasks
        self.estimates = Estimates()
        self._feed = feed
        self._pictures = pictures
        self._classes: tuple[Subject, tuple[str, ...]] | None = None
        self._files = ChannelFiles(feed, tasks, pictures)
        self._items: dict[int, GridItem] = {}
        """Those that were asked for since the last look; of what grows, since its last frame."""
        self._settled: set[int] = set()
        """Channels of which nothing was to be read at the last question since the last look."""
        self._ranks = ShownRanks(self._files, pictures)
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
        return self.tasks.drafts(channel for channel in channels if not self._files.best(channel))

    def damaged(self, tasks: Iterable[Visualize]) -> frozenset[Visualize]:
        """Return those whose files were found unreadable."""
        found = ((task, self._files.own(task)) for task in tasks)
        return frozenset(task for task, file in found if file and self._files.is_damaged(file))

    # ---- what is there ---------------------------------------------------------------------

    def follow(self) -> None:
        """Remember the frames of what the worker makes; of curves, records keep only the ends."""
        for channel in self._frames.note():
            self._items.pop(channel, None)

    def wish(self, chosen: int, visible: Iterable[int], *, rests: bool) -> None:
        """Wish for the drafts that are missing, and to see the chosen one grow."""
        visible = sorted(visible, key=lambda other: abs(other - chosen))
        peek = self.missing_drafts([chosen]) if rests else []
        drafts = self.missing_drafts(other for other in visible if other != chosen or not peek)
        self._feed.wish(peek[0] if peek else None, drafts)
        self._feed.watch(Watched.of(self._task(chosen), {chosen, *visible}))

    def look_again(self) -> None:
        """Look anew, with the next questions, at the files: a stat each."""
        self._files.look_again()
        self._items.clear()
        self._settled.clear()
        self._ranks.look_again()

    def wanted(
        self, visible: Iterable[int], large: Iterable[int], undecided: Iterable[int]
    ) -> Iterator[Wanted]:
        """Name files: large pictures, then visible ones, then those that the filter asks for."""
        for channel in large:
            best = self._files.best(channel)
            if best and self._frame(self._task(channel), best.task) is None:
                yield from self._pictures.want_large(best.file)
        for channel in (*visible, *undecided):
            if channel not in self._settled:
                best = self._files.best(channel)
                missing = self._pictures.want_small(best.file) if best else []
                if not missing:
                    self._settled.add(channel)
                yield from missing
        yield from self._ranks.wanted()

    def note(self, picture: Picture) -> int | None:
        """Take over what was found in a file."""
        self._pictures.keep(picture)
        if picture.record is not None and not picture.file.is_tile:  # made elsewhere
            self.estimates.note(picture.record)
        channel = self._files.read_of(picture.file)
        if channel is not None:
            self._items.pop(channel, None)
            self._settled.discard(channel)
            self._ranks.look_again()
        return channel

    def item(self, of: int) -> GridItem:
        """Return what is known of a channel without opening files."""
        known = self._items.get(of)
        if known is None:
            known = self._items[of] = self._item(of)
        return known

    def _item(self, of: int) -> GridItem:
        task, _, saved, frame = self._now(of)
        stage, caption = self._stage(task, frame), self.caption(of)
        if frame is not None:
            now = frame.curve[-1] if frame.curve else None
            name, image = name_of(frame), image_of(frame)
            return GridItem(caption, name, image, stage=stage, activation=now, grows=str(of))
        if saved is None or saved.record is None:
            return GridItem(caption, stage=stage)
        record = saved.record
        return GridItem(
            caption,
            saved.file,
            saved.image,
            record.verdict,
            stage,
            record.activation,
            from_atlas=saved.file.is_tile,
        )

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
            from_atlas=best is not None and best.file.is_tile and frame is None,
            name=classes[of] if (classes := self.classes) else "",
            whole=best is None or saved is not None or frame is not None,
        )

    def _now(
        self, of: int
    ) -> tuple[Visualize, TaskPicture | None, Picture | None, LiveFrame | None]:
        """Return what is to be made of a channel, its best file, what was read of it, its frame."""
        task, best = self._task(of), self._files.best(of)
        saved = self._pictures.small(best.file) if best else None
        return task, best, saved, self._frame(task, best.task if best and saved else None)

    def caption(self, of: int) -> str:
        """Return a channel's number, and its class where it has one."""
        return f"{of} {classes[of]}" if (classes := self.classes) else str(of)

    def detail(self, of: int) -> Detail | None:
        """Say all about a channel."""
        live, task, best = self._feed.live, self._task(of), self._files.best(of)
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
                    seconds_left=live.seconds_left,
                )
            )
        own = self._files.own(task)
        damaged = own is not None and self._files.is_damaged(own)
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
                best.path,
                picture.record,
                damaged,
                from_atlas=best.file.is_tile,
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
        best = self._files.best(of)
        if best is None:
            return None
        return self._pictures.large(best.file) or self._pictures.small(best.file)

    def reader(self, of: int) -> "Callable[[], Image] | None":
        """Return what reads the best picture of a channel."""
        best = self._files.best(of)
        return None if best is None else best.file.read_image

    def path(self, of: int) -> Path | None:
        """Return the file that is shown of a channel; live ones and the atlas's have none."""
        shown = self._finished(of)
        return shown.path if shown is not None else None

    def why_no_path(self, of: int) -> str:
        """Say so where a picture is the atlas's."""
        shown = self._finished(of)
        if shown is None or not shown.file.is_tile:
            return ""
        return "pictures from the atlas have no file of their own; enter renders yours"

    def _finished(self, of: int) -> TaskPicture | None:
        """Return the picture that is shown of a channel, unless it grows."""
        best = self._files.best(of)
        is_growing = best is not None and self._frame(self._task(of), best.task) is not None
        return None if is_growing else best

    # ---- in which order --------------------------------------------------------------------

    @property
    def note_on_items(self) -> str:
        """Explain the sign of the atlas's pictures, where the layer has any."""
        has_any = any(map(self._feed.find_tile, self.tasks.drafts([0])))
        return f"{ATLAS.sign} {ATLAS.word}" if has_any else ""

    def why_not(self, order: Order) -> str:
        """Say what channels cannot be sorted by."""
        if order is not Order.ACTIVATION or self._ranks.any(self._channels):
            return ""
        model = printable(self._selection.network.name, 60)
        return f"activation needs pictures: convscope atlas make {model} makes drafts of all"

    def note_on(self, order: Order) -> str:
        """Say that activations of different recipes are compared, where they are."""
        is_mixed = order is Order.ACTIVATION and self._ranks.are_mixed(self._channels)
        return "full pictures and drafts are mixed" if is_mixed else ""

    def ranked(self, order: Order) -> Sequence[int] | None:
        """Return all channels by how much what is shown excites them."""
        return self._ranks.ranked(self._channels) if order is Order.ACTIVATION else None

    @property
    def _channels(self) -> range:
        return range(self._selection.layer.channels)

    # ---- inside ----------------------------------------------------------------------------

    def _task(self, channel: int) -> Visualize:
        return self.tasks.of([channel])[0]

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
        file = self._files.own(task)
        if file is not None and not self._files.is_damaged(file):
            return Stage.SAVED
        job = self._feed.jobs_like(task).get(task.channel)
        otherwise = Stage.NONE if file is None else Stage.FAILED
        return _STAGES.get(job.state, otherwise) if job is not None else otherwise

    def _activity(self, live: Live) -> str:
        if self._feed.worker_runs:
            return live.activity
        if self._feed.worker_stopped:
            return STOPPED
        return "starting" if self._feed.worker_starts else ""
