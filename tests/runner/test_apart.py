"""Questions to a process of their own: what becomes of one that does not answer."""

from pathlib import Path

import pytest

from convscope.core.runner.apart import NoAnswerError, ask_apart
from convscope.core.runner.device_facts import device_facts
from convscope.core.runner.slots import Slot
from convscope.core.system.errors import UserError

PROGRAMS = {
    "crash": ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "signal 11"),
    "fault": ("raise ImportError('libcudart.so is missing.')", "libcudart.so is missing"),
    "silence": ("import sys; sys.exit(3)", "exit 3"),
    "hang": ("import time; time.sleep(600)", "torch did not answer within 1 s"),
}


@pytest.mark.parametrize("kind", PROGRAMS)
def test_why_there_is_no_answer_is_said_in_a_few_words(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, words = PROGRAMS[kind]
    (tmp_path / "asked.py").write_text(program)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(NoAnswerError, match=words):
        ask_apart("asked", kind=str, patience=1 if kind == "hang" else 60)


@pytest.mark.long
def test_a_device_is_described_or_refused_in_a_sentence() -> None:
    assert device_facts(Slot("cpu", "cpu")).kind == "cpu"
    with pytest.raises(UserError, match=r"^There is no device cuda:98") as caught:
        device_facts(Slot("cuda-98", "cuda:98"))
    assert caught.value.about == "device"


def test_a_device_is_asked_as_its_worker_would_and_has_to_compute(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("""
import torch

def fails(*_, **__):
    raise torch.AcceleratorError("CUDA error: no kernel image is available for execution")

torch.nn.functional.conv2d = fails
""")
    with pytest.raises(UserError, match=r"cannot compute on .* \(no kernel image is available"):
        device_facts(Slot("cpu", "cpu", {"PYTHONPATH": str(tmp_path)}))
