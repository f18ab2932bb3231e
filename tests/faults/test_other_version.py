"""The runner is of another version than what meets it, or than what is installed by now."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from convscope import core
from convscope.core.runner.client import runner_log, start_runner
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
state, name = sys.argv[1:]
signals = []
signal.signal(signal.SIGTERM, lambda number, _: signals.append(number))
lock = open(f"{state}/runner.lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
namespace = os.stat("/proc/self/ns/pid").st_ino
lock.write(json.dumps({"pid": os.getpid(), "name": name, "namespace": namespace}))
lock.flush()
with open(f"{state}/runner.json", "w") as status:
    workers = [{"slot": "cpu", "device": "cpu", "pid": None, "condition": "failed (code 1)"}]
    json.dump({"workers": workers, "advice": []}, status)
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
def other_runner(state: Path, version: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that holds the runner's lock; ends with how often it was asked to."""
    with subprocess.Popen(
        [sys.executable, "-c", STAND_IN, str(state), version], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("version", ["", "0.0.9"])
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
        assert run_cli("worker").lines[0] == "The worker runs."
        assert _doctor(run_cli)["detail"] == "running"
    assert runner.supervisor() in [each.pid for each in started if each]
    until(lambda: supervisors(runner.state) == [runner.supervisor()])
    check_invariants(runner.state, runner.gallery)


def test_who_waits_for_the_queue_replaces_an_older_runner(runner: Running, run_cli: Run) -> None:
    runner.queue(tasks("conv1_1:0"))
    with other_runner(runner.state, "") as older:
        assert run_cli("queue", "wait").code == 0
        assert older.wait(60) == 1


def test_a_newer_runner_is_left_alone_and_told_of(runner: Running, run_cli: Run) -> None:
    said = (
        f"A newer convscope (99.0) works on this queue; update this one ({core.__version__}), "
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


def test_a_runner_goes_on_as_what_was_installed_in_its_place(
    runner: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "installed" / "convscope" / "core"
    shutil.copytree(Path(core.__file__).parent, installed)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "installed"))
    runner.queue(tasks("conv1_1:0", ENDLESS))
    runner.start()
    runner.until_step()
    supervisor, worker = runner.supervisor(), runner.worker()

    shutil.move(installed, tmp_path / "removed")
    runner.kill_worker()
    shutil.move(tmp_path / "removed", installed)
    (installed / "__init__.py").write_text('__version__ = "99.0"\n')
    until(lambda: (found := holder(runner_lock(runner.state))) and found.name == "99.0")
    until(lambda: runner.states() == [("running", 2)])
    assert runner.supervisor() == supervisor
    assert worker not in workers(runner.state) == [runner.worker()]
    assert "the installed convscope has changed" in runner_log(runner.state).read_text()
    check_invariants(runner.state, runner.gallery)


def _doctor(run_cli: Run) -> dict[str, str]:
    """What the doctor says of the worker."""
    checks = json.loads(run_cli("doctor", "--json").out)["checks"]
    (found,) = (check for check in checks if check["name"] == "worker")
    return found
