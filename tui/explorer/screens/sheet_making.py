"""Contact sheets: they are made in a thread, told by name, and shown by a key."""

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work

from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.tui.batch_words import counted
from convscope.tui.explorer.model.items import WAITING, Detail
from convscope.tui.explorer.model.words import PATH_LIMIT
from convscope.tui.explorer.screens.base import FullScreen

if TYPE_CHECKING:
    from convscope.tui.explorer.model.sheets import MadeSheets

Making = Callable[[], "MadeSheets"]
"""Makes sheets; may take a while, and may raise a ``UserError``."""


class SheetMaking(FullScreen):
    """Makes contact sheets, and shows those that were made last."""

    sheets: Sequence[Path] = ()
    """Where those lie."""
    _sheet_at = 0
    """Which of them is shown."""
    _sheet: Detail = WAITING

    @property
    @abstractmethod
    def sheet_keys(self) -> tuple[str, str]:
        """The keys that make sheets and show them, as people write them."""

    @abstractmethod
    def zoom_into(self, look: Callable[[], Detail], step: Callable[[int], None]) -> None:
        """Show pictures on the whole screen."""

    @work(group="sheet")
    async def make_sheets(
        self, *makings: Making, left_out: int = 0, otherwise: Callable[[], object] | None = None
    ) -> None:
        """Make sheets, and tell where they lie.

        Args:
            makings: each makes some.
            left_out: how many channels have no picture to stand on one.
            otherwise: called where none could be made.
        """
        paths: list[Path] = []
        for making in makings:
            try:
                made = await asyncio.to_thread(making)
            except UserError as error:
                self.toasts.wrong(str(error))
            else:
                paths += made.paths
                left_out += made.left_out
        if paths:
            self.sheets, self._sheet_at = paths, 0
            self.toasts.tell(sheets_phrase(paths, left_out, self.sheet_keys[1]))
        elif otherwise is not None:
            otherwise()

    def action_show_sheet(self) -> None:
        """Show the contact sheets that were made last, on the whole screen."""
        if not self.sheets:
            make, _ = self.sheet_keys
            self.toasts.tell(f"no contact sheet was made yet; {make} makes one")
            return
        self.zoom_into(lambda: self._sheet, self._step_sheet)
        self._read_sheet()

    def _step_sheet(self, by: int) -> None:
        self._sheet_at = max(0, min(self._sheet_at + by, len(self.sheets) - 1))
        self._read_sheet()

    @work(group="shown sheet", exclusive=True)
    async def _read_sheet(self) -> None:
        from convscope.core.gallery.pictures import read_pixels  # noqa: PLC0415  Pillow

        path = self.sheets[self._sheet_at]
        name = printable(path.name, PATH_LIMIT)
        try:
            image = await asyncio.to_thread(read_pixels, path)
        except (UserError, OSError) as error:
            self._sheet = Detail(
                name, note="this sheet cannot be read", caption=printable(error, PATH_LIMIT)
            )
        else:
            self._sheet = Detail(name, path, image, caption=name, path=path)


def sheets_phrase(paths: Sequence[Path], left_out: int, key: str) -> str:
    """Say where contact sheets lie, what is not on them, and the key that shows them."""
    if len(paths) == 1:
        said, shows = f"saved {printable(paths[0], PATH_LIMIT)}", "shows it"
    else:
        names = ", ".join(printable(path.name, PATH_LIMIT) for path in paths)
        sheets = f"{counted(len(paths), 'contact sheet')}, one for each layer and size"
        said, shows = f"saved {sheets}: {names}", "shows them"
    without = f"; left out {left_out:,} without a picture of a channel" if left_out else ""
    return f"{said}{without}; {key} {shows}"
