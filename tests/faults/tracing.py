"""Killing a process at each of its system calls, by strace.

A nursery is a process that has imported everything. It forks a child for each experiment, so that
hundreds of them take seconds. A child prepares, stops itself, is attached to, and goes on: the
system calls of a trace are just those of the action.
"""

import contextlib
import importlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.running import until

Action = Callable[..., Iterator[None]]
"""Prepares until its one ``yield``; what follows is traced. It belongs to a module."""

CHANGING = (
    "?open,openat,?creat,write,pwrite64,?writev,?pwritev,?ftruncate,?truncate,?fallocate,"
    "fsync,fdatasync,?sync_file_range,?rename,?renameat,renameat2,?link,linkat,?unlink,unlinkat,"
    "?mkdir,mkdirat,?rmdir,?chmod,fchmod,fchmodat,?utimensat,flock,fcntl,close"
)
"""System calls between which files may differ; those with ? are not on every architecture."""


def why_not_traced() -> str:
    """Return why strace cannot be used here, '' where it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    with subprocess.Popen(["sleep", "60"]) as process:
        # Not a child of strace's: tracing that would need fewer rights.
        command = ["strace", "-p", str(process.pid)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
            assert strace.stderr is not None
            said = strace.stderr.readline()
            process.kill()
    return "" if "attached" in said else f"strace cannot attach ({said.strip()})"


@dataclass(frozen=True)
class Traced:
    """An action that has ended."""

    code: int
    """0; or minus the signal that killed it."""
    calls: tuple[str, ...]
    """Its system calls, as strace writes them, with the paths of descriptors."""

    def position(self, pattern: str, after: int = -1) -> int:
        """Return where the first call behind ``after`` stands that matches from its beginning."""
        for position, call in enumerate(self.calls):
            if position > after and re.match(pattern, call):
                return position
        raise AssertionError(f"no {pattern} behind {after} in\n" + "\n".join(self.calls))


class Nursery:
    """Forks processes that have imported everything, one at a time."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path) -> None:
        self._process, self._log = process, log

    def trace(
        self, action: Action, *arguments: object, kill_at: tuple[str, int] | None = None
    ) -> Traced:
        """Run an action.

        Args:
            action: a function of a test module.
            arguments: paths and plain values.
            kill_at: a system call, and which of those of its name is never executed, from 1.
        """
        pid = self._begin(action, arguments)
        until(lambda: _status(pid)["State"].startswith("T"))
        options = ["-qq", "-y", "-s", "8", "-o", str(self._log), "-e", f"trace={CHANGING}"]
        if kill_at:
            name, number = kill_at
            options += ["-e", f"inject={name}:signal=SIGKILL:when={number}"]
        with subprocess.Popen(["strace", *options, "-p", str(pid)]) as strace:
            until(lambda: _status(pid)["TracerPid"] != "0")
            os.kill(pid, signal.SIGCONT)
            code = int(self._answer())
            strace.wait(60)
        calls = [line for line in self._log.read_text().splitlines() if re.match(r"\w+\(", line)]
        return Traced(code, tuple(calls))

    def kills(
        self,
        action: Action,
        *arguments: object,
        reset: Callable[[], None],
        besides: Collection[str] = (),
    ) -> Iterator[str]:
        """Run an action again and again, killed at each of its system calls; yields which it was.

        Args:
            action: as in :meth:`trace`.
            arguments: likewise.
            reset: called before each run.
            besides: system calls that change no file; being killed there is nothing new.
        """
        reset()
        whole = self.trace(action, *arguments)
        assert whole.code == 0
        names = Counter(call.partition("(")[0] for call in whole.calls)
        for name, count in names.items():
            if name in besides:
                continue
            for number in range(1, count + 1):
                reset()
                killed = self.trace(action, *arguments, kill_at=(name, number))
                assert killed.code == -signal.SIGKILL, f"{name} {number}: {killed}"
                yield f"{name} {number} of {count}"

    def _begin(self, action: Action, arguments: tuple[object, ...]) -> int:
        order = [action.__module__, action.__name__, [str(each) for each in arguments]]
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._answer())

    def _answer(self) -> str:
        assert self._process.stdout is not None
        answer = self._process.stdout.readline()
        assert answer, "the nursery has ended"
        return answer


@contextlib.contextmanager
def open_nursery(folder: Path) -> Iterator[Nursery]:
    """Start a nursery; tests that need one are skipped where strace cannot be used."""
    if reason := why_not_traced():
        pytest.skip(reason)
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.faults.tracing"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        try:
            yield Nursery(process, folder / "trace")
        finally:
            process.kill()


def _status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


# ---- in the nursery ------------------------------------------------------------------------


def _nurse() -> None:
    for line in sys.stdin:
        module, name, arguments = json.loads(line)
        action = getattr(importlib.import_module(module), name)
        pid = os.fork()
        if pid == 0:
            _act(action, arguments)
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _act(action: Action, arguments: list[str]) -> None:
    """Prepare, wait to be traced, and act."""
    try:
        steps = action(*arguments)
        next(steps)
        _allow_tracing()
        os.kill(os.getpid(), signal.SIGSTOP)
        next(steps, None)
        os._exit(0)
    except BaseException:  # noqa: BLE001  a child must never go on as a nursery
        traceback.print_exc()
        os._exit(1)


def _allow_tracing() -> None:
    """Let any process of this user attach, where the system asks for that (Yama)."""
    import ctypes

    ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)  # PR_SET_PTRACER_ANY


if __name__ == "__main__":
    _nurse()
