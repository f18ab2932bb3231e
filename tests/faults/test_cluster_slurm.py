"""Workers that Slurm starts, moves aside and takes away: on a real one, of this one node."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from convscope.core.ascent.recipes import PRESETS, override
from convscope.core.runner.cluster.files import cluster_file, read_cluster_file, read_remote
from convscope.core.runner.cluster.slurm import arrays, cancel, elements, submit
from tests.conftest import ROOT
from tests.faults.clusters import Cluster, at_random, cluster, turns
from tests.running import tasks, until
from tests.slurm import Slurm, ask, slurm

LONGER = override(PRESETS["draft"], resolution=32, steps=150)


@pytest.fixture(scope="module")
def queue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    """Slurm's daemons."""
    with slurm(tmp_path_factory.mktemp("slurm") / "node") as found:
        yield found


@pytest.fixture
def pair(queue: Slurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """A cluster of two workers that Slurm placed; no job of theirs is left in the end."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.chdir(tmp_path)
    with cluster(tmp_path) as found:
        made = read_cluster_file(str(cluster_file(found.runner.state)))
        try:
            submit(found.runner.state, made, "--gres=gpu:1 -n 1", 2)
            found.until_joined(2)
            yield found
            found.stop()
            assert cancel(found.runner.state)
            until(lambda: not elements(found.runner.state))
        finally:
            cancel(found.runner.state)
            until(lambda: not ask("squeue", "--noheader", "--name=convscope"))


def _queued(pair: Cluster, turn: int = 0) -> int:
    """Queue a batch, and wait until its first pack is at a random one of its steps."""
    batch = pair.runner.queue(tasks("conv1_1:0-15", LONGER))
    pair.runner.until_step(1 + at_random(turn, LONGER.steps // 2))
    return batch


def _made_in_one_attempt(pair: Cluster, batch: int) -> None:
    jobs = pair.check(batch)
    assert {(job.state, job.attempt) for job in jobs} == {("done", 1)}


def test_stopping_cancels_its_own_jobs_only(pair: Cluster, tmp_path: Path) -> None:
    other = ask("sbatch", "--parsable", "-n1", "--output=/dev/null", "--wrap", "sleep 300")
    try:
        _made_in_one_attempt(pair, _queued(pair))
        (array,) = arrays(pair.runner.state)
        assert {each.job for each in elements(pair.runner.state)} == {f"{array}_1", f"{array}_2"}
        pair.stop()
        assert cancel(pair.runner.state) == [array]
        until(lambda: ask("squeue", "--noheader", "--format=%i") == other)
    finally:
        ask("scancel", other)
        until(lambda: not ask("squeue", "--noheader"))
        submit_again(pair)


def submit_again(pair: Cluster) -> None:
    """Bring the cluster back, as the fixture is to end it."""
    pair.start()
    made = read_cluster_file(str(cluster_file(pair.runner.state)))
    submit(pair.runner.state, made, "--gres=gpu:1 -n 1", 2)
    pair.until_joined(2)


@turns
def test_preempted_workers_cost_no_attempt_and_come_back(pair: Cluster, turn: int) -> None:
    batch = _queued(pair, turn)
    urgent = ask(
        "sbatch", "--parsable", "--partition=urgent", "-n4", "--output=/dev/null", "--wrap",
        "sleep 1",
    )  # fmt: skip
    until(lambda: urgent not in ask("squeue", "--noheader", "--format=%i"))
    _made_in_one_attempt(pair, batch)
    pair.until_joined(2)


@turns
def test_a_cancelled_allocation_costs_no_attempt(pair: Cluster, turn: int) -> None:
    batch = _queued(pair, turn)
    (array,) = arrays(pair.runner.state)
    ask("scancel", f"{array}_1")
    pair.until_joined(1)
    _made_in_one_attempt(pair, batch)


@turns
def test_the_end_of_a_walltime_costs_no_attempt(pair: Cluster, turn: int) -> None:
    batch = _queued(pair, turn)
    (array,) = arrays(pair.runner.state)
    ask("scontrol", "update", f"JobId={array}_2", "TimeLimit=1")
    pair.until_joined(1)
    _made_in_one_attempt(pair, batch)


@turns
def test_workers_outlive_the_daemon_of_their_node(pair: Cluster, queue: Slurm, turn: int) -> None:
    batch = _queued(pair, turn)
    queue.kill_slurmd()
    _made_in_one_attempt(pair, batch)
    queue.start_slurmd()
    until(lambda: {each.state for each in elements(pair.runner.state)} == {"RUNNING"})
    assert len(read_remote(pair.runner.state)) == 2


@turns
def test_a_killed_step_loses_nothing_and_leaves_no_worker(
    pair: Cluster, queue: Slurm, turn: int
) -> None:
    batch = _queued(pair, turn)
    (array,) = arrays(pair.runner.state)
    told = ask("squeue", "--noheader", f"--jobs={array}_1", "--format=%A")
    queue.kill_stepd(told)
    jobs = pair.check(batch)
    assert {job.state for job in jobs} == {"done"}
    assert {job.attempt for job in jobs} <= {1, 2}
