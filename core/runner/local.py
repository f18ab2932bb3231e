"""Making pictures in this very process, for the commands that wait for them.

Importing this module loads no torch; the first step of its generators does.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from convscope.core.catalog.targets import Target
from convscope.core.gallery.outputs import Artifact, output_of
from convscope.core.gallery.records import Record
from convscope.core.gallery.saving import ensure_savable
from convscope.core.runner.executor import Pack
from convscope.core.runner.torch_room import importing_torch
from convscope.core.tasks.visualize import Visualize, packs


@dataclass(frozen=True)
class Progress:
    """How far the work is, after each step."""

    targets: tuple[Target, ...]
    """What is being made."""
    step: int
    steps: int
    pictures_done: int
    pictures: int
    fraction: float
    """Share of all steps that is done, 0 to 1; retries make a pack longer than foreseen."""


@dataclass(frozen=True)
class Saved:
    """A picture that lies in the gallery."""

    task: Visualize
    path: Path
    record: Record
    new: bool
    """Whether it was made just now."""


def compute(
    tasks: Sequence[Visualize], *, device: str = "auto"
) -> Iterator[Progress | tuple[Visualize, Artifact]]:
    """Make images without saving them: progress at once and after each step, images as they come.

    Args:
        tasks: what to make, at least one.
        device: where.

    Raises:
        UserError: the weights or the device cannot be used.
    """
    first = tasks[0]
    yield Progress((first.target,), 0, first.recipe.steps, 0, len(tasks), 0.0)
    with importing_torch():
        from convscope.core.runner.rendering import Renderer  # noqa: PLC0415  torch only once there is work

    renderer = Renderer(device)
    all_steps = sum(task.recipe.steps * task.recipe.restarts for task in tasks)
    pictures_done = steps_done = 0
    for group in packs(tasks, renderer.pack_size):
        share = group[0].recipe.steps * group[0].recipe.restarts * len(group)
        targets = tuple(dict.fromkeys(task.target for task in group))
        run = renderer.start(Pack(tuple(group)))
        for step in run:
            yield from ((group[i], encode()) for i, encode in run.take().items())
            fraction = (steps_done + share * step.fraction) / all_steps
            done = pictures_done + len(run.made)
            yield Progress(targets, step.number, step.steps, done, len(tasks), fraction)
        yield from ((group[i], encode()) for i, encode in run.take().items())
        steps_done += share
        pictures_done += len(group)


def make_pictures(
    tasks: Sequence[Visualize], gallery: Path, *, device: str = "auto", force: bool = False
) -> Generator[Progress | Saved, None, None]:
    """Make and save one picture for each task; closing the generator stops within a step.

    Pictures that are there already, whole, come first and are not made again, unless ``force``.

    Raises:
        UserError: the weights or the device cannot be used; the gallery cannot be written.
        OSError: a picture could not be saved all the same.
    """
    missing: list[Visualize] = []
    for task in tasks:
        output = output_of(task)
        path = output.path(gallery, task)
        record = None if force else output.whole_record(path)
        if record is None:
            missing.append(task)
        else:
            yield Saved(task, path, record, new=False)
    if not missing:
        return
    largest = max(output_of(task).most_bytes(task) for task in missing)
    ensure_savable((output_of(task).path(gallery, task) for task in missing), largest)
    for event in compute(missing, device=device):
        if isinstance(event, Progress):
            yield event
            continue
        task, artifact = event
        output = output_of(task)
        path = output.path(gallery, task)
        output.save(path, artifact, lambda: True)
        assert isinstance(artifact.record, Record)
        yield Saved(task, path, artifact.record, new=True)
