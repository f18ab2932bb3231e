"""Slots and their processes: when one is started again, and what is told of how it ended."""

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from convscope.core.runner.client import GIVEN_UP, WorkerStatus
from convscope.core.runner.paths import log_folder
from convscope.core.runner.process import NEEDED_BYTES, NO_ROOM, TAKEN, USELESS
from convscope.core.runner.slots import Slot
from convscope.core.system.locks import Holder
from convscope.core.system.text import printable

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds between two starts of a process that does not live long."""
WAITS_FOR_ROOM = f"waits for {NEEDED_BYTES / 2**30:.0f} GB of free memory"
CONDITIONS = {
    NO_ROOM: WAITS_FOR_ROOM,
    TAKEN: "waits until other programs leave the GPU",
    USELESS: GIVEN_UP,
}
"""Of a worker that ended with such a code, which is no fault of the worker's."""


@dataclass
class SlotProcess:
    """A slot, and the process on it."""

    slot: Slot
    process: "subprocess.Popen[bytes] | None" = None
    start_at: float = 0.0
    """When another may be started, on the monotonic clock."""
    _started_at: float = 0.0
    _pause: float = FIRST_PAUSE

    def note_start(self) -> None:
        """Take note that a process is started now, whether or not that succeeds."""
        self._started_at = time.monotonic()
        self.start_at = self._started_at + self._pause

    def ended(self) -> int | None:
        """Return the exit code of a process that has ended since the last call."""
        code = self.process.poll() if self.process is not None else None
        if code is None:
            return None
        self.process = None
        if code == 0 or time.monotonic() - self._started_at > LONGEST_PAUSE:
            self._pause, self.start_at = FIRST_PAUSE, time.monotonic()
        else:
            self._pause = min(LONGEST_PAUSE, 2 * self._pause)
        return code


@dataclass
class SlotWorker(SlotProcess):
    """A slot that the supervisor keeps a worker on."""

    left: Holder | None = None
    """A worker that a killed supervisor left here; it goes on by itself."""
    condition: str = ""
    is_useless: bool = False
    serves_wishes: bool = False
    is_renewed: bool = False
    """Whether its worker was asked to end only so that another one begins here."""

    @property
    def runs(self) -> bool:
        """Whether a worker is here."""
        return self.process is not None or self.left is not None

    @property
    def status(self) -> WorkerStatus:
        """What is told about the worker."""
        found = self.process or self.left
        return WorkerStatus(
            slot=self.slot.name,
            device=self.slot.device,
            pid=found.pid if found else None,
            condition="running" if found else self.condition,
        )

    def note_end(self, code: int, said: str) -> None:
        """Take note of how the worker ended: with an exit code, and with some last words."""
        if self.is_renewed:
            code, self.is_renewed = 0, False
        self.is_useless = code == USELESS
        how = f"was killed (signal {-code})" if code < 0 else f"failed (code {code})"
        usual = f"{how}: {printable(said, 200)}" if said else how
        self.condition = "" if code == 0 else CONDITIONS.get(code, usual)


def errors_file(state: Path, slot: Slot) -> Path:
    """Where a process's libraries write; the file is a new one at each start."""
    folder = log_folder(state)
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"worker-{slot.name}.stderr"


def last_words(state: Path, slot: Slot) -> str:
    """Return the last line that a process wrote to its errors; '' where it wrote none."""
    try:
        lines = errors_file(state, slot).read_text(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return printable(lines[-1]) if lines else ""
