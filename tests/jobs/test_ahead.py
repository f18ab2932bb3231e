"""What a worker claims ahead: it begins without waiting for a disk, and is nobody's loss."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from convscope.core.ascent.recipes import PRESETS, override
from convscope.core.jobs.ahead import AheadClaims
from convscope.core.jobs.claims import Claims, Done, recover
from convscope.core.jobs.database import QueueBusyError, QueueError
from convscope.core.jobs.rows import FRONT, URGENT, Job
from convscope.core.jobs.store import JobStore
from convscope.core.jobs.turns import MAX_ATTEMPTS
from tests.samples import jobs, signed_on

PACK = 4
Row = tuple[str, int, str | None]


class Note:
    """What a worker notes; it outlives the worker."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.is_full = False

    def __call__(self, numbers: Collection[int]) -> None:
        if self.is_full:
            raise OSError(28, "No space left on device")
        self.numbers = list(numbers)

    def of(self, worker: str) -> list[int]:
        """What is read of it once that worker is dead."""
        return self.numbers if worker == "mine-1" else []


@pytest.fixture
def note() -> Note:
    return Note()


@pytest.fixture
def claims(tmp_path: Path, note: Note) -> Iterator[AheadClaims]:
    """Those of a worker, on a connection of its own as in its process."""
    own = JobStore(tmp_path)
    found = AheadClaims(own.database, "mine-1", note)
    found.sign_on()
    yield found
    own.close()


def add(store: JobStore, *targets: str, priority: int = 0, gallery: str = "/gallery") -> int:
    return store.add_batch("batch", jobs(*targets), Path(gallery), priority=priority)


def take(claims: Claims, size: int = PACK, *, at_least: int = 0) -> list[int]:
    """Claim a pack; returns its channels."""
    taken = claims.claim(lambda _: size, at_least=at_least)
    claims.settle()
    return [job.task.place.channel for job in taken]


def take_at_once(claims: Claims, store: JobStore) -> list[Job]:
    """Claim a pack while nobody can write the queue."""
    claims.settle()
    with store.database.write():
        return claims.claim(lambda _: PACK)


def rows(store: JobStore) -> dict[int, Row]:
    """State, attempt and worker by channel."""
    found = store.database.read("SELECT channel, state, attempt, worker FROM jobs")
    return {channel: (state, attempt, worker) for channel, state, attempt, worker in found}


def ahead(store: JobStore) -> dict[int, str]:
    """The channels that are claimed ahead, and by whom."""
    return {
        channel: worker
        for channel, (state, _, worker) in rows(store).items()
        if state == "queued" and worker
    }


# ---- between two packs -----------------------------------------------------------------------


def test_the_next_pack_begins_without_a_write(store: JobStore, claims: AheadClaims) -> None:
    add(store, "conv5_1:0-11")
    assert take(claims) == [0, 1, 2, 3]
    begun = take_at_once(claims, store)
    assert [job.task.place.channel for job in begun] == [4, 5, 6, 7]
    assert {(job.state, job.attempt) for job in begun} == {("running", 1)}
    claims.settle()
    assert [rows(store)[channel] for channel in (4, 7, 8)] == [
        ("running", 1, "mine-1"),
        ("running", 1, "mine-1"),
        ("queued", 0, "mine-1"),
    ]
    assert claims.standing(begun).going == {job.id for job in begun}
    for job in begun:
        assert claims.finish(job, activation=1.0, verdict="excited", seconds=1.0)
    assert take(claims) == [8, 9, 10, 11]
    assert take(claims) == []


def test_the_next_pack_may_be_of_another_kind_and_another_size(
    store: JobStore, claims: AheadClaims
) -> None:
    add(store, "conv5_1:0-3", "conv4_1:10-19")

    def size(task: object) -> int:
        return 6 if "conv4_1" in str(task) else 4

    assert len(claims.claim(size)) == 4
    claims.settle()
    with store.database.write():
        begun = claims.claim(size)
    assert [job.task.place.channel for job in begun] == [10, 11, 12, 13, 14, 15]


def test_a_pack_that_would_not_fit_any_more_is_claimed_anew(
    store: JobStore, claims: AheadClaims
) -> None:
    add(store, "conv5_1:0-11")
    take(claims)
    assert take(claims, 2) == [4, 5]
    assert set(ahead(store)) == {6, 7}


