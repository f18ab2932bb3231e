"""How long until something is there: ``python -m tests.benchmarks.start``.

Each figure is the median of several starts, and stands beside a bare program of the same kind in
the same run: an empty Python for the commands, an empty Textual app for the explorer. Run it where
bytecode may be written (no PYTHONDONTWRITEBYTECODE), since users compile each module once.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from convscope.core.runner.client import stop_runner
from convscope.tui.explorer.marks import ATLAS
from tests.conftest import COMMAND
from tests.terminal import Terminal

RUNS = 9
SMALL = {"rows": 36, "columns": 120, "count": 16}
LARGE = {"rows": 130, "columns": 640, "count": 512}
"""A terminal with room for all of conv5_3."""
BARE_APP = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("conv5_3")
Bare().run()
"""


def command_seconds(command: Sequence[str]) -> float:
    """Seconds from starting a command to its end."""
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begun


def frame_seconds(command: Sequence[str]) -> float:
    """Seconds from starting a program in a terminal to its first frame."""
    begun = time.perf_counter()
    terminal = Terminal(command)
    terminal.until(lambda: b"conv5_3" in terminal.screen)
    seconds = time.perf_counter() - begun
    terminal.close()
    terminal.ended()
    return seconds


def pictures_seconds(command: Sequence[str], rows: int, columns: int, count: int) -> float:
    """Seconds from the first frame until so many pictures of the atlas are on the screen."""
    terminal = Terminal(command, rows=rows, columns=columns)
    terminal.until(lambda: b"conv5_3" in terminal.screen)
    begun = time.perf_counter()
    terminal.until(lambda: terminal.screen.count(ATLAS.sign.encode()) > count)  # one is explained
    seconds = time.perf_counter() - begun
    terminal.close()
    terminal.ended()
    return seconds


def main() -> None:
    """Measure in turn, so that a slow moment meets all alike, and print a table."""
    python = sys.executable
    rows: dict[str, tuple[Callable[[Sequence[str]], float], Sequence[str], str]] = {
        "python -c pass": (command_seconds, [python, "-c", "pass"], "-"),
        "convscope --help": (command_seconds, [*COMMAND, "--help"], "0.2"),
        "convscope layers": (command_seconds, [*COMMAND, "layers"], "-"),
        "bare Textual app, first frame": (frame_seconds, [python, "-c", BARE_APP], "-"),
        "convscope, first frame": (frame_seconds, COMMAND, "0.5"),
        "its 16 pictures after that": (partial(pictures_seconds, **SMALL), COMMAND, "1.0"),
        "512 pictures, in 640 × 130": (partial(pictures_seconds, **LARGE), COMMAND, "1.0"),
    }
    found: dict[str, list[float]] = {name: [] for name in rows}
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(CONVSCOPE_STATE=f"{folder}/state", CONVSCOPE_GALLERY=f"{folder}/gallery")
        for _ in range(RUNS + 1):
            for name, (measure, command, _budget) in rows.items():
                found[name].append(measure(command))
        stop_runner(Path(folder, "state"), at_once=True)
    print(f"{'what':32} {'median':>8} {'least':>8} {'most':>8} {'budget':>8}")
    for name, (_, _, budget) in rows.items():
        seconds = found[name][1:]  # the first start compiles
        median, least, most = statistics.median(seconds), min(seconds), max(seconds)
        print(f"{name:32} {median:7.3f}s {least:7.3f}s {most:7.3f}s {budget:>8}")


if __name__ == "__main__":
    main()
