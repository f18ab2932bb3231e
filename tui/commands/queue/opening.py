"""The one place where the commands open the queue."""

from collections.abc import Iterator
from contextlib import contextmanager

from convscope.core.gallery.rescue import open_queue, rescue
from convscope.core.jobs.database import QueueDamagedError
from convscope.core.jobs.store import JobStore
from convscope.core.system.errors import UserError
from convscope.core.system.folders import state_folder
from convscope.core.system.text import printable
from convscope.tui.commands.output import note


@contextmanager
def opened_queue() -> Iterator[JobStore]:
    """Open the queue of the user's state folder, and close it at the end.

    A damaged one is set aside, a new one takes its place, and the user is told.

    Raises:
        QueueError: it cannot be used.
        UserError: the state folder cannot be used, the queue is one of a newer version, or damage
            was met on the way: it is set aside then as well, but what was asked is not answered.
    """
    state = state_folder()
    store, rescued = open_queue(state)
    if rescued:
        note(printable(rescued, 1000))
    try:
        yield store
    except QueueDamagedError as error:
        raise UserError(rescue(state) or "The queue was replaced; try again.") from error
    finally:
        store.close()
