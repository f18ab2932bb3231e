"""How the explorer and the commands reach the runner. No torch."""

import contextlib
import re
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from convscope.core import __version__
from convscope.core.runner.live import LiveReader
from convscope.core.runner.paths import (
    RUNNER_LOG,
    log_folder,
    runner_lock,
    status_file,
    stop_flag,
    worker_locks,
)
from convscope.core.system.errors import UserError
from convscope.core.system.files import write_note
from convscope.core.system.locks import Holder, holder, send
from convscope.core.system.text import printable

if TYPE_CHECKING:
    import subprocess


GIVEN_UP = "was given up"
"""Condition of a worker that is not started again: its device is not there, or of no use."""


class WorkerStatus(msgspec.Struct, frozen=True):
    """What the supervisor knows of one worker."""

    slot: str
    """Names the worker's files; after its device."""
    device: str
    """As torch calls it, or ``auto``."""
    pid: int | None = None
    """``None`` while it does not run."""
    condition: str = ""
    """In words: ``running``, ``idle``, or why it does not run."""


class RunnerStatus(msgspec.Struct, frozen=True):
    """What the supervisor tells about itself."""

    workers: list[WorkerStatus] = []
    advice: list[str] = []
    """Sentences for the user, such as that work would end at logout."""
    device: str = ""
    """What it was started for; '' where an earlier version did not tell."""
    foreground: bool = False
    """Whether it was started in the foreground: whoever did so may start it again when it ends."""
    given_up: list[str] = []
    """Sentences on devices that no worker is started on any more, each with its remedy."""
    rescued: list[str] = []
    """Sentences on queues that were damaged: what could be read of them, and what could not."""

    @property
    def sentences(self) -> list[str]:
        """All that a user is told besides what each worker does, the most urgent first."""
        return [*self.lasting, *self.advice]

    @property
    def lasting(self) -> list[str]:
        """What is still to be told once the runner has ended."""
        return [*self.rescued, *self.given_up]


def runner_runs(state: Path) -> bool:
    """Whether a supervisor lives: it holds a lock that dies with it."""
    return holder(runner_lock(state)) is not None


def older_runner(state: Path) -> str:
    """Return what to do about a runner of an older convscope; '' when the runner is none.

    After an update it may hold the queue up for ever: the workers that it would start are gone.
    """
    version = _runner_version(state)
    if version is None or _order(version) >= _order(__version__):
        return ""
    status = runner_status(state)
    if status and status.foreground:
        remedy = "restart it where it was started"
    else:
        remedy = "convscope worker start replaces it"
    return f"The worker belongs to an older convscope; {remedy}."


def newer_runner(state: Path) -> str:
    """Return what to do about a runner of a newer convscope; '' when the runner is none."""
    version = _runner_version(state)
    if version is None or _order(version) <= _order(__version__):
        return ""
    return (
        f"A newer convscope ({printable(version, 40)}) is working on this queue; update this one "
        f"({__version__}), or set CONVSCOPE_STATE to another folder."
    )


def _runner_version(state: Path) -> str | None:
    """Return the version of the runner that runs: its lock's name, '' before locks had one."""
    found = holder(runner_lock(state))
    return found.name if found and found.pid else None  # without a number it took it just now


def _order(version: str) -> tuple[list[int], int, int]:
    """Return what versions are compared by: 1.0rc1 comes before 1.0, which is 1.0.0."""
    found = re.match(r"([\d.]*)(dev|a|b|rc|post|)(\d*)", version)
    assert found, "it matches any text"
    numbers, phase, count = found.groups()
    release = [int(number) for number in re.sub(r"(\.0)*\.?$", "", numbers).split(".") if number]
    return release, ("dev", "a", "b", "rc", "", "post").index(phase), int(count or 0)


def runner_command(state: Path, *options: str) -> list[str]:
    """Return what starts the supervisor's process, or with ``--slot`` a worker's."""
    return [sys.executable, "-P", "-m", "convscope.core.runner", "--state", str(state), *options]


def start_runner(
    state: Path, *, device: str = "auto", typed: bool = False
) -> "subprocess.Popen[bytes] | None":
    """Start the runner in a session of its own, unless one runs; takes back :func:`stop_runner`.

    It outlives the terminal. It replaces a runner of an older convscope, unless that runs in the
    foreground. Two starts at once are harmless: the second supervisor finds the lock taken and
    ends.

    Args:
        state: the state folder.
        device: what it is to run on.
        typed: whether the user asked for this device just now; otherwise an older runner's is kept.

    Returns:
        The process, to be polled by whoever wants to know that it ended at once; ``None`` when a
        runner runs already.

    Raises:
        UserError: the process could not be started.
    """
    import subprocess  # noqa: PLC0415  most commands only ask how it is

    options: list[str] = []
    is_ending = is_stopped(state)
    with contextlib.suppress(OSError):
        stop_flag(state).unlink(missing_ok=True)
    if status := runner_status(state):
        if is_ending:
            options = ["--after"]
        elif older_runner(state) and not status.foreground:
            options = ["--after", "--replace"]
            device = device if typed else status.device or device
        else:
            return None
    try:
        return subprocess.Popen(
            runner_command(state, "--device", device, *options),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )
    except OSError as error:
        raise UserError(f"The worker could not be started ({error}).") from error


def stop_runner(state: Path, *, patience: float = 30.0, at_once: bool = False) -> Holder | None:
    """Ask the runner to end, and wait for it; it stays so until :func:`start_runner`.

    Args:
        state: the state folder.
        patience: seconds to wait.
        at_once: without saving how far the pictures are.

    Returns:
        Who still runs after that time; ``None`` when none does.
    """
    stop_flag(state).touch(mode=0o600)
    deadline = time.monotonic() + patience
    sent: Counter[Path] = Counter()
    while locks := _locks_to_end(state):
        for lock in locks:
            if sent[lock] < 1 + at_once:
                sent[lock] += send(lock, signal.SIGTERM)
        if time.monotonic() > deadline and (found := holder(locks[0])) is not None:
            return found
        time.sleep(0.02)
    return None


def _locks_to_end(state: Path) -> list[Path]:
    """Return the supervisor's lock, since it ends its workers; once it was killed, theirs."""
    if runner_runs(state):
        return [runner_lock(state)]
    return [lock for lock in worker_locks(state) if holder(lock) is not None]


def is_stopped(state: Path) -> bool:
    """Whether the user wants no runner to start by itself."""
    return stop_flag(state).exists()


def runner_status(state: Path) -> RunnerStatus | None:
    """Return what the runner tells about itself, ``None`` when none runs."""
    return last_status(state) if runner_runs(state) else None


def last_status(state: Path) -> RunnerStatus:
    """Return what the runner told about itself last, though it may have ended."""
    try:
        return msgspec.json.decode(status_file(state).read_bytes(), type=RunnerStatus)
    except (OSError, msgspec.DecodeError):  # it has just begun
        return RunnerStatus()


def runner_trouble(state: Path) -> str:
    """Return what is wrong about the runner's work, such as a full disk; '' while all is well."""
    if not runner_runs(state):
        return ""
    if newer := newer_runner(state):
        return newer
    live = LiveReader(state).poll()
    return live.trouble if live else ""


def write_status(state: Path, status: RunnerStatus) -> None:
    """Replace what the runner tells about itself."""
    write_note(status_file(state), msgspec.json.encode(status))


def runner_log(state: Path) -> Path:
    """The file that tells why the runner or a worker ended."""
    return log_folder(state) / RUNNER_LOG
