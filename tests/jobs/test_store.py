"""The queue on a real SQLite file: what it promises to people."""

import os
import sqlite3
from pathlib import Path

import msgspec
import pytest

from convscope.core.ascent.recipes import PRESETS, override
from convscope.core.jobs import schema
from convscope.core.jobs.database import QUEUE_NAME, QueueDamagedError
from convscope.core.jobs.estimates import JobProgress
from convscope.core.jobs.rows import FRONT, URGENT
from convscope.core.jobs.store import JobStore, remembered_galleries
from convscope.core.system.errors import UserError
from tests.samples import animate, from_photo, job, jobs, signed_on


def add(store: JobStore, *targets: str, priority: int = 0, name: str = "batch") -> int:
    return store.add_batch(name, jobs(*targets), Path("/gallery"), priority=priority)


def test_jobs_come_back_as_they_were_queued(store: JobStore) -> None:
    batch = add(store, "conv5_1:3-5", "conv1_1:7")
    found = store.jobs(batch=batch)
    assert [each.task for each in found] == jobs("conv5_1:3-5", "conv1_1:7")
    assert {each.gallery for each in found} == {Path("/gallery")}


def test_variants_and_directions_come_back_and_share_a_kind(store: JobStore) -> None:
    recipe = override(PRESETS["crisp"], variants=2)
    variants = [msgspec.structs.replace(job("conv1_1:3", recipe=recipe), variant=i) for i in (0, 1)]
    mixed = override(PRESETS["crisp"], objective="direction")
    turned = [
        msgspec.structs.replace(job(f"conv1_1:{i}", recipe=mixed), direction=(1.0, float(i)))
        for i in (0, 1)
    ]
    store.add_batch("mixed", variants + turned, Path("/gallery"))
    assert [each.task for each in store.jobs()] == variants + turned
    assert len(store.database.read("SELECT * FROM kinds")) == 2


def test_another_connection_sees_what_was_queued(store: JobStore, tmp_path: Path) -> None:
    other = JobStore(tmp_path)
    before = other.data_version()
    add(store, "conv5_1:3")
    assert other.data_version() != before
    assert other.counts() == {"queued": 1}
    other.close()


def test_batches_are_counted_by_state(store: JobStore) -> None:
    add(store, "conv5_1:0-3", name="four")
    add(store, "conv5_2:0", name="one")
    claims = signed_on(store)
    first, second, *_ = claims.claim(lambda _: 3)
    claims.finish(first, activation=5.0, verdict="excited", seconds=2.0)
    claims.fail(second, "no memory")
    newest, oldest = store.batches()
    assert (newest.name, newest.jobs, newest.queued, newest.eta_seconds) == ("one", 1, 1, 2.0)
    assert (oldest.queued, oldest.running, oldest.done, oldest.failed) == (1, 1, 1, 1)
    assert (oldest.open, oldest.eta_seconds) == (2, 4.0)
    assert store.batch(oldest.id) == oldest
    for name in "others-1", "others-2":
        signed_on(store, name).claim(lambda _: 1)
    assert [(each.workers, each.eta_seconds) for each in store.batches()] == [(1, 2.0), (2, 2.0)]
    assert store.jobs("failed")[0].error == "no memory"
    (done,) = store.jobs("done")
    assert (done.activation, done.verdict) == (5.0, "excited")


def test_cancelled_jobs_can_be_tried_again(store: JobStore) -> None:
    batch = add(store, "conv5_1:0-3")
    claims = signed_on(store)
    done, failed = claims.claim(lambda _: 2)
    claims.finish(done, activation=5.0, verdict="excited", seconds=2.0)
    claims.fail(failed, "no memory")
    assert store.cancel(batch) == 2
    assert store.counts() == {"done": 1, "failed": 1, "cancelled": 2}
    assert store.retry(batch) == 3
    assert store.counts() == {"done": 1, "queued": 3}
    assert {(each.attempt, each.error) for each in store.jobs("queued")} == {(0, None)}


def test_a_paused_batch_and_a_paused_queue_have_no_work(store: JobStore) -> None:
    batch = add(store, "conv5_1:0-3")
    assert store.waiting() == 4
    store.pause(batch)
    assert not store.has_work()
    assert store.batch(batch).paused
    store.pause()
    store.resume(batch)
    assert store.is_paused()
    assert not store.has_work()
    add(store, "conv5_1:9", priority=URGENT)
    assert store.waiting() == 1, "what a person waits for is made all the same"
    store.resume()
    assert store.waiting() == 5


