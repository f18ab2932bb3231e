"""The queue on a real SQLite file: what it promises to workers, and demands of them."""

from pathlib import Path

import msgspec
import pytest

from convscope.core.ascent.recipes import PRESETS, override
from convscope.core.jobs import claims as claiming
from convscope.core.jobs.claims import (
    Claims,
    Done,
    overdue,
    recover,
    worker_name,
)
from convscope.core.jobs.database import Database
from convscope.core.jobs.rows import FRONT, URGENT, Job
from convscope.core.jobs.store import JobStore
from convscope.core.jobs.turns import MAX_ATTEMPTS, pack_limit
from convscope.core.tasks.survey import Survey
from convscope.core.tasks.visualize import Visualize
from tests.samples import job, jobs, signed_on


@pytest.fixture
def claims(store: JobStore) -> Claims:
    return signed_on(store)


def add(store: JobStore, *targets: str, priority: int = 0) -> int:
    return store.add_batch("batch", jobs(*targets), Path("/gallery"), priority=priority)


def channels(claimed: list[Job]) -> list[int]:
    return [each.task.channel for each in claimed]


def take(claims: Claims, size: int, *, at_least: int = 0) -> list[Job]:
    return claims.claim(lambda _: size, at_least=at_least)


def finish(claims: Claims, claimed: Job) -> bool:
    return claims.finish(claimed, activation=5.0, verdict="excited", seconds=2.0)


def nobody(name: str) -> bool:
    return False


def test_what_needs_a_folder_of_this_machine_does_not_travel(store: JobStore) -> None:
    away = Claims(Database(store.database.path), worker_name("remote-1"), travels=True)
    away.sign_on()
    survey = Survey(index=b"/state/exemplars/cats", key="k", model="vgg16", layers=("conv1_1",))
    store.add_batch("survey", [survey], Path("/gallery"), priority=URGENT)
    assert not away.waits()
    assert take(away, 8) == []
    add(store, "conv1_1:3")
    assert away.waits()
    assert channels(take(away, 8)) == [3]
    assert take(away, 8) == []
    away.close()


# ---- whose turn it is ------------------------------------------------------------------------


def test_a_claim_takes_jobs_of_one_kind(store: JobStore, claims: Claims) -> None:
    add(store, "conv5_1:0-2", "conv1_1:0", "conv5_1:3-4")
    assert channels(take(claims, 9)) == [0, 1, 2, 3, 4]
    assert [each.task.layer for each in take(claims, 9)] == ["conv1_1"]
    assert take(claims, 9) == []
    assert not claims.waits()


def test_a_claim_is_filled_from_other_batches_of_its_kind(store: JobStore, claims: Claims) -> None:
    add(store, "conv5_1:0-1")
    add(store, "conv5_1:9", "conv5_1:8")
    assert channels(take(claims, 3)) == [0, 1, 9]


def test_the_size_is_asked_for_the_kind_that_is_next(store: JobStore, claims: Claims) -> None:
    add(store, "conv5_1:7", "conv5_1:8")
    asked: list[Visualize] = []

    def size(kind: Visualize) -> int:
        asked.append(kind)
        return 1

    assert channels(claims.claim(size)) == [7]
    assert asked == [job("conv5_1:0").pack_kind]


def test_others_may_write_while_the_size_is_found_out(
    store: JobStore, claims: Claims, tmp_path: Path
) -> None:
    add(store, "conv5_1:0-3")
    other = JobStore(tmp_path, patience=0)

    def size(kind: Visualize) -> int:
        """Somebody waits for a picture of another layer by now."""
        if kind.layer == "conv5_1":
            add(other, "conv4_1:8", priority=URGENT)
        return 2

    (urgent,) = claims.claim(size)
    assert urgent.task.layer == "conv4_1"
    assert {each.state for each in store.jobs() if each.task.layer == "conv5_1"} == {"queued"}
    other.close()


def test_no_worker_takes_more_than_its_share(store: JobStore, claims: Claims) -> None:
    others = [signed_on(store, f"other-{number}") for number in range(2)]
    add(store, "conv5_1:0-9")
    assert [len(take(each, 8)) for each in (claims, *others)] == [4, 2, 2]
    assert [len(take(each, 8)) for each in (claims, *others)] == [1, 1, 0]


def test_workers_whose_lease_ran_out_have_no_share(store: JobStore, claims: Claims) -> None:
    signed_on(store, "dead-1")
    with store.database.write() as db:
        db.execute("UPDATE workers SET lease = 0 WHERE name = 'dead-1'")
    add(store, "conv5_1:0-9")
    assert len(take(claims, 8)) == 8


