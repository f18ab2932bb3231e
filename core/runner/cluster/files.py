"""What the state folder holds of a cluster, and the file that its workers join by. No Dask."""

import importlib.util
import ipaddress
import os
import re
import socket
import sys
from pathlib import Path

import msgspec

from convscope.core.runner.client import WorkerStatus
from convscope.core.runner.paths import cluster_folder, worker_lock
from convscope.core.system.errors import UserError
from convscope.core.system.files import open_beside, write_note
from convscope.core.system.locks import holder
from convscope.core.system.named_files import open_regular, typed_path
from convscope.core.system.text import printable

SLOT = "cluster"
"""The coordinator's, among those of the supervisor's workers."""
REMOTE = "remote-"
"""Begins the slots of remote workers."""
STANDARD_INPUT = "-"
FROM_PARENT = "|"
"""The same as one line, behind which the pipe stays open for as long as the parent lives."""
LARGEST = 64 * 1024
"""Bytes of a file that workers join by."""


class Address(msgspec.Struct, frozen=True):
    """Where a coordinator listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether no other machine reaches it."""
        found = socket.getaddrinfo(self.host, None, type=socket.SOCK_STREAM)
        return all(ipaddress.ip_address(each[4][0]).is_loopback for each in found)


class ClusterFile(msgspec.Struct, frozen=True):
    """``cluster.json``: what a worker joins by. Whoever has it can join."""

    address: Address
    authority: str
    certificate: str
    key: str
    """This and the two before are PEM."""
    format: int = 1


class Settings(msgspec.Struct, frozen=True):
    """There while the cluster is to run."""

    address: Address
    local: bool = True
    """Whether this machine's own devices make pictures as well."""


class RemoteStatus(msgspec.Struct, frozen=True):
    """One remote worker, as the coordinator tells of it."""

    slot: str
    host: str
    device: str


def cluster_file(state: Path) -> Path:
    """Return where the file lies that is copied to other machines."""
    return cluster_folder(state) / "cluster.json"


def authority_file(state: Path) -> Path:
    """Return where the coordinator's own certificate lies."""
    return cluster_folder(state) / "authority.json"


def slurm_file(state: Path) -> Path:
    """Return where the numbers of Slurm's jobs are kept."""
    return cluster_folder(state) / "slurm.json"


def _settings_file(state: Path) -> Path:
    return cluster_folder(state) / "settings.json"


def _workers_file(state: Path) -> Path:
    return cluster_folder(state) / "workers.json"


