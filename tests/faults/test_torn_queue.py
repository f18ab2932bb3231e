"""Fault 3: whoever writes the queue is killed at any of the system calls that this takes."""

import contextlib
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from pathlib import Path

import pytest

from convscope.core.ascent.recipes import PRESETS, override
from convscope.core.jobs.ahead import AheadClaims
from convscope.core.jobs.claims import Claims, recover
from convscope.core.jobs.database import QUEUE_NAME
from convscope.core.jobs.rows import Job
from convscope.core.jobs.store import JobStore
from convscope.core.runner.crash_guard import BegunJobs
from convscope.core.runner.paths import begun_file
from tests.faults.invariants import check_invariants, quick_check
from tests.faults.tracing import Nursery, open_nursery
from tests.samples import jobs, save

SPECS = jobs("conv1_1:0-3", recipe=override(PRESETS["classic"], resolution=32))
LOCKS = ("fcntl", "close")
"""SQLite asks for and gives back its locks some dozen times in a transaction."""


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    with open_nursery(tmp_path_factory.mktemp("nursery")) as found:
        yield found


class Prepared:
    """A queue of four jobs that can be put back to how it was."""

    def __init__(self, folder: Path) -> None:
        self.state, self.gallery, self._template = (
            folder / name for name in ("state", "gallery", "template")
        )
        self._template.mkdir()
        with contextlib.closing(JobStore(self._template)) as store:
            store.add_batch("batch", SPECS, self.gallery)

    def reset(self) -> None:
        """Put the queue back; the pictures are there, as if they had just been saved."""
        shutil.rmtree(self.state, ignore_errors=True)
        shutil.copytree(self._template, self.state)
        for task in SPECS:
            save(self.gallery, task)

    def end_well(self, moment: str) -> None:
        """Recover as another worker does, finish all jobs, and see that they are all there."""
        with contextlib.closing(JobStore(self.state)) as store:
            ends = Claims(store.database, "cpu-other")
            ends.sign_on()
            recover(store.database, lambda name: name == ends.worker)
            while pack := ends.claim(lambda _: 9):
                assert all(_finish(ends, job) for job in pack), moment
            ends.sign_off()
            assert [job.task for job in store.jobs()] == SPECS, f"lost or doubled: {moment}"
            assert store.counts() == {"done": len(SPECS)}, moment
        check_invariants(self.state, self.gallery, patience=0)


@pytest.fixture
def prepared(tmp_path: Path) -> Prepared:
    return Prepared(tmp_path)


# ---- what is killed; each prepares until it yields -------------------------------------------


def signs_on_and_claims(state: str) -> Iterator[None]:
    """Take all jobs."""
    claims = Claims(JobStore(Path(state)).database, "cpu-dead")
    yield
    claims.sign_on()
    claims.claim(lambda _: 9)


def finishes(state: str) -> Iterator[None]:
    """Finish the first of the claimed jobs."""
    claims, claimed = _claimed(state)
    yield
    _finish(claims, claimed[0])


def recovers(state: str) -> Iterator[None]:
    """Put back what a dead worker held."""
    claims, _ = _claimed(state)
    yield
    recover(claims._database, lambda _: False)


class AtOnce(Executor):
    """Does in the thread that asks what others do beside it, so that all of it is traced."""

    def submit(self, work: Callable[..., object], /, *arguments: object, **named: object) -> Future:
        done: Future[object] = Future()
        done.set_result(work(*arguments, **named))
        return done


def begins_what_was_claimed_ahead(state: str) -> Iterator[None]:
    """Begin the second half, which was claimed ahead when the first began."""
    store = JobStore(Path(state))
    begun_file(Path(state), "cpu").parent.mkdir()
    note = BegunJobs(Path(state), "cpu-dead").note
    claims = AheadClaims(store.database, "cpu-dead", note)
    claims._thread = AtOnce()  # type: ignore[assignment]
    claims.sign_on()
    claims.claim(lambda _: 2)
    claims.settle()
    yield
    claims.claim(lambda _: 2)
    claims.settle()


def adds(state: str, gallery: str) -> Iterator[None]:
    """Queue the jobs, in a state folder without a queue."""
    yield
    JobStore(Path(state)).add_batch("batch", SPECS, Path(gallery))


