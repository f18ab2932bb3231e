"""The worker's process: lock, log, signals and exit code around a :class:`Worker`."""

import faulthandler
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from convscope.core.jobs.ahead import AheadClaims
from convscope.core.jobs.claims import worker_name
from convscope.core.jobs.database import QueueDamagedError, QueueError
from convscope.core.jobs.store import JobStore
from convscope.core.runner.crash_guard import BegunJobs
from convscope.core.runner.live import Live, live_box
from convscope.core.runner.logs import log_to
from convscope.core.runner.paths import worker_lock
from convscope.core.runner.torch_room import ensure_room_for_torch
from convscope.core.system.errors import UserError
from convscope.core.system.locks import hold
from convscope.core.system.text import printable

NICENESS = 10
"""People type in other programs on this machine, the explorer among them."""
USELESS = 2
"""Exit code: starting it again would not help, such as where there is no such device."""
FAILED = 1
DAMAGED = 3
"""Exit code: the queue has to be rescued first."""
EVICTED = 4
"""Exit code: it was taken for dead."""
NO_ROOM = 5
"""Exit code: others have taken too much of the GPU's memory."""
TAKEN = 6
"""Exit code: others have the GPU to themselves, or left none of its memory."""
NEEDED_BYTES = 2 * 2**30
"""Free memory of a GPU below which no worker begins: torch alone takes half a gigabyte."""
TERMINATED = 128 + signal.SIGTERM
ENDING = {signal.SIGTERM, signal.SIGINT}

log = logging.getLogger("convscope.worker")


class _Signals:
    """Hears the signals that ask to end, in a thread of its own.

    A handler would only be called once a step of the network is done, which may take seconds, and
    would not tell two signals from one by then. So they are blocked in all threads, before torch
    starts any, and one waits for them.
    """

    def __init__(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        self._stop: Callable[[], None] | None = None
        threading.Thread(target=self._listen, name="signals", daemon=True).start()

    def call_first(self, stop: Callable[[], None]) -> None:
        """Let the first signal ask for a clean end; until now, and for a second, it is at once."""
        self._stop = stop

    def _listen(self) -> None:
        while True:
            signal.sigwait(ENDING)
            if self._stop is None:
                os._exit(TERMINATED)
            stop, self._stop = self._stop, None
            stop()


def run_worker(state: Path, slot: str, device: str, *, serves_wishes: bool) -> int:
    """Be the worker of a slot until it is idle or asked to end; returns the exit code."""
    log_to(state, f"worker-{slot}.log")
    faulthandler.enable()
    signals = _Signals()
    os.nice(NICENESS)
    name = worker_name(slot)
    with hold(worker_lock(state, slot), name) as is_ours:
        if not is_ours:
            log.info("another worker of %s is running; ending", slot)
            return 0
        return _guarded(
            state,
            slot,
            lambda: _work(signals, state, slot, name, device, serves_wishes=serves_wishes),
        )


def _guarded(state: Path, slot: str, work: Callable[[], int]) -> int:
    """Do the work, and show how it ends."""
    _show(state, slot, "loading")
    try:
        code = work()
    except QueueDamagedError as error:
        log.error("%s", printable(error))  # noqa: TRY400  its sentence tells all
        return DAMAGED
    except QueueError as error:  # a full disk will have room again
        log.error("%s", printable(error))  # noqa: TRY400  as above
        _show(state, slot, printable(error))
        return FAILED
    except UserError as error:
        log.error("%s", printable(error))  # noqa: TRY400  as above
        print(printable(error), file=sys.stderr)  # the supervisor tells its last line
        _show(state, slot, printable(error))
        return USELESS
    except Exception:  # the log is the last place that can tell why
        log.exception("the worker failed")
        _show(state, slot, f"The worker failed; the log worker-{slot}.log says why.")
        return FAILED
    _show(state, slot, "ended")
    return code


def _work(
    signals: _Signals, state: Path, slot: str, name: str, device: str, *, serves_wishes: bool
) -> int:
    ensure_room_for_torch()
    from convscope.core.networks.device_errors import DeviceTakenError  # noqa: PLC0415  as Worker
    from convscope.core.runner.executor import NoRoomError  # noqa: PLC0415  as Worker
    from convscope.core.runner.leasing import LeaseLost  # noqa: PLC0415  as Worker
    from convscope.core.runner.worker import Worker  # noqa: PLC0415  torch, once the lock is ours

    store = JobStore(state)
    claims = AheadClaims(store.database, name, BegunJobs(state, name).note)
    try:
        worker = Worker(state, slot, claims, store, device=device, serves_wishes=serves_wishes)
    except DeviceTakenError as error:
        log.warning("%s", printable(error))
        return TAKEN
    if worker.free_bytes < NEEDED_BYTES:
        return NO_ROOM
    signals.call_first(worker.stop)
    log.info("working on %s", device)
    try:
        worker.run()
    except NoRoomError as error:
        log.warning("%s", printable(error))
        return NO_ROOM
    except LeaseLost:
        log.warning("this worker was taken for dead; what it was making is somebody else's now")
        return EVICTED
    return 0


def _show(state: Path, slot: str, activity: str) -> None:
    try:
        live_box(state).send(slot, Live(activity=activity))
    except OSError as error:  # a full disk is met where it matters
        log.warning("%s", printable(error))