def write_private(path: Path, message: msgspec.Struct | list[str]) -> None:
    """Write a file that only this user may read.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with open_beside(path) as (temporary, file):
        os.fchmod(file.fileno(), 0o600)  # before anything stands in it
        file.write(msgspec.json.format(msgspec.json.encode(message)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
        temporary.replace(path)


def read_settings(state: Path) -> Settings | None:
    """Return how the cluster is to run; ``None`` where none is."""
    try:
        return msgspec.json.decode(_settings_file(state).read_bytes(), type=Settings)
    except (OSError, msgspec.DecodeError):
        return None


def switch_on(state: Path, settings: Settings) -> None:
    """Have the supervisor keep a coordinator from now on."""
    write_private(_settings_file(state), settings)


def switch_off(state: Path) -> bool:
    """Let the coordinator end, and the workers with it; returns whether there was to be one."""
    is_on = read_settings(state) is not None
    _settings_file(state).unlink(missing_ok=True)
    return is_on


def coordinator_runs(state: Path) -> bool:
    """Whether a coordinator lives: it holds a lock that dies with it."""
    return holder(worker_lock(state, SLOT)) is not None


def listens(state: Path) -> bool:
    """Whether workers can join."""
    return _workers_file(state).exists() and coordinator_runs(state)


def forget_remote(state: Path) -> None:
    """Remove what an earlier coordinator told."""
    _workers_file(state).unlink(missing_ok=True)


def write_remote(state: Path, workers: list[RemoteStatus]) -> None:
    """Replace what the coordinator tells about its workers."""
    write_note(_workers_file(state), msgspec.json.encode(workers))


def read_remote(state: Path) -> list[RemoteStatus]:
    """Return the workers that have joined; none where no coordinator runs."""
    try:
        found = msgspec.json.decode(_workers_file(state).read_bytes(), type=list[RemoteStatus])
    except (OSError, msgspec.DecodeError):
        return []
    return found if coordinator_runs(state) else []


def remote_workers(state: Path) -> list[WorkerStatus]:
    """Return the same as the supervisor tells of its own."""
    return [
        WorkerStatus(each.slot, f"{each.device} on {each.host}", condition="running")
        for each in read_remote(state)
    ]


def read_cluster_file(written: str) -> ClusterFile:
    """Read the file that a worker joins by; ``-`` is standard input.

    Raises:
        UserError: there is none, or it is none.
    """
    is_named = written not in (STANDARD_INPUT, FROM_PARENT)
    name = printable(written, 200) if is_named else "standard input"
    remedy = "name the cluster.json that convscope cluster start made"
    try:
        return msgspec.json.decode(_content(written), type=ClusterFile)
    except OSError as error:
        raise UserError(f"{name} cannot be read ({error.strerror}); {remedy}.") from error
    except msgspec.DecodeError as error:
        raise UserError(
            f"{name} is not a cluster.json ({printable(error, 100)}); {remedy}."
        ) from error


def former_address(state: Path) -> Address | None:
    """Return where the last coordinator listened, so that a copied file stays right."""
    try:
        return msgspec.json.decode(cluster_file(state).read_bytes(), type=ClusterFile).address
    except (OSError, msgspec.DecodeError):
        return None


def _content(written: str) -> bytes:
    if written == FROM_PARENT:
        return sys.stdin.buffer.readline(LARGEST)
    if written == STANDARD_INPUT:
        return sys.stdin.buffer.read(LARGEST)
    path = typed_path(written, "The cluster file", "check the path")
    with open_regular(path) as file:
        return file.read(LARGEST)


def parse_address(text: str) -> Address:
    """Read ``HOST:PORT``, where this machine is to listen.

    Raises:
        UserError: it is not of that form, is no address of one interface, or is not known.
    """
    match = re.fullmatch(r"\[?([^\[\]\s]+?)\]?:(\d{1,5})", text.strip(), re.ASCII)
    if match is None or not 0 < int(match[2]) < 65536:
        raise UserError(
            f"--listen {printable(text, 80)} should be HOST:PORT, such as gpu01:8786: a name of "
            "this machine by which the others reach it."
        )
    host = match[1]
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise UserError(
            f"--listen {printable(text, 80)}: there is no host {printable(host, 60)} "
            f"({error.strerror}); name this machine as the others know it."
        ) from error
    if any(ipaddress.ip_address(each[4][0]).is_unspecified for each in found):
        raise UserError(
            f"--listen {printable(text, 80)} stands for all networks of this machine; name one by "
            "which the workers reach it."
        )
    return Address(host, int(match[2]))


def free_address() -> Address:
    """Return an address on this machine alone that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return Address("127.0.0.1", found.getsockname()[1])


def cluster_command(*arguments: str) -> list[str]:
    """Return what starts one of a cluster's processes."""
    return [sys.executable, "-P", "-m", __package__, *arguments]


def require_extra() -> None:
    """Refuse where the extra is not installed.

    Raises:
        UserError: it is not.
    """
    missing = [n for n in ("distributed", "cryptography") if importlib.util.find_spec(n) is None]
    if missing:
        raise UserError(
            f"A cluster needs {' and '.join(missing)}; install convscope with its extra: "
            "pip install 'convscope[cluster]', in a clone pip install '.[cluster]'."
        )
