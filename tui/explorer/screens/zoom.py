"""One picture on the whole screen, and a line about it."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from convscope.core.system.recent import Recent
from convscope.tui.explorer.keymap import Pane, Table, bindings, first_keys, table_of
from convscope.tui.explorer.marks import QUIET
from convscope.tui.explorer.model.items import Detail
from convscope.tui.explorer.model.magnification import Magnification
from convscope.tui.explorer.model.pictures import LARGE_SIDE, PictureFile, Wanted, read
from convscope.tui.explorer.model.pictures import Picture as ReadPicture
from convscope.tui.explorer.render.painter import Painter
from convscope.tui.explorer.screens.base import POLL, FullScreen, Home, kept
from convscope.tui.explorer.screens.file_keys import FileKeys
from convscope.tui.explorer.terminal.toasts import Toasts
from convscope.tui.explorer.widgets.picture import Picture

if TYPE_CHECKING:
    from convscope.tui.explorer.palette import Command

GAP = 2
"""Cells at least between the caption and the keys."""
WHOLE_SIDE = 100_000
"""Longer than any picture that is read."""


Look = Callable[[], Detail | None]
"""Tells what to show; ``None`` while that is still to be read. Must be quick."""
Step = Callable[[int], object]
"""Goes to the next picture (1) or the one before (-1)."""


class CloseUp(FileKeys):
    """Pictures on a screen of their own, which can be magnified, all in the same place.

    Args:
        step: chooses another picture, wherever the choice is kept.
        painter: draws them.
        count: how many there are.
    """

    PANE: ClassVar[Pane]

    def __init__(self, step: Step, painter: Painter, count: int) -> None:
        super().__init__()
        self.toasts = Toasts(self.app)
        self.magnification = Magnification()
        self.pictures = [Picture(painter, self.magnification) for _ in range(count)]
        self.caption = Caption(self.PANE, self.magnification)
        self._step = step
        self._whole: Recent[PictureFile, ReadPicture] = Recent(count)
        """What was read in its full size."""
        self._reading: set[PictureFile] = set()
        self._paths: dict[Picture, Path | None] = {}
        """Where what is shown lies."""

    def sync(self) -> None:
        """Show what there is now; what looks the same costs nothing."""
        raise NotImplementedError

    def show(self, picture: Picture, seen: Detail) -> None:
        """Show a picture, in its full size where that is needed."""
        self._paths[picture] = seen.path
        name, image, file = seen.picture, seen.image, seen.picture
        is_scaled_down = image is not None and max(image.size) >= LARGE_SIDE
        if self.magnification.scale and is_scaled_down and isinstance(file, PictureFile):
            whole = self._whole.get(file)
            if whole is not None and whole.image is not None:
                name, image = (file, "whole"), whole.image
            elif whole is None and file not in self._reading:
                self._reading.add(file)
                self._read_whole(file)
        picture.show(name, image, seen.note, grows=seen.grows)

    @work(group="whole")
    async def _read_whole(self, file: PictureFile) -> None:
        self._whole.put(file, await asyncio.to_thread(read, Wanted(file, WHOLE_SIDE)))
        self._reading.discard(file)
        self.sync()

    # ---- keys ------------------------------------------------------------------------------

    def action_step(self, by: int) -> None:
        """Go to the next picture or the one before."""
        self._step(by)
        self.sync()

    def action_move(self, right: int, down: int) -> None:
        """Look at another place of what is magnified; else go to another picture."""
        if not self.magnification.scale:
            self.action_step(right + down)
            return
        self.seen.move(right, down)
        self._draw_anew()

    def action_magnify(self, by: int) -> None:
        """Magnify more (1) or less (-1)."""
        self.seen.magnify(by)
        self.sync()
        self._draw_anew()

    def _draw_anew(self) -> None:
        for picture in self.pictures:
            picture.draw_anew()
        self.caption.refresh()

    @property
    def seen(self) -> Picture:
        """A picture that is to be seen."""
        return self.pictures[0]

    def action_close(self) -> None:
        """Back to the screen below."""
        self.dismiss()

    def action_help(self) -> None:
        """Show all keys, those that count here first."""
        from convscope.tui.explorer.screens.help import HelpScreen  # noqa: PLC0415  not for the first frame

        kept(self.app, "help", HelpScreen).open(self.PANE)

    # ---- the file --------------------------------------------------------------------------

    @property
    def path(self) -> Path | None:
        """Where the picture lies, or of several the first that is to be seen."""
        return self._paths.get(self.seen)

    def why_no_path(self) -> str:
        """Say so; it may be growing, or be the atlas's."""
        return "this picture has no file of its own"

    # ---- the palette -----------------------------------------------------------------------

    def action_palette(self) -> None:
        """Find something that can be done by its name, and do it."""
        from convscope.tui.explorer.screens.palette import PaletteScreen  # noqa: PLC0415  not for the first frame

        home = cast(Home, self.app.screen_stack[0])
        kept(self.app, "palette", PaletteScreen).open(self.PANE, self._run, home.jump_target)

    async def _run(self, command: "Command | None") -> None:
        """Do something here, or on the screen below, which is then to be seen."""
        if command is None:
            return
        if command.row.pane in (Pane.ZOOM, Pane.COMPARE):
            await self.run_action(command.row.action)
            return
        below = [screen for screen in self.app.screen_stack if isinstance(screen, FullScreen)][-1]
        self.dismiss()
        self.app.call_later(below.run_command, command)


