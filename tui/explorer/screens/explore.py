"""The first screen: layers, channels, and the chosen one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.timer import Timer

from convscope.core.ascent.recipes import DRAFT, renamed
from convscope.core.catalog.networks import Layer
from convscope.core.catalog.subjects import Subject
from convscope.core.catalog.targets import format_channels
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.core.tasks.visualize import Visualize
from convscope.tui.explorer.feed import Feed
from convscope.tui.explorer.keymap import Pane, bindings
from convscope.tui.explorer.messages import GridMoved, RowPressed
from convscope.tui.explorer.model.channels import ChannelSource
from convscope.tui.explorer.model.filters import Filter, Known, parse_filter
from convscope.tui.explorer.model.grid import Edge, GridModel
from convscope.tui.explorer.model.pictures import Pictures
from convscope.tui.explorer.model.selection import Selection
from convscope.tui.explorer.phrases import queued_phrase
from convscope.tui.explorer.render.painter import Painter
from convscope.tui.explorer.screens.base import HOME_SCREEN, kept
from convscope.tui.explorer.screens.grid import GridScreen
from convscope.tui.explorer.session import ScreenName, Session
from convscope.tui.explorer.widgets.item_list import ItemList
from convscope.tui.explorer.widgets.layers import LayerList
from convscope.tui.explorer.widgets.picture_pane import PicturePane
from convscope.tui.explorer.widgets.tiles import TileGrid

if TYPE_CHECKING:
    from convscope.tui.explorer.recipe_form import RecipeForm, Wanted

WIDTHS = [(0, "-tiny"), (44, "-folded"), (104, "-wide")]
"""From so many columns on: one pane, layers and one other, all three."""
RECENT = 8
"""Networks that are remembered."""
REST = 0.15
"""Seconds without a move after which a person is taken to look at the channel."""

PANES = (Pane.LAYERS, Pane.CHANNELS, Pane.PICTURE)


class ChannelGrid(TileGrid):
    """Each channel with its number, its stage and its verdict."""

    BINDINGS = bindings(Pane.CHANNELS)
    ID = "channels"


class ChannelList(ItemList):
    """The same, a line for each."""

    BINDINGS = bindings(Pane.CHANNELS)
    ID = "channel-list"


class ChannelPane(PicturePane):
    """The chosen channel."""

    BINDINGS = bindings(Pane.PICTURE)
    ID = "chosen"
    HAS_CURVE = True
    FACT_LINES = 12
    """Curve, state, recipe, what is shown, activation, and a path of three lines."""


class ExploreScreen(GridScreen[int]):
    """Chooses layer and recipe, asks for pictures, and wishes for drafts of what is looked at."""

    NAME = HOME_SCREEN
    CLEAR_KEY = "filter.clear"
    NO_PICTURE = "no picture is saved yet"
    AUTO_FOCUS = "#channels"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Pane.EXPLORE)

    def __init__(
        self, feed: Feed, selection: Selection, painter: Painter, pictures: Pictures
    ) -> None:
        self.selection = selection
        self._selections = {selection.subject: selection}
        """Those of all networks that were looked into since the start, the newest last."""
        self._recent: list[Subject] = []
        """Those before."""
        self.channels = ChannelSource(feed, selection, pictures)
        super().__init__(
            feed,
            selection.subject.title,
            self.channels,
            grid=ChannelGrid,
            pane=ChannelPane,
            painter=painter,
        )
        self.HORIZONTAL_BREAKPOINTS = WIDTHS
        self.pane = Pane.CHANNELS
        self.panes.set_classes(f"at-{self.pane}")
        self.layer_list = LayerList(selection.rows)
        self.channel_list = ChannelList(self.tile)
        self._form: RecipeForm | None = None
        self._layer_text, self._find_from = "", 0
        """What layers were searched for last, and where that began."""
        self._finds_layers = False
        """Whether what is typed is a part of a layer's name."""
        self._is_resting = False
        self._wish_waits = True
        """Whether what is wished for may have changed."""
        self._rest_timer: Timer | None = None
        self._show_as_list(is_list=False)

    def compose(self) -> ComposeResult:
        """Header, three panes, footer."""
        yield self.header
        with self.panes:
            yield self.layer_list
            yield self.grid
            yield self.channel_list
            yield self.picture
        yield self.filter_line
        yield self.footer

    def on_mount(self) -> None:
        """Show the layer; the world comes after the first frame."""
        self.show_items()  # Textual calls the base class's on_mount, too: asked here it is twice

    def _begin(self) -> None:
        super()._begin()
        self.moved()

    @property
    def items(self) -> GridModel[int]:
        """The channels of the chosen layer."""
        return self.selection.items

    @property
    def subject(self) -> int:
        """The channel that was chosen last, also while the filter keeps none."""
        return self.selection.channel

    @property
    def layer_in_view(self) -> Layer:
        """The chosen layer."""
        return self.selection.layer

    @property
    def tiles(self) -> TileGrid | ItemList:
        """Grid or list, whichever is to be seen."""
        return self.channel_list if self._is_list else self.grid

    # ---- the world -------------------------------------------------------------------------

    def follow(self, *, changed: bool) -> None:
        """Show the world as the last poll found it."""
        self.channels.note_live()
        if changed:
            self.fill()
        self.show_detail()
        if changed or self._wish_waits:
            self._wish()

    def fill(self) -> None:
        """Show the visible channels; pictures new to memory are read a few at a time."""
        self._wish_waits = True
        self.source.look_again()
        if self.filter.asks_pictures and self.sift():
            self.show_items()
        self.tiles.sync()
        self.read_on()

    def all_read(self) -> None:
        """Wish again: a draft that was found damaged is missing."""
        super().all_read()
        self._wish_waits = True

    def sift(self) -> bool:
        """Ask the filter anew of each channel; numbers alone need no look at pictures."""
        known = self.source.known if self.filter.asks_pictures else _numbered
        return self.items.sift(self.filter, known)

    def _wish(self) -> None:
        chosen = self.selection.channel
        visible = sorted(self.in_view, key=lambda other: abs(other - chosen))
        peek = self.channels.missing_drafts([chosen]) if self._is_resting else []
        drafts = self.channels.missing_drafts(
            other for other in visible if other != chosen or not peek
        )
        self.feed.wish(peek[0] if peek else None, drafts)
        self._wish_waits = False

    # ---- showing ---------------------------------------------------------------------------

    def show_items(self) -> None:
        """Show the layer's channels that the filter keeps."""
        self.layer_list.choose(self.selection.layer_index)
        super().show_items()

    def show_title(self) -> None:
        """Say which layer it is, and what is shown and marked of it."""
        layer = self.selection.layer
        title = f"{layer.name} · {layer.channels} channels"
        if self.filter:
            shown = len(self.items.shown)
            title = f"{layer.name} · {shown} of {layer.channels} · {self.filter.text}"
        subtitle = " · ".join([*self.mark_notes(), f"sees {layer.field} px"])
        for widget in (self.grid, self.channel_list):
            widget.entitle(title, subtitle)

    def show_footer(self) -> None:
        """Show the keys of the pane, and the recipe they would use."""
        recipe = self.channels.recipe
        self.footer.show(self.pane, f"{recipe.preset} {recipe.resolution} px")

    def moved(self) -> None:
        """Follow the cursor; where it rests for a while, a draft is wished for."""
        super().moved()
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
        super().show_anew()

    # ---- layers and panes ------------------------------------------------------------------

    def action_layer(self, by: int) -> None:
        """Move along the layers."""
        self._to_layer(self.selection.rows.step(self.selection.layer_index, by))

    def action_layer_end(self, end: int) -> None:
        """Go to the first (-1) or the last (1) layer."""
        self._to_layer(0 if end < 0 else len(self.selection.layers) - 1)

    def action_fold(self) -> None:
        """Fold or unfold the block of the chosen layer."""
        self._folded(self.selection.rows.fold(self.selection.layer_index))

    def action_fold_all(self) -> None:
        """Fold or unfold all blocks."""
        self._folded(self.selection.rows.fold_all(self.selection.layer_index))

    def _folded(self, layer: int) -> None:
        if not self.selection.rows.has_blocks:
            self.toasts.tell(f"the layers of {self.selection.network.name} are one list")
            return
        self.layer_list.show(self.selection.rows, layer)
        if layer != self.selection.layer_index:
            self._to_layer(layer)

    def _to_layer(self, index: int) -> None:
        self.selection.select_layer(index)
        again = parse_filter(self.filter.text, self.layer_in_view)  # * is another layer's all
        if not again.trouble:
            self.filter = again
        self.show_anew()

    def action_sideways(self, by: int) -> None:
        """Move within a row of the grid; over its edge into the pane there."""
        edge = self.items.move_columns(by)
        if edge is None:
            self.moved()
        else:
            self.go(Pane.LAYERS if edge is Edge.LEFT else Pane.PICTURE)

    def action_go(self, pane: str) -> None:
        """Give the keys to a pane."""
        self.go(Pane(pane))

    def action_pane(self, by: int) -> None:
        """Give the keys to the next pane or the one before."""
        self.go(PANES[(PANES.index(self.pane) + by) % len(PANES)])

    def focus_grid(self) -> None:
        """Give the keys to the channels."""
        self.go(Pane.CHANNELS)

    def go(self, pane: Pane) -> None:
        """Give the keys to a pane."""
        self.pane = pane
        if not self.has_class("-wide"):
            self._show_pane()  # before the focus, which goes to visible widgets only
        widgets = {
            Pane.LAYERS: self.layer_list,
            Pane.CHANNELS: self.tiles,
            Pane.PICTURE: self.picture,
        }
        self.set_focus(widgets[pane])  # at once: keys typed ahead belong to the new pane
        self.show_footer()

    def on_resize(self) -> None:
        """A screen that was wide until now may have to fold."""
        self._show_pane()

    def _show_pane(self) -> None:
        """Make the pane visible on a narrow screen; styling and laying out again costs 30 ms."""
        for pane in PANES:
            self.panes.set_class(pane is self.pane, f"at-{pane}")

    def action_list(self) -> None:
        """Change between grid and list."""
        self._show_as_list(is_list=not self._is_list)
        self.items.columns = 1
        self.show_items()
        self.go(Pane.CHANNELS)

    def _show_as_list(self, *, is_list: bool) -> None:
        """Show list or grid; a class would be styled for every pane, which takes 20 ms."""
        self._is_list = is_list
        hidden = self.grid if is_list else self.channel_list
        hidden.styles.display = "none"
        self.tiles.styles.clear_rule("display")  # a narrow screen may leave it out

    @on(RowPressed)
    def _row_pressed(self, message: RowPressed) -> None:
        if message.sender is self.layer_list:
            self.go(Pane.LAYERS)
            self._layer_pressed(message.index)
            return
        self.go(Pane.CHANNELS)
        self.items.select(message.index)
        self.moved()

    def _layer_pressed(self, index: int) -> None:
        row = self.selection.rows.rows[index]
        if row.layer is not None:
            self._to_layer(row.layer)
        else:  # a heading: the layer below it is of its block
            self._folded(self.selection.rows.fold(self.selection.rows.rows[index + 1].layer or 0))

    # ---- finding layers --------------------------------------------------------------------

    def action_filter(self) -> None:
        """Type a filter of channels, or where the keys are in the layers, a part of a name."""
        self._finds_layers = self.pane is Pane.LAYERS
        if self._finds_layers:
            self._find_from = self.selection.layer_index
            self.filter_line.open(self._layer_text)
        else:
            super().action_filter()

    def action_find(self, by: int) -> None:
        """Go to the next channel that the filter keeps, or to the next layer of that name."""
        if self.pane is not Pane.LAYERS:
            super().action_find(by)
        elif not self._layer_text:
            self.toasts.tell("/ finds a layer by its name")
        else:
            self._find(self.selection.layer_index + by, by)

    def _find(self, start: int, by: int = 1) -> bool:
        rows = self.selection.rows
        found = rows.find(self._layer_text, start, by)
        if found is None:
            return False
        if rows.unfold(found):
            self.layer_list.show(rows, found)
        self._to_layer(found)
        return True

    def typed(self, text: str) -> None:
        """Show what a filter keeps, or the layer that is found, as far as its name is typed."""
        if not self._finds_layers:
            super().typed(text)
            return
        self._layer_text = text.strip()
        found = not self._layer_text or self._find(self._find_from)
        self.filter_line.tell("" if found else "No layer has that in its name.")

    def end_typing(self) -> None:
        """Give the keys back to where they were."""
        self.go(Pane.LAYERS if self._finds_layers else Pane.CHANNELS)
        self._finds_layers = False

    @on(GridMoved)
    def _grid_moved(self, message: GridMoved) -> None:
        if message.sender is self.tiles:  # the other one is not to be seen
            self.items.columns = message.columns
            self.fill()

    # ---- asking for pictures ---------------------------------------------------------------

    def action_make(self) -> None:
        """Ask for the chosen picture before everything else, and watch it."""
        self._request_channels([self.selection.channel], urgent=True)
        self.go(Pane.PICTURE)

    def action_queue_channel(self) -> None:
        """Queue the marked channels, or the chosen one where none is marked."""
        marked = sorted(self.items.marked)
        self._request_channels(marked or [self.selection.channel])
        if marked:
            self.action_unmark()

    def action_queue_layer(self) -> None:
        """Queue every channel of the layer."""
        self._request(self.channels.layer_tasks(), f"{self.selection.layer.name}:*")

    def _request_channels(self, channels: Sequence[int], *, urgent: bool = False) -> None:
        name = printable(f"{self.selection.layer.name}:{format_channels(channels)}", 60)
        self._request(self.channels.tasks(channels), name, urgent=urgent)

    def _request(self, tasks: list[Visualize], name: str, *, urgent: bool = False) -> None:
        try:
            damaged = self.channels.damaged(tasks)
            queued = self.feed.queue(tasks, name, urgent=urgent, damaged=damaged)
        except UserError as error:
            self.toasts.wrong(str(error))
            return
        self.toasts.tell(queued_phrase(queued, name, self.channels.recipe.preset))
        self.poll()

    def action_sheet(self) -> None:
        """Make a contact sheet of the marked channels, or of those shown."""
        channels = self.items.marked or self.items.shown
        found = map(self.feed.find, self.channels.tasks(channels))
        paths = [path for path in found if path is not None]
        if not paths:
            preset = self.channels.recipe.preset
            self.toasts.wrong(f"None of these is saved as {preset} yet; a queues what is marked")
            return
        self.toasts.tell(f"a contact sheet of {len(paths)} pictures …")
        self.make_sheets(paths)

    # ---- recipes ---------------------------------------------------------------------------

    def action_preset(self) -> None:
        """Change to the next preset; pictures made with it are shown from now on."""
        self.channels.next_recipe()
        self.recipe_changed()

    def action_recipe(self) -> None:
        """Show the recipe in numbers, to be changed."""
        from convscope.tui.explorer.recipe_form import RecipeForm  # noqa: PLC0415  not for the first frame
        from convscope.tui.explorer.screens.form import RecipeScreen  # noqa: PLC0415

        recipe, seed = self.channels.recipe, self.channels.seed
        form = self._form
        if form is None or (form.origin.recipe, form.origin.seed) != (recipe, seed):
            self._form = form = RecipeForm(recipe, seed)  # else it is as it was left
        kept(self.app, "recipe", lambda: RecipeScreen(form)).open(form, self._use_recipe)

    def _use_recipe(self, wanted: "Wanted | None") -> None:
        if wanted is not None:
            self._form = None  # it was used; the next one begins with what it led to
            self.channels.recipe, self.channels.seed = wanted.recipe, wanted.seed
            self.recipe_changed()

    def recipe_changed(self) -> None:
        """Show the pictures of another recipe."""
        self.show_footer()
        self.fill()
        self.show_detail()

    # ---- where the person is ---------------------------------------------------------------

    def session(self, screen: str) -> Session:
        """Return where the person is."""
        subject = self.selection.subject
        return Session(
            model=subject.model,
            weights=subject.weights,
            normalization=subject.normalization,
            labels=subject.labels,
            classes=subject.classes,
            recent=self.recent,
            layer=self.selection.layer.name,
            channels=self.selection.channels,
            recipe=self.channels.recipe,
            seed=self.channels.seed,
            screen=msgspec.convert(screen, ScreenName),
        )

    def restore(self, session: Session) -> None:
        """Go on where somebody left; before the first frame."""
        self._recent = session.recent
        if session.subject == self.selection.subject:
            for index, channel in enumerate(session.channels):
                if channel:
                    self.selection.select_layer(index)
                    self.selection.select_channel(channel)
            names = [layer.name for layer in self.selection.layers]
            self.selection.select_layer(names.index(session.layer))
        self.channels.recipe, self.channels.seed = session.recipe, session.seed

    def look_at(self, task: Visualize) -> None:
        """Choose a task's network and channel, and show it as its recipe makes it."""
        wanted = Subject(task.model, task.weights, task.normalization)
        known = [self.selection, *self._selections.values()]
        try:
            selection = next(
                (each for each in known if each.subject.is_like(wanted)), None
            ) or Selection(wanted)
            names = [layer.name for layer in selection.layers]
            index = names.index(selection.network.layer(task.layer).name)
        except (UserError, ValueError):
            self.toasts.wrong(
                f"{printable(task.target, 80)} is of a network that is not known here"
            )
            return
        self._use(selection)
        self.filter = Filter()
        selection.select_layer(index)
        selection.select_channel(task.channel)
        recipe = renamed(task.recipe)
        # Drafts are shown whatever recipe is in use, and the one in use starts from noise.
        if recipe.preset != DRAFT.preset and task.start_image is None:
            self.channels.recipe, self.channels.seed = recipe, task.seed
        self.show_anew()

    # ---- networks --------------------------------------------------------------------------

    @property
    def recent(self) -> list[Subject]:
        """What was looked into, the newest first."""
        return list(dict.fromkeys([*reversed(self._selections), *self._recent]))[:RECENT]

    def action_network(self) -> None:
        """Choose another network."""
        from convscope.tui.explorer.screens.networks import NetworkScreen  # noqa: PLC0415  not for the first frame

        here, *others = self.recent  # the one before comes first: there and back again is M, enter
        kept(self.app, "networks", NetworkScreen).open([*others, here], self.look_into)

    def look_into(self, subject: Subject) -> None:
        """Show a network: where it was left, or its deepest layer."""
        try:
            self._use(self._selections.get(subject) or Selection(subject))
        except UserError as error:
            self.toasts.wrong(str(error))
            return
        self.show_anew()

    def _use(self, selection: Selection) -> None:
        if selection is self.selection:
            return
        selection.items.columns = self.items.columns
        self.selection.filter, self.filter = self.filter, selection.filter
        self.selection = selection
        self._selections.pop(selection.subject, None)
        self._selections[selection.subject] = selection  # the newest is the last
        self.channels.use(selection)
        self.header.tell(selection.subject.title)
        self.layer_list.show(selection.rows, selection.layer_index)


def _numbered(channel: int) -> Known:
    return Known(channel=channel, whole=True)
