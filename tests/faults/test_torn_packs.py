"""Faults 2 and 3 of a whole pack: whoever saves it is killed at any of the system calls."""

import contextlib
import re
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from convscope.core.ascent.recipes import PRESETS, override
from convscope.core.gallery.paths import picture_path
from convscope.core.gallery.pictures import read_whole
from convscope.core.jobs.claims import Claims, recover
from convscope.core.jobs.database import QUEUE_NAME
from convscope.core.jobs.store import JobStore
from convscope.core.runner.saved import SavedCheckpoints
from convscope.core.runner.saver import Finished, Saver
from convscope.core.runner.sweeping import sweep
from tests.faults.invariants import check_invariants, quick_check
from tests.faults.patches import patch_workers
from tests.faults.tracing import Nursery, open_nursery
from tests.making import GreyExecutor, GreyWorker
from tests.running import running, tasks, until
from tests.samples import jobs, made

PACK = jobs("conv1_1:0-1", recipe=override(PRESETS["classic"], resolution=32))
LOCKS = ("fcntl", "flock", "close")


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    with open_nursery(tmp_path_factory.mktemp("nursery")) as found:
        yield found


def saves(state: str) -> Iterator[None]:
    """Save a pack that is made."""
    store = JobStore(Path(state))
    claims = Claims(store.database, "cpu-dead")
    claims.sign_on()
    finished = [Finished(job, partial(made, job.task)) for job in claims.claim(lambda _: 9)]
    Image.init()
    yield
    Saver(claims, SavedCheckpoints(Path(state), store)).save(finished)


def test_a_pack_is_done_or_made_again_but_for_what_is_there(
    nursery: Nursery, tmp_path: Path
) -> None:
    state, gallery = tmp_path / "state", tmp_path / "gallery"

    def reset() -> None:
        for each in (state, gallery):
            shutil.rmtree(each, ignore_errors=True)
        state.mkdir(mode=0o700)
        with contextlib.closing(JobStore(state)) as store:
            store.add_batch("batch", PACK, gallery)

    found = set()
    for moment in nursery.kills(saves, state, reset=reset, besides=LOCKS):
        quick_check(state)
        with contextlib.closing(JobStore(state)) as store:
            states = {(job.state, job.attempt) for job in store.jobs()}
            assert states in ({("running", 1)}, {("done", 1)}), moment
            there = [task for task in PACK if read_whole(picture_path(gallery, task))]
            assert len(there) == len(list(gallery.rglob("[!.]*.png"))), moment
            is_done = states == {("done", 1)}
            found.add((len(there), is_done))
            recover(store.database, lambda _: False)
        executor = GreyExecutor()
        worker = GreyWorker(state, executor)
        worker.work()
        worker.end()
        again = [task for pack in executor.packs for task in pack.tasks]
        assert sorted(map(PACK.index, again)) == [
            i for i, task in enumerate(PACK) if task not in there
        ], moment
        sweep(state, [gallery])
        check_invariants(state, gallery, patience=0)
    assert found == {(0, False), (1, False), (2, False), (2, True)}


def test_all_files_are_on_disk_before_their_names_and_these_before_the_row(
    nursery: Nursery, tmp_path: Path
) -> None:
    state, gallery = tmp_path / "state", tmp_path / "gallery"
    state.mkdir(mode=0o700)
    with contextlib.closing(JobStore(state)) as store:
        store.add_batch("batch", PACK, gallery)
    folder = picture_path(gallery, PACK[0]).parent
    folder.mkdir(parents=True)
    traced = nursery.trace(saves, state)
    assert traced.code == 0
    temporary = rf"{re.escape(str(folder))}/\.[^<>]*\.tmp"
    last = -1
    for _ in PACK:
        last = traced.position(rf"fsync\(\d+<{temporary}>\) += 0", last)
    for _ in PACK:
        last = traced.position(rf'rename(at2?)?\(.*"{temporary}"', last)
    last = traced.position(rf"fsync\(\d+<{re.escape(str(folder))}>\) += 0", last)
    queue = re.escape(str(state / QUEUE_NAME))
    traced.position(rf"pwrite64\(\d+<{queue}>", last)
    assert not [call for call in traced.calls[:last] if re.match(rf"pwrite64\(\d+<{queue}", call)]
    syncs = [call for call in traced.calls if re.match(r"fsync\(", call) and str(gallery) in call]
    assert len(syncs) == len(PACK) + 1


def test_a_worker_that_is_asked_to_end_saves_what_is_made_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_disk = """
import os, threading, time
fsync = os.fsync

def slowly(descriptor):
    if threading.current_thread().name.startswith("writer"):
        time.sleep(0.5)
    fsync(descriptor)

os.fsync = slowly
"""
    patch_workers(monkeypatch, tmp_path / "patch", slow_disk)
    with running(tmp_path) as runner:
        runner.queue(tasks("conv1_1:0-63"))
        worker = runner.start_worker()
        until(lambda: list(runner.gallery.rglob(".*.tmp")))
        worker.terminate()
        assert worker.wait(60) == 0
        counts = runner.store.counts()
        assert counts["done"] == len(list(runner.gallery.rglob("*.png"))) > 0
        assert counts.keys() <= {"done", "queued"}
        assert {job.attempt for job in runner.store.jobs("queued")} <= {0}
        check_invariants(runner.state, runner.gallery, patience=0)
