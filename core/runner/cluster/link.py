"""A remote worker as a thread of the coordinator reaches it. No torch."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

import msgspec
from distributed import Client
from distributed import Future as DaskFuture

from convscope.core.runner.cluster import calls
from convscope.core.runner.cluster.messages import Answer, Hello, PackOrder

CALL_SECONDS = 10.0
"""How long an answer may take that needs no work."""

Found = TypeVar("Found")


class WorkerGoneError(Exception):
    """A remote worker has left, and what it was making with it."""


class Link:
    """The connection to one remote worker. Coroutines run in the coordinator's loop.

    Args:
        client: of the scheduler.
        address: the worker's, as Dask has it.
        drop: removes the worker from the scheduler.
    """

    def __init__(
        self, client: Client, address: str, drop: Callable[[str], Coroutine[Any, Any, None]]
    ) -> None:
        self._client, self._address, self._drop = client, address, drop
        self._loop = asyncio.get_running_loop()
        self._gone = asyncio.Event()
        self.is_leaving = False
        """Whether the worker said that it is about to end."""

    @property
    def is_gone(self) -> bool:
        """Whether the worker has left."""
        return self._gone.is_set()

    def note_gone(self) -> None:
        """Take note that it has left; in the loop."""
        self._gone.set()

    async def hello(self) -> Hello:
        """Return what it says of itself.

        Raises:
            Exception: it does not know how, or went away.
        """
        return msgspec.json.decode(await self._run(calls.say_hello), type=Hello)

    # ---- for other threads -----------------------------------------------------------------

    def begin(self, order: PackOrder) -> "Future[Answer]":
        """Send an order; its answer may also be a :class:`WorkerGoneError`."""
        return asyncio.run_coroutine_threadsafe(self._make(order), self._loop)

    def stop(self, key: str) -> None:
        """Let the pack of an order end within a step."""
        self._call(self._run(calls.stop_pack, key))

    def watch(self, looked_at: bytes) -> None:
        """Tell the worker what somebody looks at; nobody waits until it knows."""
        asyncio.run_coroutine_threadsafe(self._run(calls.watch, looked_at), self._loop)

    def end(self, sentence: str = "") -> None:
        """Let the worker's process end for good, and tell it why."""
        self._call(self.ended(sentence))

    def drop(self) -> None:
        """Part from a worker that does not answer; it may join anew."""
        self._call(self._drop(self._address))

    # ---- in the loop -----------------------------------------------------------------------

    async def ended(self, sentence: str) -> None:
        """See :meth:`end`."""
        with contextlib.suppress(Exception):  # it may end before it answers
            await self._run(calls.end, sentence)

    async def _make(self, order: PackOrder) -> Answer:
        future = self._client.submit(
            calls.make_pack,
            msgspec.json.encode(order),
            key=order.key,
            workers=[self._address],
            allow_other_workers=False,
            retries=0,
            pure=False,
        )
        gone = asyncio.ensure_future(self._gone.wait())
        result = asyncio.ensure_future(_of(future))
        try:
            await asyncio.wait((gone, result), return_when=asyncio.FIRST_COMPLETED)
            return msgspec.msgpack.decode(result.result(), type=Answer)
        except Exception as error:  # gone, killed, cancelled, unreadable: nothing came of it
            raise WorkerGoneError(str(error)) from error
        finally:
            for each in (gone, result):
                each.cancel()
            future.release()  # type: ignore[no-untyped-call]

    async def _run(self, function: Callable[..., Found], *arguments: object) -> Any:  # noqa: ANN401
        found = await asyncio.wait_for(
            self._client.run(function, *arguments, workers=[self._address]), CALL_SECONDS
        )
        return found[self._address]

    def _call(self, work: Coroutine[Any, Any, Any]) -> None:
        """Wait for something short, whatever comes of it."""
        with contextlib.suppress(Exception):
            asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_SECONDS)


async def _of(future: DaskFuture[bytes]) -> bytes:
    answer: bytes = await future
    return answer
