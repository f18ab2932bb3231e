"""Fault 8: weights that are none, or that would do harm. Their jobs fail, and only those."""

import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from convscope.core.catalog.targets import parse_targets
from convscope.core.catalog.weights import parse_weights
from convscope.core.tasks.visualize import Visualize, tasks_for
from tests.faults.invariants import check_invariants
from tests.faults.processes import workers
from tests.networks.test_weights import Malicious
from tests.running import QUICK, Running, running, tasks, until
from tests.shared import EMBEDDED_FILE


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


def truncated(folder: Path) -> Path:
    path = folder / "truncated.safetensors"
    whole = EMBEDDED_FILE.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


def page_of_a_server(folder: Path) -> Path:
    path = folder / "page.pth"
    path.write_text("<!DOCTYPE html><html><title>404 Not Found</title></html>")
    return path


def of_another_network(folder: Path) -> Path:
    path = folder / "resnet.safetensors"
    save_file({"conv1.weight": torch.zeros(64, 3, 7, 7)}, path)
    return path


def malicious(folder: Path) -> Path:
    path = folder / "malicious.pth"
    path.write_bytes(pickle.dumps(Malicious(folder / "canary")))
    return path


def malicious_archive(folder: Path) -> Path:
    """What torch itself writes, with something in it that is no tensor."""
    path = folder / "archive.pth"
    torch.save({"features.0.weight": Malicious(folder / "canary")}, path)
    return path


def gone_since(folder: Path) -> Path:
    path = folder / "gone.safetensors"
    path.write_bytes(EMBEDDED_FILE.read_bytes())
    return path


BAD: dict[Callable[[Path], Path], str] = {
    truncated: "is damaged (",
    page_of_a_server: "is a web page",
    of_another_network: "not those of vgg16",
    malicious: "can run code",
    malicious_archive: "could do harm",
    gone_since: "cannot be read",
}
"""How each file is made, and what the reason of its jobs says."""


def test_their_jobs_fail_with_the_reason_and_the_worker_goes_on(
    runner: Running, tmp_path: Path
) -> None:
    for make in BAD:
        runner.queue(_tasks_with(make(tmp_path)))
    (tmp_path / "gone.safetensors").unlink()
    runner.queue(tasks("conv1_1:0-2"))
    runner.start()
    worker = runner.worker()
    until(lambda: runner.store.counts() == {"failed": 2 * len(BAD), "done": 3})

    assert not (tmp_path / "canary").exists()
    failed = runner.store.jobs("failed")
    for reason, one, other in zip(BAD.values(), failed[::2], failed[1::2], strict=True):
        assert one.error == other.error
        assert reason in str(one.error)
        assert Path(one.task.weights.name).name in str(one.error)
        assert "\n" not in str(one.error)
    assert {job.attempt for job in failed} == {1}, "it is told at once, not after three deaths"
    assert workers(runner.state) == [worker]
    check_invariants(runner.state, runner.gallery)

    # A good file at the same place is another one; it is asked for again, not retried.
    again = tmp_path / "truncated.safetensors"
    again.write_bytes(EMBEDDED_FILE.read_bytes())
    runner.queue(_tasks_with(again))
    runner.until_done(5)
    assert workers(runner.state) == [worker]
    log = (runner.state / "logs" / "worker-cpu.log").read_text()
    assert "--normalize" not in log

    # Jobs of earlier versions name no normalisation: what is doubtful about them is in the log.
    tensors = load_file(EMBEDDED_FILE)
    tensors["features.28.bias"] += 1
    save_file(tensors, tmp_path / "near")
    runner.queue(_tasks_with(tmp_path / "near"))
    runner.until_done(7)
    log = (runner.state / "logs" / "worker-cpu.log").read_text()
    assert log.count("--normalize caffe would fit") == 1


def _tasks_with(weights: Path) -> list[Visualize]:
    return tasks_for(parse_targets(["conv1_1:0-1"]), QUICK, weights=parse_weights(str(weights)))
