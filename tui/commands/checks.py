"""What the doctor looks at on this machine. Torch runs in a process of its own.

A driver that makes torch hang or crash is just what a doctor is called for, and must not take the
report down with it.
"""

import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Literal

import msgspec

from convscope.core import __version__
from convscope.core.catalog.networks import networks
from convscope.core.catalog.published import cache_folder, published
from convscope.core.catalog.weights import EMBEDDED_FILE, EMBEDDED_SHA256
from convscope.core.gallery.saving import ensure_writable_gallery
from convscope.core.jobs.store import held_galleries
from convscope.core.runner.client import is_stopped, newer_runner, older_runner, runner_runs
from convscope.core.runner.logout import REMEDY
from convscope.core.runner.torch_room import NoRoomForTorchError, tells_of_memory
from convscope.core.system.config import Config, ConfigFile
from convscope.core.system.errors import UserError
from convscope.core.system.folders import gallery_folder, state_folder, state_network
from convscope.core.system.mounts import filesystem_of, is_network
from convscope.core.system.text import printable

TORCH_PATIENCE = 120.0
"""Seconds; a first import from a slow network disk takes one of these two minutes."""

State = Literal["ok", "advice", "problem"]

_DESCRIBE = """
import sys, msgspec
from convscope.core.networks.devices import describe
from convscope.core.system.errors import UserError
try:
    sys.stdout.buffer.write(msgspec.json.encode(describe(sys.argv[1])))
except UserError as error:
    sys.exit(str(error))
"""


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report."""

    name: str
    state: State
    """``advice``: works, and could be better; ``problem``: something will not work."""
    detail: str
    remedy: str = ""
    """What to do; empty when all is well."""


class _Device(msgspec.Struct):
    """``convscope.core.networks.devices.DeviceInfo``, as it comes from the other process."""

    name: str
    kind: str
    memory_total: int
    precision: str


def check_versions() -> Finding:
    """Name the versions that decide how pictures come out, without importing the packages."""
    found = [f"convscope {__version__}", f"Python {platform.python_version()}"]
    missing = []
    for package in ("torch", "torchvision"):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            missing.append(package)
    if missing:
        names = " and ".join(missing)
        remedy = f"install what is missing: pip install {' '.join(missing)}"
        return Finding("versions", "problem", f"{', '.join(found)}, no {names}", remedy)
    return Finding("versions", "ok", ", ".join(found))


def check_device(device: str, place: str = "") -> Finding:
    """Ask torch, in its own process, what it would compute on.

    Args:
        device: its name.
        place: where the name is written, if it was not typed.
    """
    command = [sys.executable, "-P", "-c", _DESCRIBE, device]
    try:
        answer = subprocess.run(
            command,
            capture_output=True,
            timeout=TORCH_PATIENCE,
            cwd="/",  # the current folder may be gone
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _no_device(f"torch did not answer within {TORCH_PATIENCE:.0f} s")
    if answer.returncode != 0 and tells_of_memory(answer.stderr.decode(errors="replace")):
        return unusable("device", NoRoomForTorchError())
    if answer.returncode < 0:
        return _no_device(f"torch crashed (signal {-answer.returncode})")
    if answer.returncode > 0:
        lines = answer.stderr.decode(errors="replace").strip().splitlines()
        what = printable(lines[-1] if lines else "torch gave no answer", 200)
        return _no_device(f"{place}: {what}" if place else what)
    found = msgspec.json.decode(answer.stdout, type=_Device)
    memory = f"{found.memory_total / 2**30:.1f} GiB, " if found.memory_total else ""
    detail = f"{printable(found.name)} ({found.kind}), {memory}networks run in {found.precision}"
    return Finding("device", "ok", detail)


def _no_device(what: str) -> Finding:
    remedy = "try --device cpu; if that works, look after the driver, else install torch again"
    return Finding("device", "problem", what, remedy)


def check_cache() -> Iterator[Finding]:
    """Name the weights of torchvision's that are on this machine, where there are any."""
    every = ((model, each) for model in networks() for each in published(model))
    here = [f"{each.name} of {model}" for model, each in every if each.is_here]
    if here:
        yield Finding("weights", "ok", f"{', '.join(here)} in {printable(cache_folder())}")


