"""A screen with a grid of pictures and the chosen one in large, whatever its items come from.

Everything that opens files runs in a thread, a few at a time: a gallery may be large, and its disk
slow. A worker makes its coroutine itself (``@work``): of one that is cancelled before it began,
since its person leaves, another would be left behind that nobody awaits.
"""

import asyncio
import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Generic

from textual import work
from textual.containers import Horizontal
from textual.timer import Timer

from convscope.tui.explorer.feed import Feed
from convscope.tui.explorer.model.filters import Known
from convscope.tui.explorer.model.grid import GridModel, Item
from convscope.tui.explorer.model.items import Detail, GridItem
from convscope.tui.explorer.model.marking import Marks
from convscope.tui.explorer.model.pictures import Wanted
from convscope.tui.explorer.model.source import Source
from convscope.tui.explorer.phrases import hidden_phrase, none_kept_phrase
from convscope.tui.explorer.render.painter import Painter
from convscope.tui.explorer.screens.annotating import Annotating
from convscope.tui.explorer.screens.compare import CompareScreen
from convscope.tui.explorer.screens.file_keys import FileKeys
from convscope.tui.explorer.screens.marking import Marking
from convscope.tui.explorer.screens.sheet_making import SheetMaking
from convscope.tui.explorer.screens.zoom import ZoomScreen
from convscope.tui.explorer.widgets.item_list import ItemList
from convscope.tui.explorer.widgets.picture_pane import PicturePane
from convscope.tui.explorer.widgets.tiles import TileGrid

GLANCE = 0.05
"""Seconds after a move until the right pane follows: a held key must not wait for pictures."""
READ_SLICE = 0.006
"""Seconds of reading at a time; keys are answered in between."""
READ_PAUSE = 0.004
READ_AT_ONCE = 32
"""Files that are named for one round of reading; what is wanted may be other ones by the next."""
SIFT_EVERY = 0.2
"""Seconds between two times that a filter shows what it has found so far."""


