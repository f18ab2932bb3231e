"""Renewing a worker's lease beside its work."""

import logging
import threading
from types import TracebackType

from convscope.core.jobs.claims import Claims
from convscope.core.jobs.database import QueueError
from convscope.core.jobs.leases import RENEW_SECONDS
from convscope.core.system.text import printable

log = logging.getLogger("convscope.worker")


class LeaseLost(Exception):  # noqa: N818  nothing went wrong here
    """Others took this worker for dead, since it was stopped for too long."""


class Leasing:
    """A thread that renews a lease; a step of the network may take longer than the lease.

    A lease that ran out, as it does while the machine sleeps or the queue cannot be written, is
    taken up again where nobody noticed.

    Args:
        claims: whose lease it is.
    """

    def __init__(self, claims: Claims) -> None:
        self.is_lost = False
        """Whether others took this worker for dead: what it still writes is discarded."""
        self._claims = claims
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew_often, name="lease", daemon=True)

    def __enter__(self) -> "Leasing":
        """Sign on, and renew from now on."""
        self._claims.sign_on()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Renew no more. The lease itself ends with the worker's process, or by signing off."""
        self._ended.set()
        self._thread.join()

    def _renew_often(self) -> None:
        # A connection belongs to one thread, so this one has its own.
        claims: Claims | None = None
        while not self.is_lost and not self._ended.wait(RENEW_SECONDS):
            try:
                claims = claims or self._claims.beside()
                self.is_lost = not claims.renew()
            except QueueError as error:  # others cannot write either, so nobody takes the jobs away
                log.warning("the lease is not renewed: %s", printable(error))