def test_variants_of_a_target_are_claimed_ahead_together(
    store: JobStore, claims: AheadClaims
) -> None:
    recipe = override(PRESETS["crisp"], variants=3)
    store.add_batch("variants", jobs("conv1_1:0-4", recipe=recipe), Path("/gallery"))
    assert take(claims, 7) == [0, 0, 0, 1, 1, 1]
    assert take(claims, 7) == [2, 2, 2, 3, 3, 3]


def test_a_write_that_failed_beside_the_work_is_made_up_for(
    store: JobStore, claims: AheadClaims, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store, "conv5_1:0-11")
    take(claims)
    write, errors = AheadClaims._written, [QueueBusyError("no room")] * 2

    def failing(self: AheadClaims, database: object) -> object:
        if errors:
            raise errors.pop()
        return write(self, database)  # type: ignore[arg-type]

    monkeypatch.setattr(AheadClaims, "_written", failing)
    begun = claims.claim(lambda _: PACK)
    with pytest.raises(QueueError, match="no room"):
        claims.settle()
    assert claims.standing(begun).going == {job.id for job in begun}
    assert take(claims) == [8, 9, 10, 11]


# ---- attempts --------------------------------------------------------------------------------


def test_a_worker_that_dies_is_not_charged_for_what_it_claimed_ahead(
    store: JobStore, claims: AheadClaims, note: Note
) -> None:
    add(store, "conv5_1:0-11")
    take(claims)
    take_at_once(claims, store)
    claims.settle()
    assert recover(store.database, lambda _: False, begun=note.of) == 8
    found = rows(store)
    assert {found[channel] for channel in range(8)} == {("queued", 1, None)}
    assert {found[channel] for channel in range(8, 12)} == {("queued", 0, None)}


def test_a_worker_that_dies_before_the_queue_is_told_is_charged_for_what_it_began(
    store: JobStore, claims: AheadClaims, note: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store, "conv5_1:0-11")
    take(claims)
    monkeypatch.setattr(AheadClaims, "_in_thread", lambda _: ())
    claims.claim(lambda _: PACK)
    assert rows(store)[4] == ("queued", 0, "mine-1"), "it was killed here"
    recover(store.database, lambda _: False, begun=note.of)
    found = rows(store)
    assert {found[channel] for channel in range(8)} == {("queued", 1, None)}
    assert {found[channel] for channel in range(8, 12)} == {("queued", 0, None)}


def test_an_end_that_was_asked_for_is_no_attempt_of_what_had_just_begun(
    store: JobStore, claims: AheadClaims, note: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store, "conv5_1:0-7")
    take(claims)
    monkeypatch.setattr(AheadClaims, "_in_thread", lambda _: ())
    claims.claim(lambda _: PACK)
    recover(store.database, lambda _: False, blames=lambda _: False, begun=note.of)
    assert set(rows(store).values()) == {("queued", 0, None)}


def test_what_was_begun_and_put_back_is_not_charged_when_it_is_claimed_ahead_again(
    store: JobStore, claims: AheadClaims, note: Note
) -> None:
    add(store, "conv5_1:0-11")
    take(claims)
    begun = claims.claim(lambda _: PACK)
    claims.release(*begun)
    assert take(claims, 1) == [4]
    assert set(ahead(store)) == {5}
    recover(store.database, lambda _: False, begun=note.of)
    assert rows(store)[5] == ("queued", 0, None)


