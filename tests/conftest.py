"""What all tests share: folders of their own, and the command line as a real process."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.ssh import Server

ROOT = Path(__file__).parent.parent
COMMAND = [sys.executable, "-P", "-c", "from convscope.tui.commands.main import main; main()"]


def pytest_configure() -> None:
    """Let torch's threads wait asleep, here and in the processes that tests start.

    By default they spin while they wait for each other: where tests or other programs take the
    cores as well, a second of work takes ten.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Run one process more than there are cores: many tests wait for processes of their own."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test meets the user's own gallery, queue, config or terminal settings."""
    monkeypatch.setenv("CONVSCOPE_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("CONVSCOPE_GALLERY", str(tmp_path / "gallery"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name in ("COLUMNS", "LINES", "COLORTERM", "NO_COLOR", "CONVSCOPE_CONFIG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    """The gallery the commands use; it does not exist until something is saved."""
    return tmp_path / "gallery"


@pytest.fixture
def without_atlas(tmp_path: Path) -> None:
    """The explorer shows no pictures of VGG16 but those that it has made itself."""
    file = tmp_path / "config" / "convscope" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text("atlas = false\n")


@dataclass(frozen=True)
class Ended:
    """A process that has ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """Standard output by lines."""
        return self.out.splitlines()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Server]":
    """A real SSH server on the loopback address; skips where there is none."""
    from tests.ssh import ssh_server

    with ssh_server(tmp_path_factory.mktemp("ssh") / "server") as found:
        yield found


@pytest.fixture
def run_cli(tmp_path: Path) -> Callable[..., Ended]:
    """Run ``convscope`` with arguments as a process of its own, without a terminal."""

    def run(*arguments: str, **environment: str) -> Ended:
        ended = subprocess.run(
            [*COMMAND, *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=tmp_path,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    return run


@pytest.fixture
def run_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """Run ``convscope`` as ``run_cli`` does, in this process, where torch is loaded but once."""
    from click.testing import CliRunner

    from convscope.tui.commands.cli import cli
    from convscope.tui.commands.errors import explain

    def run(*arguments: str) -> Ended:
        monkeypatch.chdir(tmp_path)
        result = CliRunner().invoke(cli, arguments, prog_name="convscope", standalone_mode=False)
        if not isinstance(result.exception, Exception):
            return Ended(result.return_value or 0, result.stdout, result.stderr)
        sentence, code = explain(result.exception)
        return Ended(code, result.stdout, f"{result.stderr}convscope: {sentence}\n")

    return run


@pytest.fixture
def signal_cli(tmp_path: Path) -> Callable[..., Ended]:
    """Run ``convscope``, send it a signal once it has printed some lines, and say how it ended."""

    def run(number: signal.Signals, *arguments: str, lines: int = 1) -> Ended:
        with subprocess.Popen(
            [*COMMAND, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        ) as process:
            assert process.stdout is not None
            first = "".join(process.stdout.readline() for _ in range(lines))
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
        return Ended(process.returncode, first + out, err)

    return run
