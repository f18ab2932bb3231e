"""Signals that end a command, while torch is imported."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def signals_wait() -> Iterator[None]:
    """Let signals that end a command wait for a moment.

    While torch is imported, what they raise may be swallowed by somebody's broad ``except``, and
    the command would go on as if nobody had pressed Ctrl-C.
    """
    before = signal.pthread_sigmask(
        signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    )
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