@pytest.mark.parametrize("steer", ["pause", "resume", "cancel", "retry", "put_first", "batch"])
def test_an_unknown_batch_is_named(store: JobStore, steer: str) -> None:
    with pytest.raises(UserError, match="no batch 7"):
        getattr(store, steer)(7)


# ---- in which order --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chosen", "by", "order"),
    [
        ([3], -1, [1, 3, 2, 4]),
        ([3], -9, [3, 1, 2, 4]),
        ([1], -1, [1, 2, 3, 4]),
        ([3, 4], -1, [1, 3, 4, 2]),
        ([1, 3], -1, [1, 3, 2, 4]),
        ([1, 2], 1, [3, 1, 2, 4]),
        ([4, 1], 1, [2, 1, 3, 4]),
        ([2], 9, [1, 3, 4, 2]),
    ],
)
def test_batches_move_in_the_order(
    store: JobStore, chosen: list[int], by: int, order: list[int]
) -> None:
    for channel in range(4):
        add(store, f"conv5_1:{channel}")
    assert store.move(chosen, by) == (order != [1, 2, 3, 4])
    assert store.order() == order
    assert {each.id: each.position for each in store.batches()} == {
        number: place for place, number in enumerate(order, 1)
    }


def test_what_has_ended_has_no_place_in_the_order_and_keeps_its_own(store: JobStore) -> None:
    for channel in range(3):
        add(store, f"conv5_1:{channel}")
    store.cancel(2)
    assert store.order() == [1, 3]
    assert store.batch(2).position == 0
    assert not store.move([2], -1)
    assert store.move([3], -1)
    store.retry(2)
    assert store.order() == [3, 2, 1]
    with pytest.raises(UserError, match="no batch 7"):
        store.move([1, 7], 1)


def test_what_a_person_waits_for_is_the_first_in_the_order(store: JobStore) -> None:
    add(store, "conv5_1:0")
    add(store, "conv5_1:1")
    assert store.hasten(store.jobs(batch=2)[0])
    assert store.order() == [2, 1]


# ---- how long it takes -----------------------------------------------------------------------


def finish(store: JobStore, seconds: float, count: int = 1) -> None:
    claims = signed_on(store, f"w-{store.counts()}")
    for each in claims.claim(lambda _: count):
        claims.finish(each, activation=5.0, verdict="excited", seconds=seconds)
    claims.sign_off()


def left(store: JobStore) -> dict[int, float | None]:
    """Seconds left by batch, the oldest first."""
    return {each.id: each.eta_seconds for each in reversed(store.batches())}


def test_each_layer_of_a_batch_is_judged_by_itself(store: JobStore) -> None:
    add(store, "conv1_1:0-2", "conv5_1:0-9")
    finish(store, 0.5)
    store.put_first(1, [4])
    finish(store, 10)
    assert left(store) == {1: 2 * 0.5 + 9 * 10}


def test_a_batch_is_judged_by_what_was_made_like_it_before(store: JobStore) -> None:
    add(store, "conv5_1:0-1")
    finish(store, 3, count=2)
    add(store, "conv5_1:2-4")
    add(store, "conv4_1:0-1")
    more = override(PRESETS["crisp"], steps=PRESETS["crisp"].steps * 2)
    store.add_batch("more steps", jobs("conv5_1:0", recipe=more), Path("/gallery"))
    assert left(store) == {1: 0, 2: 9, 3: 6, 4: 6}
    assert store.eta_seconds(store.batches()) == 21


def test_what_is_being_made_is_judged_by_its_progress(store: JobStore) -> None:
    add(store, "conv5_1:0-3")
    running = signed_on(store).claim(lambda _: 2)
    assert left(store) == {1: None}
    assert store.eta_seconds(store.batches()) is None
    begun = {each.task.digest: JobProgress(share=0.25, seconds=8.0) for each in running}
    (batch,) = store.batches(begun)
    assert batch.eta_seconds == 4 * 8 - 2 * 0.25 * 8
    assert batch.begun == 2 * 0.25
    assert store.eta_seconds([batch]) == batch.eta_seconds


