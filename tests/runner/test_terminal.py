"""A dropped line: the explorer's terminal goes away, the work does not."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from convscope.core.gallery.paths import picture_path
from convscope.core.gallery.pictures import read_record
from convscope.core.jobs.store import JobStore
from convscope.core.runner.client import runner_runs
from convscope.core.system.folders import state_folder
from tests.conftest import COMMAND
from tests.running import until
from tests.terminal import Terminal


@pytest.fixture
def state() -> Iterator[Path]:
    folder = state_folder()
    yield folder
    found = subprocess.run(
        ["pkill", "-KILL", "-f", f"convscope.core.runner --state {folder} "], check=False
    )
    assert found.returncode in (0, 1)


@pytest.mark.long
def test_work_goes_on_when_the_terminal_is_closed(state: Path, gallery: Path) -> None:
    terminal = Terminal(COMMAND)
    terminal.until(lambda: "conv5_3" in terminal.text)
    terminal.type("hga")  # the first layer: its pictures take a second
    store = JobStore(state)
    terminal.until(lambda: bool(store.jobs()))
    terminal.close()

    until(lambda: store.counts() == {"done": 1})
    (job,) = store.jobs()
    path = picture_path(gallery, job.task)
    assert read_record(path).target == job.task.target
    assert runner_runs(state), "the worker outlives the explorer that started it"

    again = Terminal(COMMAND)
    again.until(lambda: "✓ 1" in again.text)
    again.type("q")
    assert again.ended() == 0
    assert "convscope" in again.text.rsplit("\x1b[?1049l", 1)[1], "the closing line"


def test_a_dropped_line_ends_the_explorer(state: Path) -> None:
    terminal = Terminal(COMMAND)
    terminal.until(lambda: "conv5_3" in terminal.text)
    terminal.close()
    assert terminal.ended() == -signal.SIGHUP


def test_a_terminated_explorer_gives_the_terminal_back(state: Path) -> None:
    terminal = Terminal(COMMAND)
    terminal.until(lambda: "conv5_3" in terminal.text)
    os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.ended() == 128 + signal.SIGTERM
    assert "\x1b[?1049l" in terminal.text
    assert "Traceback" not in terminal.text
