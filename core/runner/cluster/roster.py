"""Who has joined: each worker is greeted, compared and given a thread. No torch."""

import asyncio
import logging
from pathlib import Path
from typing import Any

from distributed import Client, Scheduler
from distributed.diagnostics.plugin import SchedulerPlugin

from convscope.core.runner.cluster.files import REMOTE, RemoteStatus, write_remote
from convscope.core.runner.cluster.link import Link
from convscope.core.runner.cluster.messages import LEAVING, LIVE, difference
from convscope.core.runner.cluster.remote_worker import RemoteWorker
from convscope.core.system.text import printable

log = logging.getLogger("convscope.cluster")


class Roster(SchedulerPlugin):
    """The remote workers of one coordinator. Its methods run in the scheduler's loop.

    Args:
        state: the state folder.
    """

    name = "convscope"

    def __init__(self, state: Path) -> None:
        self._state = state
        self._scheduler: Scheduler | None = None
        self._client: Client | None = None
        self._links: dict[str, Link] = {}
        """By Dask's addresses."""
        self._working: dict[str, RemoteWorker] = {}
        self._threads: dict[str, RemoteWorker] = {}
        """By slot: one is free again only once its thread has ended."""
        self._greetings: set[asyncio.Task[None]] = set()
        self._is_closed = False
        self.is_damaged = False
        """Whether the queue has to be rescued."""

    def open(self, scheduler: Scheduler, client: Client) -> None:
        """Greet those who have joined, and everybody from now on."""
        self._scheduler, self._client = scheduler, client
        self._tell()
        for address in list(scheduler.workers):
            self._begin(address)

    async def end_work(self, *, for_good: bool) -> None:
        """Have all packs put back.

        Args:
            for_good: whether the workers are to end as well, or to wait for another coordinator.
        """
        self._is_closed = True
        for worker in self._threads.values():
            worker.stop()
        while self._threads:
            await asyncio.sleep(0.05)
        if for_good:
            await asyncio.gather(*(link.ended("") for link in self._links.values()))
        self._tell()

    # ---- what Dask calls -------------------------------------------------------------------

    def add_worker(self, scheduler: Scheduler, worker: str) -> None:
        """Greet a worker that has joined."""
        if self._client is not None:
            self._begin(worker)

    def remove_worker(self, scheduler: Scheduler, worker: str, **_: Any) -> None:  # noqa: ANN401
        """Let those who wait for it know that a worker has left."""
        if link := self._links.pop(worker, None):
            link.note_gone()
        self._working.pop(worker, None)
        self._tell()

    def log_event(self, topic: str, msg: Any) -> None:  # noqa: ANN401
        """Take what a worker tells of itself; its address comes with it."""
        if topic not in (LIVE, LEAVING) or not isinstance(msg, dict):
            return
        address = msg.get("worker", "")
        if topic == LEAVING:
            self._let_leave(address)
        elif working := self._working.get(address):
            working.show(msg["told"])

    # ---- inside ----------------------------------------------------------------------------

    def _begin(self, address: str) -> None:
        assert self._client is not None
        link = self._links[address] = Link(self._client, address, self._drop)
        greeting = asyncio.ensure_future(self._greet(address, link))
        self._greetings.add(greeting)
        greeting.add_done_callback(self._greetings.discard)

    async def _greet(self, address: str, link: Link) -> None:
        try:
            hello = await link.hello()
            trouble = difference(hello.versions)
        except Exception as error:  # noqa: BLE001  whatever it says, it is none of ours
            log.warning("a worker at %s does not answer (%s)", address, printable(error, 200))
            await self._drop(address)
            return
        if trouble:
            log.warning("the worker on %s %s", printable(hello.host, 60), trouble)
            await link.ended(f"The convscope on this machine {trouble}.")
            return
        if self._is_closed or link.is_gone:
            return
        slot = next(f"{REMOTE}{n}" for n in range(1, 10_000) if f"{REMOTE}{n}" not in self._threads)
        loop = asyncio.get_running_loop()

        def note_ended(worker: RemoteWorker) -> None:  # in that worker's thread
            loop.call_soon_threadsafe(self._note_ended, worker)

        worker = RemoteWorker(
            self._state,
            slot,
            link,
            hello,
            ended=note_ended,
        )
        self._working[address] = self._threads[slot] = worker
        log.info("%s on %s has joined as %s", *map(printable, (hello.device, hello.host, slot)))
        self._tell()
        worker.start()

    def _let_leave(self, address: str) -> None:
        if link := self._links.get(address):
            link.is_leaving = True
            if address not in self._working:
                asyncio.ensure_future(link.ended(""))  # noqa: RUF006  it takes milliseconds

    async def _drop(self, address: str) -> None:
        assert self._scheduler is not None
        await self._scheduler.remove_worker(address, stimulus_id="convscope-drop")

    def _note_ended(self, worker: RemoteWorker) -> None:
        self._threads.pop(worker.slot, None)
        self.is_damaged |= worker.is_damaged
        log.info("%s has ended its work", worker.slot)
        self._tell()

    def _tell(self) -> None:
        """Write down who works."""
        found = [
            RemoteStatus(worker.slot, worker.hello.host, worker.hello.device)
            for worker in self._working.values()
        ]
        try:
            write_remote(self._state, found)
        except OSError as error:
            log.warning("%s", printable(error))
