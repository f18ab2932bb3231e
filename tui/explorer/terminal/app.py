"""An app as its terminal sees it: what is sent to it, how it is left, and what if something fails.

Over a slow line each character counts, so only what the terminal does not show yet is sent.
"""

from rich.console import RenderableType
from textual import events
from textual._compositor import CompositorUpdate
from textual.app import App
from textual.driver import Driver
from textual.geometry import Size
from textual.notifications import Notification
from textual.screen import Screen

from convscope.tui.explorer.terminal.backdrop import OverDimmed
from convscope.tui.explorer.terminal.driver import ExplorerDriver
from convscope.tui.explorer.terminal.screen_diff import ScreenDiff
from convscope.tui.explorer.terminal.toasts import BESIDE_TOASTS


class TerminalApp(App[None]):
    """Sends what is new, by a driver of its own, and leaves in good order after a mistake."""

    def __init__(self) -> None:
        super().__init__(driver_class=ExplorerDriver)
        self.screen_diff = ScreenDiff()
        """What the terminal shows."""

    @property
    def line(self) -> ExplorerDriver | None:
        """The line to the terminal; ``None`` before the start, and where there is no terminal."""
        return self._driver if isinstance(self._driver, ExplorerDriver) else None

    def write(self, data: str) -> None:
        """Send something to the terminal as it is."""
        if self._driver is not None:
            self._driver.write(data)

    async def on_event(self, event: events.Event) -> None:
        """Paint everything where the terminal may have lost what it showed."""
        if isinstance(event, (events.Resize, Driver.SignalResume)):
            self.screen_diff.forget()
        await super().on_event(event)
        if isinstance(event, events.Resize):
            self._paint_all_in(event.size)

    def _paint_all_in(self, size: Size) -> None:
        """Paint the whole screen where it had that size already, so that Textual would not.

        After a stop, or two changes of its size at once, the terminal may have lost what it showed.
        """
        if self.screen_stack and self.screen.size == size:
            self.screen.refresh()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Send what is new; while painting rests, Textual throws away what it is given."""
        if isinstance(renderable, CompositorUpdate) and not self._batch_count:
            parts = screen.shown_next() if isinstance(screen, OverDimmed) else None
            renderable = self.screen_diff.diff(renderable, screen, parts)
        super()._display(screen, renderable)

    def _refresh_notifications(self) -> None:
        super()._refresh_notifications()
        self._draw_beside_toasts()

    def _unnotify(self, notification: Notification, refresh: bool = True) -> None:
        super()._unnotify(notification, refresh)
        self._draw_beside_toasts()

    def _draw_beside_toasts(self) -> None:
        """Draw anew what toasts cover in part: it leaves out what is not to be seen whole."""
        if self.screen_stack:
            for widget in self.screen.query_children(f".{BESIDE_TOASTS}"):
                widget.refresh()

    @property
    def failure(self) -> Exception | None:
        """What went wrong that should not, if anything did."""
        return self._exception

    def _handle_exception(self, error: Exception) -> None:
        """Leave in good order after a mistake of ours, without Textual's traceback.

        Whoever runs the app finds the :attr:`failure`, and has one place for sentences and logs.
        """
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self.exit(return_code=1)
        self._close_messages_no_wait()  # a broken app may not come to handle the exit
