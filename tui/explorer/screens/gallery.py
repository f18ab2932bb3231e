"""The gallery: everything made, the newest first, and the chosen one in large."""

import asyncio
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult

from convscope.core.catalog.networks import network
from convscope.core.gallery.records import Record
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.tui.explorer.describe import PATH_LIMIT
from convscope.tui.explorer.feed import Feed
from convscope.tui.explorer.gallery_files import PictureFile
from convscope.tui.explorer.gallery_filter import Filter, parse_filter
from convscope.tui.explorer.gallery_reader import Wanted, read
from convscope.tui.explorer.gallery_sheet import make_sheets
from convscope.tui.explorer.gallery_words import facts, line, note
from convscope.tui.explorer.messages import FilterLeft, FilterTyped, GridMoved, RowPressed
from convscope.tui.explorer.painter import Painter
from convscope.tui.explorer.phrases import hidden_phrase
from convscope.tui.explorer.screens.compare import CompareScreen, Side
from convscope.tui.explorer.screens.gallery_ground import GalleryGround
from convscope.tui.explorer.screens.zoom import Zoomed, ZoomScreen

WIDTHS = [(0, "-folded"), (96, "-wide")]
"""From so many columns on: grid or picture, both."""
WAITING = "…"
NOTHING = "there is no picture here"


