"""Sweeping up behind processes that were killed. No torch: the supervisor does it.

Nothing is removed that somebody may still need: see :mod:`convscope.core.system.files`.
"""

import contextlib
import logging
import time
from collections.abc import Collection
from pathlib import Path
from typing import get_args

from convscope.core.exemplars.folders import remove_unfinished
from convscope.core.jobs.database import QUEUE_NAME, QueueError
from convscope.core.jobs.store import JobStore
from convscope.core.runner.bundles import OLD_SUFFIX, SUFFIX, furthest, stored
from convscope.core.runner.paths import checkpoint_folder, checkpoint_name
from convscope.core.system.files import remove_abandoned
from convscope.core.system.text import printable
from convscope.core.tasks.animation import Container

UNLOCKED = (
    f".{QUEUE_NAME}.????????.tmp*",
    *("[!.]*.json.*.tmp", "live/[!.]*.tmp", "wishes/[!.]*.tmp", "weights/[!.]*.tmp"),
    f"weights/{'?' * 64}*-1.json",
)
"""Temporaries in the state folder of which no lock tells whether somebody writes them; those of
notes are an earlier version's, today's are hidden and locked. The last are whole notes of earlier
versions, about weights that were examined: nobody reads them any more."""
NOTES = ("*.json", "live/*", "wishes/*", "weights/*", "networks/*", "maps/*")
KEPT = (f"*{SUFFIX}", f"*{OLD_SUFFIX}", "*.png")
"""In the folder of checkpoints: they, and finished pictures that wait for room in their gallery."""
RESULTS = (*get_args(Container), "json")
"""What pictures, animations and annotations end in, in galleries."""
OLD_SECONDS = 600.0
"""Of these, those are nobody's that are older: a new queue is made within a second."""

log = logging.getLogger("convscope.runner")


def sweep(state: Path, galleries: Collection[Path]) -> None:
    """Remove temporaries that nobody writes any more, and checkpoints that nobody needs.

    Args:
        state: the state folder.
        galleries: where pictures go; they need not exist.
    """
    removed = sum(remove_abandoned(checkpoint_folder(state), names) for names in KEPT)
    removed += sum(remove_abandoned(state, names) for names in NOTES)
    removed += sum(
        remove_abandoned(gallery, f"*/*/*.{ending}") for gallery in galleries for ending in RESULTS
    )
    removed += _remove_unlocked(state) + remove_unfinished(state, OLD_SECONDS)
    try:
        with contextlib.closing(JobStore(state)) as store:
            removed += sweep_checkpoints(state, store)
    except QueueError as error:
        log.warning("%s", printable(error))
    if removed:
        log.info("removed %d files that were left behind", removed)


def sweep_checkpoints(state: Path, store: JobStore) -> int:
    """Remove what is kept of jobs that ended or are in no queue any more; returns how much.

    A bundle stays while it has what is furthest of one open job.
    """
    # In this order: a checkpoint that is listed was made of a job that is in the queue already.
    folder = checkpoint_folder(state)
    files = [path for names in KEPT for path in folder.glob(names)]
    if not files:
        return 0
    best = furthest(stored(folder))
    names = {*best, *(path.stem for path in files)}
    numbers = {int(name.partition("-")[0]) for name in names if name.partition("-")[0].isdecimal()}
    open_jobs = {
        checkpoint_name(job)
        for job in store.numbered(sorted(numbers))
        if job.state in ("queued", "running")
    }
    needed = {each.path for name, each in best.items() if name in open_jobs}
    needed |= {path for path in files if path.suffix == ".png" and path.stem in open_jobs}
    unneeded = [path for path in files if path not in needed]
    for path in unneeded:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
    return len(unneeded)


def _remove_unlocked(state: Path) -> int:
    """Remove databases that were never finished, with their journals, and half-written notes."""
    removed = 0
    for path in (path for pattern in UNLOCKED for path in state.glob(pattern)):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > OLD_SECONDS:
                path.unlink()
                removed += 1
    return removed
