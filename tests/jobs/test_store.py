"""The queue on a real SQLite file: what it promises to people and to workers."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import UserError
from core.jobs.store import MAX_ATTEMPTS, URGENT, Job, JobStore
from tests.samples import job, jobs


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    opened = JobStore(tmp_path)
    yield opened
    opened.close()


def add(store: JobStore, *targets: str, priority: int = 0, name: str = "batch") -> int:
    return store.add_batch(name, jobs(*targets), Path("/gallery"), priority=priority)


def channels(claimed: list[Job]) -> list[int]:
    return [each.spec.channel for each in claimed]


def finish(store: JobStore, claimed: Job, worker: str) -> bool:
    return store.finish(claimed, worker, activation=5.0, verdict="excited", seconds=2.0)


def test_jobs_come_back_as_they_were_queued(store: JobStore) -> None:
    batch = add(store, "conv5_1:3-5", "conv1_1:7")
    found = store.jobs(batch=batch)
    assert [each.spec for each in found] == jobs("conv5_1:3-5", "conv1_1:7")
    assert {each.gallery for each in found} == {Path("/gallery")}


def test_another_connection_sees_what_was_queued(store: JobStore, tmp_path: Path) -> None:
    other = JobStore(tmp_path)
    before = other.data_version()
    add(store, "conv5_1:3")
    assert other.data_version() != before
    assert other.counts() == {"queued": 1}
    other.close()


def test_a_claim_takes_jobs_of_one_kind_from_the_front(store: JobStore) -> None:
    add(store, "conv5_1:0-2")
    add(store, "conv1_1:0")
    add(store, "conv5_1:3-9")
    assert channels(store.claim("w", 5)) == [0, 1, 2, 3, 4]
    assert [each.spec.layer for each in store.claim("w", 5)] == ["conv1_1"]
    assert channels(store.claim("w", 5)) == [5, 6, 7, 8, 9]
    assert store.claim("w", 5) == []


def test_urgent_jobs_come_first(store: JobStore) -> None:
    add(store, "conv5_1:0-2")
    add(store, "conv5_2:9", priority=URGENT)
    assert store.next_spec(at_least=URGENT) == job("conv5_2:9").kind
    assert channels(store.claim("w", 8, at_least=URGENT)) == [9]
    assert store.next_spec(at_least=URGENT) is None
    assert channels(store.claim("w", 8)) == [0, 1, 2]


def test_an_urgent_job_leads_the_pack_of_its_kind(store: JobStore) -> None:
    add(store, "conv5_1:0-9")
    add(store, "conv5_1:50", priority=URGENT)
    assert 50 in channels(store.claim("w", 2))


def test_a_finished_job_is_done_and_counted(store: JobStore) -> None:
    add(store, "conv5_1:0-1", name="two")
    first, _ = store.claim("w", 2)
    assert finish(store, first, "w")
    (batch,) = store.batches()
    assert (batch.name, batch.jobs, batch.done, batch.running) == ("two", 2, 1, 1)
    assert batch.seconds_per_job == 2.0
    (done,) = store.jobs("done")
    assert (done.activation, done.verdict) == (5.0, "excited")


def test_another_worker_cannot_finish_fail_or_release_a_job(store: JobStore) -> None:
    add(store, "conv5_1:0")
    (claimed,) = store.claim("mine", 1)
    assert not finish(store, claimed, "other")
    assert not store.fail(claimed, "other", "no")
    assert not store.release(claimed, "other")
    assert finish(store, claimed, "mine")


def test_a_worker_that_lost_its_job_cannot_finish_it(store: JobStore) -> None:
    add(store, "conv5_1:0")
    (lost,) = store.claim("w", 1)
    store.recover()
    (again,) = store.claim("w", 1)
    assert not finish(store, lost, "w")
    assert finish(store, again, "w")


def test_a_released_job_has_lost_no_attempt(store: JobStore) -> None:
    add(store, "conv5_1:0")
    for _ in range(MAX_ATTEMPTS + 1):
        (claimed,) = store.claim("w", 1)
        assert store.release(claimed, "w")
    (queued,) = store.jobs("queued")
    assert queued.attempt == 0


def test_a_job_that_takes_its_worker_down_is_failed_in_the_end(store: JobStore) -> None:
    add(store, "conv5_1:0")
    for _ in range(MAX_ATTEMPTS):
        assert len(store.claim("w", 1)) == 1
        assert store.recover() == 1
    assert store.claim("w", 1) == []
    (failed,) = store.jobs("failed")
    assert f"ended {MAX_ATTEMPTS} times" in str(failed.error)


def test_a_failed_job_keeps_its_reason(store: JobStore) -> None:
    add(store, "conv5_1:0")
    (claimed,) = store.claim("w", 1)
    assert store.fail(claimed, "w", "no memory")
    assert store.jobs("failed")[0].error == "no memory"


def test_a_newer_queue_is_refused_untouched(tmp_path: Path) -> None:
    JobStore(tmp_path).close()
    path = tmp_path / "queue.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(UserError, match="newer convscope"):
        JobStore(tmp_path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_queue_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "queue.sqlite3"
    path.write_bytes(b"this is no database, " * 500)
    before = path.read_bytes()
    with pytest.raises(UserError, match="move that file away"):
        JobStore(tmp_path)
    assert path.read_bytes() == before
