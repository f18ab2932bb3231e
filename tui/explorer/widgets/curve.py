"""The activation over the steps, in blocks."""

from collections.abc import Sequence

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

_BARS = " ▁▂▃▄▅▆▇█"
_EIGHTHS = 8


def bars(curve: Sequence[float], steps: int, width: int, height: int) -> list[str]:
    """Draw a curve as lines of block characters.

    The whole width stands for all ``steps``, so that a growing curve moves to the right. The lowest
    value is one eighth of a cell high, the highest fills the height.

    Args:
        curve: a value for each step so far; values that are no number count as the lowest.
        steps: all steps there will be, at least the length of the curve.
        width: cells.
        height: lines.

    Returns:
        ``height`` lines of ``width`` characters, the top one first.
    """
    steps = max(steps, len(curve))
    if not curve or width < 1 or height < 1:
        return [" " * max(0, width)] * max(0, height)
    finite = [value for value in curve if -float("inf") < value < float("inf")] or [0.0]
    low, high = min(finite), max(finite)
    heights: list[int] = []
    for column in range(width):
        at = column * steps // width
        if at >= len(curve):
            break
        value = curve[at] if low <= curve[at] <= high else low
        share = (value - low) / (high - low) if high > low else 0.0
        heights.append(1 + round(share * (height * _EIGHTHS - 1)))
    return [
        "".join(
            _BARS[max(0, min(_EIGHTHS, eighths - floor * _EIGHTHS))] for eighths in heights
        ).ljust(width)
        for floor in range(height - 1, -1, -1)
    ]


class Curve(Widget):
    """Draws the curve of the chosen channel; empty where none is known."""

    def __init__(self) -> None:
        super().__init__(id="curve")
        self._curve: tuple[float, ...] = ()
        self._steps = 0

    def show(self, curve: Sequence[float], steps: int) -> None:
        """Show a curve out of so many steps."""
        shown = (tuple(curve), steps)
        if shown == (self._curve, self._steps):
            return
        self._curve, self._steps = shown
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width, height = self.size
        lines = bars(self._curve, self._steps, width, height)
        return Strip([Segment(lines[y], self.rich_style)] if y < len(lines) else [])
