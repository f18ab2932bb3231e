"""What the terminal shows, so that only what differs from it is sent: the line may be slow.

Textual paints a widget whole when its border changes colour, and a screen several times while it
opens; most of that is on the terminal already.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, compress
from operator import itemgetter, ne

from rich.cells import cached_cell_len
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

Run = Strip | list[Segment]
"""A list where there are many short ones: strips are dear."""
Piece = tuple[int, int, Run]
"""Line, column, and what stands there."""
_TEXT = itemgetter(0)


class ScreenDiff:
    """Remembers what was sent."""

    def __init__(self) -> None:
        self._lines: dict[int, dict[int, Strip]] = {}
        """For each line, what stands from which column on; pieces do not overlap."""
        self._of: object = None

    def forget(self) -> None:
        """Take nothing for granted: the terminal was resized, or somebody else wrote on it."""
        self._lines.clear()

    def diff(
        self, update: CompositorUpdate, of: object, parts: Sequence[Region] | None = None
    ) -> CompositorUpdate | None:
        """Return what is new in an update; ``None`` where nothing is.

        Args:
            update: what Textual would send.
            of: its screen; a frame of another screen than the last is sent whole.
            parts: of the screen, outside of which nothing is sent; ``None`` for all of it.
        """
        if of is not self._of:
            self._of = of
            self.forget()
        changes = list(self._changes(update, parts))
        return Changes(changes) if changes else None

    def _changes(self, update: CompositorUpdate, parts: Sequence[Region] | None) -> Iterator[Piece]:
        for y, x, strip in _pieces(update):
            if parts is not None and not any(each.contains(x, y) for each in parts):
                continue
            line = self._lines.setdefault(y, {})
            before = line.get(x)
            if before is not None and before.cell_length == strip.cell_length:
                line[x] = strip
                if before != strip:
                    yield from ((y, x + at, run) for at, run in _runs(before, strip))
                continue
            end = x + strip.cell_length
            for at in [at for at, old in line.items() if at < end and at + old.cell_length > x]:
                del line[at]
            line[x] = strip
            yield y, x, strip


class Changes(CompositorUpdate):
    """Some pieces of the screen."""

    def __init__(self, pieces: list[Piece]) -> None:
        self._pieces = pieces

    def render_segments(self, console: Console) -> str:
        """Write each piece where it belongs."""
        written = (f"\x1b[{y + 1};{x + 1}H{_text(run, console)}" for y, x, run in self._pieces)
        return "".join(written)


def _text(run: Run, console: Console) -> str:
    if isinstance(run, Strip):
        return run.render(console)
    system = console._color_system or ColorSystem.TRUECOLOR
    return "".join(
        text if style is None else Strip.render_style(style, text, system) for text, style, _ in run
    )


def _pieces(update: CompositorUpdate) -> Iterator[tuple[int, int, Strip]]:
    if isinstance(update, LayoutUpdate):
        for y, strips in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in strips:
                yield y, x, strip
                x += strip.cell_length
    elif isinstance(update, ChopsUpdate):
        for y, first, last in update.spans:
            yield from _within(update.chops[y], update.chop_ends[y], y, first, last)


def _within(
    chops: Mapping[int, Strip | None], ends: list[int], y: int, first: int, last: int
) -> Iterator[tuple[int, int, Strip]]:
    """Yield the pieces of a line that a span touches; all that was drawn of them is up to date."""
    for end, (x, strip) in zip(ends, chops.items(), strict=False):
        if strip is not None and x < last and end > first:
            yield y, x, strip


def _runs(before: Strip, after: Strip) -> Iterator[tuple[int, list[Segment]]]:
    """Yield where two strips of one length differ, and what stands there now."""
    known = dict(zip(*_placed(before), strict=False))
    places, segments = _placed(after)
    differs = map(ne, map(known.get, places), segments)
    run: list[Segment] = []
    end = -1
    for at in compress(range(len(segments)), differs):
        if at != end and run:
            yield places[end - len(run)], run
            run = []
        run.append(segments[at])
        end = at + 1
    if run:
        yield places[end - len(run)], run


def _placed(strip: Strip) -> tuple[list[int], list[Segment]]:
    """Return the columns that segments begin at; without loops, since pictures have thousands."""
    segments = list(filter(_TEXT, strip))
    return [*accumulate(map(cached_cell_len, map(_TEXT, segments)), initial=0)], segments
