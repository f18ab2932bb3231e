"""Fault 7: the queue was written by a newer version. It is refused, and its file left as it is."""

import contextlib
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from convscope.core.gallery.rescue import open_queue, rescue
from convscope.core.jobs.database import QUEUE_NAME
from convscope.core.jobs.store import JobStore
from convscope.core.runner.client import runner_command, runner_log, runner_runs, start_runner
from convscope.core.system.errors import UserError
from tests.conftest import COMMAND, Ended
from tests.samples import jobs
from tests.terminal import Terminal

REFUSED = "The queue was written by a newer convscope (version 99"


@pytest.fixture
def newer(tmp_path: Path, gallery: Path) -> Path:
    """A state folder with a queue that only a newer version knows how to read."""
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    with contextlib.closing(JobStore(state)) as store:
        store.add_batch("waiting", jobs("conv1_1:0-2"), gallery)
    with contextlib.closing(sqlite3.connect(state / QUEUE_NAME)) as connection:
        connection.execute("ALTER TABLE jobs RENAME TO tasks")
        connection.execute("PRAGMA user_version = 99")
        connection.commit()
    return state


@pytest.fixture
def left_alone(newer: Path) -> Callable[[], bool]:
    """Tells whether the queue is as it was, and nothing was put beside it."""
    before = (newer / QUEUE_NAME).read_bytes(), (newer / QUEUE_NAME).stat().st_ino

    def look() -> bool:
        now = (newer / QUEUE_NAME).read_bytes(), (newer / QUEUE_NAME).stat().st_ino
        return before == now and [path.name for path in newer.glob("*.sqlite3*")] == [QUEUE_NAME]

    return look


def test_the_store_refuses_it_and_nothing_is_rescued(
    newer: Path, left_alone: Callable[[], bool]
) -> None:
    for look in (JobStore, open_queue, rescue, lambda state: open_queue(state, thorough=True)):
        with pytest.raises(UserError, match="newer convscope"):
            look(newer)
    assert left_alone()


@pytest.mark.parametrize(
    "command", [["queue", "list"], ["queue", "add", "conv1_1:0"], ["queue", "wait"]], ids=" ".join
)
def test_a_command_says_so_in_one_sentence(
    newer: Path,
    left_alone: Callable[[], bool],
    run_cli: Callable[..., Ended],
    command: list[str],
) -> None:
    ended = run_cli(*command)
    assert ended.code == 2
    assert ended.err.startswith(f"convscope: {REFUSED}")
    assert ended.err.count("\n") == 1
    assert ended.out == ""
    assert left_alone()
    assert not runner_runs(newer)


def test_the_explorer_does_not_open(newer: Path, left_alone: Callable[[], bool]) -> None:
    terminal = Terminal(COMMAND)
    assert terminal.ended() == 2
    assert REFUSED in " ".join(terminal.text.split())
    assert "Traceback" not in terminal.text
    assert left_alone()


def test_the_runner_and_a_worker_end_and_their_logs_say_why(
    newer: Path, left_alone: Callable[[], bool]
) -> None:
    process = start_runner(newer, device="cpu")
    assert process is not None
    assert process.wait(60) == 2
    worker = subprocess.run(
        runner_command(newer, "--slot", "cpu"),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert worker.returncode == 2
    (said,) = worker.stderr.decode().splitlines()  # which the supervisor's log tells
    assert REFUSED in said
    for log in (runner_log(newer), newer / "logs" / "worker-cpu.log"):
        assert REFUSED in log.read_text()
        assert "Traceback" not in log.read_text()
    assert left_alone()
