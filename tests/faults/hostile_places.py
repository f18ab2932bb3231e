"""Folders, files and descriptors that a command does not expect, and how it ends among them."""

import contextlib
import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from convscope.core.ascent.recipes import PRESETS, override
from tests.faults.processes import supervisors, workers
from tests.samples import job, save

PATIENCE = 20.0
"""Seconds after which a command hangs, where nobody else wants the processors."""
CODES = {0, 1, 2, 130, 141, 143}
"""The exit codes that are documented."""

_AMISS = re.compile(
    r"Traceback|went wrong that should not|Exception ignored|Fatal Python|Warning:|terminate called"
)


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    """Negative for a signal's number."""
    seconds: float
    text: str
    """All that it wrote, also into its log."""

    def amiss(self) -> str:
        """Say what is not as documented; '' where all is."""
        if self.code == -signal.SIGKILL:
            waits = "is paused; convscope queue resume" in self.text  # until somebody does that
            return "" if waits else f"it hung; {self.text[-500:]}"
        if self.code not in CODES:
            return f"it ended with {self.code}: {self.text[-2000:]}"
        found = _AMISS.search(self.text)
        return self.text[max(0, found.start() - 200) :][:3000] if found else ""


def patience() -> float:
    """Return the seconds after which a command hangs here and now."""
    return PATIENCE * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def furnish(here: Path) -> None:
    """Fill a folder with pictures, good and bad, and with what is no file."""
    quick = override(PRESETS["classic"], resolution=16, steps=1)  # somebody may make it again
    save(here / "aside", job("conv1_1:25", recipe=quick)).rename(here / "picture.png")
    Image.new("RGB", (4, 4)).save(here / "plain.png")
    (here / "cut.png").write_bytes((here / "picture.png").read_bytes()[:-20])
    Image.new("L", (10_000, 10_000)).save(here / "huge.png")
    np.save(here / "axis.npy", np.eye(64)[0])
    (here / "notes.txt").write_text("just words")
    (here / "wrong.toml").write_text('gallery = "~nobody-here"\ndevice = 3\n[keys]\nno = "\\u0000"')
    os.mkfifo(here / "pipe.png")
    (here / "folder.png").mkdir()
    (here / "there").mkdir()
    (here / "forbidden").mkdir(mode=0)
    (here / "loop.png").symlink_to("loop.png")


@contextlib.contextmanager
def opened_folder(name: str, here: Path) -> Iterator[int]:
    """Open a folder to be the working folder, by one of the names of ``hostile_words``."""
    places = {
        "root": "/",
        "proc": "/proc/self",
        "forbidden": here / "forbidden",
        "deleted": here / "gone",
    }
    place = Path(places.get(name, here))
    if name == "deleted":
        place.mkdir()
    descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    if name == "deleted":
        place.rmdir()
    for _ in range(30 if name == "deep" else 0):  # 6,000 letters
        with contextlib.suppress(FileExistsError):
            os.mkdir("d" * 200, dir_fd=descriptor)
        below = os.open("d" * 200, os.O_RDONLY | os.O_DIRECTORY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: int,
    here: Path,
    *,
    closed: Sequence[int] = (),
) -> Outcome:
    """Run a command in a session of its own, and kill it when it hangs.

    Args:
        command: the program and its arguments.
        environment: its environment.
        folder: the descriptor of its working folder.
        here: where its output is kept.
        closed: which of its standard streams are closed.
    """

    def prepare() -> None:
        os.fchdir(folder)
        for number in closed:
            os.close(number)

    began = time.monotonic()
    with (here / "output").open("w+b") as output:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=prepare,  # noqa: PLW1509  in pytest's own thread
            start_new_session=True,
        )
        code = wait(process.pid)
        process.returncode = code
        output.seek(0)
        return Outcome(code, time.monotonic() - began, output.read().decode(errors="replace"))


def wait(pid: int, interrupt_after: float | None = None) -> int:
    """Wait for the end of a child that leads its process group, and kill the group when it hangs.

    Args:
        pid: the child.
        interrupt_after: seconds after which Ctrl-C is pressed.
    """
    pinned = os.pidfd_open(pid)
    try:
        for number, seconds in ((signal.SIGINT, interrupt_after), (signal.SIGKILL, patience())):
            if seconds and not select.select([pinned], [], [], seconds)[0]:
                os.killpg(pid, number)
    finally:
        os.close(pinned)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def end_runners(state: Path) -> None:
    """Kill what a command started in the background: it would take the machine for a while."""
    for find in (supervisors, workers):
        for pid in find(state):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def take_log(state: Path) -> str:
    """Return what the state folder's log of commands tells, and empty it."""
    log = state / "commands.log"
    try:
        text = log.read_text(errors="replace")
        log.unlink()
    except OSError:
        return ""
    return text
