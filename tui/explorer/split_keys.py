"""Keys that a slow line tore apart: an arrow is three characters, and may arrive as three keys.

Taken one by one, the last of them would be a letter that means something else: ``A`` queues a whole
layer. Plain; no Textual.
"""

from collections.abc import Callable

PATIENCE = 1.0
"""Seconds within which what follows an escape is a part of it."""
OPENINGS = ("left_square_bracket", "O")
ENDS = {"A": "up", "B": "down", "C": "right", "D": "left", "H": "home", "F": "end"}


class SplitKeys:
    """Puts torn keys together again.

    Args:
        clock: seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._escaped_at = float("-inf")
        self._is_open = False

    def seen(self, key: str) -> str | None:
        """Return the key that was meant, ``None`` for a part of one.

        Args:
            key: Textual's name of the key that arrived.
        """
        is_soon = self._clock() - self._escaped_at < PATIENCE
        if key == "escape":
            self._escaped_at, self._is_open = self._clock(), False
            return key
        if is_soon and not self._is_open and key in OPENINGS:
            self._is_open = True
            return None
        if not (is_soon and self._is_open):
            self._forget()
            return key
        if key.isdecimal() or key == "semicolon":
            return None  # as in a page key, or an arrow with a modifier
        self._forget()
        return ENDS.get(key)

    def _forget(self) -> None:
        self._escaped_at, self._is_open = float("-inf"), False
