"""``convscope cluster``: workers on other machines."""

import time
from pathlib import Path

import click
import msgspec

from convscope.core.runner.client import RunnerStatus, runner_log, runner_status, start_runner
from convscope.core.runner.cluster.files import (
    SLOT,
    Settings,
    cluster_file,
    coordinator_runs,
    former_address,
    free_address,
    listens,
    parse_address,
    read_remote,
    read_settings,
    require_extra,
    switch_off,
    switch_on,
)
from convscope.core.runner.cluster.slurm import cancel, elements, require_slurm, submit
from convscope.core.system.errors import UserError
from convscope.core.system.folders import state_folder
from convscope.core.system.text import printable
from convscope.tui.commands.lazy import LazyGroup, run_default
from convscope.tui.commands.output import note, say_json, table
from convscope.tui.commands.parameters import Number, device_option, json_option
from convscope.tui.commands.settings import check_device

START_PATIENCE = 20.0
STOP_PATIENCE = 60.0
"""Seconds for workers to hand unfinished pictures back."""

SUBCOMMANDS = {
    "status": ("cluster:status", "List the workers on other machines that have joined."),
    "start": ("cluster:start", "Let workers on other machines join."),
    "stop": ("cluster:stop", "End the workers on other machines, and cancel their Slurm jobs."),
}


@click.group(cls=LazyGroup, lazy=SUBCOMMANDS, invoke_without_command=True)
@json_option
@click.pass_context
def cluster(context: click.Context, as_json: bool) -> int:
    """Let other machines work on what is queued here.

    Their workers need no folder of this machine: they receive recipes and send back pictures.
    Photos are indexed and drafts made on this machine only. Without a command, the workers that
    have joined are listed.
    """
    return run_default(context, "status", as_json=as_json)


@click.command()
@json_option
def status(as_json: bool) -> None:
    """List the workers on other machines that have joined."""
    state = state_folder()
    settings, workers, jobs = read_settings(state), read_remote(state), elements(state)
    if as_json:
        say_json(
            {
                "running": coordinator_runs(state),
                "address": str(settings.address) if settings else None,
                "local": settings.local if settings else None,
                "file": str(cluster_file(state)),
                "workers": msgspec.to_builtins(workers),
                "slurm": msgspec.to_builtins(jobs),
                "log": str(_log(state)),
            }
        )
        return
    if settings is None:
        click.echo("No other machine can join; convscope cluster start lets them.")
        return
    how = "Listening" if listens(state) else "About to listen"
    click.echo(f"{how} at {settings.address}; machines join with {printable(cluster_file(state))}.")
    if workers:
        rows = [tuple(map(printable, (each.host, each.device))) for each in workers]
        click.echo(table([("host", "device"), *rows], "ll"))
    else:
        click.echo("No worker has joined yet.")
    if jobs:
        rows = [tuple(map(printable, (each.job, each.state.lower(), each.where))) for each in jobs]
        click.echo(table([("Slurm job", "state", "where, or why not"), *rows], "lll"))
    click.echo(f"Its log is {printable(_log(state), 8192)}.")


@click.command()
@click.option(
    "--listen",
    metavar="HOST:PORT",
    help="Address at which other machines reach this one; without it, only this machine can join.",
)
@click.option("--slurm", metavar="OPTIONS", help="Submit the workers to Slurm, with these options.")
@click.option(
    "--workers",
    type=Number(int, "8", "N"),
    default=1,
    show_default=True,
    help="How many workers to submit to Slurm.",
)
@click.option("--no-local", is_flag=True, help="Make no pictures or drafts on this machine itself.")
@device_option("Device of this machine's own worker.")
def start(listen: str | None, slurm: str | None, workers: int, no_local: bool, device: str) -> int:
    """Let workers on other machines join, until convscope cluster stop.

    Whoever has the file whose path this prints can join, and run code here and on each machine
    that has joined: copy it as you would a private key. Connections are always encrypted.
    """
    state, device = state_folder(), check_device(device)
    require_extra()
    if workers < 1:
        raise UserError(f"--workers {workers} should be 1 or more.")
    if slurm is not None:
        require_slurm()
    before = read_settings(state)
    if listen is not None:
        address = parse_address(listen)
    else:
        address = before.address if before else former_address(state) or free_address()
    from convscope.core.runner.cluster.starting import prepare  # noqa: PLC0415  with cryptography

    made = prepare(state, address)
    switch_on(state, Settings(address, local=not no_local))
    start_runner(state, device=device)
    if not _await_coordinator(state):
        note(f"It does not listen yet; {printable(runner_log(state), 8192)} may say why.")
        return 1
    if slurm is not None:
        number = submit(state, made, slurm, workers)
        note(f"Submitted {workers} worker{'s' * (workers > 1)} to Slurm as job {number}.")
    if address.is_loopback:
        note("Only workers on this machine can join; --listen HOST:PORT lets others.")
    click.echo(str(cluster_file(state)))
    return 0


@click.command()
def stop() -> int:
    """End the workers on other machines, and cancel the Slurm jobs that cluster start submitted.

    Unfinished pictures go back to the queue, and continue later from where they were. The file that
    machines join with stays valid for the next start.
    """
    state = state_folder()
    was_on = switch_off(state)
    until = time.monotonic() + STOP_PATIENCE
    while coordinator_runs(state) and time.monotonic() < until:
        time.sleep(0.05)
    cancelled = cancel(state)
    if coordinator_runs(state):
        note(
            f"The workers have not ended within {STOP_PATIENCE:.0f} s; look again with "
            "convscope cluster."
        )
        return 1
    what = "No other machine can join any more." if was_on else "No other machine could join."
    note(what + (f" Cancelled Slurm's job {', '.join(cancelled)}." if cancelled else ""))
    return 0


def _await_coordinator(state: Path) -> bool:
    """Wait until workers can join; returns whether they can.

    Raises:
        UserError: they never will; the sentence says why.
    """
    until = time.monotonic() + START_PATIENCE
    while time.monotonic() < until:
        if listens(state):
            return True
        for each in (runner_status(state) or RunnerStatus()).workers:
            if each.slot == SLOT:  # it is told of only where it does not run
                switch_off(state)
                raise UserError(f"The cluster {printable(each.condition)}")
        time.sleep(0.05)
    return False


def _log(state: Path) -> Path:
    return runner_log(state).with_name("cluster.log")
