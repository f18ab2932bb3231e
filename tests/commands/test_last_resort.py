"""The last-resort handler: whatever fails, and whatever fails besides, it is no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

RAISING = """
import sys
from convscope.tui.commands import main as the_main
def fail():
    {body}
the_main._run = fail
the_main.main()
"""

BODIES = {
    "recursion": "def again(): again()\n    again()",
    "memory": "raise MemoryError",
    "a group": "raise ExceptionGroup('several', [ValueError('\\udcff')])",
    "no words": (
        "class Mute(Exception):\n        def __str__(self): raise RuntimeError\n    raise Mute()"
    ),
    "generator": "raise GeneratorExit",
    "interrupted": "raise KeyboardInterrupt",
    "disk": "raise OSError(28, 'No space left on device')",
    "foreign words": "raise ValueError('\\x1b[2J\\u202e\\udcff')",
}


def fail(body: str, cwd: Path, **streams: object) -> "subprocess.CompletedProcess[bytes]":
    """Run the console script with something else in place of all commands."""
    program = RAISING.format(body=body)
    command = [sys.executable, "-P", "-c", program]
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        command, cwd=cwd, check=False, timeout=60, **{"stderr": subprocess.PIPE, **streams}
    )


@pytest.mark.parametrize("what", BODIES)
def test_whatever_fails_is_one_sentence(what: str, tmp_path: Path) -> None:
    ended = fail(BODIES[what], tmp_path)
    assert ended.returncode == (130 if what == "interrupted" else 1)
    said = ended.stderr.decode()
    assert said.count("\n") == (0 if what == "interrupted" else 1)
    assert not said or (said.startswith("convscope: ") and said[:-1].isprintable())
    assert "Traceback" not in said


@pytest.mark.parametrize("state", ["/proc/nowhere", "~nobody-here/x", "x" * 5000, "/dev/null"])
def test_no_log_can_be_written(state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVSCOPE_STATE", state)
    ended = fail("raise KeyError('gone')", tmp_path)
    assert ended.returncode == 1
    assert ended.stderr == (
        b"convscope: Something went wrong that should not (KeyError: 'gone'), "
        b"and no log could be written.\n"
    )


def test_nothing_can_be_said(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with Path("/dev/full").open("wb") as full:
        for stderr in (full, writer):
            assert fail("raise KeyError('gone')", tmp_path, stderr=stderr).returncode == 1
    os.close(writer)
