"""Widgets of which the border is drawn alone when only that changes.

Textual draws a widget whole when its border changes, and a pane full of pictures takes 20 ms; here
what stands inside the border is kept.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.segment import Segment
from textual import events
from textual._styles_cache import StylesCache
from textual.css.styles import StylesBase
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget


class Bordered(Widget):
    """Draws its border alone when only that changes; without one it is as any other.

    Getting the focus, and losing it, changes nothing but the border.
    """

    def __init__(self, *children: Widget, id: str) -> None:
        super().__init__(*children, id=id)
        self._lines = self._styles_cache = BorderedLines()
        self._sizes: tuple[Size, ...] = ()
        """Those that the scrollbar was made for."""
        self._only_border = False
        """Whether what is going on changes nothing inside."""

    @property
    def has_border(self) -> bool:
        """Whether anything is around it."""
        return bool(self.styles.border_left[0] and self.styles.border_right[0])

    @contextmanager
    def border_changes(self) -> Iterator[None]:
        """Draw nothing but the border anew for what happens meanwhile."""
        before, self._only_border = self._only_border, True
        try:
            yield
        finally:
            self._only_border = before

    def _on_focus(self, event: events.Focus) -> None:
        event.prevent_default()  # it is done below
        with self.border_changes():
            super()._on_focus(event)

    def _on_blur(self, event: events.Blur) -> None:
        event.prevent_default()
        with self.border_changes():
            super()._on_blur(event)

    def _set_dirty(self, *regions: Region) -> None:
        if regions or not (self._only_border and self.has_border):
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


class BorderedLines(StylesCache):
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
