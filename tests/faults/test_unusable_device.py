"""A device that torch finds and cannot compute on, or that others have taken, as a worker begins.

Two slots of the CPU stand for two GPUs, and in the workers' processes convolutions that fail.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from convscope.core.ascent.recipes import DRAFT
from convscope.core.runner.client import GIVEN_UP, last_status, runner_status, start_runner
from convscope.core.runner.process import TAKEN, USELESS
from convscope.core.runner.slot_processes import CONDITIONS
from convscope.core.runner.wishes import Wishes, wish_box
from tests.conftest import ROOT, Ended
from tests.faults.invariants import check_invariants
from tests.faults.patches import patch_workers
from tests.running import Running, running, tasks, until

NO_KERNEL = "CUDA error: no kernel image is available for execution on the device"
BUSY = "CUDA error: CUDA-capable device(s) is/are busy or unavailable"
_FAILS = """
import pathlib, torch
with pathlib.Path({starts!r}).open("a") as starts:
    starts.write(arguments[1] + "\\n")

def fails(*_, **__):
    raise torch.AcceleratorError({words!r} + "\\nFor debugging consider more")

if arguments[1] == {slot!r} and not pathlib.Path({free!r}).exists():
    torch.nn.functional.conv2d = fails
"""

ONE_GPU = """
from types import SimpleNamespace

class NVMLError(Exception):
    pass

def no_mig(_):
    raise NVMLError

nvmlInit = nvmlShutdown = lambda: None
nvmlDeviceGetCount = lambda: 1
nvmlDeviceGetHandleByIndex = nvmlDeviceGetHandleByUUID = lambda _: "handle"
nvmlDeviceGetUUID = lambda _: "GPU-aaaaaaaa-1111-2222-3333-444444444444"
nvmlDeviceGetMigMode = no_mig
nvmlDeviceGetMemoryInfo = lambda _: SimpleNamespace(free=2**36)
"""


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setenv("CONVSCOPE_STATE", str(tmp_path / "state"))
    with running(tmp_path) as found:
        yield found


@pytest.fixture
def failing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Let every convolution fail on a slot, until there is a file ``free``."""

    def put(slot: str, words: str) -> None:
        names = {name: str(tmp_path / name) for name in ("starts", "free")}
        body = _FAILS.format(slot=slot, words=words, **names)
        patch_workers(monkeypatch, tmp_path / "patch", body)

    return put


def starts(tmp_path: Path) -> list[str]:
    """The slots that a worker was started on."""
    return (tmp_path / "starts").read_text().split()


def test_a_gpu_without_kernels_is_given_up_and_the_other_does_the_work(
    runner: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing, run_cli
) -> None:
    monkeypatch.setenv("CONVSCOPE_CPU_SLOTS", "2")
    failing("cpu-1", NO_KERNEL)
    runner.queue(tasks("conv1_1:0-39"))
    (peek,) = tasks("conv1_2:5", DRAFT)

    def is_drafted() -> bool:
        wish_box(runner.state).send("test", Wishes(os.fsencode(runner.gallery), peek=peek))
        return runner.find(peek) is not None

    start_runner(runner.state, device="cpu")
    until(lambda: (status := runner_status(runner.state)) is not None and status.given_up)
    runner.until_done(40)
    until(is_drafted)

    assert starts(tmp_path).count("cpu-1") == 1, "no crash loop"
    assert starts(tmp_path).count("cpu-2") == 2, "it began anew as the one that makes drafts"
    (sentence,) = last_status(runner.state).given_up
    assert "cannot compute on " in sentence
    assert "(no kernel image is available for execution on the device); install a " in sentence
    first, second = last_status(runner.state).workers
    assert (first.slot, first.condition) == ("cpu-1", GIVEN_UP)
    assert (second.slot, second.condition) == ("cpu-2", "running")
    shown: Ended = run_cli("worker")
    assert f"→ {sentence}" in shown.lines
    assert any(line.split()[-3:] == GIVEN_UP.split() for line in shown.lines)
    assert {job.attempt for job in runner.store.jobs()} == {1}
    assert runner.live.poll().device, "not the last words of the slot that was given up"
    check_invariants(runner.state, runner.gallery)


def test_where_torch_sees_none_of_the_gpus_the_cpu_works_and_why_is_told(
    runner: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a driver that is too old for this torch: NVIDIA's own library finds the GPU."""
    (tmp_path / "nvidia").mkdir()
    (tmp_path / "nvidia" / "pynvml.py").write_text(ONE_GPU)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'nvidia'}{os.pathsep}{ROOT}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    runner.queue(tasks("conv1_1:0-3"))
    start_runner(runner.state, device="auto")
    assert {job.attempt for job in runner.until_done(4)} == {1}
    status = last_status(runner.state)
    assert [(worker.slot, worker.condition) for worker in status.workers] == [("auto", "running")]
    (sentence,) = status.given_up
    assert sentence.startswith("There is no device cuda: torch sees 0 CUDA devices")


def test_where_no_device_computes_the_jobs_wait_and_why_is_still_told(
    runner: Running, tmp_path: Path, failing, run_cli
) -> None:
    failing("cpu", NO_KERNEL)
    runner.queue(tasks("conv1_1:0-3"))
    process = start_runner(runner.state, device="cpu")
    assert process is not None
    assert process.wait(60) == USELESS
    assert starts(tmp_path) == ["cpu"], "no crash loop"
    assert runner.states() == [("queued", 0)] * 4
    shown: Ended = run_cli("worker")
    assert shown.lines[0].startswith("The worker is not running")
    assert any("choose --device cpu" in line for line in shown.lines)


def test_a_gpu_that_another_program_has_to_itself_is_waited_for(
    runner: Running, tmp_path: Path, failing
) -> None:
    failing("cpu", BUSY)
    runner.queue(tasks("conv1_1:0-3"))
    start_runner(runner.state, device="cpu")
    until(lambda: [each.condition for each in last_status(runner.state).workers] == [
        CONDITIONS[TAKEN]
    ])  # fmt: skip
    until(lambda: len(starts(tmp_path)) > 1)
    assert runner.states() == [("queued", 0)] * 4
    assert last_status(runner.state).given_up == []
    (tmp_path / "free").touch()
    assert {job.attempt for job in runner.until_done(4)} == {1}
    check_invariants(runner.state, runner.gallery)
