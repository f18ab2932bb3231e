"""Driving the app in tests: waiting for what should happen, never for time to pass."""

import time
from collections.abc import Callable

from textual import events
from textual.app import App
from textual.pilot import Pilot

from convscope.tui.explorer.screens.explore import ExploreScreen

PATIENCE = 60.0
"""Seconds; only a failing test waits so long."""


def explore(pilot: Pilot) -> ExploreScreen:
    """The explore screen, whatever lies on top of it."""
    return next(screen for screen in pilot.app.screen_stack if isinstance(screen, ExploreScreen))


def toasts(app: App[None]) -> list[str]:
    """What was told, as far as it is still to be seen."""
    return [notification.message for notification in app._notifications]


async def paste(pilot: Pilot, text: object) -> None:
    """Paste into what has the focus, as a terminal does it: all at once, in bracketed paste."""
    pilot.app.post_message(events.Paste(str(text)))
    await pilot.pause()


async def until(pilot: Pilot, true: Callable[[], object]) -> None:
    """Wait for a condition, which must come true soon."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        await pilot.pause(0.01)


async def settle(pilot: Pilot) -> None:
    """Poll, and wait until every picture is decoded and drawn."""
    await pilot.pause()
    screen = explore(pilot)
    screen.poll()
    await until(pilot, lambda: not screen.busy or pilot.app.failure)
    await pilot.pause()
