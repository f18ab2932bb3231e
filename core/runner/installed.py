"""The code on disk, which an update changes under the processes that were loaded from it."""

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

SETTLED_SECONDS = 5.0
"""How long the code has to stay as it is before it is tried out: files are installed one by one."""
TRIAL_SECONDS = 10.0
"""How long trying it out may take."""
_TRIAL = "import convscope.core.runner.__main__, convscope.core.runner.supervisor"


class InstalledCode:
    """Compares what is installed with what this process runs.

    To be created before the modules are imported that it is about.
    """

    def __init__(self) -> None:
        self._ours = self._latest = _files()
        self._try_at = 0.0

    def is_ours(self) -> bool:
        """Whether the code on disk is still what this process runs; takes milliseconds."""
        found = _files()
        if found != self._latest:
            self._latest, self._try_at = found, time.monotonic() + SETTLED_SECONDS
        return found == self._ours

    def is_whole(self) -> bool:
        """Whether other code that was found can be loaded; tried every few seconds."""
        if time.monotonic() < self._try_at:
            return False
        try:
            subprocess.run(
                [sys.executable, "-P", "-c", _TRIAL],
                check=True,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                cwd="/",
                timeout=TRIAL_SECONDS,
            )
        except (OSError, subprocess.SubprocessError):
            self._try_at = time.monotonic() + SETTLED_SECONDS
            return False
        return True


def _files() -> dict[Path, bytes]:
    """Return what is in each file; times would tell of files that were only touched, too."""
    found = {}
    for folder, _, names in os.walk(Path(__file__).parents[1]):
        for path in (Path(folder, name) for name in names if name.endswith(".py")):
            with suppress(OSError):  # it is being replaced, or is an editor's link to nothing
                found[path] = path.read_bytes()
    return found
