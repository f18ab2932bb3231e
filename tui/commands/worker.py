"""``convscope worker``: the runner, which keeps workers at the queue."""

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
from click.core import ParameterSource

from convscope.core.jobs.store import held_galleries
from convscope.core.runner.client import (
    RunnerStatus,
    is_stopped,
    last_status,
    older_runner,
    runner_command,
    runner_log,
    runner_runs,
    runner_status,
    runner_trouble,
    start_runner,
    stop_runner,
)
from convscope.core.runner.cluster.files import (
    STANDARD_INPUT,
    cluster_command,
    read_cluster_file,
    require_extra,
)
from convscope.core.runner.paths import runner_lock, stop_flag
from convscope.core.system.errors import UserError
from convscope.core.system.folders import state_folder
from convscope.core.system.locks import holder
from convscope.core.system.named_files import absolute_path
from convscope.core.system.text import printable
from convscope.tui.batch_words import SENTENCE_LIMIT
from convscope.tui.commands.configured import Configured
from convscope.tui.commands.lazy import LazyGroup, run_default
from convscope.tui.commands.output import note, say_json, table
from convscope.tui.commands.parameters import Number, complete_files, device_option, json_option
from convscope.tui.commands.queue.words import hold_document
from convscope.tui.commands.settings import check_device

if TYPE_CHECKING:
    import subprocess

START_PATIENCE = 10.0
"""Seconds until a runner holds its lock: it imports no torch itself."""
STOP_PATIENCE = 30.0
"""Seconds for workers to save unfinished pictures."""
UNTIL_STARTED = "until convscope worker start, or until something is queued"

SUBCOMMANDS = {
    "status": ("worker:status", "Show whether the worker is running, and on which devices."),
    "start": ("worker:start", "Start the worker in the background."),
    "stop": ("worker:stop", "Stop the worker until it is started again, or something is queued."),
    "run": ("worker:run", "Run the worker in the foreground, until stopped."),
}


@click.group(cls=LazyGroup, lazy=SUBCOMMANDS, invoke_without_command=True)
@json_option
@click.pass_context
def worker(context: click.Context, as_json: bool) -> int:
    """Control the worker, which makes what is queued.

    It starts by itself when there is work, unless it was stopped. It ends a while after the last
    job, and keeps running when the terminal is closed. Without a command, its status is shown.
    """
    return run_default(context, "status", as_json=as_json)


@click.command()
@json_option
def status(as_json: bool) -> None:
    """Show whether the worker is running, and what it does on each device."""
    state = state_folder()
    found, stopped, holds = runner_status(state), is_stopped(state), held_galleries(state)
    sentences = found.sentences if found else last_status(state).lasting
    trouble = older_runner(state) or runner_trouble(state)
    if as_json:
        known = found or RunnerStatus()
        say_json(
            {
                "running": found is not None,
                "stopped": stopped,
                "workers": msgspec.to_builtins(known.workers),
                "advice": sentences,
                "trouble": trouble,
                "held": [hold_document(hold) for hold in holds],
                "log": str(runner_log(state)),
            }
        )
        return
    click.echo(_headline(found, stopped=stopped))
    if found is not None:
        _say_workers(found)
        if trouble:
            click.echo(printable(trouble))
    for sentence in sentences:
        click.echo(f"→ {printable(sentence)}")
    for hold in holds:
        click.echo(printable(hold.sentence, SENTENCE_LIMIT))
    click.echo(f"Its log is {printable(runner_log(state), 8192)}.")


def _headline(found: RunnerStatus | None, *, stopped: bool) -> str:
    if found is not None:
        return "The worker is running" + (", but about to end." if stopped else ".")
    if stopped:
        return f"The worker is stopped {UNTIL_STARTED}."
    return "The worker is not running; it starts by itself when something is queued."


def _say_workers(found: RunnerStatus) -> None:
    rows = [
        (
            printable(each.device, 40),
            "" if each.pid is None else str(each.pid),
            printable(each.condition),
        )
        for each in found.workers
    ]
    if rows:
        click.echo(table([("device", "pid", "condition"), *rows], "lrl"))


