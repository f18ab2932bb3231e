"""``convscope queue list`` and ``queue show``: all batches, or one of them job by job."""

import time
from collections.abc import Sequence

import click

from convscope.core.jobs.rows import STATES, Batch, Job
from convscope.core.jobs.store import JobStore
from convscope.core.runner.client import is_stopped, older_runner, runner_runs, runner_trouble
from convscope.core.system.folders import state_folder
from convscope.core.system.text import printable
from convscope.tui.batch_words import SENTENCE_LIMIT, counted, duration, state_of, why_held
from convscope.tui.commands.output import say_json, table
from convscope.tui.commands.parameters import json_option
from convscope.tui.commands.queue.access import BatchNumber, opened_queue, shown_progress
from convscope.tui.commands.queue.wait import wait_for
from convscope.tui.commands.queue.words import (
    batch_document,
    hold_document,
    job_cells,
    job_document,
    time_left,
)

LIST_HEADER = (
    *("batch", "state", "jobs", "done", "failed", "cancelled"),
    *("order", "time left", "name"),
)
SHOW_HEADER = ("job", "target", "state", "attempts", "activation", "verdict", "picture or error")


@click.command("list")
@json_option
def listing(as_json: bool) -> None:
    """List all batches, the newest first.

    Batches run one after the other; order says which of them are next. The time left is how long a
    batch takes once it runs, judged by pictures of the same kind.
    """
    state = state_folder()
    with opened_queue() as store:
        batches = store.batches(shown_progress(state))
        left, paused, holds = store.eta_seconds(batches), store.is_paused(), store.holds()
    runs, trouble = runner_runs(state), older_runner(state) or runner_trouble(state)
    if as_json:
        say_json(
            {
                "batches": [batch_document(batch) for batch in batches],
                "eta_seconds": left,
                "paused": paused,
                "runner": runs,
                "trouble": trouble,
                "held": [hold_document(hold) for hold in holds],
            }
        )
        return
    if not batches:
        click.echo("Nothing has been queued yet; convscope queue add conv5_1:20-29 queues ten.")
        return
    click.echo(f"{_text(batches)}\n")
    click.echo(_summary(batches, left, paused=paused, runs=runs, stopped=is_stopped(state)))
    for hold in holds:
        click.echo(printable(hold.sentence, SENTENCE_LIMIT))
    if trouble:
        click.echo(printable(trouble))


def _text(batches: Sequence[Batch]) -> str:
    rows = [
        (
            str(batch.id),
            state_of(batch),
            f"{batch.jobs:,}",
            f"{batch.done:,}",
            f"{batch.failed:,}",
            f"{batch.cancelled:,}",
            str(batch.position or ""),
            time_left([batch]),
            printable(batch.name, 200),  # the last, since its characters may be of any width
        )
        for batch in batches
    ]
    return table([LIST_HEADER, *rows], "rlrrrrrrl")


def _summary(
    batches: Sequence[Batch], seconds: float | None, *, paused: bool, runs: bool, stopped: bool
) -> str:
    left = sum(batch.open for batch in batches)
    if not left:
        return "All batches have ended."
    summary = f"{counted(left, 'job')} left{f', {duration(seconds)}' if seconds else ''}"
    if paused:
        return f"{summary}; the queue is paused, convscope queue resume resumes it."
    if runs:
        return f"{summary}; the worker is running."
    how = "stopped" if stopped else "not running"
    return f"{summary}; the worker is {how}, convscope worker start starts it."


@click.command()
@click.argument("number", metavar="B", type=BatchNumber())
@click.option("--follow", is_flag=True, help="Print each job as it ends, until the batch does.")
@json_option
def show(number: int, follow: bool, as_json: bool) -> int:
    """Show a batch and each of its jobs, failed ones with their error.

    With --follow, jobs that have ended are printed first, then each as it ends; the exit code is
    that of convscope queue wait: 1 if a job failed.
    """
    with opened_queue() as store:
        if not follow:
            _say(store, number, as_json=as_json)
            return 0
        code = wait_for(store, number, ended=None if as_json else _say_ended)
        if as_json:
            _say(store, number, as_json=True)
        return code


def _say(store: JobStore, number: int, *, as_json: bool) -> None:
    batch, jobs = store.batch(number, shown_progress(state_folder())), store.jobs(batch=number)
    if as_json:
        say_json({"batches": [batch_document(batch)], "jobs": [job_document(job) for job in jobs]})
        return
    click.echo(f"{_headline(batch)}\n")
    for sentence in why_held([batch]):
        click.echo(f"{sentence}\n")
    click.echo(table([SHOW_HEADER, *map(job_cells, jobs)], "rllrrll"))


def _headline(batch: Batch) -> str:
    queued_at = time.strftime("%Y-%m-%d %H:%M", time.localtime(batch.created))
    counts = [f"{getattr(batch, state):,} {state}" for state in STATES if getattr(batch, state)]
    left = time_left([batch])
    return (
        f"batch {batch.id}, {state_of(batch)}, queued {queued_at}: {printable(batch.name, 200)}\n"
        f"{counted(batch.jobs, 'job')}: {', '.join(counts)}" + (f"; {left} left" if left else "")
    )


def _say_ended(job: Job) -> None:
    number, target, state, _, activation, verdict, outcome = job_cells(job)
    line = f"{number:>6}  {target:<18}  {state:<9}  {activation:>10}  {verdict:<8}  {outcome}"
    click.echo(line.rstrip())
