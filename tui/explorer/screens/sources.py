"""A screen of channels that goes round several sources, and moves on the map of a photo."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual import on, work

from convscope.core.gallery.annotations import NOTHING, Annotation, Channel
from convscope.core.gallery.paths import picture_folder
from convscope.core.tasks.visualize import Visualize
from convscope.tui.batch_words import counted
from convscope.tui.explorer.feed import Feed
from convscope.tui.explorer.keymap import Pane, first_keys, table_of
from convscope.tui.explorer.messages import HeadPressed
from convscope.tui.explorer.model.channels import ChannelSource
from convscope.tui.explorer.model.filters import Known
from convscope.tui.explorer.model.items import WAITING, Detail
from convscope.tui.explorer.model.pictures import Wanted
from convscope.tui.explorer.model.source import Source
from convscope.tui.explorer.render.painter import Painter
from convscope.tui.explorer.screens.annotating import MeantChannels
from convscope.tui.explorer.screens.compare import CompareScreen
from convscope.tui.explorer.screens.sheet_making import Making
from convscope.tui.explorer.screens.source_keys import SourceKeys
from convscope.tui.explorer.widgets.item_list import SORTED_BY

if TYPE_CHECKING:  # they import Pillow
    from convscope.tui.explorer.model.sheets import MadeSheets
    from convscope.tui.explorer.model.source_sheets import SheetColumn


class SourcesScreen(SourceKeys):
    """Sorts and compares what the sources have, and lays it out on one sheet.

    Args:
        feed: the door to the world.
        subject: what the header says the screen is about.
        channels: the source that is shown at first.
        painter: draws pictures.
    """

    def __init__(self, feed: Feed, subject: str, channels: ChannelSource, painter: Painter) -> None:
        super().__init__(feed, subject, channels, painter)
        self._noted: Mapping[int, Annotation] = {}
        """What is noted of the layer's channels."""
        self._leader: int | None = None
        """The channel that led when it was sorted; chosen, the first stays the chosen one."""

    # ---- in which order --------------------------------------------------------------------

    def action_sort(self) -> None:
        """Sort the channels by what comes next; a cursor on the first stays on the first."""
        self._sort(self.sources.next_order)

    @on(HeadPressed)
    def _head_pressed(self, message: HeadPressed) -> None:
        """Sort by the column whose head was clicked."""
        for order, head in SORTED_BY.items():
            if head == message.head:
                self._sort(partial(self.sources.sort_by, order))

    def _sort(self, change: Callable[[], str]) -> None:
        is_first = self.items.chosen in self.items.shown[:1]
        self._leader = self.items.chosen if is_first else None
        self.toasts.tell(change())
        self.show_anew()

    def reorder(self) -> bool:
        """Put the channels in the order that is chosen; returns whether it is another one."""
        items = self.items
        order = self.sources.ranked() or sorted(items.all)
        if list(order) == list(items.all):
            return False
        leads = items.chosen is not None and items.chosen == self._leader
        items.take(order, self.known)
        if leads:  # drafts that are still being read change the order once more
            items.select(0)
            self._leader = items.chosen
        return True

    def known(self, of: int) -> Known:
        """Return what the filter may ask of a channel; numbers alone need no look at pictures."""
        if self.filter.asks_pictures:
            return super().known(of)
        return Known(channel=of, whole=True)

    # ---- what is noted ---------------------------------------------------------------------

    def annotation(self, of: int) -> Annotation:
        """Return what is noted of a channel of the layer."""
        return self._noted.get(of, NOTHING)

    def chosen_channel(self) -> Channel:
        """Return the chosen channel."""
        (task,) = self.tasks.of([self.selection.channel])
        return Channel(task.model, task.weights, task.layer, task.channel)

    def meant_channels(self) -> MeantChannels:
        """Return the marked channels of all layers, or the chosen one."""
        selection, chosen = self.selection, self.chosen_channel()
        marked = [
            Channel(chosen.model, chosen.weights, selection.layers[at].name, channel)
            for at, those in selection.marked.items()
            for channel in those
        ]
        return lambda: marked or [chosen]

    def annotated_folders(self) -> list[str]:
        """Return where the layer's pictures lie."""
        return [str(picture_folder(self.feed.gallery, self.chosen_channel()))]

    def show_annotations(self) -> None:
        """Show what is noted otherwise than before."""
        self._take_annotations()
        super().show_annotations()

    def show_anew(self) -> None:
        """Show another layer, or what another filter keeps of it, and what is noted there."""
        self._take_annotations()
        super().show_anew()
        self.look_for_annotations()

    def _take_annotations(self) -> None:
        (folder,), layer = self.annotated_folders(), self.selection.layer.name
        self._noted = self.annotations.of_layer(folder, layer)

    # ---- all of them side by side -------------------------------------------------------------

    def action_compare(self) -> None:
        """Show the chosen channel as all sources have it, side by side."""
        if self.sources.is_prepared:
            self._compare()
        else:
            self._prepare_to_compare()

    @work(group="source", exclusive=True)
    async def _prepare_to_compare(self) -> None:
        await self.sources.prepare()
        self._compare()

    def _compare(self) -> None:
        there = [source for _, source in self.sources.there]
        if len(there) < 2:
            key = self.photo_key
            self.toasts.tell(f"there is nothing to compare with yet; {key} opens a photo")
            return

        def sides() -> list[Detail]:
            channel = self.subject
            found = [None if channel is None else source.detail(channel) for source in there]
            return [each or WAITING for each in found]

        self.put_above(CompareScreen(sides, self.action_step, self.painter, len(there)))

    def _wanted(self) -> list[Wanted]:
        wanted = super()._wanted()
        if not isinstance(self.above, CompareScreen) or self.subject is None:
            return wanted
        # First what is compared; each source by itself, since one may read in its own way.
        for _, source in self.sources.there:
            if source is not self.source and (other := list(source.wanted([], [self.subject], []))):
                return other
        return wanted

    def source_of(self, wanted: Wanted) -> Source[int]:
        """Return the source that wants a file: while sources are compared, it may be another."""
        others = (source for _, source in self.sources.there if source is not self.source)
        subject = [] if self.subject is None else [self.subject]
        asking = (each for each in others if wanted in each.wanted([], subject, []))
        return next(asking, self.source) if isinstance(self.above, CompareScreen) else self.source

    # ---- on one sheet -----------------------------------------------------------------------

    @work(group="sources")
    async def make_source_sheets(
        self, tasks: Sequence[Visualize], more: Sequence[Making] = ()
    ) -> None:
        """Lay channels out as all sources have them, and tell where the sheets lie.

        Args:
            tasks: of channels of the layer.
            more: makes other sheets with them.
        """
        await self.sources.prepare()
        columns = self._columns(tasks)
        if not (columns or more):
            key = first_keys(table_of(self.app))["queue.channel"]
            self.toasts.wrong(f"None of these has a picture yet; {key} queues what is marked")
            return
        self.toasts.tell(f"making a contact sheet of {counted(len(tasks), 'channel')} …")
        ours = [partial(self._source_sheets, tasks, columns)] if columns else []
        self.make_sheets(*ours, *more)

    def _columns(self, tasks: Sequence[Visualize]) -> "list[SheetColumn]":
        """Return what each source has of some channels, if it has anything."""
        from convscope.tui.explorer.model.source_sheets import SheetColumn  # noqa: PLC0415  Pillow

        there = self.sources.there
        columns = [
            SheetColumn(
                name.name if len(there) > 1 else "",
                [source.reader(task.channel) for task in tasks],
            )
            for name, source in there
        ]
        return [each for each in columns if any(each.readers)]

    def _source_sheets(
        self, tasks: Sequence[Visualize], columns: "Sequence[SheetColumn]"
    ) -> "MadeSheets":
        from convscope.tui.explorer.model.sheets import MadeSheets  # noqa: PLC0415  Pillow
        from convscope.tui.explorer.model.source_sheets import make_source_sheets  # noqa: PLC0415

        folder, channels = picture_folder(self.feed.gallery, tasks[0]), [t.channel for t in tasks]
        return MadeSheets(make_source_sheets(folder, tasks[0].layer, channels, columns))

    # ---- on the map ------------------------------------------------------------------------

    def action_map_sideways(self, by: int) -> None:
        """Move within a row of the map; over its left edge to the channels."""
        if not self._move(0, by) and by < 0:
            self.go(Pane.CHANNELS)

    def action_map_rows(self, by: int) -> None:
        """Move between rows of the map."""
        self._move(by, 0)

    def action_map_peak(self) -> None:
        """Go back to the strongest place of the map."""
        photo, channel = self.sources.photo, self.subject
        if photo is not None and channel is not None:
            photo.to_peak(channel)
            self.show_detail()

    def _move(self, rows: int, columns: int) -> bool:
        photo, channel = self.sources.photo, self.subject
        if photo is None or channel is None or not photo.move(channel, rows, columns):
            return False
        self.show_detail()
        return True
