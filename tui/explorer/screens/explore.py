"""The first screen: layers, channels, and the chosen one."""

from typing import ClassVar

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.timer import Timer

from convscope.tui.explorer.feed import Feed
from convscope.tui.explorer.keymap import Pane, bindings, table_of
from convscope.tui.explorer.messages import GridMoved, PanePressed, RowPressed
from convscope.tui.explorer.model.channel_tasks import ChannelTasks
from convscope.tui.explorer.model.channels import ChannelSource
from convscope.tui.explorer.model.grid import Edge, GridModel
from convscope.tui.explorer.model.history import NetworkHistory
from convscope.tui.explorer.model.pictures import Pictures
from convscope.tui.explorer.render.painter import Painter
from convscope.tui.explorer.screens.base import HOME_SCREEN
from convscope.tui.explorer.screens.channel_finding import ChannelFinding
from convscope.tui.explorer.screens.detours import Detours
from convscope.tui.explorer.screens.filtering import GridKeys
from convscope.tui.explorer.screens.layer_navigation import LayerNavigation
from convscope.tui.explorer.screens.network_keys import NetworkKeys
from convscope.tui.explorer.screens.picture_keys import PictureKeys
from convscope.tui.explorer.screens.picture_requests import PictureRequests
from convscope.tui.explorer.session import Session
from convscope.tui.explorer.widgets.channels import ChannelList
from convscope.tui.explorer.widgets.explore_panes import ExplorePanes
from convscope.tui.explorer.widgets.item_list import SORTED_BY, ItemList
from convscope.tui.explorer.widgets.layers import LayerList
from convscope.tui.explorer.widgets.tiles import TileGrid

WIDTHS = [(0, "-tiny"), (44, "-folded"), (104, "-wide")]
"""From so many columns on: one pane, layers and one other, all three."""
REST = 0.15
"""Seconds without a move after which a person is taken to look at the channel."""