def _claimed(state: str) -> tuple[Claims, list[Job]]:
    claims = Claims(JobStore(Path(state)).database, "cpu-dead")
    claims.sign_on()
    return claims, claims.claim(lambda _: 9)


def _finish(claims: Claims, job: Job) -> bool:
    return claims.finish(job, activation=1234.5, verdict="excited", seconds=1.0)


# ---- what must hold --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        (signs_on_and_claims, [("queued", 0)] * 4, [("running", 1)] * 4),
        (finishes, [("running", 1)] * 4, [("done", 1)] + [("running", 1)] * 3),
        (recovers, [("running", 1)] * 4, [("queued", 1)] * 4),
    ],
)
def test_a_write_of_the_queue_is_whole_or_never_was(
    nursery: Nursery,
    prepared: Prepared,
    action: Callable[..., Iterator[None]],
    before: list[tuple[str, int]],
    after: list[tuple[str, int]],
) -> None:
    found = []
    for moment in nursery.kills(action, prepared.state, reset=prepared.reset, besides=LOCKS):
        states = _states(prepared.state)
        assert states in (before, after), moment
        found.append(states)
        quick_check(prepared.state)
        prepared.end_well(moment)
    assert before in found
    assert after in found


def test_what_was_claimed_ahead_counts_as_begun_from_just_before_it_begins(
    nursery: Nursery, prepared: Prepared
) -> None:
    """Whenever its worker is killed: not before it may have been the cause, and never too late."""
    action, state = begins_what_was_claimed_ahead, prepared.state
    waits, runs = ("queued", 0), ("running", 1)
    found = set()
    for moment in nursery.kills(action, state, reset=prepared.reset, besides=LOCKS):
        states = _states(state)
        assert states[:2] == [runs, runs], moment
        assert states[2:] in ([waits, waits], [runs, runs]), moment
        noted = BegunJobs(state, "cpu-dead").read()
        assert noted in ([], [3, 4])
        quick_check(state)
        with contextlib.closing(JobStore(state)) as store:
            recover(store.database, lambda _: False, begun=lambda n: BegunJobs(state, n).read())
        has_begun = bool(noted) or states[3] == runs
        assert _states(state) == [("queued", 1)] * 2 + [("queued", int(has_begun))] * 2, moment
        prepared.end_well(moment)
        found.add((bool(noted), states[3][0]))
    assert found >= {
        (False, "queued"),  # it has not begun
        (True, "queued"),  # it has, and only the note tells
        (True, "running"),
    }


def test_a_batch_is_queued_whole_or_not_at_all(nursery: Nursery, prepared: Prepared) -> None:
    def clear() -> None:
        shutil.rmtree(prepared.state, ignore_errors=True)
        prepared.state.mkdir(mode=0o700)

    found = set()
    for moment in nursery.kills(adds, prepared.state, prepared.gallery, reset=clear, besides=LOCKS):
        with contextlib.closing(JobStore(prepared.state)) as store:  # always, whatever is there
            tasks = [job.task for job in store.jobs()]
            assert tasks in ([], SPECS), moment
            assert len(store.batches()) == bool(tasks), moment
            found.add(bool(tasks))
        quick_check(prepared.state)
    assert found == {False, True}


def test_what_is_acknowledged_is_on_disk(nursery: Nursery, prepared: Prepared) -> None:
    prepared.reset()
    traced = nursery.trace(finishes, prepared.state)
    assert traced.code == 0
    queue, folder = (re.escape(str(each)) for each in (prepared.state / QUEUE_NAME, prepared.state))
    # The journal before the queue is written, the queue before the journal goes, and that it went.
    synced = traced.position(rf"f(data)?sync\(\d+<{queue}-journal>\) += 0")
    written = traced.position(rf"pwrite64\(\d+<{queue}>", synced)
    synced = traced.position(rf"f(data)?sync\(\d+<{queue}>\) += 0", written)
    removed = traced.position(rf'unlink(at)?\(.*"{queue}-journal"', synced)
    traced.position(rf"f(data)?sync\(\d+<{folder}>\) += 0", removed)


def _states(state: Path) -> list[tuple[str, int]]:
    """State and attempt of each job, read as anybody would who opens the file after a crash."""
    with contextlib.closing(sqlite3.connect(state / QUEUE_NAME)) as connection:
        return connection.execute("SELECT state, attempt FROM jobs ORDER BY id").fetchall()
