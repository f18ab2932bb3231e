"""``python -m core.runner``: the supervisor's process, and with ``--slot`` a worker's."""

import argparse
import logging
import signal
import sys
from pathlib import Path

from core.errors import UserError
from core.jobs.database import QueueError
from core.jobs.store import JobStore
from core.runner.client import runner_runs
from core.runner.locks import hold
from core.runner.logs import log_to
from core.runner.paths import RUNNER_LOG, runner_lock
from core.text import printable

log = logging.getLogger("convscope.runner")


def main() -> int:
    """Be a supervisor or a worker; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m core.runner")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--foreground", action="store_true", help="stay when nothing is left")
    parser.add_argument("--slot", help="be the worker of this slot")
    parser.add_argument("--wishes", action="store_true", help="the worker makes drafts as well")
    options = parser.parse_args()
    if options.slot:
        from core.runner.process import run_worker  # noqa: PLC0415  no business of supervisors

        return run_worker(options.state, options.slot, options.device, serves_wishes=options.wishes)
    log_to(options.state, RUNNER_LOG, also_terminal=options.foreground)
    while True:
        code = _supervise(options.state, options.device, foreground=options.foreground)
        # Whoever queued something while this process was ending saw the lock held, and started no
        # other: so it looks once more, now that the lock is free.
        if code != 0 or runner_runs(options.state) or not _is_left(options.state):
            return code


def _supervise(state: Path, device: str, *, foreground: bool) -> int:
    from core.runner.supervisor import Supervisor  # noqa: PLC0415  no business of workers

    with hold(runner_lock(state)) as is_ours:
        if not is_ours:
            log.info("another runner is there, ending")
            return 0
        try:
            supervisor = Supervisor(state, device, foreground=foreground)
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda number, _: supervisor.stop(number))
            log.info("keeping workers")
            code = supervisor.run()
        except UserError as error:
            log.error("%s", printable(error))  # noqa: TRY400  its sentence tells all
            return 2
        except Exception:  # the log is the last place that can tell why
            log.exception("the runner failed")
            return 1
        log.info("ending")
        return code


def _is_left(state: Path) -> bool:
    try:
        store = JobStore(state)
        return store.has_work()
    except QueueError:
        return False


if __name__ == "__main__":
    sys.exit(main())
