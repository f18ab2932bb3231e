"""Screens that are shown again and again."""

from typing import Any

from textual import events
from textual.screen import Screen


class AsLeft(Screen[Any]):
    """Comes back as it was left: Textual styles every widget anew, which takes 10 ms.

    It has the classes of its size before anything on it is styled: Textual gives them with the
    first resize, behind a first frame in which everything stands elsewhere.
    """

    async def _compose(self) -> None:
        width, height = self.app.size
        fitting = self._get_breakpoint_classes(width, self.HORIZONTAL_BREAKPOINTS or [])
        fitting |= self._get_breakpoint_classes(height, self.VERTICAL_BREAKPOINTS or [])
        self.update_classes(dict.fromkeys(fitting, True), update=False)
        await super()._compose()

    def _on_screen_resume(self, event: events.ScreenResume) -> None:
        # Textual counts the themes that came, for screens that it styled then: those on the stack.
        event.refresh_styles = self._css_update_count != self.app._css_update_count
        self._css_update_count = self.app._css_update_count
