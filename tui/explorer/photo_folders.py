"""A folder of photos is indexed at the explorer's request. With NumPy, and slow: in a thread."""

from contextlib import closing
from pathlib import Path

from convscope.core.catalog.subjects import Subject
from convscope.core.exemplars.scan import scan_folder
from convscope.core.gallery.rescue import open_queue
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable, reason
from convscope.tui.explorer.feed import Indexing
from convscope.tui.indexing import (
    batch_name,
    index_for,
    plan_indexing,
    queue_plan,
    skipped_sentence,
    work_phrase,
)


def index_photos(state: Path, folder: Path, subject: Subject, layer: str, device: str) -> Indexing:
    """Queue the photos of a folder that a network has not looked at; see :meth:`Feed.index_photos`.

    It opens the queue by itself: a connection belongs to one thread.
    """
    scan = scan_folder(folder)
    try:
        index = index_for(state, folder, scan, subject, layer)
    except OSError as error:
        raise UserError(f"No index can be written in {printable(state)}{reason(error)}.") from error
    with closing(index), closing(open_queue(state)[0]) as store:
        plan = plan_indexing(index, scan, store, device)
        return Indexing(
            index=plan.index,
            photos=plan.counts.done,
            pending=plan.counts.pending,
            work=work_phrase(plan),
            skipped=skipped_sentence(plan),
            batch=queue_plan(plan, store) if plan.jobs else None,
            batch_name=batch_name(plan),
        )
