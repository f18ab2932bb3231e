"""A pane whose border shows that it has the keys, and says what it holds."""

from typing import ClassVar

from textual import events
from textual.content import Content
from textual.scroll_view import ScrollView
from textual.widget import Widget

from convscope.tui.explorer.messages import PanePressed, RowOpened, RowPressed
from convscope.tui.explorer.terminal.bordered import Bordered

BRIGHT = (
    *("border_top", "border_right", "border_bottom", "border_left"),
    *("border_title_color", "auto_border_title_color", "border_title_style"),
)
"""What is another while the keys are in a pane."""


class Framed(Bordered):
    """Its border is bright while the keys are here; a click anywhere asks for them.

    A component class says how, not ``:focus``, for which Textual styles the widget and all in it
    anew.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"framed--bright"}

    def __init__(self, *children: Widget, id: str) -> None:
        super().__init__(*children, id=id)
        self._titles = ("", "")

    def entitle(self, title: str, subtitle: str = "") -> None:
        """Write into the border; both are safe to print."""
        if (title, subtitle) != self._titles:
            self._titles = title, subtitle
            with self.border_changes():  # names of files are no markup
                self.border_title, self.border_subtitle = Content(title), Content(subtitle)

    def watch_has_focus(self, has_focus: bool) -> None:
        """Let the border be bright, or quiet again."""
        if not self.has_border:
            return
        bright = self.get_component_styles("framed--bright")
        for rule in BRIGHT:  # set as attributes, they would have all inside drawn again
            if has_focus:
                self.styles.set_rule(rule, getattr(bright, rule))
            else:
                self.styles.clear_rule(rule)
        with self.border_changes():
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Choose what is under the mouse; a second click opens it, wherever it may be by then."""
        event.stop()
        index = self.index_at(event)
        if index is None:
            self.post_message(PanePressed(self))
        elif event.chain == 2:
            self.post_message(RowOpened(self))
        else:
            self.post_message(RowPressed(index, self))

    def index_at(self, event: events.Click) -> int | None:
        """Return the position of the row or tile under the mouse; ``None`` where there is none."""
        return None

    def notify_style_update(self) -> None:
        """Take over the colours of another theme."""
        super().notify_style_update()
        if self.has_focus:
            # The keys may be on their way elsewhere.
            self.call_later(lambda: self.watch_has_focus(self.has_focus))


class FramedView(Framed, ScrollView):
    """Lines of which more may be there than fit into the frame."""

    @property
    def fixed_lines(self) -> int:
        """Lines at the top that stay where they are."""
        return 0

    def reveal(self, top: int, height: int = 1) -> None:
        """Scroll no further than it takes for some lines to be seen.

        Where not even they fit, the upper ones are.
        """
        room = self.scrollable_content_region.height - self.fixed_lines
        if top < self.scroll_offset.y:
            self._scroll_at_once(top)
        elif top + height > self.scroll_offset.y + room:
            self._scroll_at_once(min(top, top + height - room))

    def _scroll_at_once(self, y: int) -> None:
        # Forced: what outgrows the frame at this moment gets its scrollbar with the next layout,
        # and without one Textual would refuse.
        self.scroll_to(y=y, animate=False, force=True)
