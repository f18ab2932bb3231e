"""The pictures that the terminal holds: each sent once, and taken back when nobody shows it."""

from collections.abc import Callable
from hashlib import blake2b
from io import BytesIO
from random import choice
from typing import TYPE_CHECKING

from textual.strip import Strip

from convscope.tui.explorer.render.kitty import (
    HIGHS,
    LOWS,
    MOST_CELLS,
    delete,
    number_of,
    placeholders,
    transmit,
)
from convscope.tui.sequences import through_tmux

if TYPE_CHECKING:
    from PIL.Image import Image

KEPT = 4
"""Pictures of one place; going back to the last few costs nothing."""
CELL = (10, 20)
"""Pixels of a cell: no terminal is asked, and no picture sent with more than about those."""
_FAST = 1
"""Of zlib's levels: pictures of channels get hardly smaller by the others."""

_Key = tuple[bytes, int, int]
"""What a picture looks like, and its size in cells."""


class Pixels:
    """Draws pictures by Kitty's protocol.

    Args:
        write: takes what is for the terminal.
        in_tmux: whether tmux is in between.
    """

    def __init__(self, write: Callable[[str], object], *, in_tmux: bool) -> None:
        self._write, self._in_tmux = write, in_tmux
        self._high = choice(HIGHS)  # another explorer may be in another window of the terminal
        self._places: dict[object, dict[_Key, int]] = {}
        """Numbers of the pictures of each place, the one that was shown last at the end."""
        self._sent: dict[int, str] = {}
        """What was written for each."""
        self._is_away = False

    def strips(self, place: object, image: "Image", width: int, height: int) -> list[Strip]:
        """Draw an image into so many cells; it is sent if the terminal does not have it.

        Args:
            place: where it is shown, until another one is shown there.
            image: RGB.
            width: cells.
            height: cells.
        """
        width, height = min(width, MOST_CELLS), min(height, MOST_CELLS)
        if width < 1 or height < 1:
            return []
        key = (blake2b(image.tobytes(), digest_size=16).digest(), width, height)
        known = self._places.setdefault(place, {})
        number = known.pop(key, None)
        if number is None:
            if len(known) == KEPT:
                self._take_back(known.pop(next(iter(known))))
            number = self._send(image, width, height)
        known[key] = number
        return placeholders(number, width, height)

    def leave(self, place: object) -> None:
        """Take back the pictures of a place that is gone."""
        for number in self._places.pop(place, {}).values():
            self._take_back(number)

    def suspend(self) -> None:
        """Leave nothing in the terminal, which is going to be somebody else's."""
        if self._sent:
            self._write("".join(map(self._taken_back, self._sent)))
        self._is_away = True

    def resume(self) -> None:
        """Give the terminal back what it had."""
        self._is_away = False
        for commands in self._sent.values():
            self._write(commands)

    def _send(self, image: "Image", width: int, height: int) -> int:
        numbers = (number_of(self._high, low) for low in LOWS)
        number = next(each for each in numbers if each not in self._sent)
        commands = transmit(_png(image, width, height), number, width, height)
        # In one piece: Textual's writer waits when it has many.
        self._sent[number] = "".join(map(self._wrapped, commands))
        self._tell(self._sent[number])
        return number

    def _take_back(self, number: int) -> None:
        del self._sent[number]
        self._tell(self._taken_back(number))

    def _tell(self, commands: str) -> None:
        if not self._is_away:
            self._write(commands)

    def _taken_back(self, number: int) -> str:
        return self._wrapped(delete(number))

    def _wrapped(self, command: str) -> str:
        return through_tmux(command) if self._in_tmux else command


def _png(image: "Image", width: int, height: int) -> bytes:
    """Encode an image, scaled down to what so many cells can show."""
    image = image.convert("RGB")
    image.thumbnail((width * CELL[0], height * CELL[1]))
    file = BytesIO()
    image.save(file, "PNG", compress_level=_FAST)
    return file.getvalue()
