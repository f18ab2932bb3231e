"""Workers as an array of Slurm's jobs, and nothing else of Slurm's."""

import contextlib
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import msgspec

from convscope.core.runner.cluster.files import (
    ClusterFile,
    cluster_command,
    slurm_file,
    write_private,
)
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable

NAME = "convscope"
JOB = "SLURM_JOB_ID"
"""Set where a job of Slurm's runs."""
SPARE_SECONDS = 60
"""So long before a job's time is over, its worker puts its pack aside and ends."""
PATIENCE = 60.0
"""Seconds for an answer of Slurm's controller."""

_SCRIPT = """\
#!/bin/sh
exec {command} <<'END'
{cluster}
END
"""


class Element(msgspec.Struct, frozen=True):
    """One job of an array, as Slurm lists it."""

    job: str
    state: str
    where: str
    """Its node, or why it waits."""


def require_slurm() -> None:
    """Refuse where no jobs can be submitted.

    Raises:
        UserError: they cannot.
    """
    _require("sbatch")


def submit(state: Path, cluster: ClusterFile, options: str, workers: int) -> str:
    """Submit an array of workers, which Slurm starts anew where it took their node away.

    They get what they join by in the script itself, so no folder has to be shared for that.

    Args:
        state: the state folder.
        cluster: what they join.
        options: of sbatch, as one types them.
        workers: how many.

    Returns:
        The array's number.

    Raises:
        UserError: there is no Slurm here, or it refuses.
    """
    command = shlex.join(cluster_command("box"))
    text = msgspec.json.encode(cluster).decode()
    number = _ask(
        [
            "sbatch",
            "--parsable",
            f"--job-name={NAME}",
            f"--array=1-{workers}",
            "--requeue",
            "--open-mode=append",
            "--output=convscope-%A_%a.log",
            f"--signal=B:TERM@{SPARE_SECONDS}",
            *_split(options),
        ],
        _SCRIPT.format(command=command, cluster=text),
    )
    array = number.strip().partition(";")[0]
    write_private(slurm_file(state), [*arrays(state), array])
    return array


def arrays(state: Path) -> list[str]:
    """Return the numbers of the arrays that were submitted for this state folder."""
    try:
        return msgspec.json.decode(slurm_file(state).read_bytes(), type=list[str])
    except (OSError, msgspec.DecodeError):
        return []


def elements(state: Path) -> list[Element]:
    """Return what Slurm still has of those arrays; nothing where it does not answer."""
    found = arrays(state)
    if not found:
        return []
    command = ["squeue", "--noheader", "--array", f"--jobs={','.join(found)}", "--format=%i|%T|%R"]
    with contextlib.suppress(UserError):
        lines = (line.split("|", 2) for line in _ask(command).splitlines())
        return [Element(*line) for line in lines if len(line) == 3]
    return []


def cancel(state: Path) -> list[str]:
    """Cancel those arrays, and no other jobs; returns their numbers.

    Raises:
        UserError: Slurm does not answer.
    """
    found = arrays(state)
    if found:
        still = {each.job.partition("_")[0] for each in elements(state)}
        if ours := [number for number in found if number in still]:
            _ask(["scancel", f"--name={NAME}", *ours])
        slurm_file(state).unlink(missing_ok=True)
    return found


def requeue_preempted() -> None:
    """Have Slurm start this very job anew where it was preempted.

    Slurm does that by itself with jobs that it has to kill, but takes one that ends in time for
    finished.
    """
    job = os.environ.get(JOB)
    if job is None:
        return
    with contextlib.suppress(UserError):  # it is being requeued already, or has no such commands
        told = re.search(r"PreemptTime=(\S+)", _ask(["scontrol", "show", "job", job]))
        if told is not None and told[1] not in ("None", "Unknown"):
            _ask(["scontrol", "requeue", job])


def _split(options: str) -> list[str]:
    try:
        return shlex.split(options)
    except ValueError as error:
        raise UserError(f"--slurm {printable(options, 100)} cannot be read ({error}).") from error


def _ask(command: list[str], text: str = "") -> str:
    _require(command[0])
    try:
        ended = subprocess.run(
            command, input=text, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise UserError(f"Slurm did not answer {command[0]} within {PATIENCE:.0f} s.") from None
    if ended.returncode != 0:
        said = printable(ended.stderr.strip().rpartition("\n")[2], 300)
        raise UserError(f"Slurm refuses ({said}).")
    return ended.stdout


def _require(program: str) -> None:
    if shutil.which(program) is None:
        raise UserError(
            f"There is no {program} on this machine; run this where Slurm's jobs are submitted, "
            "or start workers by hand with convscope worker run --cluster cluster.json."
        )
