"""``convscope exemplars remove``: removes indexes."""

from pathlib import Path

import click

from convscope.core.exemplars.folders import existing_index, remove_index
from convscope.core.system.errors import UserError
from convscope.core.system.folders import state_folder
from convscope.core.system.text import printable, reason
from convscope.core.tasks.survey import Survey
from convscope.tui.commands.exemplars.access import complete_indexes
from convscope.tui.commands.output import note
from convscope.tui.commands.queue.access import opened_queue


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME…", shell_complete=complete_indexes)
def remove(names: tuple[str, ...]) -> None:
    """Remove indexes, and cancel what is still to be done for them; photos stay as they are."""
    state = state_folder()
    for name in names:
        folder = existing_index(state, name)
        _cancel(folder)
        try:
            remove_index(folder)
        except OSError as error:
            raise UserError(
                f"The index {printable(name)} cannot be removed{reason(error)}; remove "
                f"{printable(folder, 1000)} yourself."
            ) from error
        note(f"Removed the index {printable(name)}; the photos are as they were.")


def _cancel(folder: Path) -> None:
    """Cancel the batches that fill an index."""
    with opened_queue() as store:
        jobs = store.jobs("queued", "running")
        ours = (job for job in jobs if isinstance(job.task, Survey) and job.gallery == folder)
        for batch in {job.batch for job in ours}:
            store.cancel(batch)