class ZoomScreen(CloseUp):
    """Asks for its picture several times a second, since one can be growing.

    Args:
        look: tells the picture.
        step: chooses another picture, wherever the choice is kept.
        painter: draws it.
    """

    PANE = Pane.ZOOM
    BINDINGS: ClassVar[list[BindingType]] = bindings(Pane.ZOOM)
    CSS_PATH = "../styles/zoom.tcss"

    def __init__(self, look: Look, step: Step, painter: Painter) -> None:
        super().__init__(step, painter, 1)
        self.VERTICAL_BREAKPOINTS = [(0, "-flat"), (4, "-high")]
        self._look = look

    def compose(self) -> ComposeResult:
        """The picture, and its line at the bottom."""
        yield self.seen
        yield self.caption

    def on_mount(self) -> None:
        """Look again and again."""
        self.call_after_refresh(self.sync)  # the size is known by then
        self.set_interval(POLL, self.sync)

    def sync(self) -> None:
        """Show what there is now; what looks the same costs nothing."""
        seen = self._look()
        if seen is None:  # the one before stays for so long
            return
        self.show(self.seen, seen)
        self.caption.show(seen.caption)


class Caption(Widget):
    """The line about the picture, and at the right the keys, where there is room for both.

    Args:
        pane: whose keys these are.
        magnification: what is told as well.
    """

    def __init__(self, pane: Pane, magnification: Magnification) -> None:
        super().__init__(id="caption")
        self._pane, self._magnification = pane, magnification
        self.text = ""

    def show(self, text: str) -> None:
        """Say something else."""
        if text != self.text:
            self.text = text
            self.refresh()

    def render(self) -> Content:
        """Write both into the width there is."""
        told = " · ".join(filter(None, [self.text, self._magnification.text]))
        said = Content(f" {told}").truncate(self.size.width, ellipsis=True)
        for hints in _hints(self._pane, is_magnified=bool(self._magnification.scale)):
            keys = _keys(hints, table_of(self.app))
            room = self.size.width - said.cell_length - keys.cell_length
            if room >= GAP:
                return Content.assemble(said, " " * room, keys)
        return said


Hint = tuple[tuple[str, ...], str]
"""The rows of some keys, and what they do in a word."""


def _hints(pane: Pane, *, is_magnified: bool) -> Sequence[Sequence[Hint]]:
    """Return which keys are told, in ever fewer words."""
    step: Hint = (("zoom.down", "zoom.up"), "next")
    if is_magnified:
        step = (("zoom.left", "zoom.down", "zoom.up", "zoom.right"), "move")
    size: Hint = (("zoom.larger", "zoom.smaller"), "size")
    copy: Hint = (("zoom.copy",), "copy path")
    close: Hint = (("zoom.close",), "back")
    flip: list[Hint] = [(("compare.flip",), "flip")] if pane is Pane.COMPARE else []
    found = [step, *flip, size, copy, close]
    some = [[hint for hint in found if hint not in out] for out in ([], [copy], [copy, size])]
    wordless: list[Hint] = [(rows, "") for rows, _ in (step, *flip, size)]
    return [*some[:2], [*wordless, close], some[-1]]


def _keys(hints: Sequence[Hint], table: Table) -> Content:
    """Write keys from the key map."""
    known = first_keys(table)
    parts = [
        Content.assemble(
            ("".join(known[row] for row in rows), "$text-primary bold"),
            (f" {word}" if word else "", QUIET),
        )
        for rows, word in hints
    ]
    return Content("  ").join(parts) + Content(" ")
