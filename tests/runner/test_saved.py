"""Checkpoints on disk: a pack's are one file, and each job finds its own."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from convscope.core.ascent.checkpoints import Checkpoint
from convscope.core.ascent.loop import ImageState
from convscope.core.jobs.claims import Claims
from convscope.core.jobs.rows import Job
from convscope.core.jobs.store import JobStore
from convscope.core.runner.bundles import SUFFIX
from convscope.core.runner.paths import checkpoint_file, checkpoint_folder, checkpoint_name
from convscope.core.runner.saved import SavedCheckpoints
from tests.samples import jobs, made, signed_on


class Kept:
    """A queue whose jobs a worker has, and their checkpoints."""

    def __init__(self, state: Path, count: int = 4) -> None:
        self.store = JobStore(state)
        self.store.add_batch("batch", jobs(f"conv5_1:0-{count - 1}"), state / "gallery")
        self.claims: Claims = signed_on(self.store)
        self.jobs = self.claims.claim(lambda _: count)
        self.checkpoints = SavedCheckpoints(state, self.store)
        self.folder = checkpoint_folder(state)

    def save(self, jobs: Sequence[Job], step: int) -> None:
        self.checkpoints.save({job: at(step, job) for job in jobs}, lambda: True)

    def steps(self, jobs: Sequence[Job]) -> list[int | None]:
        """Where jobs go on."""
        found = self.checkpoints.load(jobs)
        for job, each in zip(jobs, found, strict=True):
            assert each is None or each == at(step_of(each), job), "another job's"
        return [None if each is None else step_of(each) for each in found]

    @property
    def files(self) -> list[str]:
        return [path.name for path in self.folder.iterdir()]


def at(step: int | None, job: Job) -> bytes:
    """A checkpoint after so many steps; ``None`` after the last attempt."""
    state = None if step is None else ImageState(step, {})
    return Checkpoint(0, None, float(job.id), None, state).to_bytes()


def step_of(checkpoint: bytes) -> int:
    state = Checkpoint.from_bytes(checkpoint).state
    assert state is not None
    return state.number


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


def test_a_pack_is_one_file_and_one_sync(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.folder.mkdir()
    synced: list[bool] = []
    fsync = os.fsync

    def counting(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").is_dir())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", counting)
    kept.save(kept.jobs, 10)
    assert synced == [False, True], "the file, and its folder"
    assert kept.steps(kept.jobs) == [10] * 4
    (first,) = kept.files
    kept.save(kept.jobs, 20)
    assert kept.files == [first]
    assert kept.steps(kept.jobs) == [20] * 4
    tensors = load_file(kept.folder / first)
    assert [each.tobytes() for each in tensors.values()] == [at(20, job) for job in kept.jobs]


def test_jobs_of_a_pack_that_was_split_find_their_own(kept: Kept) -> None:
    kept.save(kept.jobs, 10)
    assert kept.steps(kept.jobs[1:3]) == [10] * 2
    kept.save(kept.jobs[:2], 30)
    kept.save(kept.jobs[2:3], 20)
    assert kept.steps(kept.jobs) == [30, 30, 20, 10]
    assert kept.steps(kept.jobs[::-1]) == [10, 20, 30, 30]


def test_what_is_further_elsewhere_is_removed(kept: Kept) -> None:
    kept.save(kept.jobs, 10)
    kept.save(kept.jobs[:2], 20)
    assert len(kept.files) == 2, "the others need the first"
    kept.save(kept.jobs[2:], 20)
    assert len(kept.files) == 2
    assert kept.steps(kept.jobs) == [20] * 4
    kept.save(kept.jobs, 30)
    assert len(kept.files) == 1


def test_a_file_goes_with_the_last_of_its_jobs(kept: Kept, tmp_path: Path) -> None:
    kept.save(kept.jobs, 10)
    first, rest = kept.jobs[0], kept.jobs[1:]
    kept.claims.fail(first, "no")
    kept.checkpoints.discard([first])
    assert len(kept.files) == 1
    # Another worker ends the others.
    kept.store.cancel(first.batch)
    other = SavedCheckpoints(tmp_path, kept.store.beside())
    other.discard(rest)
    assert kept.files == []


def test_files_of_earlier_versions_are_read(kept: Kept, tmp_path: Path) -> None:
    kept.folder.mkdir()
    old = [checkpoint_file(tmp_path, job) for job in kept.jobs[:2]]
    for job, path in zip(kept.jobs, old, strict=False):
        path.write_bytes(at(7, job))
    kept.save(kept.jobs[1:3], 9)
    assert kept.steps(kept.jobs) == [7, 9, 9, None]
    assert [path.exists() for path in old] == [True, False], "one is further elsewhere"
    kept.checkpoints.discard(kept.jobs[:1])
    assert len(kept.files) == 1


def test_one_that_is_given_up_is_not_found_again_and_others_stay(kept: Kept) -> None:
    kept.save(kept.jobs, 10)
    kept.checkpoints.forget(kept.jobs[1])
    assert kept.steps(kept.jobs) == [10, None, 10, 10]
    kept.save(kept.jobs[1:2], 3)
    assert kept.steps(kept.jobs) == [10, 3, 10, 10]
    for job in kept.jobs:
        kept.checkpoints.forget(job)
    assert kept.files == []


def test_one_that_is_given_up_takes_with_it_what_only_jobs_that_ended_had(kept: Kept) -> None:
    kept.save(kept.jobs, 10)
    *ended, last = kept.jobs
    for job in ended:
        kept.claims.fail(job, "no")
    kept.checkpoints.discard(ended)
    assert len(kept.files) == 1, "the last goes on from there"
    kept.checkpoints.forget(last)
    assert kept.files == []


def test_what_is_saved_too_late_does_not_stay(kept: Kept, tmp_path: Path) -> None:
    def lose_them() -> bool:
        """End the jobs elsewhere, just after it was found that they are this worker's."""
        store = kept.store.beside()
        store.cancel(kept.jobs[0].batch)
        SavedCheckpoints(tmp_path, store).discard(kept.jobs)
        assert not list(kept.folder.glob(f"[!.]*{SUFFIX}"))
        store.close()
        return True

    kept.save(kept.jobs, 10)
    again = {job: at(20, job) for job in kept.jobs}
    kept.checkpoints.save(again, lose_them)
    assert kept.files == []


