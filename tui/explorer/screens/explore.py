"""The first screen: layers, channels, and the chosen one. It turns keys into requests."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.timer import Timer

from core.errors import UserError
from core.jobs.specs import JobSpec
from tui.explorer.book import Book
from tui.explorer.feed import Feed
from tui.explorer.keymap import Pane, bindings
from tui.explorer.messages import ChannelPressed, GridMoved, LayerPressed
from tui.explorer.painter import Painter
from tui.explorer.phrases import failed_phrase, queued_phrase
from tui.explorer.selection import Edge, Selection
from tui.explorer.toasts import Toasts
from tui.explorer.widgets.channels import ChannelGrid
from tui.explorer.widgets.chosen import ChosenPane
from tui.explorer.widgets.footer import Footer
from tui.explorer.widgets.header import Header
from tui.explorer.widgets.layers import LayerList

POLL = 0.25
"""Seconds between two looks at the world: as often as the worker shows a frame."""
REST = 0.15
"""Seconds without a move after which a person is taken to look at the channel."""
GLANCE = 0.05
"""Seconds after a move until the right pane follows: a held key must not wait for pictures."""
LOAD_SLICE = 0.006
"""Seconds of decoding at a time; keys are answered in between."""
LOAD_PAUSE = 0.02

WIDTHS = [(0, "-tiny"), (44, "-folded"), (104, "-wide")]
"""From so many columns on: one pane, layers and one other, all three."""
HEIGHTS = [(0, "-flat"), (9, "-high")]
"""Below nine lines header and footer make room."""

PANES = (Pane.LAYERS, Pane.CHANNELS, Pane.PICTURE)


class ExploreScreen(Screen[None]):
    """Holds the selection, asks the feed, tells the widgets."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Pane.EVERYWHERE)
    AUTO_FOCUS = "#channels"

    def __init__(self, feed: Feed, selection: Selection, painter: Painter) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = WIDTHS
        self.VERTICAL_BREAKPOINTS = HEIGHTS
        self._feed = feed
        self._selection = selection
        self._book = Book(feed, selection)
        self.pane = Pane.CHANNELS
        """The pane that has the keys."""
        self._resting = False
        self._wish_waits = True
        """Whether what is wished for may have changed."""
        self._toasts = Toasts(self.app)
        self._rest_timer: Timer | None = None
        self._glance_timer: Timer | None = None
        self._load_timer: Timer | None = None
        self._header = Header(f"{selection.model.name} · embedded weights")
        self._layers = LayerList(selection.model)
        self._grid = ChannelGrid(self._book.tile, painter)
        self._chosen = ChosenPane(painter)
        self._footer = Footer()
        self._panes = Horizontal(id="panes", classes=f"at-{self.pane}")

    def compose(self) -> ComposeResult:
        """Header, three panes, footer."""
        yield self._header
        with self._panes:
            yield self._layers
            yield self._grid
            yield self._chosen
        yield self._footer

    def on_mount(self) -> None:
        """Show what is there, and look again several times a second."""
        self._show_layer()
        self.call_after_refresh(self._begin)  # the empty frame first: it is there at once

    def _begin(self) -> None:
        self._fill_grid()
        self._poll()
        self.set_interval(POLL, self._poll)
        self._moved()

    # ---- the world -------------------------------------------------------------------------

    def _poll(self) -> None:
        feed, news = self._feed, self._feed.poll()
        self._book.note_live()
        if news.failed:
            self._toasts.wrong(failed_phrase(news.failed[0], len(news.failed)))
        for trouble in news.troubles:
            self._toasts.wrong(trouble)
        self._header.advise(feed.advice)
        self._header.show(feed.counts, feed.live, runs=feed.worker_runs, starts=feed.worker_starts)
        if news.changed:
            self._fill_grid()
        self._show_chosen()
        if news.changed or self._wish_waits:
            self._wish()

    def _fill_grid(self) -> None:
        """Show the visible channels; pictures new to memory are decoded a few at a time."""
        self._wish_waits = True
        self._book.look(self._grid.visible_channels)
        self._load_some()

    def _load_some(self) -> None:
        more = self._book.load(LOAD_SLICE)
        self._grid.sync()
        if self._load_timer is not None:
            self._load_timer.stop()
            self._load_timer = None
        if more:
            self._load_timer = self.set_timer(LOAD_PAUSE, self._load_some)

    def _show_chosen(self) -> None:
        self._chosen.show(self._book.chosen())

    def _wish(self) -> None:
        channel = self._selection.channel
        visible = sorted(self._grid.visible_channels, key=lambda other: abs(other - channel))
        peek = self._book.missing_drafts([channel]) if self._resting else []
        drafts = self._book.missing_drafts(
            other for other in visible if other != channel or not peek
        )
        self._feed.wish(peek[0] if peek else None, drafts)
        self._wish_waits = False

    # ---- moving ----------------------------------------------------------------------------

    def _moved(self) -> None:
        """Follow the selection: the grid at once, the rest as soon as the hand comes to rest."""
        self._grid.choose(self._selection.channel)
        if self._glance_timer is None:
            self._glance_timer = self.set_timer(GLANCE, self._glance)
        self._resting = False
        self._wish_waits = True
        if self._rest_timer is not None:
            self._rest_timer.stop()
        self._rest_timer = self.set_timer(REST, self._rest)

    def _glance(self) -> None:
        self._glance_timer = None
        self._show_chosen()

    def _rest(self) -> None:
        self._resting = True
        self._wish()

    def _show_layer(self) -> None:
        selection = self._selection
        layer = selection.layer
        self._layers.choose(selection.layer_index)
        self._grid.border_title = f"{layer.name} · {layer.channels} channels"
        self._grid.border_subtitle = f"sees {layer.receptive_field} px"
        self._grid.show_layer(layer.channels, selection.channel)
        self._show_footer()

    def _show_footer(self) -> None:
        recipe = self._book.recipe
        self._footer.show(self.pane, f"{recipe.preset} {recipe.resolution} px")

    def action_layer(self, by: int) -> None:
        """Move along the layers."""
        self._to_layer(self._selection.layer_index + by)

    def action_layer_end(self, end: int) -> None:
        """Go to the first (-1) or the last (1) layer."""
        self._to_layer(0 if end < 0 else len(self._selection.model.layers) - 1)

    def _to_layer(self, index: int) -> None:
        self._selection.select_layer(index)
        self._show_layer()
        self._fill_grid()
        self._moved()

    def action_sideways(self, by: int) -> None:
        """Move within a row of the grid; over its edge into the pane there."""
        edge = self._selection.move_columns(by)
        if edge is None:
            self._moved()
        else:
            self._go(Pane.LAYERS if edge is Edge.LEFT else Pane.PICTURE)

    def action_rows(self, by: int) -> None:
        """Move between the rows of the grid."""
        self._selection.move_rows(by)
        self._moved()

    def action_half_page(self, direction: int) -> None:
        """Move by half a screen of the grid."""
        self.action_rows(direction * self._grid.half_page)

    def action_step(self, by: int) -> None:
        """Go to the next channel or the one before."""
        self._to_channel(self._selection.channel + by)

    def action_channel_end(self, end: int) -> None:
        """Go to the first (-1) or the last (1) channel."""
        self._to_channel(0 if end < 0 else self._selection.layer.channels - 1)

    def _to_channel(self, channel: int) -> None:
        self._selection.select_channel(channel)
        self._moved()

    # ---- panes -----------------------------------------------------------------------------

    def action_go(self, pane: str) -> None:
        """Give the keys to a pane."""
        self._go(Pane(pane))

    def action_pane(self, by: int) -> None:
        """Give the keys to the next pane or the one before."""
        self._go(PANES[(PANES.index(self.pane) + by) % len(PANES)])

    def _go(self, pane: Pane) -> None:
        self.pane = pane
        if not self.has_class("-wide"):
            self._show_pane()  # before the focus, which goes to visible widgets only
        widgets = {Pane.LAYERS: self._layers, Pane.CHANNELS: self._grid, Pane.PICTURE: self._chosen}
        self.set_focus(widgets[pane])  # at once: keys typed ahead belong to the new pane
        self._show_footer()

    def on_resize(self) -> None:
        """A screen that was wide until now may have to fold."""
        self._show_pane()

    def _show_pane(self) -> None:
        """Make the pane visible on a narrow screen; styling and laying out again costs 30 ms."""
        self._panes.set_classes(f"at-{self.pane}")

    @on(LayerPressed)
    def _layer_pressed(self, message: LayerPressed) -> None:
        self._go(Pane.LAYERS)
        self._to_layer(message.index)

    @on(ChannelPressed)
    def _channel_pressed(self, message: ChannelPressed) -> None:
        self._go(Pane.CHANNELS)
        self._to_channel(message.channel)

    @on(GridMoved)
    def _grid_moved(self, message: GridMoved) -> None:
        self._selection.columns = message.columns
        self._fill_grid()

    # ---- requests --------------------------------------------------------------------------

    def action_make(self) -> None:
        """Ask for the chosen picture before everything else, and watch it."""
        spec = self._book.spec(self._selection.channel)
        self._request([spec], f"{spec.target}", urgent=True)
        self._go(Pane.PICTURE)

    def action_queue_channel(self) -> None:
        """Queue the chosen channel."""
        spec = self._book.spec(self._selection.channel)
        self._request([spec], f"{spec.target}")

    def action_queue_layer(self) -> None:
        """Queue every channel of the layer."""
        specs = self._book.layer_specs()
        self._request(specs, f"{self._selection.layer.name}:*")

    def _request(self, specs: list[JobSpec], name: str, *, urgent: bool = False) -> None:
        try:
            damaged = self._book.damaged(specs)
            queued = self._feed.queue(specs, name, urgent=urgent, damaged=damaged)
        except UserError as error:
            self._toasts.wrong(str(error))
            return
        self._toasts.tell(queued_phrase(queued, name, self._book.recipe.preset))
        self._poll()

    def action_preset(self) -> None:
        """Change to the next preset; pictures made with it are shown from now on."""
        self._book.next_recipe()
        self._show_footer()
        self._fill_grid()
        self._show_chosen()

    def action_help(self) -> None:
        """Show all keys, those of this pane first."""
        from tui.explorer.screens.help import HelpScreen  # noqa: PLC0415  not for the first frame

        self.app.push_screen(HelpScreen(self.pane))

    def action_quit(self) -> None:
        """Leave; the worker goes on."""
        self.app.exit()
