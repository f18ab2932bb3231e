"""How photos are looked at for an index: from a task to its result. Importing it imports torch."""

import os
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from convscope.core.ascent.attempts import AttemptStep
from convscope.core.catalog.networks import network
from convscope.core.exemplars.index import ExemplarIndex, PendingPhoto
from convscope.core.exemplars.results import LayerPart, LayerResult, Missed, Seen, SurveyResult
from convscope.core.gallery.outputs import Artifact, Encode
from convscope.core.gallery.records import SurveyRecord
from convscope.core.networks.device_errors import is_out_of_memory
from convscope.core.networks.maps import LayerMaps
from convscope.core.networks.memory import image_bytes, release_unused
from convscope.core.runner.photo_guard import PhotoGuard
from convscope.core.runner.photo_reading import ReadPhoto, Shape, read_ahead
from convscope.core.system.errors import UserError
from convscope.core.system.photos import MAX_RATIO
from convscope.core.system.text import printable
from convscope.core.tasks.survey import Survey

if TYPE_CHECKING:
    from convscope.core.runner.rendering import Renderer

GPU_BATCH = 32
"""Photos of one shape that a GPU is given at once."""
GPU_THREADS = 16
"""That read photos for a GPU; a CPU that computes has no more than one to spare."""


def make(
    renderer: "Renderer", tasks: Sequence[Survey], checkpoints: Sequence[bytes]
) -> Generator[AttemptStep, None, list[Encode]]:
    """Look at the photos of a task that nobody has looked at; yields after each.

    What is wrong with a photo is part of the result.

    Args:
        renderer: where.
        tasks: one.
        checkpoints: none.

    Raises:
        UserError: the weights cannot be used; the index is not there any more.
    """
    (task,) = tasks
    photos, side = _pending(task)
    looking = _Looking(renderer, task)
    begun = time.monotonic()
    count = len(photos)
    yield AttemptStep(0, count, 0.0)
    folder = Path(os.fsdecode(task.index))
    with closing(PhotoGuard(folder / f".reading-{task.first}")) as guard:
        for done in looking.through(photos, side, guard):
            yield AttemptStep(done, count, done / count)
    result = looking.result()
    record = SurveyRecord(
        photos=len(result.seen),
        unreadable=len(result.missed),
        seconds=round(time.monotonic() - begun, 3),
    )
    return [lambda: Artifact(record, result.to_bytes())]


def task_bytes(renderer: "Renderer", task: Survey) -> int:
    """Estimate the memory that one photo takes on a device, in bytes."""
    known = network(task.model)
    side, dtype = known.input_size, torch.float32
    return max(image_bytes(known, name, side, dtype) for name in task.layers)


def too_large(task: Survey) -> tuple[str, str]:
    """Say what of a task does not fit into memory, and what to choose instead."""
    return f"a photo in {len(task.layers)} layers of {task.model}", "fewer --layers"


def _pending(task: Survey) -> tuple[list[PendingPhoto], int]:
    """Return the photos to be looked at, and the side of what the network is given of them."""
    with closing(ExemplarIndex(Path(os.fsdecode(task.index)))) as index:
        if index.facts.key != task.key:
            raise UserError(
                f"The index {printable(index.name)} was removed and made again; this job belongs "
                "to the one before."
            )
        return index.pending(task.first, task.rows), index.facts.side


