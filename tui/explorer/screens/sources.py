"""A screen of channels that goes round several sources, and moves on the map of a photo."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on, work

from convscope.core.gallery.annotations import NOTHING, Annotation, Channel
from convscope.core.gallery.paths import picture_folder
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.core.tasks.visualize import Visualize
from convscope.tui.batch_words import counted
from convscope.tui.explorer.feed import Feed, Indexing
from convscope.tui.explorer.keymap import Pane, first_keys, table_of
from convscope.tui.explorer.messages import HeadPressed
from convscope.tui.explorer.model.channels import ChannelSource
from convscope.tui.explorer.model.filters import Known
from convscope.tui.explorer.model.items import WAITING, Detail
from convscope.tui.explorer.model.pictures import Wanted
from convscope.tui.explorer.model.selection import Selection
from convscope.tui.explorer.model.source import Source
from convscope.tui.explorer.phrases import no_exemplars_phrase
from convscope.tui.explorer.render.painter import Painter
from convscope.tui.explorer.screens.annotating import MeantChannels
from convscope.tui.explorer.screens.base import kept
from convscope.tui.explorer.screens.compare import CompareScreen
from convscope.tui.explorer.screens.grid import GridScreen
from convscope.tui.explorer.screens.sheet_making import Making
from convscope.tui.explorer.screens.source_choice import (
    EXEMPLARS,
    PHOTO,
    SourceChoice,
    SourceName,
)
from convscope.tui.explorer.widgets.channels import ChannelGrid, ChannelPane, MapPane
from convscope.tui.explorer.widgets.explore_panes import ExplorePanes
from convscope.tui.explorer.widgets.item_list import SORTED_BY
from convscope.tui.explorer.widgets.picture_pane import PicturePane

NAME_LIMIT = 60
"""Characters of a folder's name in a sentence."""

if TYPE_CHECKING:  # they import Pillow
    from convscope.tui.explorer.model.sheets import MadeSheets
    from convscope.tui.explorer.model.source_sheets import SheetColumn


class SourcesScreen(GridScreen[int]):
    """Cursor, marks and filter stay whatever the tiles show.

    Args:
        feed: the door to the world.
        subject: what the header says the screen is about.
        channels: the source that is shown at first.
        painter: draws pictures.
    """

    panes: ExplorePanes

    def __init__(self, feed: Feed, subject: str, channels: ChannelSource, painter: Painter) -> None:
        super().__init__(
            feed, subject, channels, grid=ChannelGrid, pane=ChannelPane, painter=painter
        )
        self.channels, self.tasks = channels, channels.tasks
        self.sources = SourceChoice(feed, channels)
        self._noted: Mapping[int, Annotation] = {}
        """What is noted of the layer's channels."""
        self._leader: int | None = None
        """The channel that led when it was sorted; chosen, the first stays the chosen one."""
        self._large_panes: dict[Pane, PicturePane] = {Pane.PICTURE: self.picture}

    @property
    def selection(self) -> Selection:
        """What is chosen in the network that is shown."""
        return self.tasks.selection

    def go(self, pane: Pane) -> None:
        """Give the keys to a pane."""
        raise NotImplementedError

    # ---- which source ----------------------------------------------------------------------

    def action_source(self) -> None:
        """Show the next source; where there is no other, ask for a photo."""
        self.toasts.dismiss()  # it may be about the source that was shown
        if self.sources.are_others:
            self._show_next()
        else:  # at once: the keys typed next are for its path
            self.action_open_photo()

    @work(group="source", exclusive=True)
    async def _show_next(self) -> None:
        await self.sources.prepare()
        await self._use(self.sources.after())
        if self.source is self.channels and self.sources.exemplars is None:
            self.toasts.tell(no_exemplars_phrase(self._photo_key))

    def action_open_photo(self) -> None:
        """Ask for a photo and show what the channels see in it, or for a folder of photos."""
        from convscope.tui.explorer.screens.photos import PhotoScreen  # noqa: PLC0415  not for the first frame

        def look(path: Path) -> None:
            self.toasts.dismiss()
            if path.is_dir():
                self._index(path)
            else:
                self._open(path, is_asked=True)

        kept(self.app, "photos", PhotoScreen).open(self.sources.recent, look)

    def reopen(self) -> None:
        """Show the source again that was shown when the person left."""
        if self.sources.left == PHOTO and self.sources.recent:
            self._open(self.sources.recent[0], is_asked=False)
        elif self.sources.left == EXEMPLARS:
            self._return()

    @work(group="source", exclusive=True)
    async def _return(self) -> None:
        await self.sources.prepare()
        if self.sources.exemplars is not None:
            await self._use(self.sources.named(EXEMPLARS))

    @work(group="source", exclusive=True)
    async def _open(self, path: Path, *, is_asked: bool) -> None:
        try:
            await self.sources.open(path)
        except UserError as error:
            if is_asked:  # nobody wants to hear of a photo that is gone since the last time
                self.toasts.wrong(str(error))
            return
        await self._use(self.sources.named(PHOTO))

    @work(group="source", exclusive=True)
    async def _index(self, folder: Path) -> None:
        """Have a folder of photos looked at, and show what excites the channels most in it."""
        selection = self.selection
        self.toasts.tell(f"looking for photos in {printable(folder.name, NAME_LIMIT)} …")
        try:
            found = await asyncio.to_thread(
                self.feed.index_photos,
                folder.absolute(),
                selection.subject,
                selection.layer.name,
            )
        except UserError as error:
            self.toasts.dismiss()
            self.toasts.wrong(str(error))
            return
        if found.batch is not None:
            self.feed.start_worker()
        await self.sources.prefer(found.index)
        await self._use(self.sources.named(EXEMPLARS))
        self.tell_of_indexing(found)

    def tell_of_indexing(self, found: Indexing) -> None:
        """Say what became of a request to index a folder."""
        raise NotImplementedError

    async def _use(self, wanted: SourceName) -> None:
        if wanted.pane not in self._large_panes:
            self._large_panes[wanted.pane] = MapPane(self.painter)
        pane = self._large_panes[wanted.pane]
        await self.panes.show_picture_in(pane)
        self.sources.chosen, self.picture = wanted, pane
        self.source = self.sources.source
        self.grid.resize_pictures(self.source.TILE)
        if self.pane in (Pane.PICTURE, Pane.MAP):
            self.go(wanted.pane)
        self.show_anew()

    @property
    def _photo_key(self) -> str:
        return first_keys(table_of(self.app))["photo.open"]

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
            key = self._photo_key
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
