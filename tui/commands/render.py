"""``convscope render``: makes images now, in this process."""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import click

from convscope.core.catalog.targets import format_channels
from convscope.core.gallery.outputs import Artifact
from convscope.core.runner.local import Progress, Saved, compute, make_pictures
from convscope.core.tasks.visualize import Visualize
from convscope.tui.commands.bar import Bar
from convscope.tui.commands.configured import Configured
from convscope.tui.commands.options import RenderOrder, making_options
from convscope.tui.commands.output import note, say_json, say_path
from convscope.tui.commands.parameters import json_option, targets_argument


@click.command(cls=Configured)
@targets_argument
@making_options(here=True)
@json_option
def render(targets: tuple[str, ...], order: RenderOrder, as_json: bool) -> int:
    """Make images now, and print the path of each as soon as it is saved.

    TARGETS are LAYER:CHANNELS, such as conv5_1:25, conv5_1:20-29,104 or conv3_1:*. Pictures that
    are in the gallery already are not made again, so the same command continues where it was
    interrupted.
    """
    jobs = order.jobs(targets)
    if not as_json:
        return conclude(make(jobs, order, saved=say_path))
    pictures = make(jobs, order)
    say_json({"pictures": [picture_document(picture) for picture in pictures]})
    return conclude(pictures)


def picture_document(picture: Saved) -> dict[str, object]:
    """Return a picture as JSON has it."""
    return {
        "target": str(picture.task.target),
        "variant": picture.task.variant,
        "path": str(picture.path),
        "activation": picture.record.activation,
        "verdict": picture.record.verdict,
        "new": picture.new,
    }


def make(
    jobs: Sequence[Visualize],
    order: RenderOrder,
    saved: Callable[[Path], object] = lambda _: None,
    what: str = "pictures",
) -> list[Saved]:
    """Make what is missing, with progress on standard error.

    Args:
        jobs: what to make.
        order: how, where, and whether again.
        saved: called with the path of each picture as soon as it lies in the gallery.
        what: what they are called.

    Returns:
        A picture for each job, in the order of the jobs.

    Raises:
        UserError: the gallery cannot be written; the weights or the device cannot be used.
        OSError: a picture could not be saved.
    """
    made: dict[Visualize, Saved] = {}
    events = make_pictures(jobs, order.gallery, device=order.device, force=order.force)
    with closing(events), PictureBar(what) as bar:
        for event in events:
            if isinstance(event, Progress):
                bar.report(event)
                continue
            made[event.task] = event
            with bar.aside(sys.stdout):
                saved(event.path)
    return [made[job] for job in jobs]


def make_unsaved(job: Visualize, device: str, what: str = "pictures") -> Artifact:
    """Make one picture, with progress on standard error, and leave it to the caller to save it.

    Raises:
        UserError: the weights or the device cannot be used.
    """
    with PictureBar(what) as bar:
        for event in compute([job], device=device):
            if not isinstance(event, Progress):
                return event[1]
            bar.report(event)
    raise AssertionError("a job gives a picture or raises")


def conclude(pictures: Sequence[Saved]) -> int:
    """Say which pictures did not come out well, and return the command's exit code."""
    counts = Counter(picture.record.verdict for picture in pictures)
    for verdict in ("weak", "silent", "diverged"):
        if counts[verdict]:
            names = [_named(picture) for picture in pictures if picture.record.verdict == verdict]
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            note(f"{counts[verdict]} of {len(pictures)} {verdict}: {', '.join(names[:5])}{more}.")
    return 1 if counts["diverged"] else 0


class PictureBar(Bar):
    """The progress of making pictures, or what else they are called."""

    def __init__(self, what: str = "pictures") -> None:
        super().__init__(estimates=True)
        self._what = what
        self._fraction: float | None = None

    def report(self, progress: Progress) -> None:
        """Show how far the pictures are; the first progress comes before anything is loaded."""
        pictures = f"{progress.pictures_done}/{progress.pictures} {self._what}"
        if self._fraction is None:
            self._fraction = 0.0
            self.show("loading torch and the network", pictures)
            return
        # The bar never goes back, even where part of a pack is made again in smaller packs.
        self._fraction = max(self._fraction, progress.fraction)
        channels = format_channels(target.channel for target in progress.targets)
        name = f"{progress.targets[0].layer}:{channels}"
        self.show(name, f"{pictures}, step {progress.step}/{progress.steps}", self._fraction)


def _named(picture: Saved) -> str:
    """Name a picture's target; for a silent one with the evidence that the channel is dead."""
    record = picture.record
    if record.verdict != "silent" or record.peak is None:
        return str(picture.task.target)
    starts = len(record.attempts)
    return f"{picture.task.target} (never above {record.peak:.1f} from {starts} starts)"
