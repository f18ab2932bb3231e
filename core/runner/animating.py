"""How animations are made: an image, and the frames on its way. Importing it imports torch."""

from collections.abc import Generator, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import msgspec
from PIL import Image

from convscope.core.ascent.attempts import AttemptStep
from convscope.core.ascent.film import Film, Filming, spread
from convscope.core.gallery.animations import AnimationEncoder
from convscope.core.gallery.curves import with_curve
from convscope.core.gallery.outputs import Artifact, Encode
from convscope.core.gallery.records import AnimationRecord
from convscope.core.runner import visualizing
from convscope.core.tasks.animation import Animate

if TYPE_CHECKING:
    from convscope.core.runner.rendering import Renderer


def make(
    renderer: "Renderer", tasks: Sequence[Animate], checkpoints: Sequence[bytes]
) -> Generator[AttemptStep, None, list[Encode]]:
    """Make animations of one target, and yield between their frames as well.

    The attempt that is kept is the one that is seen.

    Args:
        renderer: where.
        tasks: one, or the variants of one target.
        checkpoints: as of images; they hold the frames so far.

    Raises:
        UserError: the images cannot be made.
        ValueError: a checkpoint is damaged.
    """
    first = tasks[0]
    moments = spread(first.frames, first.recipe.steps)
    filming = Filming(moments, scores=first.curve)
    results = yield from visualizing.made(renderer, tasks, checkpoints, filming)
    ended = AttemptStep(first.recipe.steps, first.recipe.steps, 1.0)
    encoded: list[Encode] = []
    for task, (record, result) in zip(tasks, results, strict=True):
        assert result.film is not None
        asked = {name: getattr(task, name) for name in ("frames", "curve", "container")}
        told = AnimationRecord(**msgspec.structs.asdict(record), **asked)
        encoder = AnimationEncoder(told)
        for image in _images(result.film, moments):
            encoder.add(image)
            yield ended
        encoded.append(partial(_finished, told, encoder))
    return encoded


def _finished(record: AnimationRecord, encoder: AnimationEncoder) -> Artifact:
    return Artifact(record, encoder.file())


def _images(film: Film, moments: Sequence[float]) -> Iterator[Image.Image]:
    """Return the frames of a film as they are seen."""
    places = [moment / moments[-1] for moment in moments]
    for number, pixels in enumerate(film.frames):
        image = Image.fromarray(pixels)
        yield with_curve(image, film.activations, places, number) if film.activations else image