def test_a_share_is_counted_over_all_that_waits(store: JobStore, claims: Claims) -> None:
    """Packs are no smaller than they have to be: the others take what is of another kind."""
    signed_on(store, "other-1")
    add(store, "conv5_1:0-7", "conv4_1:0-7")
    assert len(take(claims, 8)) == 8


def order(claims: Claims, packs: int) -> list[str]:
    """The layers of the next packs of two."""
    return [take(claims, 2)[0].task.layer for _ in range(packs)]


def test_batches_run_one_after_the_other(store: JobStore, claims: Claims) -> None:
    add(store, "conv5_1:0-3")
    add(store, "conv4_1:0-3")
    assert order(claims, 4) == ["conv5_1", "conv5_1", "conv4_1", "conv4_1"]


def test_the_batch_put_to_the_front_is_next(store: JobStore, claims: Claims) -> None:
    for layer in ("conv5_1", "conv4_1", "conv3_1"):
        add(store, f"{layer}:0-3")
    assert store.put_first(2) == 4
    assert store.put_first(3) == 4
    add(store, "conv2_1:0-1", priority=FRONT)
    assert order(claims, 4) == ["conv2_1", "conv3_1", "conv3_1", "conv4_1"]


def test_a_batch_that_was_moved_runs_in_its_place(store: JobStore, claims: Claims) -> None:
    for layer in ("conv5_1", "conv4_1", "conv3_1"):
        add(store, f"{layer}:0-1")
    assert store.move([3], -1)
    assert store.move([1], 1)
    assert order(claims, 3) == ["conv3_1", "conv5_1", "conv4_1"]


def test_jobs_put_first_run_before_the_others_of_their_batch(
    store: JobStore, claims: Claims
) -> None:
    add(store, "conv5_1:0-1")
    batch = add(store, "conv4_1:0-7")
    members = store.members(batch)
    assert store.put_first(batch, members[2:3]) == 1
    assert store.put_first(batch, members[5:7]) == 2
    assert channels(take(claims, 2)) == [0, 1], "another batch is not overtaken"
    assert channels(take(claims, 3)) == [0, 5, 6], "the last ones that were put there"
    assert store.put_first(batch, members[5:6]) == 0, "it runs already"


def test_a_job_that_is_cancelled_alone_leaves_the_others(store: JobStore, claims: Claims) -> None:
    batch = add(store, "conv5_1:0-3")
    other = add(store, "conv4_1:0")
    running = take(claims, 2)
    queued = store.members(batch)[3]
    assert store.cancel(batch, [running[0].id, queued, store.members(other)[0]]) == 2
    assert claims.standing(running).going == {running[1].id}
    assert store.counts() == {"queued": 2, "running": 1, "cancelled": 2}
    assert store.retry(batch, [queued]) == 1
    assert store.counts() == {"queued": 3, "running": 1, "cancelled": 1}


def test_urgent_jobs_come_before_all_others(store: JobStore, claims: Claims) -> None:
    add(store, "conv5_1:0-9")
    add(store, "conv5_1:50", priority=URGENT)
    assert claims.waits(at_least=URGENT)
    assert channels(take(claims, 8, at_least=URGENT)) == [50]
    assert not claims.waits(at_least=URGENT)
    (waiting, *_) = store.jobs("queued")
    assert store.hasten(waiting)
    assert channels(take(claims, 1)) == [0]


def test_what_is_paused_is_not_taken(store: JobStore, claims: Claims) -> None:
    batch = add(store, "conv5_1:0-9")
    add(store, "conv4_1:0")
    store.pause(batch)
    assert [each.task.layer for each in take(claims, 8)] == ["conv4_1"]
    assert take(claims, 8) == []
    store.resume(batch)
    store.pause()
    assert not claims.waits()
    assert take(claims, 8) == []
    add(store, "conv5_1:20", priority=URGENT)
    assert channels(take(claims, 8)) == [20]  # and none of those like it that rest


def test_variants_of_a_target_are_claimed_together(store: JobStore, claims: Claims) -> None:
    recipe = override(PRESETS["crisp"], variants=3)
    tasks = [
        msgspec.structs.replace(each, variant=i)
        for each in jobs("conv1_1:0-3", recipe=recipe)
        for i in range(3)
    ]
    store.add_batch("variants", tasks, Path("/gallery"))
    assert len(take(claims, 8)) == 6
    assert len(take(claims, 1)) == 3


# ---- who may write ---------------------------------------------------------------------------


