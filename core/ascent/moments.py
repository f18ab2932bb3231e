"""At which step an image goes on, read from its checkpoint without torch.

Only the head of the safetensors and one of the tensors are read, since it is asked for often:
https://github.com/huggingface/safetensors#format.
"""

import msgspec

STORY = "story"
"""The tensor of a checkpoint that holds, as JSON, what is no tensor."""


class Moment(msgspec.Struct):
    """What images have to share to go on in one pack."""

    attempt: int
    """From 0."""
    number: int | None
    """The step of this attempt; ``None`` when all attempts ended."""


class _Tensor(msgspec.Struct):
    data_offsets: tuple[int, int] = (0, 0)
    """Behind the head; the metadata, which is no tensor, has none."""


def moment_of(checkpoint: bytes) -> tuple[int, int | None]:
    """Return the attempt and the step that a checkpoint is of.

    Raises:
        ValueError: the bytes are no checkpoint, or only a part of one.
    """
    start = 8 + int.from_bytes(checkpoint[:8], "little")
    try:
        tensors = msgspec.json.decode(checkpoint[8:start], type=dict[str, _Tensor])
        first, end = (start + offset for offset in tensors[STORY].data_offsets)
        moment = msgspec.json.decode(checkpoint[first:end], type=Moment)
    except (msgspec.DecodeError, KeyError) as error:
        raise ValueError("the checkpoint is damaged") from error
    if len(checkpoint) < start + max(tensor.data_offsets[1] for tensor in tensors.values()):
        raise ValueError("the checkpoint is damaged")
    return moment.attempt, moment.number
