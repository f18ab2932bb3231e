"""How long looking at photos takes, before it is begun."""

import os

from convscope.core.catalog.published import published
from convscope.core.exemplars.index import ExemplarIndex
from convscope.core.runner.slots import find_slots

JOB_PHOTOS = 32
"""Photos of a job: what a killed worker loses, ten seconds of VGG16 on two cores."""
GPU_JOB_PHOTOS = 256
"""On a GPU, where saving a job would take longer than so few photos."""
CORE_RATE = 27.0
"""10⁹ multiplications that a core does in a second: measured with VGG16 on two."""
GPU_RATE = 5000.0
READING_SECONDS = 0.01
"""To read a photo, and what else is done beside the network."""


def photos_of_a_job(device: str) -> int:
    """Return how many photos the jobs of an index are to have."""
    return GPU_JOB_PHOTOS if _gpus(device) else JOB_PHOTOS


def seconds_expected(index: ExemplarIndex, photos: int, device: str) -> float | None:
    """Return how long looking at photos will take; ``None`` where that is not known.

    As long as the last ones of the index took, or else by the work that the network is.
    """
    if pace := index.pace:
        return photos * pace.seconds
    work = next((each.giga_macs for each in published(index.facts.subject.model)), None)
    if work is None:
        return None
    gpus = _gpus(device)
    rate = gpus * GPU_RATE if gpus else (os.cpu_count() or 1) * CORE_RATE
    return photos * (work / rate + READING_SECONDS)


def _gpus(device: str) -> int:
    """Return on how many GPUs the worker is to compute."""
    if device.startswith("cuda"):
        return 1
    return sum(slot.is_nvidia for slot in find_slots(device))
