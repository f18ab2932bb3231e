"""A process of a user without home folder and without an entry of passwd, as in containers."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import COMMAND, ROOT, Ended

BECOME = ["unshare", "--user", "--map-user=54321", "--map-group=54321"]
"""This user under a number that no passwd knows: a truly other one could not call a Python that
lies in somebody's home."""


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Ended]:
    """Run convscope as somebody without a home."""
    try:
        subprocess.run([*BECOME, *COMMAND, "--version"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no namespaces of users here")

    def run(*arguments: str, **environment: str) -> Ended:
        kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment}
        ended = subprocess.run(
            [*BECOME, *COMMAND, *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=tmp_path,
            env=kept,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    return run


def test_without_a_home_the_state_folder_asks_to_be_named(run: Callable[..., Ended]) -> None:
    for line in ("queue", "worker", "worker stop"):
        ended = run(*line.split())
        assert (ended.code, ended.out) == (2, "")
        assert ended.err == (
            "convscope: There is no home folder to keep the state in; "
            "set CONVSCOPE_STATE to a folder of yours on a local disk.\n"
        )


def test_without_a_home_what_needs_none_works(run: Callable[..., Ended]) -> None:
    for line in ("layers", "--help", "render --help"):
        ended = run(*line.split())
        assert (ended.code, ended.err) == (0, "")
    wrong = run("render", "conv1_1:1", "--gallery", "~/x")
    assert wrong.code == 2
    assert "The gallery ~/x cannot be used (there is no home folder)" in wrong.err


@pytest.mark.long
def test_without_a_home_pictures_are_made_and_queued(
    run: Callable[..., Ended], tmp_path: Path
) -> None:
    here = {name: str(tmp_path / name) for name in ("CONVSCOPE_STATE", "CONVSCOPE_GALLERY")}
    job = ["conv1_1:1", "--steps", "1", "--resolution", "16", "--device", "cpu"]
    made = run("render", *job)  # into the current folder
    assert (made.code, made.err) == (0, "")
    assert run("queue", "add", *job, **here).code == 0
    assert run("queue", "wait", **here).code == 0
    (picture,) = (tmp_path / "CONVSCOPE_GALLERY").rglob("*.png")
    assert picture.is_file()
    assert run("worker", "stop", **here).code == 0


def test_the_doctor_goes_on_after_a_check_that_failed(run: Callable[..., Ended]) -> None:
    ended = run("doctor", "--device", "cpu")
    assert (ended.code, ended.err) == (1, "")
    assert "state     problem  There is no home folder to keep the state in" in ended.lines
    assert "~/.config/convscope/config.toml does not exist; the defaults are used" in ended.out
    assert ended.out.count("problem") == 1
    assert ended.lines[-1].startswith("device    ok")
