"""What torch would compute on, found out without importing it here."""

import sys

import msgspec

from convscope.core.runner.apart import answer, ask_apart
from convscope.core.runner.slots import Slot
from convscope.core.runner.torch_room import importing_torch


class DeviceFacts(msgspec.Struct, frozen=True):
    """A device as the other process describes it."""

    name: str
    """Not safe to print."""
    kind: str
    """``cpu``, ``cuda`` or ``mps``."""
    memory_total: int
    """Bytes; 0 where they are not known."""
    precision: str
    """What networks run in on it: ``float32`` or ``bfloat16``."""


def device_facts(slot: Slot) -> DeviceFacts:
    """Describe a device on which torch was seen to compute.

    Args:
        slot: of a worker; it is asked in the environment that a worker gets.

    Raises:
        UserError: there is no such device, or torch cannot compute on it.
        NoAnswerError: torch failed.
    """
    return ask_apart(__name__, slot.device, kind=DeviceFacts, environment=slot.environment)


def _describe(wanted: str) -> object:
    with importing_torch():
        from convscope.core.networks.device_trial import tried  # noqa: PLC0415  torch, in its own process only

    return tried(wanted)


if __name__ == "__main__":
    answer(lambda: _describe(sys.argv[1]))
