"""Packs of tasks as values, and what runs them: here, or on another machine. No torch."""

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import msgspec

from convscope.core.gallery.outputs import Artifact, Encode
from convscope.core.system.errors import UserError
from convscope.core.tasks.kinds import AnyTask


class NoRoomError(UserError):
    """A GPU has the memory for a task, but for now others have taken it."""


class DeviceLostError(Exception):
    """The device computes nothing any more in this process, whatever it is asked for."""


class Pack(msgspec.Struct, frozen=True):
    """Tasks that are done together, as a value that can be sent."""

    tasks: tuple[AnyTask, ...]
    """All of one ``pack_kind``, none twice; positions count in them."""
    checkpoints: tuple[bytes, ...] = ()
    """Where each task goes on, all from the same moment; empty where they start anew."""


class Outcome(msgspec.Struct, frozen=True):
    """What came of a pack that ran elsewhere, by the positions of its tasks, to be sent back."""

    artifacts: dict[int, Artifact]
    checkpoints: dict[int, bytes]
    """Where tasks go on that were being done when the pack was stopped."""


Look = Callable[[], None]
"""Called between two steps; what it raises ends the pack."""


@dataclass(frozen=True)
class Run:
    """A pack on an executor."""

    results: Callable[[Look], Iterator[Mapping[int, Encode]]]
    """Does the pack; yields results by their task's position, as soon as some are there."""
    made: Container[int]
    """The positions of the tasks that are done."""
    checkpoints: Callable[[], dict[int, bytes]]
    """Returns how far the tasks are that are being done now, by position; to be called between two
    steps, or after an error ended the pack."""


class Executor(Protocol):
    """Runs packs somewhere."""

    def pack_size(self, task: AnyTask) -> int:
        """Return how many tasks like this one fit into a pack now."""

    def start(self, pack: Pack) -> Run:
        """Prepare a pack; nothing is done before its results are asked for."""

    def check_device(self) -> None:
        """Find out whether the device still computes: after some errors of CUDA it never does.

        Raises:
            DeviceLostError: it does not.
        """
