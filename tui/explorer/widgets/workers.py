"""What goes on in the queue at this moment: whether it rests, and what each worker does."""

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from convscope.tui.explorer.marks import Tone, ink

SHARE = 8
"""One in so many lines of the screen may be taken by workers; there is always one."""


class Workers(Widget):
    """A line for each thing that goes on, as far as there is room."""

    def __init__(self) -> None:
        super().__init__(id="workers")
        self._lines: Sequence[tuple[str, Tone]] = ()

    def show(self, lines: Sequence[tuple[str, Tone]]) -> None:
        """Show these lines."""
        if lines != self._lines:
            height = len(self._fitting())
            self._lines = lines
            # Laying out is dear; a step counter that ticks does not change the height.
            self.refresh(layout=len(self._fitting()) != height)

    def render(self) -> Content:
        """Cut each line where the width ends."""
        width = self.size.width
        written = (Content.styled(f" {text}", ink(tone)) for text, tone in self._fitting())
        return Content("\n").join(line.truncate(width, ellipsis=True) for line in written)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Count the lines."""
        return len(self._fitting())

    def _fitting(self) -> Sequence[tuple[str, Tone]]:
        most = max(1, self.screen.size.height // SHARE)
        if len(self._lines) <= most:
            return self._lines
        if most == 1:
            return self._lines[:1]
        others = len(self._lines) - most + 1
        return [*self._lines[: most - 1], (f"… and {others} more", "muted")]
