"""Dask's scheduler and worker as convscope runs them: always encrypted, without a web server."""

import contextlib
import logging
from typing import Any

import dask
from distributed import Scheduler, Worker
from distributed.security import Security

from convscope.core.runner.cluster.certificates import Credentials

SETTINGS = {
    "distributed.admin.low-level-log-length": 8,  # live frames are kept in it
    "distributed.admin.system-monitor.log-length": 8,
    "distributed.comm.timeouts.connect": "10s",
    "distributed.scheduler.work-stealing": False,  # each pack is one worker's
    "distributed.worker.profile.enabled": False,
    "distributed.worker.resources": {},
}


def configure() -> None:
    """Set what Dask reads from its configuration, whatever a user's own files say."""
    dask.config.set(SETTINGS)
    # It tells each lost connection with a traceback; convscope's own log tells it in a line.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)


def security(authority: str, own: Credentials) -> Security:
    """Return what makes both sides prove that one authority signed for them."""
    return Security(  # type: ignore[no-untyped-call]
        require_encryption=True,
        tls_ca_file=authority,
        **{
            f"tls_{role}_{part}": value
            for role in ("client", "scheduler", "worker")
            for part, value in (("cert", own.certificate), ("key", own.key))
        },
    )


class QuietScheduler(Scheduler):
    """A scheduler that listens at its one address."""

    def start_http_server(self, *_: Any, **__: Any) -> None:  # noqa: ANN401
        """Start none: Dask would on all networks, even without its dashboard."""


class QuietWorker(Worker):
    """A worker that listens at its one address."""

    def start_http_server(self, *_: Any, **__: Any) -> None:  # noqa: ANN401
        """Start none."""

    async def close(self, *arguments: Any, **options: Any) -> str | None:  # type: ignore[override]  # noqa: ANN401
        """Close, without waiting for a pack that may take long to notice."""
        options["executor_wait"] = False
        with contextlib.suppress(OSError):  # nobody is there any more to be told
            return await super().close(*arguments, **options)
        return None