def test_another_worker_cannot_finish_fail_or_release_a_job(
    store: JobStore, claims: Claims
) -> None:
    add(store, "conv5_1:0")
    other = signed_on(store, "other-1")
    (claimed,) = take(claims, 1)
    assert not finish(other, claimed)
    assert not other.fail(claimed, "no")
    assert not other.release(claimed)
    assert finish(claims, claimed)


def test_a_worker_that_lost_its_job_cannot_finish_it(store: JobStore, claims: Claims) -> None:
    add(store, "conv5_1:0")
    (lost,) = take(claims, 1)
    assert recover(store.database, nobody) == 1
    assert not claims.renew()
    assert take(claims, 1) == [], "whoever has no lease gets nothing"
    claims.sign_on()
    (again,) = take(claims, 1)
    assert not finish(claims, lost)
    assert finish(claims, again)


def test_a_cancelled_job_cannot_be_finished(store: JobStore, claims: Claims) -> None:
    batch = add(store, "conv5_1:0")
    (claimed,) = take(claims, 1)
    store.cancel(batch)
    store.retry(batch)
    assert not finish(claims, claimed)
    assert store.counts() == {"queued": 1}


def test_a_worker_learns_what_became_of_its_jobs(store: JobStore, claims: Claims) -> None:
    kept, paused, cancelled = (add(store, f"conv5_1:{i}") for i in range(3))
    claimed = take(claims, 3)
    store.pause(paused)
    store.cancel(cancelled)
    standing = claims.standing(claimed)
    assert standing.going == {claimed[0].id}
    assert standing.resting == {claimed[1].id}
    store.resume(paused)
    store.pause()
    assert claims.standing(claimed).resting == {claimed[0].id, claimed[1].id}
    assert kept == 1


def test_a_pack_is_finished_in_one_transaction_and_each_job_by_itself(
    store: JobStore, claims: Claims, tmp_path: Path
) -> None:
    batch = add(store, "conv5_1:0-1")
    add(store, "conv5_1:2")
    claimed = take(claims, 3)
    store.cancel(batch)
    other = JobStore(tmp_path)
    before = other.data_version()
    done = [Done(each, 5.0, "excited", 2.0) for each in claimed]
    assert claims.finish_all(done) == {claimed[2].id}
    assert claims.finish_all(done) == set()
    after = other.data_version()
    assert after != before
    assert claims.release(*claimed) == 0
    assert other.data_version() == after, "there was nothing to write"
    other.close()


# ---- galleries that cannot be written for now ------------------------------------------------

REASON = "No space left on device"


def hold(claims: Claims, claimed: Job) -> bool:
    return claims.hold_back(claimed, claimed.gallery / "picture.png", 1000, REASON)


@pytest.fixture
def held(store: JobStore, claims: Claims) -> int:
    """A batch whose gallery is full; another's has room."""
    batch = store.add_batch("full", jobs("conv5_1:0-3"), Path("/full"))
    add(store, "conv5_1:10-11")
    full, *others = take(claims, 9)
    assert hold(claims, full)
    for each in others:
        claims.release(each)
    return batch


def test_jobs_of_a_gallery_that_is_held_back_are_not_taken(
    store: JobStore, claims: Claims, held: int
) -> None:
    store.put_first(held)
    store.add_batch("urgent", jobs("conv5_1:5"), Path("/full"), priority=URGENT)
    assert store.waiting() == 2
    assert channels(take(claims, 9)) == [10, 11]
    assert not claims.waits()
    assert {each.attempt for each in store.jobs("queued")} == {0}
    assert store.has_work()
    assert store.batch(held).held == store.holds()[0]
    assert store.batch(held).eta_seconds is None
    assert store.batches()[-2].held is None


def test_jobs_of_a_gallery_that_has_room_again_go_on(
    store: JobStore, claims: Claims, held: int, tmp_path: Path
) -> None:
    assert channels(take(claims, 9)) == [10, 11]
    assert not claims.waits()
    supervisor = JobStore(tmp_path)
    (found,) = supervisor.holds()
    assert (found.gallery, found.bytes, found.reason) == (Path("/full"), 1000, REASON)
    supervisor.lift(found)
    supervisor.close()
    assert claims.waits()
    assert channels(take(claims, 9)) == [0, 1, 2, 3]


def test_a_hold_that_was_placed_anew_is_not_lifted_by_what_was_known_of_the_last(
    store: JobStore, claims: Claims, held: int
) -> None:
    (old,) = store.holds()
    store.lift(old)
    assert hold(claims, take(claims, 9)[0])
    store.lift(old)
    assert [each.gallery for each in store.holds()] == [Path("/full")]


