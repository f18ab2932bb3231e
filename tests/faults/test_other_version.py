"""The runner is of another version than what meets it, or than what is installed by now."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from convscope import core
from convscope.core.runner.bundles import stored
from convscope.core.runner.client import (
    runner_command,
    runner_log,
    runner_status,
    start_runner,
    stop_runner,
)
from convscope.core.runner.keeper import WorkerKeeper
from convscope.core.runner.paths import runner_lock
from convscope.core.system.locks import holder
from tests.conftest import Ended
from tests.faults.invariants import check_invariants
from tests.faults.processes import supervisors, workers
from tests.running import ENDLESS, Running, running, tasks, until

Run = Callable[..., Ended]

# As the versions before this one hold the lock, and with a name those after it.
STAND_IN = """
import fcntl, json, os, signal, sys, time
state, name, about = sys.argv[1:]
signals = []
signal.signal(signal.SIGTERM, lambda number, _: signals.append(number))
lock = open(f"{state}/runner.lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
namespace = os.stat("/proc/self/ns/pid").st_ino
lock.write(json.dumps({"pid": os.getpid(), "name": name, "namespace": namespace}))
lock.flush()
with open(f"{state}/runner.json", "w") as status:
    workers = [{"slot": "cpu", "device": "cpu", "pid": None, "condition": "failed (code 1)"}]
    json.dump({"workers": workers, "advice": [], **json.loads(about)}, status)
print("held", flush=True)
while not signals:
    time.sleep(0.01)
time.sleep(3)  # as long as workers take to save how far their pictures are
sys.exit(len(signals))
"""


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


@contextmanager
def other_runner(state: Path, version: str, **about: object) -> Iterator["subprocess.Popen[str]"]:
    """A process that holds the runner's lock; ends with how often it was asked to."""
    command = [sys.executable, "-c", STAND_IN, str(state), version, json.dumps(about)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("version", ["", "0.0.9", f"{core.__version__}rc1"])
def test_an_older_runner_is_asked_to_end_once_and_replaced(
    runner: Running, run_cli: Run, version: str
) -> None:
    runner.queue(tasks("conv1_1:0"))
    with other_runner(runner.state, version) as older:
        said = "The worker belongs to an older convscope; convscope worker start replaces it."
        assert run_cli("queue", "list").lines[-1] == said
        assert said in run_cli("worker").lines
        assert _doctor(run_cli)["remedy"] == "convscope worker start replaces it"
        started = [start_runner(runner.state, device="cpu") for _ in range(3)]
        assert older.wait(60) == 1
        runner.until_done()
        assert run_cli("worker").lines[0] == "The worker is running."
        assert _doctor(run_cli)["detail"] == "running"
    assert runner.supervisor() in [each.pid for each in started if each]
    until(lambda: supervisors(runner.state) == [runner.supervisor()])
    check_invariants(runner.state, runner.gallery)


def test_who_waits_for_the_queue_replaces_an_older_runner(runner: Running, run_cli: Run) -> None:
    runner.queue(tasks("conv1_1:0"))
    with other_runner(runner.state, "") as older:
        assert run_cli("queue", "wait").code == 0
        assert older.wait(60) == 1


def test_an_older_runner_that_was_stopped_is_not_asked_again(runner: Running) -> None:
    runner.queue(tasks("conv1_1:0"))
    with other_runner(runner.state, "0.0.9") as older:
        assert stop_runner(runner.state, patience=0) is not None
        assert start_runner(runner.state, device="cpu") is not None
        assert older.wait(60) == 1
        runner.until_done()


def test_the_next_runner_keeps_the_device_of_an_older_one(runner: Running, run_cli: Run) -> None:
    runner.queue(tasks("conv1_1:0"))
    with other_runner(runner.state, "0.0.9", device="cpu"):
        process = start_runner(runner.state, device="cuda:7")
        assert process is not None
        until(lambda: runner.supervisor() == process.pid)
        runner.until_done()
    runner.kill_all()
    with other_runner(runner.state, "0.0.9", device="cuda:7"):
        ended = run_cli("worker", "start", "--device", "cpu")
        assert (ended.code, ended.err) == (
            0,
            "convscope: Replaced the worker of an older convscope.\n",
        )
        until(lambda: (status := runner_status(runner.state)) and status.device == "cpu")


def test_an_older_runner_in_the_foreground_is_its_users_business(
    runner: Running, run_cli: Run
) -> None:
    said = "The worker belongs to an older convscope; restart it where it was started."
    with other_runner(runner.state, "0.0.9", foreground=True) as older:
        assert said in run_cli("queue", "add", "conv1_1:0").err
        assert run_cli("worker", "start").err == f"convscope: {said}\n"
        assert said in run_cli("worker").lines
        assert _doctor(run_cli)["remedy"] == "restart it where it was started"
        keeper = WorkerKeeper(runner.state, "cpu", time.monotonic)
        assert keeper.start_now() == said
        assert older.poll() is None


def test_a_newer_runner_is_left_alone_and_told_of(runner: Running, run_cli: Run) -> None:
    said = (
        f"A newer convscope (99.0) is working on this queue; update this one ({core.__version__}), "
        "or set CONVSCOPE_STATE to another folder."
    )
    with other_runner(runner.state, "99.0") as newer:
        assert f"convscope: {said}\n" in run_cli("queue", "add", "conv1_1:0").err
        assert run_cli("queue", "list").lines[-1] == said
        assert said in run_cli("worker").lines
        assert _doctor(run_cli)["state"] == "advice"
        assert start_runner(runner.state) is None
        assert newer.poll() is None
    assert supervisors(runner.state) == []


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a convscope that the runner's processes are loaded from."""
    folder = tmp_path / "installed" / "convscope" / "core"
    shutil.copytree(Path(core.__file__).parent, folder)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'patch'}{os.pathsep}{tmp_path / 'installed'}")
    return folder


def test_a_runner_goes_on_as_what_was_installed_in_its_place(
    runner: Running, tmp_path: Path, installed: Path
) -> None:
    runner.queue(tasks("conv1_1:0", ENDLESS))
    runner.start()
    runner.until_step()
    supervisor, worker = runner.supervisor(), runner.worker()

    shutil.move(installed, tmp_path / "removed")
    runner.kill_worker()
    until(lambda: "until convscope is installed completely" in _condition(runner))
    shutil.move(tmp_path / "removed", installed)
    (installed / "__init__.py").write_text('__version__ = "99.0"\n')
    until(lambda: _version(runner) == "99.0")
    until(lambda: runner.states() == [("running", 2)])
    assert runner.supervisor() == supervisor
    assert worker not in workers(runner.state) == [runner.worker()]
    assert "the installed convscope has changed" in runner_log(runner.state).read_text()
    check_invariants(runner.state, runner.gallery)


def test_a_runner_waits_until_what_is_installed_can_be_loaded(
    runner: Running, tmp_path: Path, installed: Path
) -> None:
    runner.queue(tasks("conv1_1:0", ENDLESS))
    runner.start()
    runner.until_step()
    supervisor, tried = runner.supervisor(), tmp_path / "tried"
    module = installed / "runner" / "supervisor.py"
    whole = module.read_text()

    module.write_text(f"open({str(tried)!r}, 'w').close()\nraise ImportError")
    (installed / ".#lock.py").symlink_to("somebody@somewhere")
    runner.kill_worker()
    until(tried.exists)
    assert runner.states() == [("queued", 1)]
    assert runner.supervisor() == supervisor
    module.write_text(f"{whole}\n# newer")
    until(lambda: runner.states() == [("running", 2)])
    assert runner.supervisor() == supervisor


TWO_SLOTS = """
import convscope.core.runner.slots as slots
slots.find_slots = lambda device: [slots.Slot("cpu", "cpu"), slots.Slot("cpu2", "cpu")]
"""
SAVES_SLOWLY = """
import time, pathlib, convscope.core.system.files as files
replace = files.replace_file
folder = pathlib.Path({folder!r})

def slowly(path, *arguments):
    while path.suffix == ".checkpoints" and not (folder / "go").exists():
        time.sleep(0.01)
    return replace(path, *arguments)

files.replace_file = slowly
"""


def _start_two(runner: Running, tmp_path: Path, *patches: str) -> None:
    (tmp_path / "patch").mkdir()
    (tmp_path / "patch" / "sitecustomize.py").write_text("\n".join((TWO_SLOTS, *patches)))
    runner.queue(tasks("conv1_1:0-31", ENDLESS))
    runner.start()
    until(lambda: _jobs_of(runner, "cpu") and _jobs_of(runner, "cpu2"))


def _jobs_of(runner: Running, slot: str) -> set[int]:
    """The numbers of the jobs that the worker of a slot has."""
    jobs = "SELECT id FROM jobs WHERE state = 'running' AND worker LIKE ?"
    return {number for (number,) in runner.store.database.read(jobs, (f"{slot}-%",))}


def test_a_worker_that_hangs_does_not_keep_a_runner_from_being_replaced(
    runner: Running, tmp_path: Path, installed: Path
) -> None:
    _start_two(runner, tmp_path)
    hanging = runner.worker("cpu2")
    assert hanging
    with runner.store.database.write() as db:
        os.kill(hanging, signal.SIGSTOP)
        db.execute("UPDATE workers SET lease = 0 WHERE name LIKE 'cpu2-%'")
    (installed / "__init__.py").write_text('__version__ = "99.0"\n')
    runner.kill_worker()
    until(lambda: _version(runner) == "99.0")
    # Both are there before the test ends: who has no lock yet is not found when all are killed.
    until(lambda: runner.worker() and runner.worker("cpu2") not in (None, hanging))


def test_a_runner_stopped_while_it_is_replaced_saves_how_far_the_pictures_are(
    runner: Running, tmp_path: Path, installed: Path
) -> None:
    _start_two(runner, tmp_path, SAVES_SLOWLY.format(folder=str(tmp_path)))
    going = _jobs_of(runner, "cpu2")
    (installed / "__init__.py").write_text('__version__ = "99.0"\n')
    runner.kill_worker()
    until(lambda: "has changed" in runner_log(runner.state).read_text())
    assert stop_runner(runner.state, patience=2) is not None, "a worker still saves"
    (tmp_path / "go").touch()
    until(lambda: supervisors(runner.state) == workers(runner.state) == [])
    assert {job.attempt for job in runner.store.jobs("queued") if job.id in going} == {0}
    kept = {int(each.name.partition("-")[0]) for each in stored(runner.state / "checkpoints")}
    assert kept == going


def test_a_runner_that_is_stopped_while_it_starts_does_not_go_on(runner: Running) -> None:
    runner.queue(tasks("conv1_1:0"))
    stop_runner(runner.state)
    again = subprocess.run(runner_command(runner.state), timeout=60, check=False)
    assert again.returncode == 0
    assert runner.states() == [("queued", 0)]


def _version(runner: Running) -> str:
    found = holder(runner_lock(runner.state))
    return found.name if found else ""


def _condition(runner: Running) -> str:
    status = runner_status(runner.state)
    return status.workers[0].condition if status and status.workers else ""


def _doctor(run_cli: Run) -> dict[str, str]:
    """What the doctor says of the worker."""
    checks = json.loads(run_cli("doctor", "--json").out)["checks"]
    (found,) = (check for check in checks if check["name"] == "worker")
    return found
