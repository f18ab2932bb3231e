"""Making pictures for a command that waits: checks, progress, and what to say at the end."""

from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from core.catalog.targets import Target
from core.folders import ensure_writable_gallery
from core.gallery.paths import picture_path
from core.gallery.pictures import read_record, read_whole
from core.gallery.records import Record
from core.jobs.specs import JobSpec
from core.runner.local import Progress, Saved, make_pictures
from tui.commands.options import Order
from tui.commands.output import note
from tui.commands.progress import reporting


@dataclass(frozen=True)
class Picture:
    """A picture in the gallery, as it was asked for."""

    path: Path
    record: Record
    new: bool
    """Whether it was made just now."""

    @property
    def target(self) -> Target:
        """The channel it is of."""
        return self.record.target

    def as_json(self) -> dict[str, object]:
        """What programs are told about it."""
        return {
            "target": str(self.target),
            "path": str(self.path),
            "activation": self.record.activation,
            "verdict": self.record.verdict,
            "new": self.new,
        }


def _nothing(path: Path) -> None:
    """Say nothing about a picture."""


def make(
    jobs: Sequence[JobSpec], order: Order, saved: Callable[[Path], None] = _nothing
) -> list[Picture]:
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
    ensure_writable_gallery(order.gallery)
    paths = [picture_path(order.gallery, job) for job in jobs]
    sound: list[JobSpec] = []
    missing: list[JobSpec] = []
    for job, path in zip(jobs, paths, strict=True):
        is_sound = not order.force and read_whole(path) is not None
        (sound if is_sound else missing).append(job)
    made: dict[Path, Picture] = {}
    with closing(_events(sound, missing, order)) as events, reporting(len(missing)) as reporter:
        for event in events:
            if isinstance(event, Progress):
                reporter.show(event)
                continue
            made[event.path] = Picture(event.path, read_record(event.path), bool(event.verdict))
            with reporter.aside():
                saved(event.path)
    return [made[path] for path in paths]


def _events(
    sound: list[JobSpec], missing: list[JobSpec], order: Order
) -> Generator[Progress | Saved, None, None]:
    """Name the pictures that are there, then make the others, over files that are damaged."""
    yield from make_pictures(sound, order.gallery, device=order.device)
    yield from make_pictures(missing, order.gallery, device=order.device, force=True)


def conclude(pictures: Sequence[Picture]) -> int:
    """Say which pictures did not come out well, and return the command's exit code."""
    counts = Counter(picture.record.verdict for picture in pictures)
    for verdict in ("weak", "silent", "diverged"):
        if counts[verdict]:
            names = [str(p.target) for p in pictures if p.record.verdict == verdict]
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            note(f"{counts[verdict]} of {len(pictures)} {verdict}: {', '.join(names[:5])}{more}.")
    return 1 if counts["diverged"] else 0
