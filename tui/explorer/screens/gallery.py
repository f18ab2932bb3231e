"""The gallery: everything made, the newest first, and the chosen one in large."""

import asyncio
from collections.abc import Iterable
from functools import partial

from textual import on, work
from textual.app import ComposeResult

from convscope.core.catalog.networks import network
from convscope.core.catalog.weights import Weights
from convscope.core.gallery.annotations import NOTHING, Annotation, Channel
from convscope.core.gallery.records import Record
from convscope.core.gallery.trash import Trash, restore_abandoned
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.tui.explorer.feed import Feed
from convscope.tui.explorer.keymap import Pane, bindings, first_keys, table_of
from convscope.tui.explorer.messages import GridMoved, PanePressed, RowPressed
from convscope.tui.explorer.model.gallery import GallerySource
from convscope.tui.explorer.model.gallery_files import list_gallery
from convscope.tui.explorer.model.grid import GridModel
from convscope.tui.explorer.model.items import WAITING, Detail
from convscope.tui.explorer.model.pictures import Pictures, Place, Wanted, read
from convscope.tui.explorer.phrases import hidden_phrase
from convscope.tui.explorer.render.painter import Painter
from convscope.tui.explorer.screens.annotating import NO_CHANNEL, MeantChannels
from convscope.tui.explorer.screens.compare import CompareScreen
from convscope.tui.explorer.screens.deleting import Deleting
from convscope.tui.explorer.screens.filtering import GridKeys
from convscope.tui.explorer.screens.grid import GridScreen
from convscope.tui.explorer.widgets.picture_pane import PicturePane
from convscope.tui.explorer.widgets.tiles import TileGrid

WIDTHS = [(0, "-folded"), (96, "-wide")]
"""From so many columns on: grid or picture, both."""


class GalleryGrid(TileGrid):
    """Each picture with a short name and its verdict."""

    BINDINGS = bindings(Pane.GALLERY)
    ID = "gallery"


class GalleryPane(PicturePane):
    """The chosen picture, and its record in words."""

    BINDINGS = bindings(Pane.GALLERY)
    ID = "shown"
    FACT_LINES = 14
    """A blank one, ten lines of facts, and a path of three."""