def test_a_job_that_kills_each_worker_at_its_first_step_is_found_and_takes_no_other_with_it(
    store: JobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue is never told of what begins when it was claimed ahead: the worker is dead then."""
    culprit = 13
    add(store, "conv5_1:0-31")
    tell = AheadClaims._in_thread

    def only_what_is_next(self: AheadClaims) -> object:
        return () if self._last.begun else tell(self)

    monkeypatch.setattr(AheadClaims, "_in_thread", only_what_is_next)
    for number in range(60):
        own, noted = JobStore(tmp_path), Note()
        claims = AheadClaims(own.database, f"mine-{number}", noted)
        claims.sign_on()
        while pack := claims.claim(lambda _: 8):
            if culprit in [job.task.place.channel for job in pack]:
                break
            if claims._last.begun:  # it lives, so the queue is told in the end
                claims._written(own.database)
            assert claims.finish_all([Done(job, 1.0, "excited", 1.0) for job in pack])
        recover(store.database, lambda _: False, begun=lambda _, noted=noted: noted.numbers)
        if not store.has_work():
            break
        own.close()
    assert store.counts() == {"done": 31, "failed": 1}
    (failed,) = store.jobs("failed")
    assert (failed.task.place.channel, failed.attempt) == (culprit, MAX_ATTEMPTS)


def test_what_a_worker_died_of_is_never_claimed_ahead(store: JobStore, claims: AheadClaims) -> None:
    add(store, "conv5_1:0-5")
    with store.database.write() as db:
        db.execute("UPDATE jobs SET attempt = 1 WHERE channel >= 2")
    assert take(claims, 2) == [0, 1]
    assert ahead(store) == {}
    assert take(claims) == [2]


def test_where_nothing_can_be_noted_a_claim_is_written_before_its_pack_begins(
    store: JobStore, claims: AheadClaims, note: Note
) -> None:
    add(store, "conv5_1:0-11")
    take(claims)
    note.is_full = True
    begun = claims.claim(lambda _: PACK)
    assert {rows(store)[job.task.place.channel] for job in begun} == {("running", 1, "mine-1")}


# ---- what people do meanwhile ----------------------------------------------------------------


def test_what_is_claimed_ahead_is_shown_as_queued(store: JobStore, claims: AheadClaims) -> None:
    batch = add(store, "conv5_1:0-11")
    take(claims)
    assert set(ahead(store)) == {4, 5, 6, 7}
    assert store.counts() == {"running": 4, "queued": 8}
    assert (store.batch(batch).running, store.batch(batch).workers) == (4, 1)
    assert store.waiting() == 8
    assert [job.task.place.channel for job in store.jobs("queued")] == list(range(4, 12))


def test_what_is_cancelled_does_not_begin(store: JobStore, claims: AheadClaims) -> None:
    batch = add(store, "conv5_1:0-11")
    take(claims)
    members = store.members(batch)
    assert store.cancel(batch, [members[4], members[6]]) == 2
    assert take(claims) == [5, 7]
    store.cancel(batch)
    assert take(claims) == []
    assert ahead(store) == {}


def test_what_is_cancelled_and_queued_again_as_it_begins_is_not_this_workers(
    store: JobStore, claims: AheadClaims
) -> None:
    batch = add(store, "conv5_1:0-7")
    take(claims)
    begun = claims._begin(lambda _: PACK)
    store.cancel(batch)
    store.retry(batch)
    claims._write_beside([job.id for job in begun])
    assert claims.standing(begun).mine == frozenset()
    assert rows(store)[4] == ("queued", 0, None)


def test_what_is_urgent_comes_first(store: JobStore, claims: AheadClaims) -> None:
    add(store, "conv5_1:0-11")
    take(claims)
    add(store, "conv4_1:50", priority=URGENT)
    assert claims.waits(at_least=URGENT)
    assert take(claims, at_least=URGENT) == [50]
    assert take(claims) == [4, 5, 6, 7]
    (hastened,) = store.numbered(store.members(1)[9:10])
    assert store.hasten(hastened)
    (ahead_too,) = store.numbered(store.members(1)[8:9])
    assert store.hasten(ahead_too), "what is claimed ahead waits as any other"
    assert take(claims, at_least=URGENT) == [8, 9]
    assert take(claims) == [10, 11]


@pytest.mark.parametrize("how", ["a batch", "jobs", "a new batch"])
def test_what_is_put_first_comes_first(store: JobStore, claims: AheadClaims, how: str) -> None:
    first = add(store, "conv5_1:0-11")
    second = add(store, "conv4_1:20-23")
    take(claims)
    if how == "a batch":
        store.put_first(second)
        expected = [20, 21, 22, 23]
    elif how == "jobs":
        store.put_first(first, store.members(first)[10:12])
        expected = [4, 5, 10, 11]
    else:
        add(store, "conv3_1:30-31", priority=FRONT)
        expected = [30, 31]
    assert take(claims) == expected
    assert set(ahead(store).values()) <= {"mine-1"}


def test_nothing_stays_claimed_ahead_while_the_queue_is_paused(
    store: JobStore, claims: AheadClaims
) -> None:
    add(store, "conv5_1:0-7")
    take(claims)
    store.pause()
    assert not claims.waits()
    claims.settle()
    assert rows(store)[4] == ("queued", 0, None)
    store.resume()
    assert claims.waits()
    assert take(claims) == [4, 5, 6, 7]


def test_a_paused_batch_and_one_whose_gallery_is_full_do_not_begin(
    store: JobStore, claims: AheadClaims
) -> None:
    paused = add(store, "conv5_1:0-7")
    add(store, "conv4_1:10-17", gallery="/full")
    add(store, "conv3_1:20-23")
    take(claims)
    store.pause(paused)
    assert take(claims) == [10, 11, 12, 13]
    full, *_ = store.jobs("running", batch=2)
    claims.hold_back(full, full.gallery / "picture.png", 1000, "No space left on device")
    assert take(claims) == [20, 21, 22, 23]
    assert ahead(store) == {}


def test_who_signs_off_has_nothing_claimed_ahead(store: JobStore, claims: AheadClaims) -> None:
    add(store, "conv5_1:0-7")
    take(claims)
    claims.sign_off()
    assert rows(store)[4] == ("queued", 0, None)


# ---- other workers ---------------------------------------------------------------------------


def test_others_take_what_nobody_means_to_make_next(store: JobStore, claims: AheadClaims) -> None:
    add(store, "conv5_1:0-19")
    other = signed_on(store, "other-1")
    take(claims)
    assert set(ahead(store)) == {4, 5, 6, 7}
    assert take(other) == [8, 9, 10, 11]
    assert len(take_at_once(claims, store)) == PACK


def test_a_worker_that_would_be_idle_takes_its_share_of_what_another_claimed_ahead(
    store: JobStore, claims: AheadClaims
) -> None:
    add(store, "conv5_1:0-7")
    take(claims)
    other = signed_on(store, "other-1")
    assert set(ahead(store)) == {4, 5, 6, 7}
    assert other.waits()
    assert take(other) == [4, 5]
    assert [job.task.place.channel for job in take_at_once(claims, store)] == [6, 7]


def test_a_batch_that_comes_first_does_not_wait_for_the_worker_that_claimed_it_ahead(
    store: JobStore, claims: AheadClaims
) -> None:
    add(store, "conv5_1:0-7")
    add(store, "conv4_1:10-29")
    take(claims)
    assert take(signed_on(store, "other-1")) == [4, 5, 6, 7]
    assert take(claims) == [10, 11, 12, 13]


def test_what_another_takes_as_it_begins_is_not_this_workers(
    store: JobStore, claims: AheadClaims
) -> None:
    add(store, "conv5_1:0-7")
    take(claims)
    begun = claims._begin(lambda _: PACK)
    other = signed_on(store, "other-1")
    taken = other.claim(lambda _: 2)
    claims._write_beside([job.id for job in begun])
    assert claims.standing(begun).mine == {job.id for job in begun} - {job.id for job in taken}
    assert other.standing(taken).going == {job.id for job in taken}
    assert not claims.release(replace(taken[0]))


def test_a_mark_of_a_worker_that_signed_off_long_ago_counts_for_nothing(
    store: JobStore, claims: AheadClaims
) -> None:
    """As an earlier version leaves it, which recovers without knowing of such marks."""
    add(store, "conv5_1:0-7")
    with store.database.write() as db:
        db.execute("UPDATE jobs SET worker = 'dead-1' WHERE channel < 4")
    assert take(claims) == [0, 1, 2, 3]


def test_a_worker_that_was_taken_for_dead_claims_nothing_ahead(
    store: JobStore, claims: AheadClaims
) -> None:
    add(store, "conv5_1:0-11")
    take(claims)
    begun = claims._begin(lambda _: PACK)
    recover(store.database, lambda _: False)
    claims._write_beside([job.id for job in begun], claims._following([], lambda _: PACK))
    assert claims.standing(begun).mine == frozenset()
    assert ahead(store) == {}
