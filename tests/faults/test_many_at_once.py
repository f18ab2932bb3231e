"""Fault 9: two explorers, two supervisors, and eight processes that queue at the same time."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from convscope.core.runner.client import runner_log, start_runner
from tests.conftest import COMMAND
from tests.faults.invariants import check_invariants
from tests.faults.processes import supervisors, workers
from tests.running import ENDLESS, Running, running, tasks, until
from tests.terminal import Terminal


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


def test_of_supervisors_that_start_at_once_one_stays(runner: Running) -> None:
    runner.queue(tasks("conv1_1:0", ENDLESS))
    started = [start_runner(runner.state, device="cpu") for _ in range(6)]
    processes = [process for process in started if process is not None]
    assert len(processes) > 1, "or nothing happened at once"
    runner.until_step()
    (stayed,) = until(lambda: _one(supervisors(runner.state)))
    assert runner.supervisor() == stayed
    assert workers(runner.state) == [runner.worker()]
    assert [each.wait(60) for each in processes if each.pid != stayed] == [0] * (len(processes) - 1)
    assert runner_log(runner.state).read_text().count("keeping workers") == 1
    assert runner.states() == [("running", 1)]
    check_invariants(runner.state, runner.gallery)


def test_two_explorers_share_one_queue_and_one_supervisor(runner: Running) -> None:
    one, other = Terminal(COMMAND), Terminal(COMMAND)
    for terminal in (one, other):
        terminal.until(lambda terminal=terminal: "conv5_3" in terminal.text)  # type: ignore[misc]
    one.type("hga")  # the first layer: its pictures take a second
    other.type("hglla")  # its second channel

    def both_show_the_pictures() -> bool:
        other.read()
        return all("✓ 2" in terminal.text for terminal in (one, other))

    one.until(both_show_the_pictures)
    assert len(runner.store.batches()) == 2
    assert runner.store.counts() == {"done": 2}
    # One that found the lock taken may still be about to end.
    until(lambda: supervisors(runner.state) == [runner.supervisor()])
    assert workers(runner.state) == [runner.worker(slot) for slot in _slots(runner.state)]
    for terminal in (one, other):
        terminal.type("q")
        assert terminal.ended() == 0
        assert "Traceback" not in terminal.text
    check_invariants(runner.state, runner.gallery)


_QUEUER = """
import sys
from pathlib import Path
from convscope.core.jobs.store import JobStore
from convscope.core.runner.client import start_runner
from tests.running import tasks

state, gallery, me = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
wanted = tasks("conv1_1:*")
store = JobStore(state)
print("ready", flush=True)
sys.stdin.readline()
for number in range(200):
    name = f"{me}-{number}"
    print(store.add_batch(name, [wanted[number % 64]], gallery), name, flush=True)
    if number % 50 == 0:
        start_runner(state, device="cpu")
"""


@pytest.mark.long
def test_nothing_that_eight_processes_queue_is_lost(runner: Running) -> None:
    queuers = [
        subprocess.Popen(
            [sys.executable, "-c", _QUEUER, runner.state, runner.gallery, str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(8)
    ]
    for queuer in queuers:
        assert queuer.stdout is not None
        assert queuer.stdout.readline() == "ready\n"
    for queuer in queuers:
        assert queuer.stdin is not None
        queuer.stdin.write("\n")
        queuer.stdin.flush()
    said = [queuer.communicate(timeout=300)[0] for queuer in queuers]
    assert [queuer.returncode for queuer in queuers] == [0] * 8

    lines = [line.split() for each in said for line in each.splitlines()]
    acknowledged = {int(number): name for number, name in lines}
    assert len(acknowledged) == 8 * 200
    assert {batch.id: batch.name for batch in runner.store.batches()} == acknowledged
    jobs = runner.until_done(8 * 200, seconds=300)
    assert {job.batch for job in jobs} == acknowledged.keys()
    assert {job.attempt for job in jobs} == {1}, "none was lost to a worker that died"
    until(lambda: supervisors(runner.state) == [runner.supervisor()])
    assert len(workers(runner.state)) == 1
    check_invariants(runner.state, runner.gallery)


def _one(found: list[int]) -> list[int]:
    """Those found once they are only one."""
    return found if len(found) == 1 else []


def _slots(state: Path) -> list[str]:
    return sorted(path.stem for path in (state / "workers").glob("*.lock"))
