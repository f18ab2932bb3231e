"""A cluster of two workers beyond this process, whatever of it dies, stops or is not what it seems.

All on the loopback address, by the same encrypted connections as between machines.
"""

import os
import random
import signal
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil
import pytest

from convscope.core.ascent.recipes import PRESETS, override
from convscope.core.gallery.pictures import read_picture
from convscope.core.runner.bundles import furthest, stored
from convscope.core.runner.client import start_runner, stop_runner
from convscope.core.runner.cluster.certificates import make_authority
from convscope.core.runner.cluster.files import (
    ClusterFile,
    cluster_file,
    read_remote,
    write_private,
)
from convscope.core.runner.paths import checkpoint_folder, checkpoint_name, log_folder
from convscope.core.runner.process import USELESS
from convscope.core.runner.wishes import Watched, Wishes, wish_box
from tests.faults.clusters import Cluster, at_random, cluster, patch_members, turns
from tests.faults.disks import small_disk
from tests.faults.patches import between_steps
from tests.running import ENDLESS, Running, tasks, until
from tests.shared import make_tasks

TINY = override(PRESETS["draft"], resolution=32, steps=3)
LONGER = override(PRESETS["draft"], resolution=32, steps=600)
"""A pack of them takes some seconds on any machine: time to do something to it meanwhile."""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two boxes that outlive each test, as they are to."""
    with cluster(tmp_path_factory.mktemp("pair")) as found:
        yield found


def seeded(targets: str, turn: int, recipe=LONGER):
    """Jobs that no other turn has."""
    return [msgspec.structs.replace(task, seed=turn) for task in tasks(targets, recipe)]


def at_work(found: Cluster, batch: int, turn: int, jobs: int) -> None:
    """Wait until a batch is in the making, at a random one of its jobs."""
    store, least = found.runner.store, at_random(turn, jobs)
    until(lambda: store.batch(batch).done >= least and store.batch(batch).running)


def test_pictures_are_those_of_this_machine(pair: Cluster) -> None:
    pair.ready()
    batch = pair.runner.queue(tasks("conv1_1:0-23", TINY))
    jobs = pair.check(batch)
    assert [(job.state, job.attempt) for job in jobs] == [("done", 1)] * 24
    local = make_tasks([job.task for job in jobs[:4]])
    for job, made in zip(jobs, local, strict=False):
        found = pair.runner.find(job.task)
        assert found is not None
        image, record = read_picture(found)
        assert image.tobytes() == made.image.tobytes()
        assert record.activation == made.record.activation == job.activation


def test_nothing_listens_but_on_loopback_and_only_encrypted(pair: Cluster) -> None:
    pair.ready()
    pids = [pair.coordinator(), pair.runner.supervisor(), *(box.member for box in pair.boxes)]
    listening = [
        connection.laddr
        for pid in pids
        for connection in psutil.Process(pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert {address.ip for address in listening} == {"127.0.0.1"}
    assert len(listening) == 3, "coordinator and two workers, and no web server"
    for address in listening:
        with pytest.raises((urllib.error.URLError, OSError)):
            urllib.request.urlopen(f"http://127.0.0.1:{address.port}/", timeout=10).read()
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with pytest.raises((ssl.SSLError, OSError)), socket.create_connection(address) as plain:
            plain.settimeout(10)
            with context.wrap_socket(plain) as encrypted:  # without a certificate of ours
                assert encrypted.recv(1) == b"", "it closes"
                raise ssl.SSLError
    for path in cluster_file(pair.runner.state).parent.glob("*a*.json"):
        assert path.stat().st_mode & 0o077 == 0 or path.name == "workers.json"


@turns
def test_a_killed_worker_costs_its_pack_an_attempt(pair: Cluster, turn: int) -> None:
    pair.ready()
    batch = pair.runner.queue(seeded("conv1_1:0-15", turn))
    at_work(pair, batch, turn, 8)
    random.Random(turn).choice(pair.boxes).kill_member()
    jobs = pair.check(batch)
    assert {job.state for job in jobs} == {"done"}
    assert {job.attempt for job in jobs} <= {1, 2}


@turns
def test_a_killed_coordinator_costs_no_attempt(pair: Cluster, turn: int) -> None:
    pair.ready()
    batch = pair.runner.queue(seeded("conv1_1:0-15", 100 + turn))
    at_work(pair, batch, turn, 8)
    pair.kill_coordinator()
    jobs = pair.check(batch)
    assert [(job.state, job.attempt) for job in jobs] == [("done", 1)] * 16
    pair.until_joined(2)


@turns
def test_a_killed_supervisor_is_not_noticed(pair: Cluster, turn: int) -> None:
    pair.ready()
    batch = pair.runner.queue(seeded("conv1_1:0-15", 200 + turn))
    at_work(pair, batch, turn, 8)
    before = pair.coordinator()
    pair.runner.kill_supervisor()
    start_runner(pair.runner.state, device="cpu")
    jobs = pair.check(batch)
    assert [(job.state, job.attempt) for job in jobs] == [("done", 1)] * 16
    assert pair.coordinator() == before


@turns
def test_a_worker_that_is_asked_to_end_costs_no_attempt(pair: Cluster, turn: int) -> None:
    pair.ready()
    batch = pair.runner.queue(seeded("conv1_1:0-15", 300 + turn))
    at_work(pair, batch, turn, 8)
    assert random.Random(turn).choice(pair.boxes).end() == 0
    jobs = pair.check(batch)
    assert [(job.state, job.attempt) for job in jobs] == [("done", 1)] * 16


@turns
def test_a_box_that_is_killed_leaves_no_worker_behind(pair: Cluster, turn: int) -> None:
    pair.ready()
    batch = pair.runner.queue(seeded("conv1_1:0-15", 400 + turn))
    at_work(pair, batch, turn, 8)
    pair.boxes[0].end(signal.SIGKILL)
    jobs = pair.check(batch)
    assert [(job.state, job.attempt) for job in jobs] == [("done", 1)] * 16


@turns
def test_what_a_stopped_worker_sends_late_is_discarded(pair: Cluster, turn: int) -> None:
    pair.ready()
    pair.boxes.pop().end()
    pair.until_joined(1)
    batch = pair.runner.queue(seeded("conv1_1:0", 500 + turn, ENDLESS))
    until(lambda: _making(pair.runner, batch))
    pair.box()
    pair.until_joined(2)
    working = pair.boxes[0].member
    assert working is not None
    os.kill(working, signal.SIGSTOP)
    try:
        until(lambda: {job.attempt for job in pair.runner.store.jobs("running")} == {2})
        pair.runner.store.cancel(batch)
        before = pair.runner.store.database.read("SELECT * FROM jobs")
    finally:
        os.kill(working, signal.SIGCONT)
    pair.until_joined(2)
    assert pair.runner.store.database.read("SELECT * FROM jobs") == before
    pair.check(batch)


@turns
def test_a_pause_in_the_middle_of_a_pack_puts_it_aside(pair: Cluster, turn: int) -> None:
    pair.ready()
    runner = pair.runner
    batch = runner.queue(seeded("conv1_1:0-7", 600 + turn))
    making = until(lambda: _making(runner, batch))
    runner.store.pause()
    until(lambda: not runner.store.batch(batch).running)
    assert {job.attempt for job in runner.store.jobs("queued", batch=batch)} == {0}
    put_back = [job for job in runner.store.jobs("queued", batch=batch) if job.id in making]
    assert put_back, "they were far from their end"
    kept = furthest(stored(checkpoint_folder(runner.state)))
    assert kept.keys() >= {checkpoint_name(job) for job in put_back}
    runner.store.resume()
    jobs = pair.check(batch)
    assert [(job.state, job.attempt) for job in jobs] == [("done", 1)] * 8


def test_only_what_somebody_looks_at_is_sent_as_it_grows(pair: Cluster) -> None:
    pair.ready()
    runner = pair.runner
    batch = runner.queue(seeded("conv1_1:0-3", 650, ENDLESS))
    making = until(lambda: _making(runner, batch))
    task = next(job.task for job in runner.store.jobs(batch=batch) if job.id in making)

    def frames() -> set[int]:
        runner.live.poll()
        lives = runner.live.by_slot.values()
        return {frame.channel for live in lives for frame in live.frames}

    assert frames() == set()
    wishes = wish_box(runner.state)
    wishes.send("test", Wishes(b"/gallery", watched=[Watched.of(task)]))
    until(lambda: frames() == {task.channel})
    wishes.clear("test")
    until(lambda: frames() == set())
    runner.store.cancel(batch)
    pair.check(batch)


def test_a_runner_that_is_stopped_and_started_finds_its_workers_again(pair: Cluster) -> None:
    pair.ready()
    members = [box.member for box in pair.boxes]
    batch = pair.runner.queue(seeded("conv1_1:0-15", 700))
    until(lambda: pair.runner.store.batch(batch).running)
    assert stop_runner(pair.runner.state, patience=60) is None
    put_back = pair.runner.store.jobs("queued", batch=batch)
    assert {job.attempt for job in put_back} == {0}
    start_runner(pair.runner.state, device="cpu")
    jobs = pair.check(batch)
    assert [(job.state, job.attempt) for job in jobs] == [("done", 1)] * 16
    assert [box.member for box in pair.boxes] == members, "they waited"


def test_a_job_whose_weights_are_not_there_fails_with_a_sentence(
    pair: Cluster, tmp_path: Path
) -> None:
    from convscope.core.catalog.weights import Weights

    pair.ready()
    weights = Weights(str(tmp_path / "trained.pth"), "0" * 64)
    lost = [msgspec.structs.replace(each, weights=weights) for each in tasks("conv1_1:0", TINY)]
    (job,) = pair.check(pair.runner.queue(lost))
    assert job.state == "failed"
    assert job.error is not None
    assert job.error.startswith(f"On {socket.gethostname()}: ")
    assert str(tmp_path / "trained.pth") in job.error


def test_another_version_is_refused_with_a_sentence(pair: Cluster, tmp_path: Path) -> None:
    pair.ready()
    patch = patch_members(tmp_path / "patch", "import convscope.core as c; c.__version__ = '99.1'")
    stranger = pair.box(patch=patch)
    assert stranger.process.wait(120) == USELESS
    told = stranger.log.read_text()
    assert "has convscope 99.1, the coordinator " in told
    assert "install the same on both" in told
    assert len(read_remote(pair.runner.state)) == 2


def test_a_certificate_of_another_authority_is_refused_with_a_sentence(
    pair: Cluster, tmp_path: Path
) -> None:
    pair.ready()
    other = make_authority()
    file = ClusterFile(
        pair.settings.address, other.certificate, other.worker.certificate, other.worker.key
    )
    write_private(tmp_path / "cluster.json", file)
    stranger = pair.box(file=tmp_path / "cluster.json")
    assert stranger.process.wait(120) == USELESS
    assert "is not the one that made this cluster.json" in stranger.log.read_text()
    # Nor is one with the right authority and a foreign certificate.
    mine = msgspec.json.decode(cluster_file(pair.runner.state).read_bytes(), type=ClusterFile)
    half = msgspec.structs.replace(mine, certificate=file.certificate, key=file.key)
    context = ssl.create_default_context(cadata=half.authority)
    context.check_hostname = False
    for name, text in (("cert", half.certificate), ("key", half.key)):
        (tmp_path / name).write_text(text)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    with (
        socket.create_connection((half.address.host, half.address.port)) as plain,
        pytest.raises((ssl.SSLError, ConnectionError)),
        context.wrap_socket(plain) as encrypted,
    ):
        encrypted.recv(1)


def test_a_full_gallery_waits_for_room_and_loses_nothing(pair: Cluster, tmp_path: Path) -> None:
    pair.ready()
    runner, usual = pair.runner, pair.runner.gallery
    with small_disk(tmp_path / "disk") as disk:
        try:
            runner.gallery = disk.path / "gallery"
            with disk.full():
                batch = runner.queue(tasks("conv1_1:0-15", TINY))
                hold = until(runner.store.holds)
                assert hold[0].gallery == runner.gallery
                others = runner.store.add_batch("test", tasks("conv1_1:16-19", TINY), usual)
                until(lambda: runner.store.batch(others).done == 4)
                assert runner.store.batch(batch).done == 0
            jobs = pair.check(batch)
            assert [(job.state, job.attempt) for job in jobs] == [("done", 1)] * 16
        finally:
            runner.store.cancel(batch)
            with runner.store.database.write() as db:  # their pictures are about to go
                db.execute("DELETE FROM jobs WHERE batch_id = ?", (batch,))
            runner.gallery = usual


def test_the_log_tells_who_came_and_went(pair: Cluster) -> None:
    told = (log_folder(pair.runner.state) / "cluster.log").read_text()
    assert f"on {socket.gethostname()} has joined as remote-1" in told
    assert "Traceback" not in told


@turns
def test_a_job_that_kills_its_workers_fails_alone(tmp_path: Path, turn: int) -> None:
    poison = 5
    kill = f"""
if step.number == 2 and any(task.channel == {poison} for task in self.tasks):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    patch = patch_members(tmp_path / "patch", between_steps(kill))
    with cluster(tmp_path) as found:
        for _ in range(2):
            found.box(patch=patch)
        jobs = found.check(found.runner.queue(seeded("conv1_1:0-9", turn, TINY)))
        assert [job.task.channel for job in jobs if job.state == "failed"] == [poison]
        (failed,) = (job for job in jobs if job.state == "failed")
        assert (failed.attempt, failed.error) == (3, "its worker ended 3 times while making it")
        found.stop()


def _making(runner: Running, batch: int) -> set[int]:
    """Return the jobs of a batch of which the explorer shows some steps."""
    runner.live.poll()
    lives = runner.live.by_slot.values()
    steps = {key: live.step for live in lives for key in live.making}
    running = runner.store.jobs("running", batch=batch)
    return {job.id for job in running if steps.get(job.task.digest, 0) > 20}
