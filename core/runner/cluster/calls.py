"""What the coordinator calls on a remote worker: Dask sends these functions by their names.

Importing it imports no torch, as the coordinator does it too.
"""

from typing import TYPE_CHECKING

from distributed import get_worker

if TYPE_CHECKING:
    from convscope.core.runner.cluster.member import JoinedWorker


def make_pack(order: bytes) -> bytes:
    """Do a pack, in a thread of its own; takes an ``Order``, returns an ``Answer``."""
    worker: JoinedWorker = get_worker()  # type: ignore[assignment]
    return worker.make(order)


def say_hello(dask_worker: "JoinedWorker") -> bytes:
    """Return the worker's ``Hello``."""
    return dask_worker.hello()


def stop_pack(key: str, dask_worker: "JoinedWorker") -> None:
    """Let the pack of an order end within a step."""
    dask_worker.stop_pack(key)


def watch(looked_at: bytes, dask_worker: "JoinedWorker") -> None:
    """Show from now on how these grow; takes a list of ``Watched``, or nothing for all."""
    dask_worker.watch(looked_at)


def end(sentence: str, dask_worker: "JoinedWorker") -> None:
    """Let the worker's process end for good; a sentence says what it is refused for."""
    dask_worker.end(sentence)