def check_weights() -> Finding:
    """Compare the embedded weights with their published digest."""
    # convscope.core.networks imports torch only in its modules, not in itself.
    file = files("convscope.core.networks") / "data" / EMBEDDED_FILE
    try:
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()  # type: ignore[arg-type]  # a Traversable opens as a file
    except OSError as error:
        remedy = "install convscope again, or name others with --weights"
        return Finding("weights", "problem", f"cannot be read ({error.strerror})", remedy)
    if digest != EMBEDDED_SHA256:
        remedy = "the file was changed or cut off; install convscope again"
        return Finding(
            "weights", "problem", f"embedded, but with the wrong digest {digest[:8]}", remedy
        )
    return Finding("weights", "ok", f"embedded, digest {digest[:8]} is right")


def check_config(file: ConfigFile) -> list[Finding]:
    """Name the config file and what it sets, or each mistake in it, none of which is fatal."""
    name = printable(file.path)
    if file.problems:
        return [
            Finding("config", "advice", f"{problem.where}: {problem.what}", problem.remedy)
            for problem in file.problems
        ]
    if not file.found:
        return [Finding("config", "ok", f"{name} does not exist; the defaults are used")]
    set_there = [field for field in Config.__struct_fields__ if getattr(file.config, field)]
    return [Finding("config", "ok", f"{name} sets {', '.join(set_there) or 'nothing'}")]


def check_gallery(typed: str | None) -> Finding:
    """Try whether pictures can be saved."""
    folder = ensure_writable_gallery(gallery_folder(typed))
    count = sum(1 for _ in folder.glob("*/*/*.png"))
    return Finding("gallery", "ok", f"{printable(folder)}, {count:,} PNG files")


def check_state() -> Iterator[Finding]:
    """Try the state folder, and look for a worker in it."""
    state = state_folder()
    yield check_state_folder(state)
    yield _check_worker(state)
    yield from check_holds(state)


def _check_worker(state: Path) -> Finding:
    if mismatch := older_runner(state) or newer_runner(state):
        what, _, remedy = mismatch.partition("; ")
        return Finding("worker", "advice", what, remedy.rstrip("."))
    if runner_runs(state):
        return Finding("worker", "ok", "running")
    if is_stopped(state):
        detail = "stopped; nothing is made until it is started, or something is queued"
        return Finding("worker", "advice", detail, "convscope worker start")
    return Finding("worker", "ok", "not running; it starts by itself when there is work")


def check_holds(state: Path) -> Iterator[Finding]:
    """Name the galleries whose jobs wait until they can be written."""
    remedy = "make room there, or mount it again; its jobs then go on by themselves"
    for hold in held_galleries(state):
        what = f"{printable(hold.gallery)} cannot be written ({hold.reason})"
        yield Finding("queue", "problem", what, remedy)


def check_state_folder(state: Path, mountinfo: str | None = None) -> Finding:
    """Say where the state is, why it is not in the usual place, and whether locks work there.

    Args:
        state: the folder in use.
        mountinfo: the text of ``/proc/self/mountinfo``; it is read where none is given.
    """
    kind, home = filesystem_of(state, mountinfo), state_network(mountinfo)
    detail = printable(state)
    if not os.environ.get("CONVSCOPE_STATE") and home:
        detail += f", because the usual folder is on a network filesystem ({printable(home)})"
    if is_network(kind):
        detail += f"; SQLite's locks are not reliable on its network filesystem ({printable(kind)})"
        remedy = "set CONVSCOPE_STATE to a folder of yours on a local disk"
        return Finding("state", "advice", detail, remedy)
    return Finding("state", "ok", detail)


def check_logout(*, ends: bool) -> Finding:
    """Say whether work goes on when this user logs out.

    Args:
        ends: what :func:`convscope.core.runner.logout.ends_at_logout` found.
    """
    if ends:
        what, _, remedy = REMEDY.partition("; ")
        return Finding("logout", "advice", what, remedy)
    return Finding("logout", "ok", "nothing found that would end work at logout")


def unusable(name: str, error: UserError) -> Finding:
    """Turn the sentence of an error into a finding."""
    what, _, remedy = str(error).partition("; ")
    return Finding(name, "problem", what, remedy.rstrip("."))
