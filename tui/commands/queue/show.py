"""``convscope queue show``: one batch, job by job."""

import time

import click

from convscope.core.jobs.rows import Batch, Job
from convscope.core.jobs.store import JobStore
from convscope.core.system.text import printable
from convscope.tui.batch_words import counted, state_of, why_held
from convscope.tui.commands.output import Align, say_json, table
from convscope.tui.commands.queue.numbers import BatchNumber
from convscope.tui.commands.queue.opening import opened_queue
from convscope.tui.commands.queue.telling import batch_document, job_cells, job_document, time_left
from convscope.tui.commands.queue.waiting import wait_for

HEADER = ("job", "target", "state", "attempts", "activation", "verdict", "picture or error")
ALIGNS: tuple[Align, ...] = ("right", "left", "left", "right", "right", "left", "left")


@click.command()
@click.argument("number", metavar="B", type=BatchNumber())
@click.option("--follow", is_flag=True, help="Print each job as it ends, until the batch does.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def show(number: int, follow: bool, as_json: bool) -> int:
    """Show a batch and each of its jobs, failed ones with their error.

    With --follow, the jobs that have ended come first, then each as it ends; the exit code is then
    as that of convscope queue wait: 1 when a job failed.
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
    batch, jobs = store.batch(number), store.jobs(batch=number)
    if as_json:
        say_json({"batches": [batch_document(batch)], "jobs": [job_document(job) for job in jobs]})
        return
    click.echo(f"{_headline(batch)}\n")
    for sentence in why_held([batch]):
        click.echo(f"{sentence}\n")
    click.echo(table([HEADER, *map(job_cells, jobs)], ALIGNS))


def _headline(batch: Batch) -> str:
    queued_at = time.strftime("%Y-%m-%d %H:%M", time.localtime(batch.created))
    counts = [
        f"{number:,} {word}"
        for word, number in (
            ("queued", batch.queued),
            ("running", batch.running),
            ("done", batch.done),
            ("failed", batch.failed),
            ("cancelled", batch.cancelled),
        )
        if number
    ]
    left = time_left([batch])
    return (
        f"batch {batch.id}, {state_of(batch)}, queued {queued_at}: {printable(batch.name, 200)}\n"
        f"{counted(batch.jobs, 'job')}: {', '.join(counts)}" + (f"; {left} left" if left else "")
    )


def _say_ended(job: Job) -> None:
    number, target, state, _, activation, verdict, outcome = job_cells(job)
    line = f"{number:>6}  {target:<18}  {state:<9}  {activation:>10}  {verdict:<8}  {outcome}"
    click.echo(line.rstrip())
