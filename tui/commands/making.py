"""Making pictures for a command that waits: checks, progress, and what to say at the end."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from convscope.core.runner.local import Progress, Saved, make_pictures
from convscope.core.tasks.visualize import Visualize
from convscope.tui.commands.options import Order
from convscope.tui.commands.output import note
from convscope.tui.commands.progress import reporting


def told(picture: Saved) -> dict[str, object]:
    """Return what programs are told about a picture."""
    return {
        "target": str(picture.task.target),
        "variant": picture.task.variant,
        "path": str(picture.path),
        "activation": picture.record.activation,
        "verdict": picture.record.verdict,
        "new": picture.new,
    }


def _nothing(path: Path) -> None:
    """Say nothing about a picture."""


def make(
    jobs: Sequence[Visualize], order: Order, saved: Callable[[Path], None] = _nothing
) -> list[Saved]:
    """Make what is missing, with progress on standard error.

    Args:
        jobs: what to make.
        order: how, where, and whether again.
        saved: told the path of each picture as soon as it lies in the gallery.

    Returns:
        A picture for each job, in the order of the jobs.

    Raises:
        UserError: the gallery cannot be written; the weights or the device cannot be used.
        OSError: a picture could not be saved.
    """
    made: dict[Visualize, Saved] = {}
    events = make_pictures(jobs, order.gallery, device=order.device, force=order.force)
    with closing(events), reporting() as reporter:
        for event in events:
            if isinstance(event, Progress):
                reporter.show(event)
                continue
            made[event.task] = event
            with reporter.aside():
                saved(event.path)
    return [made[job] for job in jobs]


def conclude(pictures: Sequence[Saved]) -> int:
    """Say which pictures did not come out well, and return the command's exit code."""
    counts = Counter(picture.record.verdict for picture in pictures)
    for verdict in ("weak", "silent", "diverged"):
        if counts[verdict]:
            names = [_named(picture) for picture in pictures if picture.record.verdict == verdict]
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            note(f"{counts[verdict]} of {len(pictures)} {verdict}: {', '.join(names[:5])}{more}.")
    return 1 if counts["diverged"] else 0


def _named(picture: Saved) -> str:
    """Name a picture's target; a silent one with what shows that it is dead, not failed."""
    record = picture.record
    if record.verdict != "silent" or record.peak is None:
        return str(picture.task.target)
    starts = len(record.attempts)
    return f"{picture.task.target} (never above {record.peak:.1f} from {starts} starts)"
