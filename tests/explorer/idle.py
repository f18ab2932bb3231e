"""When an app under test has nothing left to do."""

import asyncio
from time import monotonic, process_time

TICK = 0.002
IDLE_SHARE = 0.25
"""Of a tick, in which the process may compute."""
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
        is_calm = not loop._ready and process_time() - worked < IDLE_SHARE * TICK
        calm = calm + 1 if is_calm else 0
        if monotonic() - began > max_sleep:
            break
