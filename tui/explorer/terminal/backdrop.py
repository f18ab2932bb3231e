"""Forms lie over a dimmed copy of the screen below, so that it stays in sight.

Textual would dim it anew, cell by cell, whenever anything on it changes: a third of a second in a
large terminal full of pictures. The copy is made once, when the form is shown, and in few shades.
"""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from rich.color import Color, ColorType
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
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
_TEXT, _STYLE = itemgetter(0), itemgetter(1)


class OverDimmed(AsLeft):
    """A screen that leaves the one below in sight, as it was when this one was shown."""

    below: Sequence[Strip] | None = None
    """The copy, line by line; ``None`` until it is made."""
    _copied_size = Size()

    def render_line(self, y: int) -> Strip:
        """Draw a line of the copy; over a slow line none is sent."""
        if getattr(self.app, "low_bandwidth", False):
            return super().render_line(y)
        if self.below is None:
            self.below = self._copied()
        line = self.below[y] if y < len(self.below) else Strip([])
        return line.adjust_cell_length(self.size.width, self.visual_style.rich_style)

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
        """What lies below is not what it was the last time."""
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
        alike = groupby(map(self._segment, strip), key=_STYLE)
        segments = [Segment("".join(map(_TEXT, run)), style) for style, run in alike]
        return Strip(segments, strip.cell_length)

    def _segment(self, segment: Segment) -> Segment:
        text, style, _ = segment
        if style is None or PLACEHOLDER in text:
            return segment
        if text.startswith(HALF_BLOCK):
            return Segment(" " * len(text), self._cell(style))
        dimmed = self._words.get(style)
        if dimmed is None:
            dimmed = self._words[style] = self._word(style)
        return Segment(text, dimmed)

    def _cell(self, style: Style) -> Style:
        """Return the ground of a cell of a picture: there are thousands, so two pixels are one."""
        (red, green, blue), (red_too, green_too, blue_too) = _parts(style)
        reds, greens, blues = self._means
        mean = reds[red + red_too], greens[green + green_too], blues[blue + blue_too]
        if mean not in self._cells:
            self._cells[mean] = Style.from_color(None, _colour(*mean))
        return self._cells[mean]

    def _word(self, style: Style) -> Style:
        colours = [None if each is None else self._shade(each) for each in _inks(style)]
        return Style.from_color(*colours)

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
