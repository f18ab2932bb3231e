"""A real SSH server on the loopback address, for one key, and sessions in terminals on it."""

import contextlib
import os
import shlex
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.running import until
from tests.terminal import Terminal

_CONFIG = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
PermitRootLogin prohibit-password
PermitUserRC no
PrintMotd no
"""

_CARRIED = ("CONVSCOPE_STATE", "CONVSCOPE_GALLERY", "XDG_CONFIG_HOME", "PYTHONPATH")

_OPTIONS = (
    "BatchMode=yes",
    "IdentitiesOnly=yes",
    "LogLevel=ERROR",
    "StrictHostKeyChecking=no",
)


def carried() -> dict[str, str]:
    """Return what a test's environment says of its folders, for a session on the server."""
    return {name: os.environ[name] for name in _CARRIED}


class Server:
    """An SSH server that lets this user in."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder, self._port = folder, port

    def open(self, command: Sequence[str], environment: Mapping[str, str]) -> Terminal:
        """Run a command there in a terminal; its environment is what a login gives, and this.

        Killing the process of the terminal is what happens when a laptop is closed.
        """
        return Terminal(self.command(command, environment))

    def command(self, command: Sequence[str], environment: Mapping[str, str]) -> list[str]:
        """Return what runs a command there in the terminal in which it is called."""
        remote = ["env", *(f"{name}={value}" for name, value in environment.items()), *command]
        return [*self._client(), "-tt", "127.0.0.1", shlex.join(remote)]

    def answers(self) -> bool:
        """Whether a command can be run there."""
        command = [*self._client(), "127.0.0.1", "true"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def _client(self) -> list[str]:
        options = (*_OPTIONS, f"UserKnownHostsFile={self._folder}/known_hosts")
        return [
            _found("ssh"),
            *("-F", os.devnull, "-p", str(self._port), "-i", f"{self._folder}/user_key"),
            *(word for option in options for word in ("-o", option)),
        ]


@contextlib.contextmanager
def ssh_server(folder: Path) -> Iterator[Server]:
    """Start a server; tests that need one are skipped where there is none to start."""
    for program in ("sshd", "ssh", "ssh-keygen"):
        if not _found(program):
            pytest.skip(f"{program} is not installed")
    folder.mkdir(mode=0o700)
    for name in ("host_key", "user_key"):
        command = [_found("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # a server of root's does not start without it
    port = _free_port()
    (folder / "config").write_text(_CONFIG.format(port=port, folder=folder))
    log = folder / "log"
    command = [_found("sshd"), "-D", "-f", str(folder / "config"), "-E", str(log)]
    with subprocess.Popen(command) as process:
        try:
            server = Server(folder, port)
            until(lambda: process.poll() is not None or server.answers())
            if process.poll() is not None:
                pytest.skip(f"no SSH server can be started here ({log.read_text().strip()})")
            yield server
        finally:
            process.terminate()


def _found(program: str) -> str:
    """Return a program's path, '' where it is not installed."""
    places = [*os.get_exec_path(), "/usr/sbin", "/usr/local/sbin"]
    return shutil.which(program, path=os.pathsep.join(places)) or ""


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])
