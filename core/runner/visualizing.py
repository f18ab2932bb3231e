"""How images are made: from tasks to pictures with their records. Importing it imports torch."""

import time
from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from convscope import core
from convscope.core.ascent.attempts import AttemptStep, make_images
from convscope.core.ascent.checkpoints import Checkpoint
from convscope.core.ascent.film import Filming
from convscope.core.ascent.loop import Request
from convscope.core.ascent.results import Result
from convscope.core.catalog.networks import network
from convscope.core.gallery.outputs import Artifact, Encode
from convscope.core.gallery.pictures import encoded_picture
from convscope.core.gallery.records import FORMAT, USUAL_FORMAT, Record
from convscope.core.networks.memory import image_bytes
from convscope.core.system.errors import UserError
from convscope.core.tasks.visualize import Visualize

if TYPE_CHECKING:
    from convscope.core.runner.rendering import Renderer


def make(
    renderer: "Renderer", tasks: Sequence[Visualize], checkpoints: Sequence[bytes]
) -> Generator[AttemptStep, None, list[Encode]]:
    """Make pictures in one tensor; see :func:`made`."""
    results = yield from made(renderer, tasks, checkpoints)
    return [partial(_encoded, result.pixels, record) for record, result in results]


def made(
    renderer: "Renderer",
    tasks: Sequence[Visualize],
    checkpoints: Sequence[bytes],
    filming: Filming | None = None,
) -> Generator[AttemptStep, None, list[tuple[Record, Result]]]:
    """Make images in one tensor.

    Args:
        renderer: where.
        tasks: what, all of one kind.
        checkpoints: where each goes on, all from the same step; empty where they start anew.
        filming: what is kept of how they come to be; by default nothing.

    Returns:
        Each task's image with its record.

    Raises:
        UserError: the weights cannot be used, or have no such channel; the photo to start from is
            not there any more.
        ValueError: a checkpoint is damaged, or they are not from the same step.
    """
    probe = renderer.probe(tasks[0])
    if (last := max(task.channel for task in tasks)) >= probe.channels:
        raise UserError(
            f"The weights have no channel {last} of {tasks[0].layer}; its channels are 0 to "
            f"{probe.channels - 1}."
        )
    requests = [Request(task.channel, task.seed, task.direction, task.variant) for task in tasks]
    resumed = [Checkpoint.from_bytes(each) for each in checkpoints]
    photo = _photo(tasks[0])
    recipe = tasks[0].recipe
    ascent = make_images(probe, requests, recipe, resumed, photo, filming=filming)
    results, seconds = yield from _timed(ascent)
    return [
        (_record(renderer, task, result, seconds), result)
        for task, result in zip(tasks, results, strict=True)
    ]


def _timed(
    ascent: Generator[AttemptStep, None, list[Result]],
) -> Generator[AttemptStep, None, tuple[list[Result], float]]:
    """Pass on the steps of a pack; returns its images, and the seconds that each of them took."""
    try:
        first = next(ascent)
    except StopIteration as end:  # all had ended when they were stopped
        return end.value, 0.0
    # What the first pack of a worker sets up takes seconds, and would be told of all that follow.
    begun = time.monotonic()
    yield first
    results = yield from ascent
    seconds = (time.monotonic() - begun) / len(results)
    if first.fraction < 1:  # else a retry goes on, and how much of it is unknown
        seconds /= 1 - first.fraction  # the steps before a checkpoint took as long each
    return results, seconds


def task_bytes(renderer: "Renderer", task: Visualize) -> int:
    """Estimate the memory that one image takes on a device, in bytes."""
    dtype = renderer.dtype(task.precision)
    return image_bytes(network(task.model), task.layer, task.recipe.resolution, dtype)


def too_large(task: Visualize) -> tuple[str, str]:
    """Say what of a task does not fit into memory, and what to choose instead."""
    variants = task.recipe.variants
    images = "one image" if variants == 1 else f"{variants} variants"
    return (
        f"{images} of {task.recipe.resolution} px at {task.layer}",
        "a smaller --resolution" + (", fewer --variants" if variants > 1 else ""),
    )


def _encoded(pixels: NDArray[np.uint8], record: Record) -> Artifact:
    return Artifact(record, encoded_picture(Image.fromarray(pixels), record))


def _record(renderer: "Renderer", task: Visualize, result: Result, seconds: float) -> Record:
    return Record(
        model=task.model,
        weights=task.weights.name,
        weights_sha256=task.weights.sha256,
        layer=task.layer,
        channel=task.channel,
        recipe=task.recipe,
        seed=task.seed,
        activation=round(result.score.activation, 4),
        start_activation=round(result.start_activation, 4),
        verdict=result.verdict,
        steps_run=result.steps_run,
        attempts=[round(activation, 4) for activation in result.attempts],
        peak=round(result.peak, 4),
        seconds=round(seconds, 3),
        device=renderer.info.name,
        precision=_precision_name(renderer.dtype(task.precision)),
        versions={
            "convscope": core.__version__,
            "torch": str(torch.__version__),
            "torchvision": version("torchvision"),
        },
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        direction=task.direction,
        variant=task.variant,
        normalization=task.input_normalization,
        start_image=task.start_image,
        format=FORMAT if task.start_image else USUAL_FORMAT,
    )


def _photo(task: Visualize) -> torch.Tensor | None:
    """Return what a task starts from, ``(3, H, W)`` float32, RGB in 0..1; ``None`` for noise."""
    if task.start_image is None:
        return None
    image = np.array(task.start_image.read(task.recipe.resolution))
    return torch.from_numpy(image).permute(2, 0, 1).float() / 255


def _precision_name(dtype: torch.dtype) -> Literal["float32", "bfloat16"]:
    return "bfloat16" if dtype == torch.bfloat16 else "float32"
