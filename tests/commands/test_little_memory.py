"""Where a limit leaves too little memory for torch: a sentence, before its native code aborts."""

import resource
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conftest import COMMAND
from tests.running import running, tasks, until

SENTENCE = "There is not enough memory to load torch within the"


def limited(
    command: Sequence[str], size: int, kind: int = resource.RLIMIT_AS
) -> "subprocess.CompletedProcess[str]":
    """Run a command that may have so many bytes of memory."""
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(kind, (size, size)),
        check=False,
    )


@pytest.mark.parametrize("size", [500_000, 1_000_000, 2_000_000, 3_000_000])
def test_too_little_memory_is_one_sentence(size: int, gallery: Path) -> None:
    line = ["render", "conv1_1:0", "--steps", "1", "--resolution", "16", "--device", "cpu"]
    ended = limited([*COMMAND, *line], size * 1024)
    if size > 1_000_000 and ended.returncode == 0:
        pytest.skip("this torch needs less, as those without CUDA do")
    assert (ended.returncode, ended.stdout) == (1, "")
    (said,) = ended.stderr.splitlines()
    assert said.startswith(f"convscope: {SENTENCE} {size / 2**20:.1f} GiB")
    assert said.endswith("raise the limit (ulimit -v).")
    assert not gallery.exists()


def test_the_limit_that_is_too_low_is_named() -> None:
    ended = limited([*COMMAND, "render", "conv1_1:0"], 500_000 * 1024, resource.RLIMIT_DATA)
    assert ended.returncode == 1
    assert ended.stderr.endswith("raise the limit (ulimit -d).\n")


@pytest.mark.long
def test_the_runner_says_why_its_worker_cannot_work(tmp_path: Path) -> None:
    with running(tmp_path) as here:
        here.queue(tasks("conv1_1:0"))
        started = limited([*COMMAND, "worker", "start", "--device", "cpu"], 2**30)
        assert started.returncode == 0
        log = tmp_path / "state" / "logs" / "runner.log"
        until(lambda: SENTENCE in log.read_text())
        assert here.states() == [("queued", 0)]
