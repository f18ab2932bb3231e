"""Keys act in the order in which they were pressed, however fast they come.

Textual hands a key to what has the focus, and looks for its binding when that has let it pass. By
then the keys behind it are on their way to the same place: over a slow line, what is typed behind
``/`` would switch screens instead of being written.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.widget import Widget

PATIENCE = 0.25
"""Seconds that the next key waits at most for what this one leads to."""


async def press(
    app: App[Any],
    event: events.Key,
    hand_on: Callable[[events.Event], Awaitable[None]],
    fields: tuple[type[Widget], ...],
) -> None:
    """Let a key do what it does, to the end, so that the next one finds the focus where it belongs.

    Args:
        app: the app.
        event: the key.
        hand_on: gives it to what has the focus, in Textual's way.
        fields: the kinds of widgets that tell others what is typed into them.
    """
    focused, screen = app.focused, app.screen
    is_written = focused is not None and focused.check_consume_key(event.key, event.character)
    if is_written or not await _act(app, event.key):
        await hand_on(event)
    if isinstance(focused, fields):
        # What a field then tells comes behind the key in its own queue, and bubbles.
        await _settled(*(pump for pump in (focused, *focused.ancestors) for _ in range(2)))
    if app.screen is not screen:
        await _settled(app.screen, app.screen)  # its fields are made, and one has the focus


async def _act(app: App[Any], key: str) -> bool:
    """Do now what a key is bound to; returns whether it is bound to anything.

    A widget may pass on what it is bound to: a text field does not scroll, so that its screen's
    binding for an arrow counts. ``active_bindings`` has the field's only.
    """
    return await app._check_bindings(key, priority=True) or await app._check_bindings(key)


async def _settled(*pumps: MessagePump) -> None:
    """Wait until each has handled the messages that it has."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            for pump in pumps:
                done = asyncio.Event()
                if not isinstance(pump, App) and pump.call_later(done.set):
                    await done.wait()
