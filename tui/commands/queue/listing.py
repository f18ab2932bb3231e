"""``convscope queue list``: all batches."""

from collections.abc import Sequence

import click

from convscope.core.jobs.rows import Batch
from convscope.core.runner.client import is_stopped, older_runner, runner_runs, runner_trouble
from convscope.core.system.folders import state_folder
from convscope.core.system.text import printable
from convscope.tui.batch_words import SENTENCE_LIMIT, counted, state_of
from convscope.tui.commands.output import Align, say_json, table
from convscope.tui.commands.queue.opening import opened_queue
from convscope.tui.commands.queue.telling import batch_document, hold_document, time_left

HEADER = ("batch", "state", "jobs", "done", "failed", "cancelled", "time left", "name")
ALIGNS: tuple[Align, ...] = (
    "right", "left", "right", "right", "right", "right", "right", "left",
)  # fmt: skip


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def listing(as_json: bool) -> None:
    """List all batches, the newest first.

    The time left is that of a batch by itself, once it is its turn, as its pictures took so far.
    """
    with opened_queue() as store:
        batches, paused, holds = store.batches(), store.is_paused(), store.holds()
    state = state_folder()
    runs, trouble = runner_runs(state), older_runner(state) or runner_trouble(state)
    if as_json:
        document = [batch_document(batch) for batch in batches]
        say_json(
            {
                "batches": document,
                "paused": paused,
                "runner": runs,
                "trouble": trouble,
                "held": [hold_document(hold) for hold in holds],
            }
        )
        return
    if not batches:
        click.echo("Nothing was queued yet; convscope queue add conv5_1:20-29 would.")
        return
    click.echo(f"{_text(batches)}\n")
    click.echo(_summary(batches, paused=paused, runs=runs, stopped=is_stopped(state)))
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
            time_left([batch]),
            printable(batch.name, 200),  # the last, since its characters may be of any width
        )
        for batch in batches
    ]
    return table([HEADER, *rows], ALIGNS)


def _summary(batches: Sequence[Batch], *, paused: bool, runs: bool, stopped: bool) -> str:
    left = sum(batch.open for batch in batches)
    if not left:
        return "Nothing is left to do."
    said = f"{counted(left, 'job')} left"
    if paused:
        return f"{said}; the queue is paused, convscope queue resume lets it go on."
    if runs:
        return f"{said}; the worker runs."
    how = "was stopped" if stopped else "does not run"
    return f"{said}; the worker {how}, convscope worker start begins."