def test_what_has_just_gone_on_is_judged_by_what_was_made_before(store: JobStore) -> None:
    add(store, "conv5_1:0-3")
    running = signed_on(store).claim(lambda _: 2)
    begun = {each.task.digest: JobProgress(share=0.25, seconds=0.0) for each in running}
    (batch,) = store.batches(begun)
    assert batch.eta_seconds is None, "nothing was made"
    assert batch.begun == 2 * 0.25
    finish(store, 8, count=2)
    (batch,) = store.batches(begun)
    assert batch.eta_seconds == batch.open * 8 - 2 * 0.25 * 8


def test_the_estimate_of_the_queue_leaves_out_what_does_not_run(store: JobStore) -> None:
    assert store.eta_seconds(store.batches()) == 0
    add(store, "conv5_1:0-3")
    add(store, "conv5_1:4-5")
    finish(store, 3)
    store.pause(2)
    assert store.eta_seconds(store.batches()) == 9
    store.pause(1)
    assert store.eta_seconds(store.batches()) is None
    store.resume(1)
    store.pause()
    assert store.eta_seconds(store.batches()) is None


def test_more_workers_are_done_sooner(store: JobStore) -> None:
    add(store, "conv5_1:0-8")
    finish(store, 3)
    for name in ("one", "two"):
        signed_on(store, name).claim(lambda _: 1)
    assert left(store) == {1: 12}
    assert store.eta_seconds(store.batches()) == 12


def test_the_newest_job_of_each_channel_is_found(store: JobStore) -> None:
    add(store, "conv5_1:3-4")
    add(store, "conv5_1:4")
    store.add_batch("elsewhere", jobs("conv5_1:3"), Path("/other"))
    found = store.latest(job("conv5_1:0"), Path("/gallery"))
    assert {channel: each.id for channel, each in found.items()} == {3: 1, 4: 3}
    assert store.latest(job("conv5_1:0", seed=1), Path("/gallery")) == {}


def test_galleries_are_remembered_outside_the_queue(store: JobStore, tmp_path: Path) -> None:
    add(store, "conv5_1:3")
    add(store, "conv5_1:4")
    store.add_batch("b", jobs("conv5_1:3"), Path("/other\n"))
    store.database.path.write_bytes(b"")
    assert remembered_galleries(tmp_path) == [Path("/gallery"), Path("/other\n")]


def test_a_gallery_may_have_any_name(store: JobStore, tmp_path: Path) -> None:
    strange = Path(os.fsdecode(b"/pictures/\xff\n'"))
    store.add_batch("strange", jobs("conv5_1:3"), strange)
    assert [each.gallery for each in store.jobs()] == [strange]
    assert store.latest(job("conv5_1:3"), strange).keys() == {3}
    assert remembered_galleries(tmp_path) == [strange]


def test_a_queue_that_was_replaced_is_followed(store: JobStore, tmp_path: Path) -> None:
    add(store, "conv5_1:3")
    version = store.data_version()
    store.database.path.rename(tmp_path / "aside")
    assert store.counts() == {}
    assert store.data_version() != version
    add(store, "conv5_1:3")
    assert store.counts() == {"queued": 1}


# ---- files of other versions, and files that are none ----------------------------------------


def test_a_newer_queue_is_refused_untouched(tmp_path: Path) -> None:
    JobStore(tmp_path).close()
    path = tmp_path / QUEUE_NAME
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(UserError, match="newer convscope"):
        JobStore(tmp_path)
    assert path.read_bytes() == before


def test_a_queue_of_the_first_version_is_brought_up_with_a_backup(tmp_path: Path) -> None:
    path = tmp_path / QUEUE_NAME
    old = sqlite3.connect(path)
    for statement in schema._FIRST.split(";"):
        old.execute(statement)
    task = job("conv5_1:25")
    # The first version wrote every field, and variants and directions with the kind.
    kind = msgspec.json.encode(msgspec.structs.replace(task, channel=0), order="sorted").decode()
    old.execute("INSERT INTO kinds (spec) VALUES (?)", (kind,))
    old.execute("INSERT INTO batches (name, created, gallery) VALUES ('old', 0, '/gallery')")
    old.execute("INSERT INTO jobs (batch_id, kind_id, channel, seed) VALUES (1, 1, 25, 0)")
    old.execute("PRAGMA user_version = 1")
    old.commit()
    old.close()
    before = path.read_bytes()

    store = JobStore(tmp_path)
    assert [each.task for each in store.jobs("queued")] == [task]
    assert store.latest(task, Path("/gallery")).keys() == {25}
    store.close()
    backup = sqlite3.connect(f"{path}.version-1")
    assert backup.execute("PRAGMA user_version").fetchone() == (1,)
    assert backup.execute("SELECT spec FROM kinds").fetchone() == (kind,)
    backup.close()
    assert before != path.read_bytes()


