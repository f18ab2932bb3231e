"""The process of a remote worker: one device, joined to a coordinator. Imports torch.

It outlives the coordinator for a while, as that may be started anew, and keeps its networks loaded.
"""

import asyncio
import contextlib
import logging
import os
import signal
import ssl
import tempfile
import time
from typing import Any

import msgspec
from distributed.security import Security

from convscope.core.networks.device_errors import DeviceTakenError
from convscope.core.runner.cluster import slurm
from convscope.core.runner.cluster.certificates import Credentials
from convscope.core.runner.cluster.dask_nodes import QuietWorker, configure, security
from convscope.core.runner.cluster.files import Address, ClusterFile
from convscope.core.runner.cluster.messages import LEAVING, LIVE, PackOrder
from convscope.core.runner.cluster.station import Station
from convscope.core.runner.live import Live
from convscope.core.runner.process import NICENESS, TAKEN, USELESS
from convscope.core.runner.wishes import Watched
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable

ABSENT_SECONDS = 60.0
"""A worker ends when its coordinator has been away for so long: its device may be a loan."""
RETRY_SECONDS = 1.0
LEAVE_SECONDS = 15.0
"""How long one that is asked to end waits until its unfinished pack has been fetched."""

log = logging.getLogger("convscope.worker")


class JoinedWorker(QuietWorker):
    """A worker of one coordinator; what :mod:`~convscope.core.runner.cluster.calls` talks to."""

    def __init__(self, address: str, member: "Member", **options: Any) -> None:  # noqa: ANN401
        super().__init__(address, **options)
        self._member = member

    def tell(self, topic: str, told: bytes = b"") -> None:
        """Tell the coordinator something; from any thread."""
        self.log_event(topic, {"worker": self.contact_address, "told": told})

    def hello(self) -> bytes:
        """See :mod:`~convscope.core.runner.cluster.calls`, as for the others."""
        return msgspec.json.encode(self._member.station.hello)

    def make(self, order: bytes) -> bytes:
        """Do a pack."""
        answer = self._member.station.make(msgspec.json.decode(order, type=PackOrder))
        return msgspec.msgpack.encode(answer)

    def stop_pack(self, key: str) -> None:
        """Let a pack end."""
        self._member.station.stop(key)

    def watch(self, looked_at: bytes) -> None:
        """Take note of what somebody looks at."""
        told = msgspec.msgpack.decode(looked_at, type=list[Watched] | None)
        self._member.station.watch(told)

    def end(self, sentence: str) -> None:
        """Let the process end."""
        self._member.end(sentence)


class Member:
    """Keeps one device in a cluster.

    Args:
        cluster: which one.
        device: its name.

    Raises:
        UserError: there is no such device.
    """

    def __init__(self, cluster: ClusterFile, device: str) -> None:
        self._cluster = cluster
        self._security = security(cluster.authority, Credentials(cluster.certificate, cluster.key))
        self.station = Station(device, self._show)
        self._worker: JoinedWorker | None = None
        self._ended = asyncio.Event()
        self._refusal = ""

    async def run(self) -> None:
        """Work for the coordinator, and for the next one at its place, until asked to end.

        Raises:
            UserError: the coordinator refuses this worker, or has been away for too long.
        """
        while not self._ended.is_set():
            host = await self._reach()
            if host is None:
                break
            await self._join(host)
        if self._refusal:
            raise UserError(self._refusal)

    def leave(self) -> None:
        """Put the pack aside, tell the coordinator, and end."""
        self.station.is_ending = True
        if self._worker is None:
            self._ended.set()
            return
        self._worker.tell(LEAVING)
        asyncio.get_running_loop().call_later(LEAVE_SECONDS, self._ended.set)

    def end(self, sentence: str) -> None:
        """End, for a reason or since nothing is left here."""
        self._refusal = sentence
        self.station.is_ending = True
        self._ended.set()

    async def _join(self, host: str) -> None:
        with tempfile.TemporaryDirectory(prefix="convscope-") as folder:
            worker = JoinedWorker(
                f"tls://{self._cluster.address}",
                self,
                security=self._security,
                host=host,
                nthreads=1,
                memory_limit=0,
                local_directory=folder,
                death_timeout=ABSENT_SECONDS,
            )
            try:
                await worker
            except (OSError, TimeoutError, ValueError) as error:
                log.warning("cannot join: %s", printable(error))
                await asyncio.sleep(RETRY_SECONDS)
                return
            log.info("joined the cluster at %s", self._cluster.address)
            self._worker = worker
            waits = [
                asyncio.ensure_future(each) for each in (_finished(worker), self._ended.wait())
            ]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            self._worker = None
            self.station.abandon()
            for each in waits:
                each.cancel()
            if not self._ended.is_set():
                log.info("the coordinator is gone")
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(worker.close(), 5)

    async def _reach(self) -> str | None:
        """Wait until the coordinator answers; returns this machine's address towards it.

        Raises:
            UserError: it is not the one that made the file, or was away for too long.
        """
        until = time.monotonic() + ABSENT_SECONDS
        while not self._ended.is_set():
            try:
                return await _own_host(self._cluster.address, self._security)
            except ssl.SSLError as error:
                raise UserError(
                    f"The coordinator at {printable(str(self._cluster.address), 100)} is not the "
                    "one that made this cluster.json; copy the file anew from its machine."
                ) from error
            except OSError as error:
                if time.monotonic() > until:
                    raise UserError(
                        f"No coordinator answers at {printable(str(self._cluster.address), 100)} "
                        f"({printable(error.strerror or error, 100)}); start it with convscope "
                        "cluster start, and see that this machine reaches that port."
                    ) from error
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._ended.wait(), RETRY_SECONDS)
        return None

    def _show(self, live: Live) -> None:
        worker = self._worker
        if worker is not None:  # from the pack's thread
            with contextlib.suppress(Exception):  # a frame that is lost is no loss
                worker.tell(LIVE, msgspec.msgpack.encode(live))


async def _own_host(address: Address, checked: Security) -> str:
    """Greet the coordinator, and return by which address of this machine it was reached."""
    arguments: dict[str, Any] = checked.get_connection_args("worker")  # type: ignore[no-untyped-call]
    context = arguments["ssl_context"]
    opening = asyncio.open_connection(address.host, address.port, ssl=context)
    _, writer = await asyncio.wait_for(opening, 10)
    host: str = writer.get_extra_info("sockname")[0]
    writer.close()
    with contextlib.suppress(OSError, ssl.SSLError):
        await writer.wait_closed()
    return host


async def _finished(worker: JoinedWorker) -> None:
    await worker.finished()  # type: ignore[no-untyped-call]


def run_member(cluster: ClusterFile, device: str) -> int:
    """Be the worker of a device until asked to end; returns the exit code."""
    if slurm.JOB not in os.environ:  # there nobody else has these cores
        os.nice(NICENESS)
    configure()
    try:
        asyncio.run(_run(cluster, device))
    except DeviceTakenError as error:
        log.warning("%s", printable(error))
        return TAKEN
    except UserError as error:
        log.error("%s", printable(error, 1000))  # noqa: TRY400  its sentence tells all
        return USELESS
    return 0


async def _run(cluster: ClusterFile, device: str) -> None:
    member = Member(cluster, device)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, member.leave)
    loop.add_reader(0, _heed_parent, member)
    await member.run()


def _heed_parent(member: Member) -> None:
    """Leave when the process that started this one is gone, and with it the pipe it holds."""
    if not os.read(0, 1024):
        asyncio.get_running_loop().remove_reader(0)
        member.leave()
