"""When an app under test has nothing left to do."""

import asyncio
from time import monotonic, process_time

TICK = 0.002
IDLE_SHARE = 0.25
"""Of a tick, in which the process may compute."""
SOON = 0.02
"""Seconds; Textual paints what changed sixty times a second."""
PATIENCE = 0.05
"""Seconds for what is due soon: an app may always have something of that kind to do."""
CALM = 3
"""Ticks in a row without work, in which a thread would have shown itself."""


async def wait_for_idle(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
    """Wait until the app has nothing to do; takes the place of Textual's, which sleeps for longer.

    Textual's own judges by the processor alone, for 20 ms at a time: it takes a process that a busy
    machine keeps waiting for an idle one. This one looks at what the event loop has to do as well.
    """
    loop = asyncio.get_running_loop()
    began, calm = monotonic(), 0
    while calm < CALM or monotonic() - began < min_sleep:
        worked = process_time()
        await asyncio.sleep(TICK)
        is_due = monotonic() - began < PATIENCE and _is_due_soon(loop)
        is_idle = not loop._ready and process_time() - worked < IDLE_SHARE * TICK
        is_calm = is_idle and not is_due
        calm = calm + 1 if is_calm else 0
        if monotonic() - began > max_sleep:
            break


def _is_due_soon(loop: asyncio.AbstractEventLoop) -> bool:
    soon = loop.time() + SOON
    return any(handle.when() < soon and not handle.cancelled() for handle in loop._scheduled)
