"""Fault 6: the queue's file is cut off, overwritten, or has a bit that fell over.

It is set aside, a new one lists what the galleries hold, and the user is told.
"""

import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from convscope.core.gallery.rescue import open_queue
from convscope.core.jobs.claims import Claims, recover
from convscope.core.jobs.database import QUEUE_NAME, QueueBusyError
from convscope.core.jobs.store import JobStore
from convscope.core.runner.client import last_status, runner_log
from convscope.core.system.errors import UserError
from tests.conftest import COMMAND
from tests.faults.invariants import check_invariants
from tests.running import ENDLESS, Running, running, tasks, until
from tests.samples import jobs, record_of, save
from tests.terminal import Terminal

PAGE = 4096


@pytest.fixture
def state(tmp_path: Path, gallery: Path) -> Path:
    """A queue of many pages, and three of its pictures."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    with contextlib.closing(JobStore(folder)) as store:
        store.add_batch("layer", jobs("conv5_1:*"), gallery)
        claims = Claims(store.database, "w-1")
        claims.sign_on()
        for job in claims.claim(lambda _: 3):
            save(gallery, job.task)
            told = record_of(job.task)
            claims.finish(job, activation=told.activation, verdict=told.verdict, seconds=1.0)
        claims.sign_off()
    return folder


def flipped(at: int) -> Callable[[Path], None]:
    """Turn over all bits of a byte."""

    def damage(path: Path) -> None:
        with path.open("r+b") as file:
            file.seek(at)
            (byte,) = file.read(1)
            file.seek(at)
            file.write(bytes([byte ^ 0xFF]))

    return damage


def cut(size: int) -> Callable[[Path], None]:
    """Cut the file off."""
    return lambda path: os.truncate(path, size)


def overwritten(path: Path) -> None:
    """Put noise in place of everything, as long as it was."""
    path.write_bytes(random.Random(0).randbytes(path.stat().st_size))


def torn_tree(path: Path) -> None:
    """Overwrite the page that every look at the states of jobs begins with."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        ((page,),) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'jobs_by_state'"
        )
    with path.open("r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(b"\xff" * 64)
        # Nobody trusts the pages he remembers once the count of changes is another one.
        file.seek(24)
        file.write(b"\x7f\xff\xff\xf0")


DAMAGES: dict[str, Callable[[Path], None]] = {
    "empty": cut(0),
    "half a page": cut(PAGE // 2),
    "a page and a half": cut(PAGE * 3 // 2),
    "two whole pages": cut(PAGE * 2),
    "noise": overwritten,
    "first byte": flipped(0),
    "size of pages": flipped(16),
    "kind of schema": flipped(44 + 3),
    "version of the tables": lambda path: _set_version(path, 0),
    "kind of a page": flipped(PAGE * 2),
    "tree": torn_tree,
}


def _set_version(path: Path, version: int) -> None:
    with path.open("r+b") as file:
        file.seek(60)
        file.write(version.to_bytes(4, "big"))


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_it_is_set_aside_and_the_pictures_are_listed_in_a_new_one(
    state: Path, gallery: Path, damage: Callable[[Path], None]
) -> None:
    damage(state / QUEUE_NAME)
    damaged = (state / QUEUE_NAME).read_bytes()
    store, told = open_queue(state, thorough=True)
    (aside,) = state.glob("damaged-*.sqlite3")
    assert str(aside) in told
    assert "3 pictures" in told
    assert aside.read_bytes() == damaged, "for whoever can read more of it"
    assert [job.task.channel for job in store.jobs("done")] == [0, 1, 2]
    store.add_batch("again", jobs("conv1_1:0"), gallery)
    store.close()
    check_invariants(state, gallery, patience=0)
    store, told = open_queue(state, thorough=True)
    store.close()
    assert told == ""


def test_no_byte_that_fell_over_leads_to_a_queue_that_cannot_be_used(
    state: Path, gallery: Path, tmp_path: Path
) -> None:
    chance = random.Random(1)
    found = 0
    for round_ in range(80):
        copy = tmp_path / f"copy-{round_}"
        shutil.copytree(state, copy)
        flipped(chance.randrange((copy / QUEUE_NAME).stat().st_size))(copy / QUEUE_NAME)
        try:
            store, told = open_queue(copy, thorough=True)
        except UserError as error:
            assert "newer convscope" in str(error)  # such a byte fell over
            continue
        with contextlib.closing(store):
            found += bool(told)
            _use(store, gallery)
        shutil.rmtree(copy)
    assert found > 10, "or this test has damaged nothing"


def _use(store: JobStore, gallery: Path) -> None:
    """Do with a queue all that people and workers do; what is damaged shows itself."""
    store.batches()
    store.jobs()
    batch = store.add_batch("again", jobs("conv1_1:0-9"), gallery)
    store.put_first(batch)
    claims = Claims(store.database, "w-2")
    claims.sign_on()
    (job, *_) = claims.claim(lambda _: 4)
    assert job.batch == batch
    assert claims.finish(job, activation=1.0, verdict="excited", seconds=1.0)
    recover(store.database, lambda _: False)
    store.cancel(batch)
    store.check()


def test_a_connection_that_was_open_goes_on_with_the_new_one(state: Path, gallery: Path) -> None:
    for damage in (cut(0), overwritten, torn_tree):
        with contextlib.closing(JobStore(state)) as open_before:
            assert open_before.counts()["done"] == 3
            damage(state / QUEUE_NAME)
            with pytest.raises(UserError, match="damaged"):
                open_before.counts()
            store, told = open_queue(state, thorough=True)
            assert "3 pictures" in told
            assert open_before.counts() == store.counts()
            open_before.add_batch("again", jobs("conv1_1:0"), gallery)
            store.close()
    check_invariants(state, gallery, patience=0)


def test_a_new_one_that_cannot_be_opened_yet_is_opened_later(state: Path) -> None:
    with contextlib.closing(JobStore(state)) as open_before:
        open_before.be_patient(0)
        overwritten(state / QUEUE_NAME)
        store, _ = open_queue(state)
        with contextlib.closing(sqlite3.connect(state / QUEUE_NAME)) as somebody:
            somebody.execute("BEGIN EXCLUSIVE")
            for _ in range(2):
                with pytest.raises(QueueBusyError):
                    open_before.counts()
        assert open_before.counts() == store.counts() == {"done": 3}
        store.close()


_FINDER = """
import sys
from pathlib import Path
from convscope.core.gallery.rescue import open_queue
print("ready", flush=True)
sys.stdin.readline()
store, told = open_queue(Path(sys.argv[1]), thorough=True)
print(store.counts().get("done"), told)
"""


def test_of_several_that_find_it_at_once_one_sets_it_aside(state: Path, gallery: Path) -> None:
    finders = [
        subprocess.Popen(
            [sys.executable, "-c", _FINDER, state],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for finder in finders:
        assert finder.stdout is not None
        assert finder.stdout.readline() == "ready\n"
    overwritten(state / QUEUE_NAME)
    for finder in finders:
        assert finder.stdin is not None
        finder.stdin.write("\n")
        finder.stdin.flush()
    told = [finder.communicate(timeout=60)[0] for finder in finders]
    assert [finder.returncode for finder in finders] == [0] * 4
    assert {each.split()[0] for each in told} == {"3"}, "each sees the new one, and all of it"
    assert sum("set aside" in each for each in told) == 1
    assert len(list(state.glob("damaged-*.sqlite3"))) == 1
    check_invariants(state, gallery, patience=0)


# ---- while it is in use ----------------------------------------------------------------------


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(overwritten, id="noise"),
        pytest.param(cut(0), id="empty", marks=pytest.mark.long),
        pytest.param(torn_tree, id="tree", marks=pytest.mark.long),
    ],
)
def test_the_runner_puts_a_new_one_in_its_place_and_goes_on(
    runner: Running, damage: Callable[[Path], None]
) -> None:
    runner.queue(tasks("conv1_1:0-2"))
    runner.queue(tasks("conv1_1:9", ENDLESS))
    runner.start()
    runner.until_done(3)
    runner.until_step()

    damage(runner.state / QUEUE_NAME)
    (aside,) = until(lambda: list(runner.state.glob("damaged-*.sqlite3")))
    (sentence,) = until(lambda: last_status(runner.state).rescued)
    assert str(aside) in sentence
    assert "3 pictures" in sentence
    runner.queue(tasks("conv2_1:0"), priority=2)
    runner.start()  # where nothing could be read that waits, it may have ended
    runner.until_done(4)
    assert "the supervisor failed" not in runner_log(runner.state).read_text()
    check_invariants(runner.state, runner.gallery)


@pytest.mark.parametrize("is_open", [False, True], ids=["before", "while"])
def test_the_explorer_tells_of_it(state: Path, gallery: Path, is_open: bool) -> None:
    if not is_open:
        overwritten(state / QUEUE_NAME)
    terminal = Terminal(COMMAND)
    if is_open:
        terminal.until(lambda: "conv5_3" in terminal.text)
        overwritten(state / QUEUE_NAME)
    terminal.until(lambda: "set aside" in terminal.text)
    terminal.type("q")
    assert terminal.ended() == 0
    assert "Traceback" not in terminal.text
    check_invariants(state, gallery, patience=0)


def test_nothing_that_was_set_aside_is_ever_replaced(state: Path) -> None:
    for damage in (cut(0), overwritten, cut(PAGE), cut(100)):  # within one second
        damage(state / QUEUE_NAME)
        open_queue(state)[0].close()
    assert len({path.stat().st_size for path in state.glob("damaged-*.sqlite3")}) == 4
