"""What the doctor looks at on this machine. Torch runs in a process of its own.

A driver that makes torch hang or crash is just what a doctor is called for, and must not take the
report down with it.
"""

import hashlib
import os
import platform
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Literal

from convscope.core import __version__
from convscope.core.catalog.networks import networks
from convscope.core.catalog.published import cache_folder, published, published_as
from convscope.core.catalog.weights import EMBEDDED_FILE, EMBEDDED_NAME, EMBEDDED_SHA256
from convscope.core.gallery.saving import ensure_writable_gallery
from convscope.core.jobs.store import held_galleries
from convscope.core.runner.apart import NoAnswerError
from convscope.core.runner.client import is_stopped, newer_runner, older_runner, runner_runs
from convscope.core.runner.device_facts import device_facts
from convscope.core.runner.logout import REMEDY
from convscope.core.runner.slots import Slot, find_slots
from convscope.core.system.config import Config, ConfigFile
from convscope.core.system.errors import UserError
from convscope.core.system.folders import gallery_folder, state_folder, state_network
from convscope.core.system.mounts import filesystem_of, is_network
from convscope.core.system.text import printable
from convscope.tui.commands.subjects import ChosenNetwork, Typed, choice_of

State = Literal["ok", "advice", "problem"]


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report."""

    name: str
    state: State
    """``advice``: works, and could be better; ``problem``: something will not work."""
    detail: str
    remedy: str = ""
    """What to do; empty when all is well."""


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


def check_devices(device: str) -> Iterator[Finding]:
    """Let torch compute, in a process of its own, on each GPU that workers would have.

    Raises:
        UserError: there is no device of that name, or none that it can compute on.
    """
    slots = find_slots(device)
    gpus = [slot for slot in slots if slot.is_nvidia]
    if not gpus:  # several slots of the CPU are one device
        yield _check_device(slots[0])
        return
    with ThreadPoolExecutor(len(gpus)) as pool:
        yield from pool.map(_check_gpu, gpus)


def _check_gpu(slot: Slot) -> Finding:
    try:
        return _check_device(slot)
    except UserError as error:
        return unusable("device", error)


def _check_device(slot: Slot) -> Finding:
    try:
        found = device_facts(slot)
    except NoAnswerError as error:
        what, _, remedy = str(error).partition("; ")
        advice = "try --device cpu; if that works, check the driver, otherwise install torch again"
        return Finding("device", "problem", what, remedy or advice)
    memory = f"{found.memory_total / 2**30:.1f} GiB, " if found.memory_total else ""
    detail = f"{printable(found.name)} ({found.kind}), {memory}networks run in {found.precision}"
    return Finding("device", "ok", detail)


def check_cache() -> Iterator[Finding]:
    """Name the weights of torchvision's that are on this machine, where there are any."""
    every = ((model, each) for model in networks() for each in published(model))
    here = [f"{each.name} of {model}" for model, each in every if each.is_here]
    if here:
        yield Finding("weights", "ok", f"{', '.join(here)} in {printable(cache_folder())}")


def check_chosen(typed: Typed, config: Config) -> Iterator[Finding]:
    """Say whether the weights are here, and can be used, of the network that is typed or set.

    Raises:
        UserError: there is no such network; its weights cannot be used.
    """
    doubts: list[str] = []
    choice = choice_of(typed, config, here=False, note=doubts.append)
    chosen = ChosenNetwork(choice.model, choice, here=False, note=doubts.append)
    model, weights = printable(chosen.network.name), chosen.weights
    if weights.name == EMBEDDED_NAME:
        return  # they are checked anyway
    known = published_as(chosen.network.name, weights.name)
    if known and not known.is_here:
        detail = f"{model}: {known.name} is not here, {known.where}"
        remedy = f"they are downloaded at first use; or put {known.file} into"
        yield Finding("network", "advice", detail, f"{remedy} {printable(cache_folder())}")
        return
    expected = chosen.normalization or weights.usual_normalization  # a file is examined now
    for doubt in doubts:
        what, _, remedy = doubt.rstrip(".").partition(". ")
        yield Finding("network", "advice", what, remedy[:1].lower() + remedy[1:])
    if not doubts:
        found = "is here" if known else "can be used"
        classes = f", {chosen.facts.classes:,} classes" if chosen.facts.classes else ""
        detail = f"{model}: {printable(weights.name)} {found}{classes}, normalize {expected}"
        yield Finding("network", "ok", detail)


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
    set_there = [
        field for field in Config.__struct_fields__ if getattr(file.config, field) not in (None, {})
    ]
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