class _Looking:
    """What came of a task's photos so far."""

    def __init__(self, renderer: "Renderer", task: Survey) -> None:
        self._renderer, self._task = renderer, task
        self._maps: LayerMaps = renderer.maps(task)
        self._seen: list[Seen] = []
        self._missed: list[Missed] = []
        self._parts: dict[str, list[LayerPart]] = {layer: [] for layer in task.layers}
        self._batch = 1 if renderer.is_cpu else GPU_BATCH
        self._seconds = 0.0

    def through(
        self, photos: Sequence[PendingPhoto], side: int, guard: PhotoGuard
    ) -> Iterator[int]:
        """Look at photos; yields how many are done, after each on a CPU, some on a GPU.

        It also yields when some were read that wait for others of their shape.
        """
        threads = 1 if self._renderer.is_cpu else min(GPU_THREADS, os.cpu_count() or 1)
        ahead = 1 if self._renderer.is_cpu else 4 * GPU_BATCH
        begun = time.monotonic()
        shape = Shape(side, MAX_RATIO if self._maps.takes_oblongs(side) else 1.0)
        with closing(read_ahead(photos, shape, threads, ahead, guard)) as reading:
            for batch in self._batches(reading):
                self._look(batch)
                self._seconds += time.monotonic() - begun
                yield len(self._seen) + len(self._missed)
                begun = time.monotonic()

    def result(self) -> SurveyResult:
        """Return what came of them."""
        image = self._seen[-1] if self._seen else None
        found = self._maps.fields(image.height, image.width) if image else {}
        return SurveyResult(
            key=self._task.key,
            fields=tuple(found[layer] for layer in self._task.layers) if found else (),
            seen=tuple(self._seen),
            missed=tuple(self._missed),
            seconds=self._seconds / max(1, len(self._seen)),
            device=self._renderer.info.name,
            layers=tuple(LayerResult.of(parts) for parts in self._parts.values()) if found else (),
        )

    def _batches(self, reading: Iterable[ReadPhoto | Missed]) -> Iterator[list[ReadPhoto]]:
        """Put photos of one shape together; one that cannot be read makes an empty batch.

        So do those that wait, now and then: somebody may wait for the device meanwhile.
        """
        shapes: dict[tuple[int, ...], list[ReadPhoto]] = {}
        for number, photo in enumerate(reading, 1):
            if isinstance(photo, Missed):
                self._missed.append(photo)
                yield []
                continue
            alike = shapes.setdefault(photo.pixels.shape, [])
            alike.append(photo)
            if len(alike) >= self._batch:
                yield shapes.pop(photo.pixels.shape)
            elif number % GPU_THREADS == 0:
                yield []
        yield from shapes.values()

    def _look(self, batch: list[ReadPhoto]) -> None:
        """Run the network, on half as many photos at once where the memory does not suffice."""
        waiting = batch
        while waiting:
            some, fits = waiting[: self._batch], True
            try:
                self._run(some)
            except UserError as refused:  # as by a network for photos of other shapes
                self._renderer.check_device()
                why = printable(refused, 200)
                self._missed += [Missed(photo.row, "unreadable", why) for photo in some]
            except RuntimeError as raised:
                if not is_out_of_memory(raised, self._renderer.device) or len(some) == 1:
                    raise
                fits = False
            # Only behind the except block are the tensors freed that the error held.
            if fits:
                waiting = waiting[len(some) :]
            else:
                release_unused(self._renderer.device)
                self._batch = len(some) // 2

    def _run(self, photos: list[ReadPhoto]) -> None:
        pixels = np.stack([photo.pixels for photo in photos])
        rgb = torch.from_numpy(pixels).to(self._renderer.device)
        maps = self._maps.run(rgb.permute(0, 3, 1, 2).float().div_(255))
        found = {layer: _statistics(maps[layer]) for layer in self._task.layers}
        height, width = pixels.shape[1:3]
        sizes = tuple((each.shape[2], each.shape[3]) for each in maps.values())
        for layer, part in found.items():
            self._parts[layer].append(part)
        self._seen += [Seen(photo.row, width, height, sizes) for photo in photos]


def _statistics(maps: Tensor) -> LayerPart:
    """Return largest value, mean and place of the largest of maps ``(B, C, h, w)``.

    The first row that has it, then the first column: four times as fast on a CPU as one search
    through the whole map, whose numbers lie channel by channel.
    """
    places = maps.permute(0, 2, 3, 1)
    highest, row = places.amax(dim=2).max(dim=1)
    width = maps.shape[3]
    chosen = row[:, :, None, None].expand(-1, -1, 1, width)
    column = maps.gather(2, chosen).squeeze(2).argmax(dim=2)
    found = (highest, places.mean(dim=(1, 2)), row * width + column)
    return LayerPart(*(each.cpu().numpy() for each in found))