def test_a_picture_that_is_kept_too_late_does_not_stay(kept: Kept) -> None:
    job = kept.jobs[0]
    kept.checkpoints.keep_picture(job, made(job.task), lambda: bool(kept.store.cancel(job.batch)))
    assert kept.files == []


@pytest.mark.parametrize("left", [0, 4, 100])
def test_what_is_cut_off_costs_no_more_than_itself(kept: Kept, left: int) -> None:
    kept.save(kept.jobs, 10)
    (path,) = kept.folder.iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[:left])
    assert kept.steps(kept.jobs) == [None] * 4
    path.write_bytes(whole[:-1])
    assert kept.steps(kept.jobs) == [10, 10, 10, None]
    kept.checkpoints.sweep()
    assert kept.files == [path.name]


@pytest.mark.parametrize(
    "content", [b"", b"\xff" * 64, b"\2\0\0\0\0\0\0\0{}", b"\4\0\0\0\0\0\0\0null"]
)
def test_what_is_no_bundle_is_removed(kept: Kept, content: bytes) -> None:
    kept.folder.mkdir()
    (kept.folder / f"pack-00000000{SUFFIX}").write_bytes(content)
    assert kept.steps(kept.jobs) == [None] * 4
    kept.checkpoints.sweep()
    assert kept.files == []


def test_nothing_is_saved_of_jobs_that_are_another_workers(kept: Kept) -> None:
    kept.checkpoints.save({kept.jobs[0]: at(10, kept.jobs[0])}, lambda: False)
    assert kept.steps(kept.jobs) == [None] * 4
    assert checkpoint_name(kept.jobs[0]).startswith(f"{kept.jobs[0].id}-")


def test_the_end_of_all_attempts_is_furthest(kept: Kept) -> None:
    job = kept.jobs[0]
    kept.checkpoints.save({job: at(None, job)}, lambda: True)
    kept.save(kept.jobs[:2], 500)
    assert kept.checkpoints.load([job]) == [at(None, job)]
