"""The first screen: layers, channels, and the chosen one."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar, cast

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.timer import Timer

from convscope.core.ascent.recipes import DRAFT, renamed
from convscope.core.catalog.networks import Layer
from convscope.core.catalog.subjects import Subject
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.core.tasks.visualize import Visualize
from convscope.tui.batch_words import counted
from convscope.tui.explorer.feed import Feed
from convscope.tui.explorer.keymap import Pane, bindings, first_keys, table_of
from convscope.tui.explorer.messages import GridMoved, PanePressed, RowPressed
from convscope.tui.explorer.model.channel_tasks import ChannelTasks
from convscope.tui.explorer.model.channels import ChannelSource
from convscope.tui.explorer.model.filters import Filter, parse_filter
from convscope.tui.explorer.model.grid import Edge, GridModel
from convscope.tui.explorer.model.history import NetworkHistory
from convscope.tui.explorer.model.jumps import Jump, find_jump
from convscope.tui.explorer.model.pictures import Pictures
from convscope.tui.explorer.model.selection import Selection
from convscope.tui.explorer.render.painter import Painter
from convscope.tui.explorer.screens.base import HOME_SCREEN, FullScreen, kept
from convscope.tui.explorer.screens.detours import Detours, Whereabouts, detour_phrase
from convscope.tui.explorer.screens.filtering import GridKeys
from convscope.tui.explorer.screens.layer_finding import LayerFinding
from convscope.tui.explorer.screens.layer_navigation import LayerNavigation
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


class ExploreScreen(LayerFinding):
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
        self.history = history
        self.tasks = ChannelTasks(history)
        channels = ChannelSource(feed, self.tasks, pictures)
        super().__init__(feed, self.selection.subject.title, channels, painter)
        self.HORIZONTAL_BREAKPOINTS = WIDTHS
        self.pane = Pane.CHANNELS
        self.layer_list = LayerList(self.selection.rows)
        self.channel_list = ChannelList(self.tile)
        self.panes = ExplorePanes(self.layer_list, self.grid, self.channel_list, self.picture)
        self.panes.unfold(self.pane)
        self.navigation = LayerNavigation(self.layer_list, history, self.toasts, self._to_layer)
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
    def selection(self) -> Selection:
        """What is chosen in the network that is shown."""
        return self.history.selection

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
    def layer_in_view(self) -> Layer:
        """The chosen layer."""
        return self.selection.layer

    @property
    def tiles(self) -> TileGrid | ItemList:
        """Grid or list, whichever is to be seen."""
        return self.panes.tiles

    # ---- the world -------------------------------------------------------------------------

    def follow(self, *, changed: bool) -> None:
        """Show the world as the last poll found it."""
        self.source.follow()
        if changed:
            self.fill()
            self.look_for_annotations()
            self.requests.tell_of_animations()
        self.show_detail()
        if changed or self._wish_waits:
            self._wish()

    def fill(self) -> None:
        """Show the visible channels; pictures new to memory are read a few at a time."""
        self._wish_waits = True
        self.source.look_again()
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

    # ---- layers ----------------------------------------------------------------------------

    def action_layer(self, by: int) -> None:
        """Move along the layers."""
        self.navigation.step(by)

    def action_layer_end(self, end: int) -> None:
        """Go to the first (-1) or the last (1) layer."""
        self.navigation.end(end)

    def action_fold(self) -> None:
        """Fold or unfold the block of the chosen layer."""
        self.navigation.fold()

    def action_fold_all(self) -> None:
        """Fold or unfold all blocks."""
        self.navigation.fold_all()

    def _to_layer(self, index: int) -> None:
        self.selection.select_layer(index)
        again = parse_filter(self.filter.text, self.layer_in_view)  # * is another layer's all
        if not again.trouble:
            self.filter = again
        self.show_anew()

    # ---- filter and search -----------------------------------------------------------------

    def action_filter(self) -> None:
        """Type a filter of channels, or where the keys are in the layers, a part of a name."""
        if self.pane is Pane.LAYERS:
            self.toasts.dismiss()
            text = self.navigation.begin_search()
            example = f"a layer's name, or a filter: 20-40; {self._target_example} goes there"
            self.filter_line.open(text, f"part of {example}")
        else:
            super().action_filter()

    def action_find(self, by: int) -> None:
        """Go to the next channel that the filter keeps, or to the next layer of that name."""
        if self.pane is Pane.LAYERS:
            self.navigation.find(by)
        elif noted := self.elsewhere(by):
            self._to_layer(noted.index)
        else:
            super().action_find(by)

    def typed(self, text: str) -> None:
        """Show what a filter keeps, or the layer that is found, as far as its name is typed."""
        jump = self._jump(text)
        if self.navigation.is_searched:
            is_found = self.navigation.search(text.partition(":")[0])
            is_filter = not is_found and not parse_filter(text, self.layer_in_view).trouble
            self.filter_line.tell("enter filters the channels" if is_filter else "")
        else:
            super().typed(text if jump is None else jump.others)
        if jump is not None:
            self.filter_line.tell(f"enter goes to {printable(jump.target, 40)}")

    def entered(self, text: str) -> str:
        """Go where the text leads, or use it as a filter; returns what is wrong with it."""
        jump = self._jump(text)
        if jump is not None:
            trouble = parse_filter(jump.filter, self.selection.layers[jump.layer]).trouble
            if not trouble:
                self._jump_to(jump)
                if jump.channels:  # the keys follow
                    self.navigation.end_search()
            return trouble
        return (
            self._entered_in_layers(text) if self.navigation.is_searched else super().entered(text)
        )

    def _entered_in_layers(self, text: str) -> str:
        """Stay at the layer of that name; what is none may be a filter of the channels."""
        is_name = ":" not in text
        if is_name and self.navigation.search(text):
            return ""
        wanted = parse_filter(text, self.layer_in_view)
        if wanted.trouble:
            return "No layer has that in its name." if is_name else wanted.trouble
        self.navigation.search("")  # the next search begins anew
        self.navigation.end_search()
        self._apply(wanted)
        return ""

    def end_typing(self) -> None:
        """Give the keys back to where they were."""
        self.go(Pane.LAYERS if self.navigation.is_searched else Pane.CHANNELS)
        self.navigation.end_search()

    @property
    def filter_example(self) -> str:
        """What can be typed as a filter."""
        return f"for example: 20-40, done, verdict:silent; {self._target_example} goes there"

    @property
    def _target_example(self) -> str:
        return f"{printable(self.selection.layers[-1].name, 24)}:25"

    # ---- going to a channel by its name ----------------------------------------------------

    def action_jump(self, text: str) -> None:
        """Go where a name leads."""
        jump = self._jump(text)
        if jump is not None:
            self._jump_to(jump)
            self.go(Pane.CHANNELS)

    def jump_target(self, text: str) -> str:
        """Return where a text leads, as one types it; '' where nowhere."""
        jump = self._jump(text)
        return "" if jump is None else jump.target

    def _jump(self, text: str) -> Jump | None:
        return find_jump(text, self.selection.network, self.selection.layers)

    def _jump_to(self, jump: Jump) -> None:
        self.selection.select_layer(jump.layer)
        self.filter = parse_filter(jump.filter, self.layer_in_view)
        if jump.channel is not None:
            self.selection.select_channel(jump.channel)
        self.show_anew()

    # ---- asking for pictures ---------------------------------------------------------------

    def action_make(self) -> None:
        """Ask for the chosen picture before everything else; the keys stay where they are.

        Only where it is folded away, it is gone to.
        """
        self.requests.queue(self._chosen, urgent=True)
        self.poll()
        if self.source is self.channels and not self.has_class("-wide"):
            self.go(Pane.PICTURE)

    @property
    def _chosen(self) -> dict[int, list[int]]:
        """The chosen channel by the position of its layer."""
        return {self.selection.layer_index: [self.selection.channel]}

    def action_queue_channel(self) -> None:
        """Queue the marked channels of all layers, or the chosen one where none is marked."""
        if self.requests.queue(self.selection.marked or self._chosen):
            self._marks_are_done_with()
        self.poll()

    def _marks_are_done_with(self) -> None:
        self.marks.take()
        self.marked()

    def action_animate(self) -> None:
        """Make animations of the marked channels of all layers, or else of the chosen one."""
        if self.requests.animate(self.selection.marked or self._chosen):
            self._marks_are_done_with()
        self.poll()

    def action_tell_path(self) -> None:
        """Tell where the chosen picture lies, and its animation."""
        animation = self.requests.animation(self.selection.channel)
        if self.source is not self.channels or animation is None:
            super().action_tell_path()
        elif self.path is None:
            self.toasts.tell(str(animation))
        else:
            self.toasts.tell(f"{self.path}; animation: {animation.name}")

    def action_queue_layer(self) -> None:
        """Queue every channel of the layer."""
        self.requests.queue_layer()
        self.poll()

    def action_take_back(self) -> None:
        """Cancel what was queued last; pressed again, queue it again."""
        self.requests.take_back()
        self.poll()

    def action_sheet(self) -> None:
        """Make contact sheets of the marked channels of all layers, or of those shown of this one.

        They are of what was made with the recipe in use, or else of what the tiles show. Where
        there are several sources, this layer's channels stand there as all of them have them.
        """
        from convscope.tui.explorer.model.sheets import make_sheets  # noqa: PLC0415  Pillow

        here, marked = self.selection.layer_index, self.selection.marked
        wanted: Mapping[int, Sequence[int]] = marked or {here: self.items.shown}
        paths = self.requests.for_sheet(wanted)
        if len(self.sources.there) == 1 and paths:
            self.toasts.tell(f"making a contact sheet of {counted(len(paths), 'picture')} …")
            left_out = sum(map(len, marked.values())) - len(paths) if marked else 0
            self.make_sheets(partial(make_sheets, self.feed.gallery, paths), left_out=left_out)
            return
        others = {at: channels for at, channels in wanted.items() if at != here}
        paths = self.requests.for_sheet(others, or_drafts=True)
        more = [partial(make_sheets, self.feed.gallery, paths)] if paths else []
        self.make_source_sheets(self.tasks.of(wanted.get(here, ())), more)

    def action_preset(self) -> None:
        """Change to the next preset; pictures made with it are shown from now on."""
        self.tasks.next_recipe()
        self.recipe_changed()

    def action_recipe(self) -> None:
        """Show the recipe, to be edited."""
        self.requests.open_form(self.app, self.recipe_changed)

    def recipe_changed(self) -> None:
        """Say what the recipe is now, and show its pictures."""
        self.requests.tell_recipe()
        self.show_footer()
        self.fill()
        self.show_detail()

    # ---- networks --------------------------------------------------------------------------

    def action_network(self) -> None:
        """Choose another network."""
        from convscope.tui.explorer.screens.networks import NetworkScreen  # noqa: PLC0415  not for the first frame

        here, *others = self.history.recent  # there and back again is M, enter
        kept(self.app, "networks", NetworkScreen).open([*others, here], self.look_into)

    def look_into(self, subject: Subject) -> None:
        """Show a network: where it was left, or its deepest layer."""
        try:
            self._look_into(self.history.find(subject))
        except UserError as error:
            self.toasts.wrong(str(error))
            return
        self.show_anew()

    def look_at(self, task: Visualize, origin: str) -> None:
        """Choose a task's network and channel, and show it as its recipe makes it."""
        try:
            selection, layer = self.history.place(task)
        except UserError as error:
            self.toasts.wrong(str(error))
            return
        before = self._whereabouts
        self.detours.go(origin, before)
        self._look_into(selection)
        self.filter = Filter()
        selection.select_layer(layer)
        selection.select_channel(task.channel)
        recipe = renamed(task.recipe)
        # Drafts are shown whatever recipe is in use, and the one in use starts from noise.
        if recipe.preset != DRAFT.preset and task.start_image is None:
            self.tasks.use(recipe, task.seed)
        self.show_anew()
        key = first_keys(table_of(self.app))["back"]
        self.toasts.tell(detour_phrase(before, self._whereabouts, origin, key))

    @property
    def _whereabouts(self) -> Whereabouts:
        chosen, tasks = self.selection, self.tasks
        return Whereabouts(
            chosen, chosen.layer_index, chosen.channel, self.filter, tasks.recipe, tasks.seed
        )

    def action_back(self) -> None:
        """Go back to where the last detour began, and show here what was shown before it."""
        detour = self.detours.back()
        if detour is None:
            self.toasts.tell("there is nothing to go back to")
            return
        before = detour.before
        self._look_into(before.selection)
        before.selection.select_layer(before.layer)
        before.selection.select_channel(before.channel)
        self.filter = before.filter
        self.tasks.restore(before.recipe, before.seed, self.tasks.edited)
        self.show_anew()
        screen = cast(FullScreen, self.app.get_screen(detour.screen))
        screen.comes_back = True
        self.action_show(detour.screen)
        screen.toasts.tell(f"back in the {detour.screen}; explore is as it was before")

    def _look_into(self, selection: Selection) -> None:
        if selection is self.selection:
            return
        selection.items.columns = self.items.columns
        self.selection.filter, self.filter = self.filter, selection.filter
        self.history.show(selection)
        self.header.tell(selection.subject.title)
        self.layer_list.show(selection.rows, selection.layer_index)

    def session(self, screen: str) -> Session:
        """Return where the person is."""
        found = self.history.session(self.tasks.recipe, self.tasks.seed, screen)
        found = msgspec.structs.replace(
            found, edited=list(self.tasks.edited), is_list=self.panes.is_list
        )
        return self.sources.noted(found)

    def restore(self, session: Session) -> None:
        """Go on where somebody left; before the first frame."""
        self.history.restore(session)
        self.tasks.restore(session.recipe, session.seed, session.edited)
        self.sources.restore(session)
        self.panes.show_as_list(is_list=session.is_list)