class GalleryScreen(GalleryGround):
    """Composes the panes, and turns keys into requests."""

    AUTO_FOCUS = "#gallery"
    CSS_PATH = "../styles/gallery.tcss"

    def __init__(self, feed: Feed, painter: Painter) -> None:
        super().__init__(feed, painter)
        self.HORIZONTAL_BREAKPOINTS = WIDTHS

    def compose(self) -> ComposeResult:
        """Header, two panes, the filter's line, footer."""
        yield self.header
        with self.panes:
            yield self.grid
            yield self.shown
        yield self.filter_line
        yield self.footer

    # ---- moving ----------------------------------------------------------------------------

    def action_step(self, by: int) -> None:
        """Go to the next picture or the one before."""
        self.picks.step(by)
        self.moved()

    def action_rows(self, by: int) -> None:
        """Move between the rows of the grid."""
        self.picks.move_rows(by)
        self.moved()

    def action_half_page(self, direction: int) -> None:
        """Move by half a screen of the grid."""
        self.action_rows(direction * self.grid.half_page)

    def action_picture_end(self, end: int) -> None:
        """Go to the newest (-1) or the oldest (1) picture."""
        self._to(0 if end < 0 else len(self.picks.shown) - 1)

    def _to(self, position: int) -> None:
        self.picks.select(position)
        self.moved()

    def action_pane(self, by: int) -> None:
        """Change between grid and picture, where there is room for one only."""
        self.panes.set_classes("at-grid" if self.panes.has_class("at-picture") else "at-picture")
        self._focus()

    def _focus(self) -> None:
        """Give the keys to what is to be seen."""
        folded = self.has_class("-folded") and self.panes.has_class("at-picture")
        self.set_focus(self.shown if folded else self.grid)

    def on_resize(self) -> None:
        """What had the keys may have been folded away."""
        if not self.filter_line.display:
            self.call_after_refresh(self._focus)

    @on(RowPressed)
    def _picture_pressed(self, message: RowPressed) -> None:
        self._focus()
        self._to(message.index)

    @on(GridMoved)
    def _grid_moved(self, message: GridMoved) -> None:
        self.picks.columns = message.columns
        self.grid.sync()
        self.read_on()

    # ---- marking ---------------------------------------------------------------------------

    def action_mark(self) -> None:
        """Mark the chosen picture or take its mark away, and go to the next."""
        self.picks.toggle_mark()
        self.grid.sync()
        self.action_step(1)

    def action_visual(self) -> None:
        """Begin or end the marking of a range."""
        self.picks.toggle_range()
        self._marked()

    def action_mark_all(self) -> None:
        """Mark all pictures that are shown."""
        self.picks.mark_all()
        self._marked()

    def action_unmark(self) -> None:
        """Take all marks away."""
        self.picks.unmark()
        self._marked()

    def _marked(self) -> None:
        self.grid.sync()
        self.show_title()

    # ---- the filter ------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Type a filter; what it keeps is shown at once."""
        self.filter_line.open(self.book.filter.text)

    def action_clear_filter(self) -> None:
        """Show all pictures again."""
        self._apply(Filter())

    @on(FilterTyped)
    def _filter_typed(self, message: FilterTyped) -> None:
        wanted = parse_filter(message.text)
        self.filter_line.tell(wanted.trouble)
        self._apply(wanted)

    @on(FilterLeft)
    def _filter_left(self) -> None:
        self._focus()

    def _apply(self, wanted: Filter) -> None:
        self.book.keep_only(wanted)
        self.show_pictures()

    # ---- what can be done with pictures ----------------------------------------------------

    def action_look(self) -> None:
        """Look at the chosen picture's channel in the explore screen."""
        file = self.picks.chosen
        record = read(Wanted(file)).record if file is not None else None
        if record is None:
            self.toasts.tell("this is no picture of one channel" if file else NOTHING)
        elif not _is_known(record):
            self.toasts.tell(f"{printable(record.target, 80)} is not in the model that is shown")
        else:
            self.go_look(record.target, record.recipe, record.seed)

    def action_zoom(self) -> None:
        """Show the chosen picture on the whole screen."""
        if self.picks.chosen is None:
            self.toasts.tell(NOTHING)
            return
        self._put_above(ZoomScreen(self._zoomed, self.action_step, self.painter))

    def _zoomed(self, width: int, height: int) -> Zoomed:
        # As many pixels as are kept of a picture are enough for any terminal.
        file = self.picks.chosen
        if file is None:
            return Zoomed(None, note=NOTHING)
        seen = self.book.large(file)
        caption = line(file, self.book.brief(file), seen)
        if seen is None or seen.image is None:
            return Zoomed(None, caption=caption, note=note(seen) if seen else WAITING)
        return Zoomed(file, seen.image, caption)

    def action_compare(self) -> None:
        """Show the two marked pictures, or the marked and the chosen one, side by side."""
        marked, chosen = self.picks.marked, self.picks.chosen
        pair = marked
        if len(marked) == 1 and chosen is not None and chosen not in marked:
            pair = [*marked, chosen]
        if len(pair) != 2:
            has = f"{len(marked):,} are marked{hidden_phrase(self.picks.hidden)}"
            advice = has if len(marked) > 2 else "mark one or two with space"
            self.toasts.tell(f"two pictures can be compared; {advice}")
            return
        self.compared = (pair[0], pair[1])
        self._put_above(CompareScreen(self._sides, self._compare_next, self.painter))

    def _sides(self) -> tuple[Side, Side]:
        left, right = map(self._side, self.compared or ())
        return left, right

    def _side(self, file: PictureFile) -> Side:
        seen = self.book.large(file)
        if seen is None:
            return Side(note=WAITING)
        return Side(file, seen.image, note(seen), facts(seen))

    def _compare_next(self, by: int) -> None:
        """Compare the left picture with the one after or before the right one."""
        if self.compared is None:
            return
        left, right = self.compared
        self.compared = (left, self.picks.beside(right, by))
        self.read_on()

    def _put_above(self, screen: ZoomScreen | CompareScreen) -> None:
        self.above = screen
        self.app.push_screen(screen, self._uncovered)
        self.read_on()

    def _uncovered(self, _: None) -> None:
        self.above = self.compared = None

    def action_sheet(self) -> None:
        """Make a contact sheet of the marked pictures."""
        marked = [file.path for file in self.picks.marked]
        if not marked:
            self.toasts.tell("space marks pictures for a contact sheet")
            return
        self.toasts.tell(f"a contact sheet of {len(marked):,}{hidden_phrase(self.picks.hidden)} …")
        self._make_sheets(marked)

    @work(group="sheet")
    async def _make_sheets(self, marked: list[Path]) -> None:
        try:
            paths = await asyncio.to_thread(make_sheets, self.feed.gallery, marked)
        except UserError as error:
            self.toasts.wrong(str(error))
            return
        self.toasts.tell("\n".join(printable(path, PATH_LIMIT) for path in paths))

    def action_tell_path(self) -> None:
        """Tell where the chosen picture lies."""
        file = self.picks.chosen
        self.toasts.tell(printable(file.path, PATH_LIMIT) if file else NOTHING)

    def action_copy_path(self) -> None:
        """Copy the path of the chosen picture through the terminal."""
        file = self.picks.chosen
        if file is None:
            self.toasts.tell(NOTHING)
            return
        try:
            self.app.copy_to_clipboard(str(file.path.absolute()))
        except UnicodeEncodeError:  # bytes that are no text, kept as Python keeps them
            self.toasts.tell("this name holds bytes that are no text, and cannot be copied")
            return
        self.toasts.tell(f"copied {printable(file.path, PATH_LIMIT)}, if this terminal allows it")


def _is_known(record: Record) -> bool:
    """Whether the explore screen has such a channel."""
    try:
        layer = network(record.model).layer(record.layer)
    except UserError:
        return False
    return layer.name == record.layer and 0 <= record.channel < layer.channels
