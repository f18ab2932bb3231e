"""The standard streams made safe to use, whatever the caller left of them."""

import io
import os
import sys
import warnings
from typing import TextIO

LARGEST_SIDE = 10_000
"""Columns or lines of a terminal; whoever says more has made a mistake."""


def prepare_streams() -> None:
    """Make sure that writing to the standard streams neither raises nor goes astray.

    A stream that was closed leads to ``/dev/null``, so it is not a terminal. What the locale cannot
    write shows as ``?``, and no library's warning shows. Call it before any file is opened.
    """
    _open_closed()
    for output in (sys.stdout, sys.stderr):
        if isinstance(output, io.TextIOWrapper):
            output.reconfigure(errors="replace")
    _forget_absurd_sizes()
    if not sys.warnoptions:  # they are meant for programmers
        warnings.simplefilter("ignore")


def _open_closed() -> None:
    """Open what is closed: else the next file would get its number, and all that is printed."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            stream = open(number, "w" if number else "r", closefd=False)  # noqa: SIM115  for good
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


def _forget_absurd_sizes() -> None:
    """Remove an impossible terminal size: rich would believe it, or fail."""
    for name in ("COLUMNS", "LINES"):
        side = os.environ.get(name, "1")
        if not (side.isascii() and side.isdigit() and 0 < int(side[:9]) <= LARGEST_SIDE):
            del os.environ[name]


def settle(stream: TextIO) -> OSError | None:
    """Flush a stream; return the error where that fails.

    The interpreter would try again as it ends, with a message and an exit code of its own. So the
    rest then goes to ``/dev/null``.
    """
    try:
        stream.flush()
    except OSError as error:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
        return error
    return None
