"""Disks that fill up, turn read-only or fail, and go on later, under programs that are running."""

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.tracing import why_not_traced
from tests.running import until


class Disk:
    """A small filesystem in memory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def resize(self, kibibytes: int) -> None:
        """Make it larger or smaller."""
        self._remount(f"size={kibibytes}k")

    @contextlib.contextmanager
    def full(self) -> Iterator[None]:
        """Leave not a byte on it."""
        with self._ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(bytes(4096)):
                pass
        try:
            yield
        finally:
            self._ballast.unlink()

    @contextlib.contextmanager
    def read_only(self) -> Iterator[None]:
        """Let nobody write, not even root."""
        # Not while a file is open for writing.
        until(lambda: self._remount("ro", check=False))
        try:
            yield
        finally:
            self._remount("rw")

    def _remount(self, options: str, *, check: bool = True) -> bool:
        command = ["mount", "-o", f"remount,{options}", str(self.path)]
        return subprocess.run(command, check=check, capture_output=not check).returncode == 0


@contextlib.contextmanager
def small_disk(path: Path, kibibytes: int = 1024) -> Iterator[Disk]:
    """Mount a disk; tests that need one are skipped where that is not allowed.

    What uses it has to end before this does.
    """
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kibibytes}k,mode=0700", "none", str(path)]
    try:
        said = subprocess.run(mount, capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"there is no mount ({error})")
    if said.returncode:
        pytest.skip(f"no filesystem can be mounted here ({' '.join(said.stderr.split())})")
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


@contextlib.contextmanager
def failing(pid: int, calls: str, error: str = "EIO", path: Path | None = None) -> Iterator[None]:
    """Let system calls of a running process fail, by strace; tests are skipped where it cannot.

    Args:
        pid: the process.
        calls: names, with commas between.
        error: what they fail with.
        path: only those on this file.
    """
    if reason := why_not_traced():
        pytest.skip(reason)
    command = ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={calls}"]
    command += ["-e", f"inject={calls}:error={error}", *(["-P", str(path)] if path else [])]
    with subprocess.Popen([*command, "-p", str(pid)]) as strace:
        until(lambda: strace.poll() is not None or _all_traced(pid))
        assert strace.poll() is None
        try:
            yield
        finally:
            strace.send_signal(signal.SIGTERM)  # it lets go of the process


def _all_traced(pid: int) -> bool:
    threads = Path(f"/proc/{pid}/task").glob("*/status")
    return all(re.search(r"TracerPid:\s[1-9]", thread.read_text()) for thread in threads)
