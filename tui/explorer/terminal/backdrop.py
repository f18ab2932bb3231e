"""Forms lie over a dimmed copy of the screen below, so that it stays in sight.

Textual would dim it anew, cell by cell, whenever anything on it changes: a third of a second in a
large terminal full of pictures. The copy is made once, in few shades, and behind the form's first
frame: half of the time until a form is to be seen would go into what lies around it.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from rich.color import Color, ColorType
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.filter import LineFilter
from textual.geometry import Region, Size
from textual.strip import Strip

from convscope.tui.explorer.terminal.screens import AsLeft

SHARE = 0.4
"""How much of a colour's distance from the ground is left."""
STEP = 12
"""Shades of pictures are rounded to multiples of this, so that neighbouring cells are alike."""
SETTLED = 0.3
"""Seconds after a change of size within which the screen below is laid out and drawn again."""
HALF_BLOCK = "▄"
"""What cells of pictures are drawn with: two pixels, the upper as ground, the lower as ink."""
PLACEHOLDER = "\U0010eeee"
"""In a cell of a picture in pixels: its colour is the picture's number, which has to stay."""
_BLANK = Style()


@runtime_checkable
class CatchesUp(Protocol):
    """What a screen can be told before it is copied."""

    def catch_up(self) -> bool:
        """Show what follows the keys a moment later; returns whether that is all there."""


class OverDimmed(AsLeft):
    """A screen that leaves the one below in sight, as it was when this one was shown."""

    below: Sequence[Strip] | None = None
    """The copy, line by line; ``None`` until it is made."""
    _copied_size = Size()
    _is_new = False
    """Whether nothing of it was shown yet."""

    @property
    def _is_clear(self) -> bool:
        """Whether what lies below is to be seen."""
        return not getattr(self.app, "low_bandwidth", False)

    def render_line(self, y: int) -> Strip:
        """Draw a line of the copy; over a slow line none is sent."""
        if self._is_new or not self._is_clear:
            return super().render_line(y)
        if self.below is None:
            self.below = self._copied()
        line = self.below[y] if y < len(self.below) else Strip([])
        return line.adjust_cell_length(self.size.width, self.visual_style.rich_style)

    def shown_next(self) -> Sequence[Region] | None:
        """Return the parts that are shown with the next frame, the form alone with the first one.

        ``None`` for all.
        """
        if not self._is_new:
            return None
        self._is_new = False
        self.refresh()
        return [each.region for each in self.displayed_children]

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return what is done to each line: of the copy it was done when that was drawn."""
        return () if self._is_clear else super().get_line_filters()

    def _copied(self) -> list[Strip]:
        self._copied_size = self.size
        screen = self.app.screen_stack[-2]
        dimmer = Dimmer(ColorTriplet(*screen.styles.background.rgb))
        return [dimmer.dimmed(strip) for strip in screen._compositor.render_strips()]

    def forget_below(self) -> None:
        """Copy the screen below anew."""
        self.below = None
        self.refresh()

    def on_screen_resume(self) -> None:
        """What lies below is not what it was the last time, and may be a step behind the keys."""
        if isinstance(below := self.app.screen_stack[-2], CatchesUp) and not below.catch_up():
            self.set_timer(SETTLED, self.forget_below)
        self._is_new = True
        self.forget_below()

    def on_screen_suspend(self) -> None:
        """Keep no copy that nobody sees."""
        self.below = ()

    def on_resize(self, event: events.Resize) -> None:
        """The screen below has another size as well."""
        if self.below and self._copied_size != event.size:
            self.forget_below()
            self.set_timer(SETTLED, self.forget_below)


class Dimmer:
    """Takes the contrast out of what was drawn, and all that makes a word stand out.

    Args:
        ground: the colour that everything comes nearer to.
    """

    def __init__(self, ground: ColorTriplet) -> None:
        self._shades = [[_nearer(part, to) for part in range(256)] for to in ground]
        self._means = [[_coarse(both / 2, to) for both in range(511)] for to in ground]
        """The shade of two pixels, by the sum of theirs."""
        self._words: dict[Style, Style] = {}
        self._cells: dict[tuple[int, int, int], Style] = {}

    def dimmed(self, strip: Strip) -> Strip:
        """Return a strip of the same width; neighbours that look alike by now are one segment."""
        found: list[Segment] = []
        inks = self._words
        cell, is_second = _BLANK, False
        texts: list[str] = []
        last: Style | None = None
        for segment in strip:
            text, style, _ = segment
            if text.startswith(HALF_BLOCK) and style is not None:
                # There are thousands, so the second of two is as the first.
                cell, is_second = cell if is_second else self._cell(style), not is_second
                text, style = " " * len(text), cell
            elif style is not None and PLACEHOLDER not in text:
                style = inks.get(style) or self._word(style)
            if style is not last:
                found.append(Segment("".join(texts), last))
                texts, last = [], style
            texts.append(text)
        found.append(Segment("".join(texts), last))
        return Strip(found[1:], strip.cell_length)

    def _cell(self, style: Style) -> Style:
        """Return the ground of a cell of a picture, of which two pixels become one."""
        (red, green, blue), (red_too, green_too, blue_too) = _parts(style)
        reds, greens, blues = self._means
        mean = reds[red + red_too], greens[green + green_too], blues[blue + blue_too]
        if mean not in self._cells:
            self._cells[mean] = Style.from_color(None, _colour(*mean))
        return self._cells[mean]

    def _word(self, style: Style) -> Style:
        colours = [None if each is None else self._shade(each) for each in _inks(style)]
        dimmed = self._words[style] = Style.from_color(*colours)
        return dimmed

    def _shade(self, colour: Color) -> Color:
        if colour.type is ColorType.DEFAULT:
            return colour
        red, green, blue = colour.get_truecolor()
        reds, greens, blues = self._shades
        return _colour(reds[red], greens[green], blues[blue])


def _inks(style: Style) -> tuple[Color | None, Color | None]:
    """Return what is ink and what is ground."""
    return (style.bgcolor, style.color) if style.reverse else (style.color, style.bgcolor)


def _parts(style: Style) -> tuple[ColorTriplet, ColorTriplet]:
    """Return the two colours of a cell of a picture."""
    ink, ground = style._color, style._bgcolor
    assert ink is not None and ground is not None
    return ink.triplet or ink.get_truecolor(), ground.triplet or ground.get_truecolor()


def _nearer(part: float, to: int) -> int:
    return round(to + SHARE * (part - to))


def _coarse(part: float, to: int) -> int:
    return min(255, STEP * round(_nearer(part, to) / STEP))


def _colour(red: int, green: int, blue: int) -> Color:
    # Color.from_rgb would also write the colour's name, which nobody reads here.
    return Color("", ColorType.TRUECOLOR, None, ColorTriplet(red, green, blue))