@click.command(cls=Configured)
@device_option()
def start(device: str) -> int:
    """Start the worker in the background, even if it was stopped before.

    It ends by itself when nothing is left to do.
    """
    state, device = state_folder(), check_device(device)
    source = click.get_current_context().get_parameter_source("device")
    older = older_runner(state)
    process = start_runner(state, device=device, typed=source is ParameterSource.COMMANDLINE)
    if process is None:
        note(older or "The worker is already running.")
        return 0
    is_there = _comes(state, process)
    if process.poll():  # 0 is a runner that found nothing to do
        note(f"The worker ended at once; {printable(runner_log(state), 8192)} says why.")
        return 1
    if is_there or not runner_runs(state):
        note("Replaced the worker of an older convscope." if older else "Started the worker.")
    elif process.poll() is None:
        note("The worker starts as soon as the one before it has saved its pictures and ended.")
    else:
        note("The worker is already running.")
    return 0


def _comes(state: Path, process: "subprocess.Popen[bytes]") -> bool:
    """Wait until a process is the runner or has ended; returns whether it is the runner."""
    deadline = time.monotonic() + START_PATIENCE
    while time.monotonic() < deadline:
        has_ended = process.poll() is not None
        found = holder(runner_lock(state))
        if found and found.pid == process.pid:
            return True
        if has_ended:
            break
        time.sleep(0.02)
    return False


@click.command()
@click.option("--now", is_flag=True, help="Do not wait until unfinished pictures are checkpointed.")
@click.option(
    "--patience",
    type=Number(float, "30", "SECONDS"),
    default=STOP_PATIENCE,
    show_default=True,
    help="How long to wait for it to end.",
)
def stop(now: bool, patience: float) -> int:
    """Stop the worker until convscope worker start, or until something is queued.

    Until then, neither pictures nor drafts are made; in the explorer, W starts the worker again.

    Unfinished pictures continue later from where they were; with --now, from some seconds earlier.
    The exit code is 1 if the worker does not end in time.
    """
    state = state_folder()
    ran = runner_runs(state)
    left = stop_runner(state, patience=patience, at_once=now)
    if left is not None:
        note(
            f"The worker (process {left.pid}) was asked to end, but has not within {patience:g} s; "
            f"look again with convscope worker{'' if now else ', or repeat with --now'}."
        )
        return 1
    what = "Stopped the worker" if ran else "No worker was running, and none will start"
    note(f"{what} {UNTIL_STARTED}.")
    return 0


@click.command(cls=Configured)
@device_option()
@click.option(
    "--cluster",
    metavar="FILE",
    help="Work for the machine that this cluster.json is from; - reads it from standard input.",
    shell_complete=complete_files,
)
def run(device: str, cluster: str | None) -> None:
    """Run the worker in the foreground, until it is stopped with Ctrl-C or convscope worker stop.

    For a systemd service, a container or a cluster job: it stays when nothing is left to do, and
    logs to standard error.

    With --cluster it works for the queue of another machine, one worker on each GPU, and needs
    neither queue nor gallery here.
    """
    if cluster is not None:
        _join(cluster, check_device(device))
    state, device = state_folder(), check_device(device)
    if runner_runs(state):
        raise UserError("A worker is already running; stop it first with convscope worker stop.")
    _become_runner(state, device)


def _become_runner(state: Path, device: str) -> None:
    """Become the runner's process, so that a signal to this one reaches it."""
    stop_flag(state).unlink(missing_ok=True)
    command = runner_command(state, "--device", device, "--foreground")
    os.execv(command[0], command)


def _join(written: str, device: str) -> None:
    """Become the process that keeps workers for another machine."""
    require_extra()
    if written != STANDARD_INPUT:
        read_cluster_file(written)  # so that a mistake is told at once
        written = str(absolute_path(written, "The cluster file", "check the path"))
    command = cluster_command("box", "--device", device, "--cluster", written)
    os.execv(command[0], command)
