"""What the coordinator does for one remote worker: it claims packs, sends them, saves what comes.

In all that others see it is a worker: it has a lock, a name in the queue and a lease.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from convscope.core.jobs.claims import Claims, recover, worker_name
from convscope.core.jobs.database import QueueBusyError, QueueDamagedError, QueueError
from convscope.core.jobs.store import JobStore
from convscope.core.runner.cluster.link import Link
from convscope.core.runner.cluster.messages import Hello
from convscope.core.runner.cluster.remote_executor import RemoteExecutor
from convscope.core.runner.executor import DeviceLostError, NoRoomError
from convscope.core.runner.leasing import LeaseLost, Leasing
from convscope.core.runner.live import Live, live_box
from convscope.core.runner.paths import worker_lock
from convscope.core.runner.queued import QueuedWork, Stopped
from convscope.core.runner.saved import SavedCheckpoints
from convscope.core.runner.window import LiveWindow
from convscope.core.runner.wishes import Watched
from convscope.core.runner.writers import PATIENCE_SECONDS
from convscope.core.system.locks import hold
from convscope.core.system.text import printable

LOOK_SECONDS = 0.05
"""How often it looks for work."""
NO_ROOM_SECONDS = 30.0
"""After so long, a worker whose device's memory was taken by others is tried again."""

log = logging.getLogger("convscope.cluster")


class RemoteWorker(threading.Thread):
    """The work of one remote worker.

    Args:
        state: the state folder.
        slot: the worker's, one that nobody else has.
        link: to it.
        hello: what it said of itself.
        ended: called when this ends.
    """

    def __init__(
        self,
        state: Path,
        slot: str,
        link: Link,
        hello: Hello,
        ended: Callable[["RemoteWorker"], None],
    ) -> None:
        super().__init__(name=slot, daemon=True)
        self.slot, self.link, self.hello = slot, link, hello
        self.is_damaged = False
        """Whether it ended since the queue has to be rescued."""
        self._state, self._ended = state, ended
        self._window = LiveWindow(state, slot, self._idle)
        self._told: list[Watched] | None = []
        """What the worker knows of who looks at what."""
        self._is_stopping = False
        self._lease: Leasing | None = None

    def stop(self) -> None:
        """Ask it to put its pack back and end."""
        self._is_stopping = True

    def show(self, told: bytes) -> None:
        """Show what the worker tells of its work."""
        try:
            live = msgspec.msgpack.decode(told, type=Live)
        except msgspec.DecodeError as error:
            log.warning("%s: %s", self.slot, error)
            return
        live.device, live.trouble = self._device, self._window.trouble
        self._window.show(live)

    def run(self) -> None:
        """Work until the worker is gone, or this is to end."""
        try:
            while not self._is_over:
                self._sign_on()
        except QueueDamagedError as error:
            log.error("%s", printable(error))  # noqa: TRY400  its sentence tells all
            self.is_damaged = True
        except Exception:  # the log is the last place that can tell why
            log.exception("the work of %s failed", self.slot)
        finally:
            if self.link.is_leaving and not self.link.is_gone:
                self.link.end()
            elif not self.link.is_gone and not self._is_stopping:
                self.link.drop()  # so that it joins anew
            live_box(self._state).clear(self.slot)
            self._ended(self)

    @property
    def _is_over(self) -> bool:
        return self._is_stopping or self.link.is_gone or self.link.is_leaving

    def _sign_on(self) -> None:
        """Be a worker of the queue, under a name that none ever had."""
        name = worker_name(self.slot)
        with hold(worker_lock(self._state, self.slot), name) as is_ours:
            if not is_ours:  # somebody tests it, or another coordinator has not ended yet
                time.sleep(PATIENCE_SECONDS)
                return
            try:
                store = JobStore(self._state)
            except QueueDamagedError:
                raise
            except QueueError as error:
                log.warning("%s", printable(error))
                time.sleep(PATIENCE_SECONDS)
                return
            claims = Claims(store.database, name, travels=True)
            try:
                with Leasing(claims) as self._lease:
                    self._serve(store, claims)
                claims.sign_off()
            except LeaseLost:
                log.warning("%s was taken for dead", name)
            except QueueDamagedError:
                raise
            except QueueError as error:
                log.warning("%s", printable(error))
                time.sleep(PATIENCE_SECONDS)
            except DeviceLostError:
                # As when a worker dies here: the attempt counts, and the pack is split.
                log.warning("%s (%s) has left in the middle of its work", self.slot, self._device)
                put_back = recover(store.database, lambda other: other != name)
                log.info("put back %d jobs that it left", put_back)
            finally:
                store.close()

    def _serve(self, store: JobStore, claims: Claims) -> None:
        executor = RemoteExecutor(self.link, self.hello.pack, self.hello.host, heed=self._heed)
        queued = QueuedWork(
            store, claims, SavedCheckpoints(self._state, store), tell=self._tell, rest=self._rest
        )
        with contextlib.closing(queued):
            self._serve_queue(claims, queued, executor)

    def _serve_queue(self, claims: Claims, queued: QueuedWork, executor: RemoteExecutor) -> None:
        self._show_idle()
        while not self._is_over:
            try:
                jobs = claims.claim(executor.pack_size) if claims.waits() else []
                if jobs:
                    queued.do(jobs, executor)
                    self._show_idle()
                else:
                    self._rest(LOOK_SECONDS)
                queued.attend()
                self._tell(queued.trouble)
            except Stopped:
                return
            except NoRoomError as error:
                self._pause(str(error), NO_ROOM_SECONDS)
            except QueueBusyError:
                pass  # another look will find it free
            except QueueDamagedError:
                raise
            except QueueError as error:
                self._pause(str(error), PATIENCE_SECONDS)

    def _heed(self) -> None:
        """Heed the wish to end, and tell the worker when somebody looks at something else."""
        self._rest(0)
        looked_at = self._window.looked_at()
        if looked_at != self._told:
            self._told = looked_at
            self.link.watch(msgspec.msgpack.encode(looked_at))

    def _pause(self, trouble: str, seconds: float) -> None:
        self._tell(trouble)
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._is_over:
            time.sleep(LOOK_SECONDS)

    def _rest(self, seconds: float) -> None:
        """Let time pass, heeding the wish to end."""
        until = time.monotonic() + seconds
        while True:
            if self._is_stopping:
                raise Stopped
            if self._lease is not None and self._lease.is_lost:
                raise LeaseLost
            if time.monotonic() >= until:
                return
            time.sleep(min(LOOK_SECONDS, seconds))

    # ---- what is shown ---------------------------------------------------------------------

    @property
    def _device(self) -> str:
        name, comma, rest = self.hello.device.partition(",")
        return f"{name} on {self.hello.host}{comma}{rest}"

    def _idle(self) -> Live:
        return Live(device=self._device)

    def _show_idle(self) -> None:
        self._window.show(self._window.live("idle"))

    def _tell(self, trouble: str) -> None:
        """Show why work does not go on, or '' when it does again."""
        if trouble == self._window.trouble:
            return
        if trouble:
            log.warning("%s: %s", self.slot, trouble)
        self._window.trouble = trouble
        self._window.show(self._window.live("waiting" if trouble else ""))
