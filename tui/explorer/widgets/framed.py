"""A pane whose border shows that it has the keys, and says what it holds.

Textual draws a widget whole when its border changes, and a pane full of pictures takes 20 ms; here
what stands inside the border is kept.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from rich.segment import Segment
from textual import events
from textual._styles_cache import StylesCache
from textual.content import Content
from textual.css.styles import StylesBase
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

BRIGHT = (
    *("border_top", "border_right", "border_bottom", "border_left"),
    *("border_title_color", "auto_border_title_color", "border_title_style"),
)
"""What is another while the keys are in a pane."""


class Framed(Widget):
    """Draws its border alone when only that changes; without one it is as any other.

    The border is bright while the keys are here. A component class says how, not ``:focus``, for
    which Textual styles the widget and all in it anew.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"framed--bright"}

    def __init__(self, *children: Widget, id: str) -> None:
        super().__init__(*children, id=id)
        self._lines = self._styles_cache = FramedLines()
        self._titles = ("", "")
        self._sizes: tuple[Size, ...] = ()
        """Those that the scrollbar was made for."""
        self._only_border = False
        """Whether what is going on changes nothing inside."""

    def entitle(self, title: str, subtitle: str = "") -> None:
        """Write into the border; both are safe to print."""
        if (title, subtitle) != self._titles:
            self._titles = title, subtitle
            with self._border_changes():  # names of files are no markup
                self.border_title, self.border_subtitle = Content(title), Content(subtitle)

    def watch_has_focus(self, has_focus: bool) -> None:
        """Let the border be bright, or quiet again."""
        if not self._has_border:
            return
        bright = self.get_component_styles("framed--bright")
        for rule in BRIGHT:  # set as attributes, they would have all inside drawn again
            if has_focus:
                self.styles.set_rule(rule, getattr(bright, rule))
            else:
                self.styles.clear_rule(rule)
        with self._border_changes():
            self.refresh()

    def notify_style_update(self) -> None:
        """Take over the colours of another theme."""
        super().notify_style_update()
        if self.has_focus:
            # The keys may be on their way elsewhere.
            self.call_later(lambda: self.watch_has_focus(self.has_focus))

    def _on_focus(self, event: events.Focus) -> None:
        event.prevent_default()  # it is done below
        with self._border_changes():
            super()._on_focus(event)

    def _on_blur(self, event: events.Blur) -> None:
        event.prevent_default()
        with self._border_changes():
            super()._on_blur(event)

    @contextmanager
    def _border_changes(self) -> Iterator[None]:
        before, self._only_border = self._only_border, True
        try:
            yield
        finally:
            self._only_border = before

    def _set_dirty(self, *regions: Region) -> None:
        if regions or not (self._only_border and self._has_border):
            super()._set_dirty(*regions)
            return
        self._lines.forget_border()
        width, height = self.outer_size
        if width and height:
            rows = (Region(0, y, width, 1) for y in (0, height - 1))
            columns = (Region(x, 0, 1, height) for x in (0, width - 1))
            self._repaint_regions.update(rows, columns)

    def _scroll_update(self, virtual_size: Size) -> None:
        """As Textual's, which draws the scrollbar anew whenever the screen is laid out."""
        sizes = virtual_size, self.size, self.container_size
        if sizes != self._sizes:
            self._sizes = sizes
            super()._scroll_update(virtual_size)

    @property
    def _has_border(self) -> bool:
        return bool(self.styles.border_left[0] and self.styles.border_right[0])


class FramedView(Framed, ScrollView):
    """Lines of which more may be there than fit into the frame."""

    def reveal(self, top: int, height: int = 1) -> None:
        """Scroll no further than it takes for some lines to be seen.

        Where not even they fit, the upper ones are.
        """
        room = self.scrollable_content_region.height
        if top < self.scroll_offset.y:
            self._scroll_at_once(top)
        elif top + height > self.scroll_offset.y + room:
            self._scroll_at_once(min(top, top + height - room))

    def _scroll_at_once(self, y: int) -> None:
        # Forced: what outgrows the frame at this moment gets its scrollbar with the next layout,
        # and without one Textual would refuse.
        self.scroll_to(y=y, animate=False, force=True)


class FramedLines(StylesCache):
    """The drawn lines of a widget with a border; a new border is put around what was drawn."""

    def __init__(self) -> None:
        super().__init__()
        self._bare: dict[int, Strip] = {}
        """Lines of which only the ends, in the old border, are out of date."""
        self._ends: tuple[Segment, Segment] | None = None
        """The border at the left and at the right of a line."""

    def forget_border(self) -> None:
        """Draw the border again, but not what stands inside."""
        self._bare |= {y: line for y, line in self._cache.items() if y not in self._dirty_lines}
        self._cache.clear()
        self._ends = None

    def clear(self) -> None:
        """Draw everything again."""
        super().clear()
        self._bare.clear()
        self._ends = None

    def render_line(self, styles: StylesBase, y: int, size: Size, *how: Any) -> Strip:  # noqa: ANN401
        """Draw a line; all arguments are Textual's."""
        bare = self._bare.pop(y, None)
        is_inside = 0 < y < size.height - 1
        if bare is not None and self._ends is not None and is_inside and not self.is_dirty(y):
            left, right = self._ends
            return Strip([left, *list(bare)[1:-1], right], size.width)
        line = super().render_line(styles, y, size, *how)
        if bare is not None and is_inside and self._ends is None:
            first, *_, last = line
            self._ends = first, last
        return line
