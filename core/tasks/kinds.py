"""The kinds of tasks there are, and how one that was stored is read again."""

from collections.abc import Mapping

import msgspec

from convscope.core.tasks.animation import Animate
from convscope.core.tasks.base import UNTAGGED
from convscope.core.tasks.feature_maps import FeatureMaps
from convscope.core.tasks.survey import Survey
from convscope.core.tasks.visualize import Visualize

Task = Visualize | Animate | Survey
"""Any task that may be queued: the union of all kinds of those."""

AnyTask = Task | FeatureMaps
"""Any task: feature maps are not queued, but wished for."""

KINDS: Mapping[str, type[Task]] = {
    UNTAGGED: Visualize,
    "animation": Animate,
    "survey": Survey,
}
"""Each kind under its struct's tag; all but the first are stored with it, in the field ``task``."""

FROM_PHOTO = "visualize-from-photo"
"""What a queue calls images that start from a photo: versions that know of no such start would make
them from noise, but leave alone what they cannot read."""


class _Named(msgspec.Struct):
    task: str = UNTAGGED


def encode_task(task: Task) -> str:
    """Write a task, or what the tasks of a pack share, as a queue holds it."""
    encoded = task.encoded()
    if type(task) is Visualize and task.start_image:  # animations are not known there anyway
        told = msgspec.json.decode(encoded)
        encoded = msgspec.json.encode({**told, "task": FROM_PHOTO}, order="sorted")
    return encoded.decode()


def decode_task(text: str | bytes) -> Task:
    """Read a task as :func:`encode_task` or its ``encoded`` wrote it.

    Raises:
        msgspec.DecodeError: it is none, or one of a kind that this version does not know.
    """
    name = msgspec.json.decode(text, type=_Named).task
    if name == FROM_PHOTO:
        told = msgspec.json.decode(text)
        return msgspec.convert({**told, "task": UNTAGGED}, Visualize)
    if name not in KINDS:
        raise msgspec.ValidationError(f"there is no kind of task called {name!r}")
    return msgspec.json.decode(text, type=KINDS[name])
