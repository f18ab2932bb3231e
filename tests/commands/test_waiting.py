"""``convscope queue wait`` and ``show --follow``, and what starts the runner."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from convscope.core.jobs.store import JobStore
from convscope.core.runner.paths import stop_flag
from convscope.core.system.folders import state_folder
from tests.commands.queueing import Played, a_stopped_runner, a_store, add, call  # noqa: F401
from tests.conftest import COMMAND
from tests.running import until
from tests.terminal import Terminal


@contextmanager
def started(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a command of the queue beside this process."""
    with subprocess.Popen(
        [*COMMAND, "queue", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


def next_said(process: "subprocess.Popen[str]") -> str:
    assert process.stderr is not None
    return process.stderr.readline()


def test_wait_ends_with_the_batch(store: JobStore, gallery: Path, stopped: None) -> None:
    add(store, gallery, "conv5_1:0-1")
    add(store, gallery, "conv5_1:7")
    with started("wait", "1") as process:
        assert "The worker is stopped; convscope worker start" in next_said(process)
        Played(store).finish(2)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")
    assert store.counts() == {"done": 2, "queued": 1}


def test_wait_without_a_number_waits_for_all(store: JobStore, gallery: Path, stopped: None) -> None:
    for channel in (0, 1):
        add(store, gallery, f"conv5_1:{channel}")
    worker = Played(store)
    worker.fail()
    with started("wait") as process:
        assert "is stopped" in next_said(process)
        worker.finish()
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, ""), "what had failed before was not waited for"


def test_wait_ends_with_1_when_a_job_failed(store: JobStore, gallery: Path) -> None:
    add(store, gallery, "conv5_1:0-2")
    worker = Played(store)
    worker.finish()
    worker.fail()
    store.cancel(1)
    ended = call("queue wait 1")
    assert (ended.code, ended.out) == (1, "")
    assert "1 job of batch 1 was cancelled" in ended.err
    assert "Job 2 failed: it broke" in ended.err
    assert "1 job of batch 1 failed; convscope queue show 1 says why" in ended.err
    assert call("queue wait").code == 0, "nothing is left of the queue"


def test_cancelled_jobs_are_no_failure(store: JobStore, gallery: Path) -> None:
    add(store, gallery, "conv5_1:0-2")
    store.cancel(1)
    ended = call("queue wait 1")
    assert (ended.code, ended.err) == (0, "convscope: 3 jobs of batch 1 were cancelled.\n")


def test_wait_says_once_that_the_queue_is_paused(
    store: JobStore, gallery: Path, stopped: None
) -> None:
    add(store, gallery, "conv5_1:0-1")
    store.pause(1)
    with started("wait", "1") as process:
        assert "Batch 1 is paused; convscope queue resume 1" in next_said(process)
        store.pause()
        assert "The queue is paused; convscope queue resume" in next_said(process)
        store.cancel(1)
        _, err = process.communicate(timeout=60)
    assert err == "convscope: 2 jobs of batch 1 were cancelled.\n"


def test_wait_says_once_that_a_gallery_cannot_be_written(
    store: JobStore, gallery: Path, stopped: None
) -> None:
    add(store, gallery, "conv5_1:0-1")
    Played(store).hold_back()
    with started("wait", "1") as process:
        said = {next_said(process), next_said(process)}
        assert any(f"The gallery {gallery} cannot be written" in each for each in said)
        assert any("The worker is stopped" in each for each in said)
        store.cancel(1)
        _, err = process.communicate(timeout=60)
    assert err == "convscope: 2 jobs of batch 1 were cancelled.\n"


@pytest.mark.parametrize(
    ("number", "words"), [(["1"], "Batch 1 keeps running"), ([], "The queue keeps running")]
)
def test_interrupted_waiting_says_that_the_work_goes_on(
    store: JobStore, gallery: Path, stopped: None, number: list[str], words: str
) -> None:
    add(store, gallery, "conv5_1:0-1")
    with started("wait", *number) as process:
        next_said(process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert len(err.splitlines()) == 1
    assert words in err
    assert " ".join(["convscope queue wait", *number]) in err
    assert store.counts() == {"queued": 2}


def test_terminated_waiting_ends_in_silence(store: JobStore, gallery: Path, stopped: None) -> None:
    add(store, gallery, "conv5_1:0-1")
    with started("wait", "1") as process:
        next_said(process)
        process.terminate()
        assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 143


def test_a_terminal_shows_how_far_it_is(store: JobStore, gallery: Path, stopped: None) -> None:
    add(store, gallery, "conv5_1:0-2")
    worker = Played(store)
    terminal = Terminal([*COMMAND, "queue", "wait", "1"])
    terminal.until(lambda: "0/3 jobs" in terminal.text)
    worker.finish()
    terminal.until(lambda: "1/3 jobs, 4 s left" in terminal.text)
    worker.fail()
    terminal.until(lambda: "2/3 jobs, 1 failed, 2 s left" in terminal.text)
    worker.finish()
    assert terminal.ended() == 1


@pytest.mark.parametrize(
    ("config", "rings"),
    [
        ("", "\a"),
        (
            'notify = "desktop"',
            "\x1b]777;notify;convscope;batch 1 (a batch) has ended: 1 done, 1 failed\a",
        ),
        ('notify = "none"', ""),
    ],
)
def test_the_end_of_a_batch_is_announced(
    store: JobStore, gallery: Path, tmp_path: Path, stopped: None, config: str, rings: str
) -> None:
    (tmp_path / "config" / "convscope").mkdir(parents=True)
    (tmp_path / "config" / "convscope" / "config.toml").write_text(config)
    add(store, gallery, "conv5_1:0-1")
    worker = Played(store)
    terminal = Terminal([*COMMAND, "queue", "wait", "1", "--notify"])
    terminal.until(lambda: "0/2 jobs" in terminal.text)
    assert "\a" not in terminal.text
    worker.finish()
    worker.fail()
    assert terminal.ended() == 1
    assert terminal.text.count("\a") == (2 if "desktop" in config else len(rings))
    assert rings in terminal.text


def test_without_a_terminal_nothing_is_announced(store: JobStore, gallery: Path) -> None:
    add(store, gallery, "conv5_1:0")
    Played(store).finish()
    assert call("queue wait 1 --notify").err == ""


def test_follow_prints_each_job_as_it_ends(store: JobStore, gallery: Path, stopped: None) -> None:
    add(store, gallery, "conv5_1:0-2")
    worker = Played(store)
    worker.finish()
    with started("show", "1", "--follow") as process:
        assert process.stdout is not None
        first = process.stdout.readline().split()
        worker.fail("it broke")
        second = process.stdout.readline().split()
        store.cancel(1)
        out, _ = process.communicate(timeout=60)
    assert first[1:5] == ["vgg16/conv5_1:0", "done", "1,234.5", "excited"]
    assert second[1:] == ["vgg16/conv5_1:1", "failed", "it", "broke"]
    assert out.split()[1:] == ["vgg16/conv5_1:2", "cancelled"]
    assert process.returncode == 1


def test_follow_as_json_is_one_document_at_the_end(store: JobStore, gallery: Path) -> None:
    add(store, gallery, "conv5_1:0-2")
    Played(store).finish(3)
    ended = call("queue show 1 --follow --json")
    assert [job["state"] for job in json.loads(ended.out)["jobs"]] == ["done"] * 3
    assert ended.code == 0


# ---- the runner ----------------------------------------------------------------------------

PLAYED_RUNNER = """
import argparse, pathlib
from convscope.core import __version__
from convscope.core.jobs.claims import Claims, worker_name
from convscope.core.jobs.store import JobStore
from convscope.core.system.locks import hold
from convscope.core.runner.paths import runner_lock
parser = argparse.ArgumentParser()
parser.add_argument("--state", type=pathlib.Path)
parser.add_argument("--device")
options, _ = parser.parse_known_args()
with hold(runner_lock(options.state), __version__) as is_ours:
    assert is_ours
    (options.state / "device").write_text(options.device)
    store = JobStore(options.state)
    claims = Claims(store.database, worker_name("played"))
    claims.sign_on()
    while jobs := claims.claim(lambda task: 8):
        for job in jobs:
            claims.finish(job, activation=1.0, verdict="excited", seconds=1.0)
"""


@pytest.fixture
def run_with(tmp_path: Path) -> Callable[..., "subprocess.Popen[str]"]:
    """Run ``convscope`` where another program stands for the runner's Python."""

    def run(runner: str, *arguments: str) -> "subprocess.Popen[str]":
        file = tmp_path / "runner"
        file.write_text(runner)
        file.chmod(0o755)
        program = (
            f"import sys; sys.executable = {str(file)!r}; "
            "from convscope.tui.commands.main import main; main()"
        )
        return subprocess.Popen(
            [sys.executable, "-P", "-c", program, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return run


def played_runner() -> str:
    # Its first line drops "-P -m convscope.core.runner", which Python would take for its own.
    return f"#!/bin/sh\nshift 3\nexec {sys.executable} -P -c '{PLAYED_RUNNER}' \"$@\"\n"


@pytest.mark.parametrize(
    ("before", "line"),
    [
        ("", "queue add conv5_1:0-9 --device cpu"),
        ("cancel", "queue retry 1"),
        ("pause", "queue resume 1"),
        ("", "queue wait 1"),
    ],
)
def test_work_starts_the_runner(
    before: str,
    line: str,
    store: JobStore,
    gallery: Path,
    run_with: Callable[..., "subprocess.Popen[str]"],
    tmp_path: Path,
) -> None:
    (tmp_path / "config" / "convscope").mkdir(parents=True)
    (tmp_path / "config" / "convscope" / "config.toml").write_text('device = "cpu"')
    add(store, gallery, "conv5_1:0-9")
    if before:
        getattr(store, before)(1)
    if "wait" not in line:  # which respects that the user stopped it
        stop_flag(state_folder()).touch()
    with run_with(played_runner(), *line.split()) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    until(lambda: set(store.counts()) == {"done"})
    assert (state_folder() / "device").read_text() == "cpu"
    assert not stop_flag(state_folder()).exists()


def test_wait_says_once_that_the_runner_fails_and_goes_on_waiting(
    store: JobStore, gallery: Path, run_with: Callable[..., "subprocess.Popen[str]"]
) -> None:
    add(store, gallery, "conv5_1:0")
    with run_with("#!/bin/sh\nexit 3\n", "queue", "wait", "1") as process:
        said = next_said(process)
        Played(store).finish()
        _, err = process.communicate(timeout=60)
    assert "The worker failed (code 3)" in said
    assert "runner.log says why" in said
    assert (process.returncode, err) == (0, "")
