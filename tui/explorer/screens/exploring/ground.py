"""What the explore screen holds, and how what changes gets to its widgets."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.timer import Timer

from convscope.core.ascent.recipes import DRAFT, Recipe
from convscope.core.catalog.targets import Target
from convscope.tui.explorer.book import Book, Tile
from convscope.tui.explorer.feed import Feed
from convscope.tui.explorer.filters import Filter, Known
from convscope.tui.explorer.keymap import Pane, bindings, first_keys, table_of
from convscope.tui.explorer.painter import Painter
from convscope.tui.explorer.phrases import hidden_phrase, none_kept_phrase
from convscope.tui.explorer.screens.base import GROUND, FullScreen
from convscope.tui.explorer.selection import Selection
from convscope.tui.explorer.session import ScreenName, Session
from convscope.tui.explorer.widgets.channel_list import ChannelList
from convscope.tui.explorer.widgets.channels import ChannelGrid
from convscope.tui.explorer.widgets.chosen import ChosenPane
from convscope.tui.explorer.widgets.filter_line import FilterLine
from convscope.tui.explorer.widgets.layers import LayerList

REST = 0.15
"""Seconds without a move after which a person is taken to look at the channel."""
GLANCE = 0.05
"""Seconds after a move until the right pane follows: a held key must not wait for pictures."""
LOAD_SLICE = 0.006
"""Seconds of decoding at a time; keys are answered in between."""
LOAD_PAUSE = 0.02

PANES = (Pane.LAYERS, Pane.CHANNELS, Pane.PICTURE)


class ExploreGround(FullScreen):
    """Holds the selection, asks the feed, tells the widgets."""

    NAME = GROUND
    BINDINGS: ClassVar[list[BindingType]] = bindings(Pane.EXPLORE)

    def __init__(self, feed: Feed, selection: Selection, painter: Painter) -> None:
        super().__init__(feed, f"{selection.model.name} · embedded weights")
        self.selection = selection
        self.book = Book(feed, selection)
        self.painter = painter
        self.pane = Pane.CHANNELS
        self.filter = Filter()
        self._resting = False
        self._wish_waits = True
        """Whether what is wished for may have changed."""
        self._rest_timer: Timer | None = None
        self._glance_timer: Timer | None = None
        self.load_timer: Timer | None = None
        """Set while pictures are left to be decoded."""
        self.layer_list = LayerList(selection.model)
        self.grid = ChannelGrid(self.tile, painter)
        self.channel_list = ChannelList(self.tile)
        self.chosen = ChosenPane(painter)
        self.filter_line = FilterLine(self.footer)
        self.panes = Horizontal(id="panes", classes=f"at-{self.pane}")
        self.show_as_list(is_list=False)

    @property
    def channels(self) -> ChannelGrid | ChannelList:
        """The middle pane: grid or list."""
        return self.channel_list if self._is_list else self.grid

    def show_as_list(self, *, is_list: bool) -> None:
        """Show list or grid; a class would be styled for every pane, which takes 20 ms."""
        self._is_list = is_list
        shown, hidden = (
            (self.channel_list, self.grid) if is_list else (self.grid, self.channel_list)
        )
        hidden.styles.display = "none"
        shown.styles.clear_rule("display")  # a narrow screen may leave it out

    def tile(self, position: int) -> Tile:
        """Return what is known of the channel at a position among those shown."""
        return self.book.tile(self.selection.shown[position])

    @property
    def in_view(self) -> list[int]:
        """The channels of which at least one line is on the screen."""
        return [self.selection.shown[position] for position in self.channels.in_view]

    def _begin(self) -> None:
        super()._begin()
        self.moved()

    # ---- the world -------------------------------------------------------------------------

    def follow(self, *, changed: bool) -> None:
        """Show the world as the last poll found it."""
        self.book.note_live()
        if changed:
            if self.filter.asks_pictures:
                self.refilter()
            self.fill()
        self.show_chosen()
        if changed or self._wish_waits:
            self._wish()

    def fill(self) -> None:
        """Show the visible channels; pictures new to memory are decoded a few at a time."""
        self._wish_waits = True
        channels = self.in_view
        if self.filter.asks_pictures:  # it has to know those that it may bring back
            channels += range(self.selection.layer.channels)
        if self.book.look(dict.fromkeys(channels)):
            self._load_some()
        else:
            self.channels.sync()

    def _load_some(self) -> None:
        more = self.book.load(LOAD_SLICE)
        self.channels.sync()
        if self.load_timer is not None:
            self.load_timer.stop()
            self.load_timer = None
        if more:
            self.load_timer = self.set_timer(LOAD_PAUSE, self._load_some)
        elif self.filter.asks_pictures:
            self.refilter()

    def show_chosen(self) -> None:
        """Show the chosen channel in the right pane."""
        self.chosen.show(self.book.chosen())

    def _wish(self) -> None:
        channel = self.selection.channel
        visible = sorted(self.in_view, key=lambda other: abs(other - channel))
        peek = self.book.missing_drafts([channel]) if self._resting else []
        drafts = self.book.missing_drafts(
            other for other in visible if other != channel or not peek
        )
        self.feed.wish(peek[0] if peek else None, drafts)
        self._wish_waits = False

    # ---- following the selection -----------------------------------------------------------

    def moved(self) -> None:
        """Follow the selection: the grid at once, the rest as soon as the hand comes to rest."""
        self.channels.choose(self.selection.position)
        if self.selection.marks_a_range:
            self.marked()
        if self._glance_timer is None:
            self._glance_timer = self.set_timer(GLANCE, self._glance)
        self._resting = False
        self._wish_waits = True
        if self._rest_timer is not None:
            self._rest_timer.stop()
        self._rest_timer = self.set_timer(REST, self._rest)

    def _glance(self) -> None:
        self._glance_timer = None
        self.show_chosen()

    def _rest(self) -> None:
        self._resting = True
        self._wish()

    def marked(self) -> None:
        """Show which channels are marked."""
        self.channels.sync()
        self._show_title()

    def refilter(self) -> None:
        """Show others where the filter keeps other channels by now."""
        kept = self._kept()
        if kept != self.selection.shown:
            self.selection.show(kept)
            self.show_layer()

    def _kept(self) -> Sequence[int]:
        every = range(self.selection.layer.channels)
        if not self.filter:
            return every
        known = self.book.known if self.filter.asks_pictures else Known
        return [channel for channel in every if self.filter.keeps(known(channel))]

    def show_anew(self) -> None:
        """Show a layer or what another filter keeps of it."""
        self.selection.show(self._kept())
        self.show_layer()
        self.fill()
        self.moved()

    def show_layer(self) -> None:
        """Show the channels of the layer that the filter keeps."""
        self.layer_list.choose(self.selection.layer_index)
        self._show_title()
        note = none_kept_phrase(first_keys(table_of(self.app))["filter.clear"])
        self.channels.show(len(self.selection.shown), self.selection.position, note)
        self.show_footer()

    def _show_title(self) -> None:
        selection, layer = self.selection, self.selection.layer
        title = f"{layer.name} · {layer.channels} channels"
        if self.filter:
            title = (
                f"{layer.name} · {len(selection.shown)} of {layer.channels} · {self.filter.text}"
            )
        marked = len(selection.marked)
        notes = [f"{marked} marked{hidden_phrase(selection.hidden)}"] if marked else []
        notes += ["a range: v ends it"] if selection.marks_a_range else []
        subtitle = " · ".join([*notes, f"sees {layer.field} px"])
        for widget in (self.grid, self.channel_list):
            widget.entitle(title, subtitle)

    def show_footer(self) -> None:
        """Show the keys of the pane, and the recipe they would use."""
        recipe = self.book.recipe
        self.footer.show(self.pane, f"{recipe.preset} {recipe.resolution} px")

    def session(self, screen: str) -> Session:
        """Return where the person is."""
        return Session(
            model=self.selection.model.name,
            layer=self.selection.layer.name,
            channels=self.selection.channels,
            recipe=self.book.recipe,
            seed=self.book.seed,
            screen=msgspec.convert(screen, ScreenName),
        )

    def restore(self, session: Session) -> None:
        """Go on where somebody left; before the first frame."""
        for index, channel in enumerate(session.channels):
            self.selection.select_layer(index)
            self.selection.select_channel(channel)
        names = [layer.name for layer in self.selection.model.layers]
        self.selection.select_layer(names.index(session.layer))
        self.book.recipe, self.book.seed = session.recipe, session.seed

    def look_at(self, target: Target, recipe: Recipe, seed: int) -> None:
        """Choose a channel, and show it as this recipe makes it."""
        names = [layer.name for layer in self.selection.model.layers]
        if target.model != self.selection.model.name or target.layer not in names:
            self.toasts.wrong(
                f"{target} is of another model; this explorer shows {self.selection.model.name}"
            )
            return
        self.filter = Filter()
        self.selection.select_layer(names.index(target.layer))
        self.selection.select_channel(target.channel)
        if recipe != DRAFT:  # drafts are shown whatever recipe is in use
            self.book.recipe, self.book.seed = recipe, seed
        self.show_anew()
