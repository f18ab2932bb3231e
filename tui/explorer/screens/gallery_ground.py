"""What the gallery's screen holds, and how what is on disk gets to its widgets.

Everything that opens files runs in a thread, a few at a time: a gallery may be large, and its disk
slow. A worker makes its coroutine itself (``@work``): of one that is cancelled before it began,
since its person leaves, another would be left behind that nobody awaits.
"""

import asyncio
import time

from textual import work
from textual.containers import Horizontal
from textual.timer import Timer

from convscope.core.system.text import printable
from convscope.tui.explorer.feed import Feed
from convscope.tui.explorer.gallery_book import GalleryBook
from convscope.tui.explorer.gallery_files import PictureFile, list_gallery
from convscope.tui.explorer.gallery_reader import LARGE_SIDE, LARGEST_SIDE, Wanted, read_some
from convscope.tui.explorer.gallery_words import facts, note, title
from convscope.tui.explorer.keymap import Pane, first_keys, table_of
from convscope.tui.explorer.painter import Painter
from convscope.tui.explorer.phrases import hidden_phrase, none_kept_phrase
from convscope.tui.explorer.screens.base import FullScreen
from convscope.tui.explorer.screens.compare import CompareScreen
from convscope.tui.explorer.screens.zoom import ZoomScreen
from convscope.tui.explorer.widgets.filter_line import FilterLine
from convscope.tui.explorer.widgets.gallery_grid import GalleryGrid
from convscope.tui.explorer.widgets.gallery_pane import GalleryPane

GLANCE = 0.05
"""Seconds after a move until the right pane follows: a held key must not wait for pictures."""
READ_SLICE = 0.006
"""Seconds of reading at a time; keys are answered in between."""
READ_PAUSE = 0.004
SIFT_EVERY = 0.2
"""Seconds between two times that a filter shows what it has found so far."""


class GalleryGround(FullScreen):
    """Keeps the book up to date, and shows what stands in it."""

    NAME = "gallery"

    def __init__(self, feed: Feed, painter: Painter) -> None:
        super().__init__(feed, "gallery")
        self.pane = Pane.GALLERY
        self.painter = painter
        self.book = GalleryBook(LARGE_SIDE if painter.pixels is None else LARGEST_SIDE)
        self.picks = self.book.picks
        self.grid = GalleryGrid(self.book.tile, painter)
        self.shown = GalleryPane(painter)
        self.filter_line = FilterLine(self.footer)
        self.panes = Horizontal(id="panes", classes="at-grid")
        self.above: ZoomScreen | CompareScreen | None = None
        """What lies on this screen and shows its pictures."""
        self.compared: tuple[PictureFile, PictureFile] | None = None
        self._glimpsed: PictureFile | None = None
        """The picture that the right pane is to show."""
        self._glance_timer: Timer | None = None
        self._looks = self._looked = self._reads = False

    @property
    def busy(self) -> bool:
        """Whether something is still to be read that is to be seen."""
        waits = self._looks or not self._looked or self._glance_timer is not None
        return waits or self._reads or bool(self._wanted())

    # ---- the world -------------------------------------------------------------------------

    def follow(self, *, changed: bool) -> None:
        """Look for new pictures; folders tell by themselves, whoever made them."""
        if not self._looks:
            self._looks = True
            self._look()

    @work(group="look")
    async def _look(self) -> None:
        try:
            known = self.book.listing
            listing = await asyncio.to_thread(list_gallery, self.feed.gallery, known)
            first, self._looked = not self._looked, True
            if self.book.take(listing) or first:
                self.show_pictures()
        finally:
            self._looks = False

    def read_on(self) -> None:
        """Read what is wanted by now, unless that goes on already."""
        if not self._reads:
            self._reads = True
            self._read()

    @work(group="read")
    async def _read(self) -> None:
        sifted = time.monotonic()
        try:
            while wanted := self._wanted():
                seen = await asyncio.to_thread(read_some, wanted, READ_SLICE)
                self.book.note(seen)
                if any(each.side for each in seen):  # records alone are not to be seen
                    self.grid.sync()
                    self._show_chosen()
                if time.monotonic() - sifted > SIFT_EVERY:
                    self._sift()
                    sifted = time.monotonic()
                await asyncio.sleep(READ_PAUSE)
        finally:
            self._reads = False
        self._sift()
        if self._wanted():  # what the filter found last
            self.read_on()

    def _wanted(self) -> list[Wanted]:
        large = self.compared or ([self._glimpsed] if self._glimpsed is not None else [])
        return self.book.wanted(self.grid.in_view, large)

    def _sift(self) -> None:
        if self.book.settle():
            self.show_pictures()
        else:
            self.show_title()

    # ---- showing ---------------------------------------------------------------------------

    def show_pictures(self) -> None:
        """Show the pictures that the filter keeps."""
        self.grid.show(len(self.picks.shown), self.picks.position, self._empty_note())
        self.moved()

    def moved(self) -> None:
        """Follow the cursor: the grid at once, the rest as soon as the hand comes to rest."""
        self.grid.choose(self.picks.position)
        if self.picks.marks_a_range:
            self.grid.sync()
        self.show_title()
        if self._glance_timer is None:
            self._glance_timer = self.set_timer(GLANCE, self._glance)
        self.read_on()

    def _glance(self) -> None:
        self._glance_timer = None
        self._glimpsed = self.picks.chosen
        self._show_chosen()
        self.read_on()

    def _show_chosen(self) -> None:
        """Show the chosen picture; until it is read, the one before stays."""
        file = self._glimpsed
        if file is None:
            self.shown.show("", None, None, "", ())
        elif (seen := self.book.large(file)) is not None:
            said = title(file, self.book.brief(file))
            self.shown.show(said, file, seen.image, note(seen), facts(seen))
        if self.above is not None:
            self.above.sync()

    def show_title(self) -> None:
        """Say how many pictures there are, shown and marked, and what is still to be read."""
        shown, every = len(self.picks.shown), len(self.book.listing.files)
        title = f"gallery · {every:,} {'picture' if every == 1 else 'pictures'}"
        if self.book.filter:
            title = f"gallery · {shown:,} of {every:,} · {printable(self.book.filter.text, 60)}"
        marked = len(self.picks.marked)
        notes = [f"{marked:,} marked{hidden_phrase(self.picks.hidden)}"] if marked else []
        notes += ["a range: v ends it"] if self.picks.marks_a_range else []
        notes += [f"{self.book.undecided:,} to read"] if self.book.undecided else []
        self.grid.entitle(title, " · ".join(notes))
        self.footer.show(self.pane, f"{self.picks.position + 1:,} / {shown:,}" if shown else "")

    def _empty_note(self) -> str:
        if not self._looked:
            return "looking …"
        if not self.book.listing.files:
            return "no picture yet; enter makes one in explore"
        if self.book.undecided:
            return "reading …"
        return none_kept_phrase(first_keys(table_of(self.app))["gallery.clear"])