class GridScreen(Marking[Item], FileKeys, SheetMaking, Annotating[Item], Generic[Item]):
    """Moves the cursor, marks, filters, reads pictures, and shows the chosen one.

    A subclass composes the widgets, and says which items there are.
    """

    NO_PICTURE: str
    """What is said where the chosen item has none."""

    def __init__(
        self,
        feed: Feed,
        subject: str,
        source: Source[Item],
        *,
        grid: type[TileGrid],
        pane: type[PicturePane],
        painter: Painter,
    ) -> None:
        super().__init__(feed, subject)
        self.source = source
        self.painter = painter
        self.marks: Marks[Item] = Marks(lambda: self.grids)
        self.grid = grid(self.tile, painter)
        self.picture = pane(painter)
        self.panes = Horizontal(id="panes")
        self.above: ZoomScreen | CompareScreen | None = None
        """What lies on this screen and shows its pictures."""
        self.compared: tuple[Item, Item] | None = None
        self._glance_timer: Timer | None = None
        self._reads = False

    @property
    @abstractmethod
    def items(self) -> GridModel[Item]:
        """What there is to choose from, to mark and to filter."""

    @property
    def grids(self) -> Sequence[GridModel[Item]]:
        """All that may have marks."""
        return [self.items]

    @property
    def subject(self) -> Item | None:
        """The item that is shown in large."""
        return self.items.chosen

    @property
    def tiles(self) -> TileGrid | ItemList:
        """The widget that shows the items."""
        return self.grid

    @property
    def busy(self) -> bool:
        """Whether something is still to be read that is to be seen."""
        waits = self._reads or self.looks_for_annotations or self._glance_timer is not None
        return waits or bool(self._wanted())

    def tile(self, position: int) -> GridItem:
        """Return what is known of the item at a position among those shown."""
        key = self.items.shown[position]
        item = self.noted_item(key, self.source.item(key))
        return replace(item, is_marked=True) if self.items.is_marked(key) else item

    @property
    def in_view(self) -> list[Item]:
        """The items of which at least one line is on the screen."""
        shown = self.items.shown
        return [shown[position] for position in self.tiles.in_view if position < len(shown)]

    # ---- showing ---------------------------------------------------------------------------

    @abstractmethod
    def show_title(self) -> None:
        """Say what is shown and marked."""

    @abstractmethod
    def show_footer(self) -> None:
        """Show the keys that count."""

    def mark_notes(self) -> list[str]:
        """Say how many are marked, and whether a range is being marked."""
        items = self.items
        marked = len(items.marked)
        notes = [f"{marked:,} marked{hidden_phrase(items.hidden)}"] if marked else []
        ends = f"marking a range, {self._keys.visual} ends it"
        return [*notes, ends] if items.marks_a_range else notes

    def empty_note(self) -> str:
        """Say why there is nothing."""
        return none_kept_phrase(self._keys.clear)

    def show_items(self) -> None:
        """Show the items that the filter keeps."""
        self.tiles.show(len(self.items.shown), self.items.position, self.empty_note())
        self.show_title()
        self.show_footer()

    def show_detail(self) -> None:
        """Show the chosen item in large; until its picture is read, the one before stays."""
        if self._glance_timer is None:
            detail = self.detail(self.subject)
            if detail is not None:
                self.picture.show(detail)
        if self.above is not None:
            self.above.sync()

    def detail(self, of: Item | None) -> Detail | None:
        """Return all about an item; ``None`` while its picture is still to be read."""
        found = Detail() if of is None else self.source.detail(of)
        return found if found is None or of is None else self.noted_detail(of, found)

    def known(self, of: Item) -> Known:
        """Return what the filter may ask of an item, as far as it is known."""
        return self.noted_known(of, self.source.known(of))

    def show_annotations(self) -> None:
        """Show what is noted otherwise than before; the filter may keep other items by it."""
        if self.filter.asks_pictures and self.sift():
            self.show_items()
            self.moved()
        else:
            self.tiles.sync()
            self.show_detail()

    def moved(self) -> None:
        """Bring the cursor into view, and let the rest follow."""
        self.tiles.choose(self.items.position)
        self.follow_choice()

    def follow_choice(self) -> None:
        """Follow the cursor, wherever it is, as soon as the keys come to rest."""
        if self.items.marks_a_range:
            self.marked()
        if self._glance_timer is None:
            self._glance_timer = self.set_timer(GLANCE, self._glance)
        self.read_on()

    def catch_up(self) -> bool:
        """Show the chosen one at once, as far as it was read; returns whether it was."""
        if self._glance_timer is not None:
            self._glance_timer.stop()
            self._glance()
        return not self.busy

    def _glance(self) -> None:
        self._glance_timer = None
        self.show_detail()
        self.read_on()

    def marked(self) -> None:
        """Show which items are marked."""
        self.tiles.sync()
        self.show_title()

    # ---- reading ---------------------------------------------------------------------------

    def read_on(self) -> None:
        """Read what is wanted by now, unless that goes on already."""
        if not self._reads and self._wanted():
            self._reads = True
            self._read()

    @work(group="read")
    async def _read(self) -> None:
        sifted = time.monotonic()
        try:
            while wanted := self._wanted():
                source = self.source_of(wanted[0])
                found = await asyncio.to_thread(source.read, wanted, READ_SLICE)
                for picture in found:
                    item = source.note(picture)
                    if item is not None:
                        self.items.decide(item, self.known(item))
                if any(picture.side for picture in found):  # records alone are not to be seen
                    self.tiles.sync()
                    self.show_detail()
                if time.monotonic() - sifted > SIFT_EVERY:
                    self._sift()
                    sifted = time.monotonic()
                await asyncio.sleep(READ_PAUSE)
        finally:
            self._reads = False
        self._sift()
        self.all_read()

    def all_read(self) -> None:
        """Go on now that all is read that was wanted: the filter may have found more."""
        self.read_on()

    def source_of(self, wanted: Wanted) -> Source[Item]:
        """Return the source that wants a file, and all that are wanted with it."""
        return self.source

    def _wanted(self) -> list[Wanted]:
        subject = self.subject
        large: Sequence[Item] = self.compared or ()
        if self.compared is None and subject is not None and self._glance_timer is None:
            large = [subject]
        wanted = self.source.wanted(self.in_view, large, self.items.undecided)
        return list(islice(wanted, READ_AT_ONCE))

    def _sift(self) -> None:
        """Show what was found to be kept."""
        if self.items.settle():
            self.show_items()
            self.follow_choice()
        else:
            self.show_title()

    # ---- moving ----------------------------------------------------------------------------

    def action_step(self, by: int) -> None:
        """Go to the next item that is shown or the one before."""
        self.items.step(by)
        self.moved()

    def action_rows(self, by: int) -> None:
        """Move between the rows of the grid."""
        self.items.move_rows(by)
        self.moved()

    def action_half_page(self, direction: int) -> None:
        """Move by half a screen of the grid."""
        self.action_rows(direction * self.tiles.half_page)

    def action_end(self, end: int) -> None:
        """Go to the first (-1) or the last (1) item that is shown."""
        self.action_step(end * len(self.items.all))

    # ---- marking ----------------------------------------------------------------------------

    def action_unmark(self) -> None:
        """Take all marks away; where there are none, put those back that were taken last."""
        if taken := self.marks.take():
            them = "it" if taken == 1 else "them"
            self.toasts.tell(f"unmarked {taken:,}; {self._keys.unmark} marks {them} again")
        elif back := self.marks.put_back():
            self.toasts.tell(f"marked {back:,} again")
        else:
            self.toasts.tell("nothing is marked")
        self.marked()

    def marks_are_done_with(self) -> Callable[[], None]:
        """Take all marks away, as what they were for is done; returns what marks them again.

        Marks that are left over would go into whatever comes next.
        """
        taken = self.marks.take()
        self.marked()

        def again() -> None:
            if taken:
                self.marks.put_back()
                self.marked()

        return again

    # ---- what is pending -------------------------------------------------------------------

    def action_escape(self) -> None:
        """Clear one thing that is pending: a range, then the filter, then marks.

        It can be a part of a key that a slow line tore apart, which :attr:`undo_escape` is for.
        """
        if self.items.marks_a_range:
            anchor = self.items.end_range()
            self.undo_escape = lambda: self._resume_range(anchor)
            self.toasts.tell("range cancelled")
            self.marked()
        elif self.filter:
            self.action_clear_filter()
            self.undo_escape = self.action_clear_filter
        elif self.marks.count:
            self.action_unmark()
            self.undo_escape = self.action_unmark

    def _resume_range(self, anchor: Item | None) -> None:
        self.items.resume_range(anchor)
        self.toasts.tell(f"marking a range, {self._keys.visual} ends it")
        self.marked()

    # ---- showing others -------------------------------------------------------------------

    def show_anew(self) -> None:
        """Show other items, or what another filter keeps of them."""
        self.sift()
        self.show_items()
        self.moved()

    def sift(self) -> bool:
        """Ask the filter anew of each item; returns whether others are shown than before."""
        return self.items.sift(self.filter, self.known)

    # ---- what can be done with pictures ----------------------------------------------------

    @property
    def path(self) -> Path | None:
        """Where the chosen picture lies."""
        return self.source.path(self.subject) if self.subject is not None else None

    def why_no_path(self) -> str:
        """Say why the chosen item has no file."""
        why = self.source.why_no_path(self.subject) if self.subject is not None else ""
        return why or self.NO_PICTURE

    def action_zoom(self) -> None:
        """Show the chosen picture on the whole screen."""
        if self.subject is None:
            self.toasts.tell(self.NO_PICTURE)
            return
        self.put_above(ZoomScreen(self._zoomed, self.action_step, self.painter))

    def _zoomed(self) -> Detail | None:
        nothing = Detail(note=self.NO_PICTURE)
        return nothing if self.subject is None else self.detail(self.subject)

    def put_above(self, screen: ZoomScreen | CompareScreen) -> None:
        """Show pictures of this screen on one of their own."""
        self.above = screen
        self.app.push_screen(screen, self._uncovered)
        self.read_on()

    def _uncovered(self, _: None) -> None:
        self.above = self.compared = None

    @property
    def sheet_keys(self) -> tuple[str, str]:
        """The keys that make contact sheets and show them."""
        return self._keys.sheet, self._keys.sheet_shown

    def zoom_into(self, look: Callable[[], Detail], step: Callable[[int], None]) -> None:
        """Show pictures on the whole screen."""
        self.put_above(ZoomScreen(look, step, self.painter))
