"""At which step an image goes on, read from its checkpoint without torch."""

import msgspec
from safetensors import SafetensorError
from safetensors.numpy import load

STORY = "story"
"""The tensor of a checkpoint that holds, as JSON, what is no tensor."""


class Moment(msgspec.Struct):
    """What images have to share to go on in one pack."""

    attempt: int
    """From 0."""
    number: int | None
    """The step of this attempt; ``None`` when all attempts ended."""


def moment_of(checkpoint: bytes) -> tuple[int, int | None]:
    """Return the attempt and the step that a checkpoint is of.

    Raises:
        ValueError: the bytes are no checkpoint, or only a part of one.
    """
    try:
        moment = msgspec.json.decode(load(checkpoint)[STORY].tobytes(), type=Moment)
    except (SafetensorError, msgspec.DecodeError, KeyError) as error:
        raise ValueError("the checkpoint is damaged") from error
    return moment.attempt, moment.number