class GalleryScreen(GridScreen[Place]):
    """Lists what is on disk, compares pictures, and leads to their channels."""

    NAME = "gallery"
    KEY_IDS = GridKeys(
        "gallery.filter",
        "gallery.clear",
        "gallery.visual",
        "gallery.unmark",
        "gallery.sheet",
        "gallery.sheet_show",
        "gallery.favourite",
        "gallery.annotate",
    )
    NO_PICTURE = "there is no picture here"
    AUTO_FOCUS = "#gallery"
    CSS_PATH = "../styles/gallery.tcss"

    def __init__(self, feed: Feed, painter: Painter, pictures: Pictures) -> None:
        self.files = GallerySource(pictures)
        self._items: GridModel[Place] = GridModel()
        super().__init__(feed, "", self.files, grid=GalleryGrid, pane=GalleryPane, painter=painter)
        self.HORIZONTAL_BREAKPOINTS = WIDTHS
        self.pane = Pane.GALLERY
        self.panes.set_classes("at-grid")
        self._looks = self._looked = False
        self._trash = Trash(feed.gallery)
        self.deleting = Deleting(self._trash, self.toasts, table_of(self.app))

    def compose(self) -> ComposeResult:
        """Header, two panes, the filter's line, footer."""
        yield self.header
        with self.panes:
            yield self.grid
            yield self.picture
        yield self.filter_line
        yield self.footer

    @property
    def items(self) -> GridModel[Place]:
        """The places of the files."""
        return self._items

    @property
    def busy(self) -> bool:
        """Whether something is still to be read that is to be seen."""
        return self._looks or not self._looked or super().busy

    @property
    def is_ready(self) -> bool:
        """Whether the folder was looked into."""
        return self._looked

    # ---- the world -------------------------------------------------------------------------

    def follow(self, *, changed: bool, live: bool) -> None:
        """Look for new pictures; folders tell by themselves, whoever made them."""
        if not self._looks:
            self._looks = True
            self._look()

    def on_unmount(self) -> None:
        """Remove what was deleted: the explorer is left."""
        self._trash.empty()

    @work(group="look")
    async def _look(self) -> None:
        try:
            if not self._looked:
                restored = await asyncio.to_thread(restore_abandoned, self.feed.gallery)
                self.deleting.tell_of_restored(restored)
            listing = await asyncio.to_thread(list_gallery, self.feed.gallery, self.files.listing)
            first, self._looked = not self._looked, True
            if listing is not self.files.listing:
                self.look_for_annotations()
            if self.files.take(listing):
                self.items.take(self.files.places, self.known)
                self.show_items()
                self.follow_choice()
            elif first:
                self.show_items()
                self.show_detail()
        finally:
            self._looks = False

    # ---- showing ---------------------------------------------------------------------------

    def follow_choice(self) -> None:
        """Follow the cursor, and say where it is."""
        super().follow_choice()
        self.show_footer()

    def show_title(self) -> None:
        """Say how many pictures there are, shown and marked, and what is still to be read."""
        every = len(self.items.all)
        title = f"gallery · {every:,} {'picture' if every == 1 else 'pictures'}"
        if self.filter:
            shown, text = len(self.items.shown), printable(self.filter.text, 60)
            title = f"gallery · {shown:,} of {every:,} · {text}"
        undecided = len(self.items.undecided)
        notes = [*self.mark_notes(), *([f"{undecided:,} to read"] if undecided else [])]
        self.grid.entitle(title, " · ".join(notes))

    def show_footer(self) -> None:
        """Show the keys, and where the cursor is."""
        count = len(self.items.shown)
        self.footer.show(self.pane, f"{self.items.position + 1:,} / {count:,}" if count else "")

    def empty_note(self) -> str:
        """Say why there is nothing, or not yet."""
        if not self._looked:
            return "looking …"
        if not self.items.all:
            return "no pictures yet; in explore, enter renders one"
        return "reading …" if self.items.undecided else super().empty_note()

    @property
    def filter_example(self) -> str:
        """What can be typed as a filter."""
        return "for example: conv5_1:20-40, crisp, verdict:weak, activation>500"

    # ---- what is noted ---------------------------------------------------------------------

    def annotation(self, of: Place) -> Annotation:
        """Return what is noted of a picture's channel."""
        known = self.files.known(of)
        if known.channel is None:
            return NOTHING
        return self.annotations.find(of[0], known.layer, known.channel)

    def annotated_folders(self) -> Iterable[str]:
        """Return all folders of the gallery."""
        return self.files.listing.folders

    def meant_channels(self) -> MeantChannels:
        """Return the channels of the marked pictures, or that of the chosen one."""
        chosen = self.items.marked or self._chosen
        files = [self.files.file(place) for place in chosen]

        def channels() -> list[Channel]:
            records = [read(Wanted(file)).record for file in files]
            return list(dict.fromkeys(_channel(each) for each in records if each is not None))

        return channels

    @property
    def _chosen(self) -> list[Place]:
        """The chosen picture, if there is one."""
        return [each for each in [self.items.chosen] if each is not None]

    @property
    def _record(self) -> Record | None:
        chosen = self.items.chosen
        return read(Wanted(self.files.file(chosen))).record if chosen is not None else None

    # ---- moving ----------------------------------------------------------------------------

    def action_pane(self, by: int) -> None:
        """Change between grid and picture, where there is room for one only."""
        self.panes.set_classes("at-grid" if self.panes.has_class("at-picture") else "at-picture")
        self.focus_grid()

    def focus_grid(self) -> None:
        """Give the keys to what is to be seen."""
        folded = self.has_class("-folded") and self.panes.has_class("at-picture")
        self.set_focus(self.picture if folded else self.grid)

    def on_resize(self) -> None:
        """What had the keys may have been folded away."""
        if not self.filter_line.display:
            self.call_after_refresh(self.focus_grid)

    @on(PanePressed)
    def _pane_pressed(self) -> None:
        self.filter_line.leave()
        self.focus_grid()

    @on(RowPressed)
    def _picture_pressed(self, message: RowPressed) -> None:
        self._pane_pressed()
        self.items.select(message.index)
        self.moved()

    @on(GridMoved)
    def _grid_moved(self, message: GridMoved) -> None:
        self.items.columns = message.columns
        self.grid.sync()
        self.read_on()

    # ---- what can be done with pictures ----------------------------------------------------

    def action_look(self) -> None:
        """Look at the chosen picture's channel in the explore screen."""
        record = self._record
        if record is None:
            self.toasts.tell(self.NO_PICTURE if self.items.chosen is None else NO_CHANNEL)
        elif not _is_known(record):
            self.toasts.tell(
                f"{printable(record.target, 80)} is of a network that is not known here"
            )
        else:
            self.go_look(record.task())

    def action_compare(self) -> None:
        """Show the two marked pictures, or the marked and the chosen one, side by side."""
        pair = _pair(self.items)
        if pair is None:
            self.toasts.tell(self._why_no_pair())
            return
        self.compared = pair
        self.put_above(CompareScreen(self._sides, self._compare_next, self.painter))

    def _why_no_pair(self) -> str:
        marked, keys = len(self.items.marked), first_keys(table_of(self.app))
        if marked <= 2:
            return f"mark two pictures with {keys['gallery.mark']} to compare them"
        has = f"{marked:,} are marked{hidden_phrase(self.items.hidden)}"
        return f"only two pictures can be compared; {has}; {keys['gallery.unmark']} unmarks them"

    def _sides(self) -> tuple[Detail, Detail]:
        left, right = (self.detail(of) or WAITING for of in self.compared or (None, None))
        return left, right

    def _compare_next(self, by: int) -> None:
        """Compare the left picture with the one after or before the right one."""
        if self.compared is None:
            return
        left, right = self.compared
        self.compared = (left, self.items.beside(right, by))
        self.read_on()

    def action_delete(self) -> None:
        """Delete the marked pictures that are shown, or the chosen one where none of them is.

        What the filter hides stays: nobody deletes what they do not see.
        """
        chosen = self.items.marked_in_view or self._chosen
        if chosen:
            self.deleting.delete([self.files.file(each).path for each in chosen], self.items.hidden)
            self.poll()
        else:
            self.toasts.tell(self.NO_PICTURE)

    def action_take_back(self) -> None:
        """Bring back what was deleted last."""
        self.deleting.take_back()
        self.poll()

    def action_sheet(self) -> None:
        """Make contact sheets of the marked pictures, one of each layer and size."""
        from convscope.tui.explorer.model.sheets import make_sheets  # noqa: PLC0415  Pillow

        paths = [self.files.file(place).path for place in self.items.marked]
        if not paths:
            key = first_keys(table_of(self.app))["gallery.mark"]
            self.toasts.tell(f"{key} marks pictures for a contact sheet")
            return
        hidden = hidden_phrase(self.items.hidden)
        self.toasts.tell(f"making a contact sheet of {len(paths):,}{hidden} …")
        self.make_sheets(
            partial(make_sheets, self.feed.gallery, paths), otherwise=self.marks_are_done_with()
        )


def _pair(items: GridModel[Place]) -> tuple[Place, Place] | None:
    """Return the two marked pictures, or the marked and the chosen one; ``None`` for neither.

    Of marks that are left over, those that the filter hides do not count.
    """
    marks = [items.marked_in_view, items.marked]
    chosen = [each for each in [items.chosen] if each is not None]
    with_chosen = [[*marked, *chosen] for marked in marks if not set(chosen) <= set(marked)]
    for pair in (*marks, *with_chosen):
        if len(pair) == 2:
            return pair[0], pair[1]
    return None


def _channel(record: Record) -> Channel:
    weights = Weights(record.weights, record.weights_sha256)
    return Channel(record.model, weights, record.layer, record.channel)


def _is_known(record: Record) -> bool:
    """Whether there is such a channel."""
    try:
        layer = network(record.model).layer(record.layer)
    except UserError:
        return False
    return layer.name == record.layer and 0 <= record.channel < layer.channels
