"""Sentences that come up and go by themselves."""

from typing import Any

from textual.app import App
from textual.notifications import Notification, SeverityLevel
from textual.screen import Screen
from textual.widgets._toast import Toast, ToastRack

from convscope.core.system.text import printable


class Toasts:
    """Information is about the last key, so it takes the place of the one before.

    What is wrong stays until it was read.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._last: Notification | None = None

    def tell(self, text: str) -> None:
        """Answer a key."""
        self._forget()
        self._last = self._show(text, "information")

    def dismiss(self) -> None:
        """Take the answer away: another key was pressed, and something else is to be seen."""
        if self._last is not None:
            self._forget()
            self._app._refresh_notifications()

    def _forget(self) -> None:
        if self._last is not None:
            del self._app._notifications[self._last]
            self._last = None

    def report(self, text: str) -> None:
        """Say what has happened by itself; it leaves the answer to the last key."""
        self._show(text, "information")

    def wrong(self, text: str) -> None:
        """Say what went wrong."""
        self._show(text, "error")

    def _show(self, text: str, severity: SeverityLevel) -> Notification:
        toast = Notification(printable(text), severity=severity, markup=False)
        # As App.notify, but at once: the one before could still be on its way to the app.
        self._app._notifications.add(toast)
        self._app._refresh_notifications()
        return toast


BESIDE_TOASTS = "-beside-toasts"
"""The class of what they cover in part."""


def covered(screen: Screen[Any]) -> int:
    """Return how many cells of a screen's last line toasts cover, from the left."""
    if not screen.app._notifications:  # the last ones may be about to go
        return 0
    widths = (toast.styles.width for toast in screen.query(Toast))
    shares = (width.value / 100 for width in widths if width is not None)
    return max((round(share * screen.size.width) for share in shares), default=0)


def lift_toasts(screen: Screen[Any], lines: int) -> None:
    """Let toasts stand so many lines above the last one of a screen."""
    for rack in screen.query_children(ToastRack):
        rack.styles.margin = (0, 0, lines, 0)
