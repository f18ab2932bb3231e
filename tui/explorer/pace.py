"""Paints no faster than the terminal takes it: what changes meanwhile is one frame, not many.

Without it Textual queues up to 30 frames for a slow line, and a key's answer comes behind them.
"""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack, suppress
from contextvars import copy_context
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen

    from convscope.tui.explorer.terminal.driver import ExplorerDriver


SLOW = 0.2
"""Seconds that a frame may be on its way before the line counts as slow: a key waits behind it."""
SLOW_FRAMES = 3
"""So many in a row; a terminal may be busy for a moment."""


class PaintPace:
    """Holds an app's painting back while a frame is on its way.

    Args:
        app: whose painting.
        when_slow: called when the line turns out to be slow.
        clock: tells seconds.
    """

    def __init__(
        self, app: "App[Any]", when_slow: Callable[[], object], clock: Callable[[], float]
    ) -> None:
        self._app, self._when_slow, self._clock = app, when_slow, clock
        self._begun = 0.0
        self._slow_frames = 0
        self._held = ExitStack()
        self._is_held = False
        self._watched: WeakSet[Screen[Any]] = WeakSet()
        self._lost = False
        """Whether Textual lost sight of something that changed, as it may while painting rests: it
        throws frames away then, and forgets what changed when it lays out a screen."""

    def painted(self, driver: "ExplorerDriver") -> None:
        """Rest until a frame that was just handed over is written."""
        if self._is_held:
            self._lost = True
            return
        if not self._app.is_running:
            return
        self._watch(self._app.screen)
        # The writer's thread knows nothing of the app that it calls.
        loop, context = asyncio.get_running_loop(), copy_context()

        def go_on() -> None:
            with suppress(RuntimeError):  # the app has ended meanwhile
                loop.call_soon_threadsafe(self._go_on, context=context)

        if driver.when_written(go_on):
            self._is_held, self._begun = True, self._clock()
            self._held.enter_context(self._app.batch_update())

    def _watch(self, screen: "Screen[Any]") -> None:
        if screen not in self._watched:
            self._watched.add(screen)
            layouts = screen.screen_layout_refresh_signal
            layouts.subscribe(self._app, self._laid_out, immediate=True)

    def _laid_out(self, _: object) -> None:
        self._lost |= self._is_held

    def _go_on(self) -> None:
        """Paint what changed meanwhile."""
        self._is_held = False
        self._held.close()
        if not self._app.is_running:
            return
        self._judge(self._clock() - self._begun)
        screen = self._app.screen
        if self._lost:
            self._lost = False
            screen.refresh()
        screen.check_idle()

    def _judge(self, seconds: float) -> None:
        self._slow_frames = self._slow_frames + 1 if seconds > SLOW else 0
        if self._slow_frames == SLOW_FRAMES:
            self._when_slow()
