"""The coordinator's process: Dask's scheduler, and the work of each remote worker. No torch.

It is kept by the supervisor, as a worker is. Nothing in it lasts: what was asked and how far it is
stands in the queue, and the workers wait for another coordinator at the same place.
"""

import asyncio
import faulthandler
import logging
import signal
from pathlib import Path

from distributed import Client

from convscope.core.jobs.claims import worker_name
from convscope.core.runner.cluster.dask_nodes import QuietScheduler, configure, security
from convscope.core.runner.cluster.files import SLOT, Settings, forget_remote, read_settings
from convscope.core.runner.cluster.roster import Roster
from convscope.core.runner.cluster.starting import read_authority
from convscope.core.runner.logs import log_to
from convscope.core.runner.paths import worker_lock
from convscope.core.runner.process import DAMAGED, FAILED
from convscope.core.system.locks import hold
from convscope.core.system.text import printable

LOOK_SECONDS = 0.5
WORKER_TTL = 20.0
"""A worker that was not heard of for so long, as one that was stopped, is taken for dead."""

log = logging.getLogger("convscope.cluster")


def run_coordinator(state: Path) -> int:
    """Be the coordinator of a state folder until asked to end; returns the exit code."""
    log_to(state, "cluster.log")
    faulthandler.enable()
    with hold(worker_lock(state, SLOT), worker_name(SLOT)) as is_ours:
        settings = read_settings(state)
        if not is_ours or settings is None:
            log.info("another coordinator is running, or none is wanted; ending")
            return 0
        forget_remote(state)
        configure()
        try:
            return asyncio.run(_coordinate(state, settings))
        except OSError as error:  # such as a port that another program has
            sentence = f"The cluster cannot listen at {settings.address} ({error.strerror})."
            log.error("%s", printable(sentence))  # noqa: TRY400  its sentence tells all
            print(printable(sentence), flush=True)  # the supervisor tells its last line
            return FAILED


async def _coordinate(state: Path, settings: Settings) -> int:
    authority = read_authority(state)
    if authority is None:
        print("its certificates are gone; run convscope cluster start again", flush=True)
        return FAILED
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    checked = security(authority.certificate, authority.coordinator)
    roster = Roster(state)
    async with (
        QuietScheduler(
            host=settings.address.host,
            port=settings.address.port,
            protocol="tls",
            security=checked,
            allowed_failures=0,
            worker_ttl=WORKER_TTL,
            plugins=[roster],
        ) as scheduler,
        Client(  # type: ignore[no-untyped-call]
            scheduler.address, security=checked, asynchronous=True
        ) as client,
    ):
        log.info("listening at %s", settings.address)
        roster.open(scheduler, client)
        while not ending.is_set() and not roster.is_damaged:
            if read_settings(state) != settings:
                break
            await asyncio.sleep(LOOK_SECONDS)
        await roster.end_work(for_good=read_settings(state) is None)
    log.info("ending")
    return DAMAGED if roster.is_damaged else 0
