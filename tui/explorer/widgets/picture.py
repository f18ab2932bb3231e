"""The large picture, as large as fits."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.filter import LineFilter
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from convscope.tui.explorer.model.magnification import Magnification
from convscope.tui.explorer.render.painter import Painter, filters_for_pictures

if TYPE_CHECKING:
    from PIL.Image import Image

    from convscope.tui.explorer.render.growth import Growth


def fitted(width: int, height: int, ratio: float = 1.0) -> tuple[int, int]:
    """Return the largest size of a picture, in cells, in so many cells; one is two pixels high.

    Args:
        width: cells there are.
        height: cells there are.
        ratio: width of the picture by its height, in pixels; contact sheets are not square.
    """
    rows = max(0, min(height, int(width / (2 * ratio))))
    return min(width, round(rows * 2 * ratio)), rows


def _new_growth() -> "Growth":
    from convscope.tui.explorer.render.growth import Growth  # noqa: PLC0415  Pillow costs 60 ms

    return Growth()


class Picture(Widget):
    """Draws one image; only the rows that changed are sent to the terminal.

    Args:
        painter: draws it.
        rows: tells how many lines it takes of a place so wide and high, where its style leaves that
            to it; by default all.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"picture--note"}

    _image: "Image | None" = None
    """Here as well, since styles are set before there is anything to show."""

    def __init__(
        self,
        painter: Painter,
        magnification: Magnification | None = None,
        *,
        rows: Callable[[int, int], int] = lambda _, height: height,
    ) -> None:
        super().__init__(id="picture")
        self._painter = painter
        self._magnification = magnification or Magnification()
        self._rows = rows
        self._shown: object = None
        self._grows = ""
        self._growth: Growth | None = None
        self._note = ""
        self._strips: list[Strip] = []
        self._waits = False
        """Whether it is drawn when it is painted."""

    def show(self, name: object, image: "Image | None", note: str = "", *, grows: str = "") -> None:
        """Show an image, or a note in place of one.

        Args:
            name: equal names are equal images, and cost nothing.
            image: RGB, or RGBA with the theme's ground behind it; ``None`` for none.
            note: a few words to stand where no image is.
            grows: names the picture of which the image is a frame; another will take its place.
        """
        if name is not None and name == self._shown and self._is_whole:
            return
        if image is None and self._image is None and note == self._note:
            return
        had_image = self._image is not None
        if grows != self._grows:
            self._growth = _new_growth() if grows else None
        self._shown, self._image, self._note, self._grows = name, image, note, grows
        before = self._strips
        self._draw_in_time()
        if self._waits or not had_image or image is None or len(before) != len(self._strips):
            self.refresh()
            return
        changed = [y for y, strip in enumerate(self._strips) if strip != before[y]]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    @property
    def fitted_scale(self) -> float:
        """Pixels on the screen for each of the picture's, where the whole of it is shown."""
        if self._image is None or not self.size.area:
            return 0.0
        width, _ = fitted(*self.size, self._image.width / self._image.height)
        return width * self._painter.cell[0] / self._image.width

    def magnify(self, by: int) -> None:
        """Magnify more (1) or less (-1)."""
        self._magnification.change(by, self.fitted_scale)

    def move(self, right: int, down: int) -> None:
        """Look at another place of the picture."""
        if self._image is not None:
            self._magnification.move(right, down, self._image.size, self._room)

    def draw_anew(self) -> None:
        """Draw what is magnified now."""
        self._draw_in_time()
        self.refresh()

    @property
    def _room(self) -> tuple[int, int]:
        """Width and height of all cells, in pixels."""
        cell = self._painter.cell
        return self.size.width * cell[0], self.size.height * cell[1]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines it takes; told with the first layout, so that nothing moves."""
        return self._rows(container.width, container.height)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """All but the one that pictures do not need."""
        return filters_for_pictures(super().get_line_filters())

    def render_line(self, y: int) -> Strip:
        """Draw one line of the picture, or the note.

        The picture keeps to the top: so it stays where it is when the facts below it get longer.
        """
        width, height = self.size
        if self._image is None:
            if y != height // 2:
                return Strip.blank(width, self.visual_style.rich_style)
            style = self.get_component_rich_style("picture--note")
            return Strip([Segment(self._note.center(width)[:width], style)], width)
        if self._waits:
            self._draw()
        if y >= len(self._strips):
            return Strip.blank(width, self.visual_style.rich_style)
        strip = self._strips[y]
        left = (width - strip.cell_length) // 2
        right = width - strip.cell_length - left
        ground = self.visual_style.rich_style
        if self._painter.pixels is not None:  # the terminal may leave a margin in its own ground
            strip = strip.apply_style(ground)
        segments = [Segment(" " * left, ground), *strip, Segment(" " * right, ground)]
        return Strip(segments, width)

    @property
    def _is_whole(self) -> bool:
        return self._growth is None or self._growth.is_whole

    def on_resize(self) -> None:
        """Draw it again in its new size."""
        self._draw_in_time()
        self.refresh()

    def on_unmount(self) -> None:
        """Let go of what the terminal may hold of it."""
        self._painter.leave(self)

    def _draw_in_time(self) -> None:
        """Draw it; what is sent by that waits, since on a slow line not every frame is painted."""
        self._waits = self._painter.pixels is not None and not self._grows
        if not self._waits:
            self._draw()

    def _draw(self) -> None:
        self._waits = False
        if self._image is None:
            self._strips = []
            return
        image = self._on_ground(self._image)
        if self._magnification.scale and self.size.area:
            cell = self._painter.cell
            part = self._magnification.part(image, self._room, cell)
            cells = part.width // cell[0], part.height // cell[1]
            self._strips = self._painter.large(self, part, *cells)
            return
        width, height = fitted(*self.size, image.width / image.height)
        if self._grows and self._painter.low_bandwidth:
            width, height = -(-width // 2), -(-height // 2)
        self._strips = self._painter.large(self, image, width, height, self._growth)

    def _on_ground(self, image: "Image") -> "Image":
        """Put the theme's ground behind an image that is transparent somewhere."""
        if image.mode != "RGBA":
            return image
        from PIL import Image as images  # noqa: N813, PLC0415  Pillow costs 60 ms

        ground = images.new("RGBA", image.size, self.background_colors[1].rgb)
        return images.alpha_composite(ground, image).convert("RGB")

    def notify_style_update(self) -> None:
        """Draw it on the ground of another theme."""
        super().notify_style_update()
        if self._image is not None and self._image.mode == "RGBA":
            self.draw_anew()
