"""Screens that are shown again and again."""

from typing import Any

from textual import events
from textual.screen import Screen


class AsLeft(Screen[Any]):
    """Comes back as it was left: Textual styles every widget anew, which takes 10 ms."""

    def _on_screen_resume(self, event: events.ScreenResume) -> None:
        # Textual counts the themes that came, for screens that it styled then: those on the stack.
        event.refresh_styles = self._css_update_count != self.app._css_update_count
        self._css_update_count = self.app._css_update_count