class ExploreScreen(PictureKeys, NetworkKeys, ChannelFinding):
    """Chooses layer and channel, and has the source wish for what is looked at.

    Args:
        feed: the door to the world.
        history: the network that is shown, and those before it.
        painter: draws pictures.
        pictures: those that were read.
    """

    NAME = HOME_SCREEN
    KEY_IDS = GridKeys(
        "filter",
        "filter.clear",
        "channels.visual",
        "channels.unmark",
        "sheet",
        "sheet.show",
        "favourite",
        "annotate",
    )
    NO_PICTURE = "no picture is saved yet"
    AUTO_FOCUS = "#channels"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Pane.EXPLORE)
    panes: ExplorePanes

    def __init__(
        self, feed: Feed, history: NetworkHistory, painter: Painter, pictures: Pictures
    ) -> None:
        channels = ChannelSource(feed, ChannelTasks(history), pictures)
        super().__init__(feed, history.selection.subject.title, channels, painter)
        self.history = history
        self.HORIZONTAL_BREAKPOINTS = WIDTHS
        self.pane = Pane.CHANNELS
        self.layer_list = LayerList(self.selection.rows)
        self.channel_list = ChannelList(self.tile)
        self.panes = ExplorePanes(self.layer_list, self.grid, self.channel_list, self.picture)
        self.panes.unfold(self.pane)
        self.navigation = LayerNavigation(self.layer_list, history, self.toasts, self.to_layer)
        self.requests = PictureRequests(feed, self.channels, self.toasts, table_of(self.app))
        self.detours = Detours()
        self._is_resting = False
        self._wish_waits = True
        """Whether what is wished for may have changed."""
        self._rest_timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Header, three panes, footer."""
        yield self.header
        yield self.panes
        yield self.filter_line
        yield self.footer

    def on_mount(self) -> None:
        """Show the layer; the world comes after the first frame."""
        self.show_items()  # Textual calls the base class's on_mount, too: asked here it is twice

    def _begin(self) -> None:
        super()._begin()
        self.moved()
        self.reopen()

    @property
    def items(self) -> GridModel[int]:
        """The channels of the chosen layer."""
        return self.selection.items

    @property
    def grids(self) -> list[GridModel[int]]:
        """The channels of all layers that were looked at."""
        return self.selection.grids

    @property
    def subject(self) -> int:
        """The channel that was chosen last, also while the filter keeps none."""
        return self.selection.channel

    @property
    def tiles(self) -> TileGrid | ItemList:
        """Grid or list, whichever is to be seen."""
        return self.panes.tiles

    # ---- the world -------------------------------------------------------------------------

    def follow(self, *, changed: bool, live: bool) -> None:
        """Show the world as the last poll found it."""
        self.source.follow()
        if changed:
            self.fill()
            self.look_for_annotations()
            self.requests.tell_of_animations()
        elif live:
            self._show_channels()
        self.show_detail()
        if self._wish_waits:
            self._wish()

    def fill(self) -> None:
        """Look at the files anew, and show the visible channels."""
        self._wish_waits = True
        self.source.look_again()
        self._show_channels()

    def _show_channels(self) -> None:
        """Show the visible channels; pictures new to memory are read a few at a time."""
        is_other = self.reorder()
        if is_other or (self.filter.asks_pictures and self.sift()):
            self.show_items()
        self.tiles.sync()
        self.read_on()

    def all_read(self) -> None:
        """Wish again: a draft that was found damaged is missing."""
        super().all_read()
        self._wish_waits = True
        if self.reorder():
            self.show_items()
            self.follow_choice()

    def sift(self) -> bool:
        """Ask the filter anew of each channel."""
        return self.items.sift(self.filter, self.known)

    def _wish(self) -> None:
        self.source.wish(self.selection.channel, self.in_view, rests=self._is_resting)
        self._wish_waits = False

    # ---- showing ---------------------------------------------------------------------------

    def show_items(self) -> None:
        """Show the layer's channels that the filter keeps."""
        self.layer_list.choose(self.selection.layer_index)
        super().show_items()

    def mark_notes(self) -> list[str]:
        """Say also how many are marked in other layers."""
        others = self.marks.count - len(self.items.marked)
        here = super().mark_notes()
        marked = "" if here else "marked "
        return [*here, *([f"{others:,} {marked}in other layers"] if others else [])]

    def show_title(self) -> None:
        """Say which layer it is, and what is shown and marked of it."""
        layer = self.selection.layer
        title = f"{layer.name} · {layer.channels} channels"
        if self.filter:
            shown = len(self.items.shown)
            title = f"{layer.name} · {shown} of {layer.channels} · {self.filter.text}"
        # The border cuts what comes last.
        notes = [*self.mark_notes(), *self.sources.notes(), f"receptive field {layer.field} px"]
        subtitle = " · ".join(notes)
        for widget in (self.grid, self.channel_list):
            widget.entitle(title, subtitle)
        self.channel_list.sort_by(SORTED_BY.get(self.sources.order_shown, ""))
        marked = self.selection.marked
        self.layer_list.count_marks({layer: len(marked[layer]) for layer in marked})

    def show_footer(self) -> None:
        """Show the keys of the pane, and the recipe they would use."""
        without = () if self.selection.rows.has_blocks else ("fold",)
        if not self.detours:
            without = (*without, "go back")
        self.footer.show(self.pane, self.tasks.label, without)

    def follow_choice(self) -> None:
        """Follow the cursor; where it rests for a while, a draft is wished for."""
        super().follow_choice()
        self._is_resting = False
        self._wish_waits = True
        if self._rest_timer is not None:
            self._rest_timer.stop()
        self._rest_timer = self.set_timer(REST, self._rest)

    def _rest(self) -> None:
        self._is_resting = True
        self._wish()

    def show_anew(self) -> None:
        """Show a layer, or what another filter keeps of it."""
        self.source.look_again()
        self.reorder()
        super().show_anew()

    # ---- panes -----------------------------------------------------------------------------

    def action_sideways(self, by: int) -> None:
        """Move within a row of the grid; over its edge into the pane there.

        A range ends where it is ended: the key for that is one of the grid.
        """
        edge = self.items.move_columns(by)
        if edge is None:
            self.moved()
        elif not self.items.marks_a_range:
            self.go(Pane.LAYERS if edge is Edge.LEFT else Pane.PICTURE)

    def action_go(self, pane: str) -> None:
        """Give the keys to a pane."""
        self.go(Pane(pane))

    def action_pane(self, by: int) -> None:
        """Give the keys to the next pane or the one before."""
        self.go(self.panes.next_to(self.pane, by))

    def focus_grid(self) -> None:
        """Give the keys to the channels."""
        self.go(Pane.CHANNELS)

    def go(self, pane: Pane) -> None:
        """Give the keys to a pane."""
        pane = self.sources.chosen.pane if pane in (Pane.PICTURE, Pane.MAP) else pane
        self.pane = pane
        if not self.has_class("-wide"):
            self.panes.unfold(pane)  # before the focus, which goes to visible widgets only
        self.set_focus(self.panes.widget(pane))  # at once: keys typed ahead belong to the new pane
        self.show_footer()

    def on_resize(self) -> None:
        """A screen that was wide until now may have to fold."""
        self.panes.unfold(self.pane)

    def action_list(self) -> None:
        """Change between grid and list."""
        self.panes.show_as_list(is_list=not self.panes.is_list)
        self.items.columns = 1
        self.show_items()
        self.go(Pane.CHANNELS)

    @on(PanePressed)
    def _pane_pressed(self, message: PanePressed | RowPressed) -> None:
        self.filter_line.leave()
        self.navigation.end_search()
        self.go(self.panes.pane_of(message.sender))

    @on(RowPressed)
    def _row_pressed(self, message: RowPressed) -> None:
        self._pane_pressed(message)
        if message.sender is self.layer_list:
            self.navigation.press(message.index)
        else:
            self.items.select(message.index)
            self.moved()

    @on(GridMoved)
    def _grid_moved(self, message: GridMoved) -> None:
        if message.sender is self.tiles:  # the other one is not to be seen
            self.items.columns = message.columns
            self.fill()

    # ---- from one time to the next -----------------------------------------------------------

    def session(self, screen: str) -> Session:
        """Return where the person is."""
        found = self.history.session(self.tasks.recipe, self.tasks.seed, screen)
        found = msgspec.structs.replace(
            found, edited=list(self.tasks.edited), is_list=self.panes.is_list
        )
        return self.requests.noted(self.sources.noted(found))

    def restore(self, session: Session) -> None:
        """Go on where somebody left; before the first frame."""
        self.history.restore(session)
        self.tasks.restore(session.recipe, session.seed, session.edited)
        self.sources.restore(session)
        self.requests.restore(session)
        self.panes.show_as_list(is_list=session.is_list)
