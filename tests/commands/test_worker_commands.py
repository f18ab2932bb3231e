"""``convscope worker``: what it says and sends; the real runner is tested in ``tests/runner``."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from convscope.core import __version__
from convscope.core.runner.client import (
    RunnerStatus,
    WorkerStatus,
    is_stopped,
    runner_runs,
    write_status,
)
from convscope.core.runner.paths import runner_lock, stop_flag
from convscope.core.system.folders import state_folder
from convscope.core.system.locks import hold
from convscope.tui.commands.checks import check_state
from tests.conftest import Ended

Run = Callable[..., Ended]

HOLDER = """
import pathlib, signal, sys
from convscope.core import __version__
from convscope.core.system.locks import hold
if sys.argv[2] == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
with hold(pathlib.Path(sys.argv[1]), __version__):
    print("held", flush=True)
    signal.pause()
"""


@contextmanager
def lock_holder(kind: str = "") -> Iterator["subprocess.Popen[str]"]:
    """A process that holds the runner's lock until it is asked to end."""
    with subprocess.Popen(
        [sys.executable, "-P", "-c", HOLDER, str(runner_lock(state_folder())), kind],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def run_with(runner: str, *arguments: str) -> Ended:
    """Run ``convscope`` where another program stands for the runner's Python."""
    program = (
        f"import sys; sys.executable = {runner!r}; "
        "from convscope.tui.commands.main import main; main()"
    )
    ended = subprocess.run(
        [sys.executable, "-P", "-c", program, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def test_status_without_a_runner(run_cli: Run) -> None:
    ended = run_cli("worker")
    assert (ended.code, ended.err) == (0, "")
    assert "is not running; it starts by itself when something is queued" in ended.out
    assert json.loads(run_cli("worker", "status", "--json").out) == {
        "running": False,
        "stopped": False,
        "workers": [],
        "advice": [],
        "trouble": "",
        "held": [],
        "log": str(state_folder() / "logs" / "runner.log"),
    }


def test_status_tells_of_each_worker_with_advice(run_cli: Run) -> None:
    state = state_folder()
    workers = [
        WorkerStatus("cuda-0", "cuda:0", 4321, "running"),
        WorkerStatus("cuda-1", "cuda:1", None, "failed: \x1b[31mno driver\u202e"),
    ]
    with hold(runner_lock(state), __version__):
        write_status(state, RunnerStatus(workers, ["Work ends at logout; do this."]))
        lines = run_cli("worker", "status").lines
        document = json.loads(run_cli("worker", "--json").out)
    assert all(line.isprintable() for line in lines)
    assert lines[0] == "The worker is running."
    assert lines[2].split() == ["cuda:0", "4321", "running"]
    assert lines[3].split()[:2] == ["cuda:1", "failed:"]
    assert "→ Work ends at logout; do this." in lines
    assert document["running"] is True
    assert document["workers"][0] == {
        "slot": "cuda-0",
        "device": "cuda:0",
        "pid": 4321,
        "condition": "running",
    }
    assert document["workers"][1]["pid"] is None


def test_stop_is_remembered_also_where_no_runner_ran(run_cli: Run) -> None:
    ended = run_cli("worker", "stop")
    assert (ended.code, ended.out) == (0, "")
    assert is_stopped(state_folder())
    until = "until convscope worker start, or until something is queued"
    assert f"No worker was running, and none will start {until}." in ended.err
    assert f"The worker is stopped {until}." in run_cli("worker").out
    (finding,) = (found for found in check_state() if found.name == "worker")
    assert (finding.state, finding.remedy) == ("advice", "convscope worker start")
    help_text = " ".join(run_cli("worker", "stop", "--help").out.split())
    assert until in help_text


def test_stop_ends_the_runner(run_cli: Run) -> None:
    with lock_holder() as process:
        ended = run_cli("worker", "stop")
        assert process.wait(timeout=60) == -signal.SIGTERM
    assert ended.code == 0
    assert "Stopped the worker" in ended.err


def test_stop_ends_with_1_when_the_runner_does_not(run_cli: Run) -> None:
    with lock_holder("deaf") as process:
        ended = run_cli("worker", "stop", "--now", "--patience", "0.5")
        assert process.poll() is None
        assert "about to end" in run_cli("worker").out
    assert ended.code == 1
    assert f"process {process.pid}" in ended.err
    assert "--now" not in ended.err, "which was tried already"
    assert len(ended.err.splitlines()) == 1


def test_start_of_a_second_runner_says_that_one_runs(run_cli: Run) -> None:
    with hold(runner_lock(state_folder()), __version__):
        ended = run_cli("worker", "start")
    assert (ended.code, ended.out) == (0, "")
    assert "is already running" in ended.err


def test_start_ends_when_the_runner_is_there(tmp_path: Path) -> None:
    runner = tmp_path / "runner"
    runner.write_text(
        f"#!/bin/sh\nexec {sys.executable} -P -c '{HOLDER}' {runner_lock(state_folder())} ''\n"
    )
    runner.chmod(0o755)
    ended = run_with(str(runner), "worker", "start")
    try:
        assert (ended.code, ended.out) == (0, "")
        assert "Started the worker" in ended.err
        assert runner_runs(state_folder())
    finally:
        assert run_with(str(runner), "worker", "stop").code == 0
    assert not runner_runs(state_folder())


def test_start_says_that_the_runner_ended_at_once() -> None:
    ended = run_with("/bin/false", "worker", "start")
    assert (ended.code, ended.out) == (1, "")
    assert "ended at once" in ended.err
    assert "runner.log says why" in ended.err


def test_run_becomes_the_runner() -> None:
    stop_flag(state_folder()).touch()
    ended = run_with("/bin/echo", "worker", "run", "--device", "cpu")
    assert ended.code == 0
    assert ended.out.split() == [
        *("-P", "-m", "convscope.core.runner", "--state", str(state_folder())),
        *("--device", "cpu", "--foreground"),
    ]
    assert not is_stopped(state_folder())


def test_run_of_a_second_runner_is_refused(run_cli: Run) -> None:
    with hold(runner_lock(state_folder()), __version__):
        ended = run_cli("worker", "run")
    assert (ended.code, ended.out) == (2, "")
    assert "stop it first with convscope worker stop" in ended.err


@pytest.mark.parametrize("command", ["start", "run"])
def test_a_wrong_device_starts_nothing(run_cli: Run, command: str) -> None:
    ended = run_cli("worker", command, "--device", "abacus")
    assert (ended.code, ended.out) == (2, "")
    assert "write auto, cpu, cuda" in ended.err
    assert not runner_runs(state_folder())


@pytest.mark.parametrize("name", ["status", "start", "stop", "run"])
def test_every_subcommand_explains_itself(run_cli: Run, name: str) -> None:
    assert f"Usage: convscope worker {name} " in run_cli("worker", name, "--help").out


def test_a_misspelt_subcommand_is_answered_with_the_nearest(run_cli: Run) -> None:
    ended = run_cli("worker", "stpo")
    assert ended.code == 2
    assert "did you mean stop" in ended.err