def test_what_is_being_made_for_a_gallery_that_is_held_back_is_put_back(
    store: JobStore, claims: Claims
) -> None:
    store.add_batch("full", jobs("conv5_1:0-1"), Path("/full"))
    first, second = take(claims, 2)
    hold(claims, first)
    assert claims.standing([first, second]).resting == {second.id}


def test_a_job_that_was_cancelled_holds_nothing_back(store: JobStore, claims: Claims) -> None:
    batch = store.add_batch("full", jobs("conv5_1:0-1"), Path("/full"))
    (claimed,) = take(claims, 1)
    store.cancel(batch)
    assert not hold(claims, claimed)
    assert store.holds() == []


def test_cancelling_a_batch_lets_others_of_its_gallery_try_anew(
    store: JobStore, claims: Claims, held: int
) -> None:
    other = store.add_batch("other", jobs("conv1_1:0"), Path("/full"))
    assert store.cancel(held) == 4
    assert store.holds() == []
    assert store.batch(other).held is None
    assert claims.waits()


# ---- attempts --------------------------------------------------------------------------------


def test_a_released_job_has_lost_no_attempt(store: JobStore, claims: Claims) -> None:
    add(store, "conv5_1:0")
    for _ in range(MAX_ATTEMPTS + 1):
        (claimed,) = take(claims, 1)
        assert claims.release(claimed)
    (queued,) = store.jobs("queued")
    assert queued.attempt == 0


def test_a_job_that_takes_its_worker_down_is_failed_in_the_end(store: JobStore) -> None:
    add(store, "conv5_1:0")
    for number in range(MAX_ATTEMPTS):
        assert len(take(signed_on(store, f"w-{number}"), 1)) == 1
        assert recover(store.database, nobody) == 1
    assert take(signed_on(store, "w-9"), 1) == []
    (failed,) = store.jobs("failed")
    assert f"ended {MAX_ATTEMPTS} times" in str(failed.error)


def test_an_end_that_was_asked_for_is_no_attempt(store: JobStore, claims: Claims) -> None:
    add(store, "conv5_1:0")
    for number in range(MAX_ATTEMPTS + 1):
        assert len(take(signed_on(store, f"w-{number}"), 1)) == 1
        recover(store.database, nobody, blames=lambda name: False)
    assert [(each.state, each.attempt) for each in store.jobs()] == [("queued", 0)]


def test_a_pack_whose_worker_died_is_split_until_the_culprit_is_alone(store: JobStore) -> None:
    add(store, "conv5_1:0-15")
    culprit = 5
    for number in range(30):
        claims = signed_on(store, f"w-{number}")
        while pack := take(claims, 16):
            if culprit in channels(pack):
                break  # and the worker with it
            assert all(finish(claims, each) for each in pack)
        recover(store.database, nobody)
    assert store.counts() == {"done": 15, "failed": 1}
    assert channels(store.jobs("failed")) == [culprit]


def test_packs_shrink_with_every_attempt() -> None:
    assert [pack_limit(attempt, 16) for attempt in range(4)] == [16, 4, 1, 1]
    assert [pack_limit(attempt, 1) for attempt in range(3)] == [1, 1, 1]


# ---- life and death --------------------------------------------------------------------------


def test_only_what_the_dead_held_is_put_back(store: JobStore, claims: Claims) -> None:
    add(store, "conv5_1:0-1")
    take(claims, 1)
    take(signed_on(store, "other-1"), 1)
    assert recover(store.database, lambda name: name == "mine-1") == 1
    assert {each.task.channel: each.state for each in store.jobs()} == {0: "running", 1: "queued"}
    assert claims.renew()


def test_a_lease_runs_out_unless_it_is_renewed(
    store: JobStore, claims: Claims, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = claiming.boot_seconds()
    assert overdue(store.database) == []
    monkeypatch.setattr(claiming, "boot_seconds", lambda: now + 21)
    assert overdue(store.database) == ["mine-1"]
    assert claims.renew()
    assert overdue(store.database) == []


def test_a_lease_of_another_boot_is_void(
    store: JobStore, claims: Claims, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claiming, "boot_id", lambda: "another")
    assert overdue(store.database) == ["mine-1"]


def test_who_signs_off_leaves_nothing_behind(store: JobStore, claims: Claims) -> None:
    claims.sign_off()
    assert store.database.read("SELECT * FROM workers") == []
    assert worker_name("cpu") != worker_name("cpu")
