"""``python -m convscope.core.runner``: the supervisor's process, and with ``--slot`` a worker's."""

import argparse
import logging
import os
import signal
import sys
from pathlib import Path

from convscope.core import __version__
from convscope.core.jobs.database import QueueError
from convscope.core.jobs.store import JobStore
from convscope.core.runner.client import older_runner, runner_runs
from convscope.core.runner.logs import log_to
from convscope.core.runner.paths import RUNNER_LOG, runner_lock, successor_lock
from convscope.core.system.errors import UserError
from convscope.core.system.locks import hold, send
from convscope.core.system.text import printable

USER_ERROR = 2
log = logging.getLogger("convscope.runner")


TAKEOVER_SECONDS = 120.0
"""How long a runner waits for the end of another, which was stopped or is an older one."""


def main() -> int:
    """Be a supervisor or a worker; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m convscope.core.runner")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--foreground", action="store_true", help="stay when nothing is left")
    parser.add_argument("--after", action="store_true", help="take over from another runner")
    parser.add_argument("--slot", help="be the worker of this slot")
    parser.add_argument("--wishes", action="store_true", help="the worker makes drafts as well")
    options = parser.parse_args()
    if options.slot:
        from convscope.core.runner.process import run_worker  # noqa: PLC0415  no business of supervisors

        return run_worker(options.state, options.slot, options.device, serves_wishes=options.wishes)
    try:
        log_to(options.state, RUNNER_LOG, also_terminal=options.foreground)
        return _run_supervisor(options)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except UserError as error:
        log.error("%s", printable(error))  # noqa: TRY400  its sentence tells all
        return USER_ERROR
    except OSError as error:  # a state folder that is full or gone
        log.error("%s: %s", printable(error.filename), error.strerror)  # noqa: TRY400  as above
        return USER_ERROR
    except Exception:  # the log is the last place that can tell why
        log.exception("the runner failed")
        return 1


def _run_supervisor(options: argparse.Namespace) -> int:
    if options.after and not _is_over(options.state):
        log.info("another runner is there, ending")
        return 0
    while True:
        code = _supervise(options)
        # Whoever queued something while this process was ending saw the lock held, and started no
        # other: so it looks once more, now that the lock is free.
        if code != 0 or runner_runs(options.state) or not _is_left(options.state):
            return code


def _is_over(state: Path) -> bool:
    """Wait for the end of the runner that runs; one of an older convscope is asked to end."""
    with hold(successor_lock(state)) as is_next:
        if not is_next:  # a second signal would end the workers without saving their pictures
            return False
        if older_runner(state):
            log.info("asking the runner of an older convscope to end")
            send(runner_lock(state), signal.SIGTERM)
        with hold(runner_lock(state), __version__, patience=TAKEOVER_SECONDS) as is_free:
            return is_free


def _supervise(options: argparse.Namespace) -> int:
    from convscope.core.runner.supervisor import Supervisor  # noqa: PLC0415  no business of workers

    with hold(runner_lock(options.state), __version__) as is_ours:
        if not is_ours:
            log.info("another runner is there, ending")
            return 0
        supervisor = Supervisor(options.state, options.device, foreground=options.foreground)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _: supervisor.stop(number))
        log.info("keeping workers")
        code = supervisor.run()
        log.info("ending")
    if supervisor.is_replaced:
        os.execv(sys.executable, sys.orig_argv)
    return code


def _is_left(state: Path) -> bool:
    try:
        store = JobStore(state)
        return store.has_work()
    except QueueError:
        return False


if __name__ == "__main__":
    sys.exit(main())
