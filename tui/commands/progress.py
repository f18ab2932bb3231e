"""The progress of making pictures, on standard error: a bar on a terminal, silence elsewhere.

Standard output belongs to the paths. Where both are the same terminal, the bar steps aside while a
path is printed.
"""

import sys
from contextlib import AbstractContextManager, nullcontext

from convscope.core.catalog.targets import format_channels
from convscope.core.runner.local import Progress
from convscope.tui.commands.bar import Bar, Reporter, on_terminal


def reporting() -> AbstractContextManager[Reporter[Progress]]:
    """Report on the making of pictures, from the first progress on until the context ends."""
    return on_terminal(_Shown)


class _Shown:
    def __init__(self) -> None:
        self._bar: Bar | None = None
        """None until there is work, since where all pictures are there already is none."""
        self._fraction = 0.0

    def show(self, progress: Progress) -> None:
        if self._bar is None:
            detail = f"0/{progress.pictures} pictures"
            self._bar = Bar("loading torch and the network", detail, estimates=True)
            return
        # A part of a pack that is made again, smaller, does not turn the bar back.
        self._fraction = max(self._fraction, progress.fraction)
        self._bar.show(
            self._fraction,
            _described(progress),
            f"{progress.pictures_done}/{progress.pictures} pictures, "
            f"step {progress.step}/{progress.steps}",
        )

    def stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()

    def aside(self) -> AbstractContextManager[None]:
        if self._bar is None or not sys.stdout.isatty():
            return nullcontext()
        return self._bar.aside()


def _described(progress: Progress) -> str:
    channels = format_channels(target.channel for target in progress.targets)
    return f"{progress.targets[0].layer}:{channels}"