def _let_take_turns(old: sqlite3.Connection) -> None:
    """Undo the sixth version, before which batches had no order."""
    old.execute("ALTER TABLE batches RENAME COLUMN position TO served")
    old.execute("DROP INDEX jobs_by_seconds")


def test_a_queue_of_the_second_version_learns_to_hold_galleries_back(tmp_path: Path) -> None:
    path = tmp_path / QUEUE_NAME
    JobStore(tmp_path).close()
    old = sqlite3.connect(path)
    _let_take_turns(old)
    old.execute("DROP TABLE holds")
    old.execute("PRAGMA user_version = 2")
    old.close()

    store = JobStore(tmp_path)
    add(store, "conv5_1:0")
    (claimed,) = signed_on(store).claim(lambda _: 1)
    assert signed_on(store, "other-1").hold_back(claimed, Path("/p.png"), 1, "no") is False
    assert store.holds() == []
    store.close()
    backup = sqlite3.connect(f"{path}.version-2")
    assert backup.execute("PRAGMA user_version").fetchone() == (2,)
    backup.close()


def test_a_queue_without_animations_is_read_as_it_was(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    add(store, "conv5_1:0")
    store.close()
    with sqlite3.connect(tmp_path / QUEUE_NAME) as old:
        _let_take_turns(old)
        old.execute("PRAGMA user_version = 4")
    old.close()
    store = JobStore(tmp_path)
    assert [each.task for each in store.jobs("queued")] == [job("conv5_1:0")]
    store.close()


def test_animations_are_kept_and_are_not_mixed_up_with_pictures(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    wanted = [job("conv5_1:25"), animate(target="conv5_1:25"), animate(target="conv5_1:26")]
    store.add_batch("both", wanted, Path("/gallery"))
    assert [each.task for each in store.jobs("queued")] == wanted
    assert store.latest(wanted[1], Path("/gallery")).keys() == {25, 26}
    assert store.latest(wanted[0], Path("/gallery")).keys() == {25}
    assert [each.task for each in signed_on(store).claim(lambda _: 8)] == wanted[:1]


def test_a_queue_in_which_batches_took_turns_keeps_their_order(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    for channel in range(4):
        add(store, f"conv5_1:{channel}", priority=FRONT if channel == 2 else 0)
    store.close()
    old = sqlite3.connect(tmp_path / QUEUE_NAME)
    _let_take_turns(old)
    for number, served in ((1, 7), (2, 0), (3, 8), (4, 0)):
        old.execute("UPDATE batches SET served = ? WHERE id = ?", (served, number))
    old.execute("PRAGMA user_version = 4")
    old.commit()
    old.close()

    store = JobStore(tmp_path)
    assert store.order() == [3, 2, 4, 1]
    assert [each.position for each in store.batches()] == [3, 1, 2, 4]
    add(store, "conv5_1:9")
    assert store.order()[-1] == 5


def test_a_start_from_a_photo_is_kept_and_found_again(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    task = from_photo(job("conv5_1:25"))
    store.add_batch("photo", [task, job("conv5_1:25")], Path("/gallery"))
    assert [each.task for each in store.jobs("queued")] == [task, job("conv5_1:25")]
    assert store.latest(task, Path("/gallery"))[25].task == task


@pytest.mark.parametrize("content", [b"", b"this is no database, " * 500], ids=["empty", "text"])
def test_a_file_that_is_no_queue_is_refused_untouched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / QUEUE_NAME
    path.write_bytes(content)
    with pytest.raises(QueueDamagedError, match="damaged"):
        JobStore(tmp_path)
    assert path.read_bytes() == content


def test_the_queue_is_private_and_leaves_nothing_beside_it(store: JobStore, tmp_path: Path) -> None:
    assert store.database.path.stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == [QUEUE_NAME]
