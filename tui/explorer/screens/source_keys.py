"""The keys that choose what the tiles show: the next source, a photo, a folder of photos."""

import asyncio
from pathlib import Path

from textual import work

from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.tui.explorer.feed import Feed, Indexing
from convscope.tui.explorer.keymap import Pane, first_keys, table_of
from convscope.tui.explorer.model.channels import ChannelSource
from convscope.tui.explorer.model.selection import Selection
from convscope.tui.explorer.phrases import NAME_LIMIT, no_exemplars_phrase
from convscope.tui.explorer.render.painter import Painter
from convscope.tui.explorer.screens.base import kept
from convscope.tui.explorer.screens.grid import GridScreen
from convscope.tui.explorer.screens.source_choice import (
    EXEMPLARS,
    PHOTO,
    SourceChoice,
    SourceName,
)
from convscope.tui.explorer.widgets.channels import ChannelGrid, ChannelPane, MapPane
from convscope.tui.explorer.widgets.explore_panes import ExplorePanes
from convscope.tui.explorer.widgets.picture_pane import PicturePane


class SourceKeys(GridScreen[int]):
    """Cursor, marks and filter stay whatever the tiles show.

    Args:
        feed: the door to the world.
        subject: what the header says the screen is about.
        channels: the source that is shown at first.
        painter: draws pictures.
    """

    panes: ExplorePanes
    pane: Pane

    def __init__(self, feed: Feed, subject: str, channels: ChannelSource, painter: Painter) -> None:
        super().__init__(
            feed, subject, channels, grid=ChannelGrid, pane=ChannelPane, painter=painter
        )
        self.channels, self.tasks = channels, channels.tasks
        self.sources = SourceChoice(feed, channels)
        self._large_panes: dict[Pane, PicturePane] = {Pane.PICTURE: self.picture}

    @property
    def selection(self) -> Selection:
        """What is chosen in the network that is shown."""
        return self.tasks.selection

    @property
    def photo_key(self) -> str:
        """The key that opens a photo, or a folder of them."""
        return first_keys(table_of(self.app))["photo.open"]

    def go(self, pane: Pane) -> None:
        """Give the keys to a pane."""
        raise NotImplementedError

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
            self.toasts.tell(no_exemplars_phrase(self.photo_key))

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
        exemplars = self.sources.exemplars
        if exemplars is not None and exemplars.has_layer:  # it may be of another network
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

    @work(group="index")  # another key must not leave it queued and untold
    async def _index(self, folder: Path) -> None:
        """Have a folder of photos looked at, and show what excites the channels most in it."""
        selection, folder = self.selection, folder.absolute()
        self.toasts.tell(f"looking for photos in {printable(folder.name, NAME_LIMIT)} …")
        try:
            found = await asyncio.to_thread(
                self.feed.index_photos,
                folder,
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
