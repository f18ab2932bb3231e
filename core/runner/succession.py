"""The supervisor's process: its lock, its log and its signals, and how one follows another."""

import logging
import os
import signal
import sys
from pathlib import Path

from convscope.core import __version__
from convscope.core.jobs.database import QueueError
from convscope.core.jobs.store import JobStore
from convscope.core.runner.client import is_stopped, older_runner, runner_runs
from convscope.core.runner.installed import InstalledCode
from convscope.core.runner.logs import log_to
from convscope.core.runner.paths import RUNNER_LOG, runner_lock, successor_lock
from convscope.core.runner.supervisor import Supervisor
from convscope.core.system.errors import UserError
from convscope.core.system.locks import hold, send
from convscope.core.system.text import printable

USER_ERROR = 2
TAKEOVER_SECONDS = 120.0
"""How long a runner waits for the end of another, which was stopped or is an older one."""

log = logging.getLogger("convscope.runner")


def run_supervisor(
    state: Path,
    device: str,
    code: InstalledCode,
    *,
    foreground: bool,
    after: bool,
    replace: bool,
) -> int:
    """Be the supervisor of a state folder, unless there is one; returns the exit code.

    Args:
        state: the state folder.
        device: of the workers.
        code: as it was when this process began.
        foreground: whether it stays when there is nothing to do.
        after: whether it waits for the end of the runner there is.
        replace: whether it asks that one to end, where it is of an older convscope.
    """
    try:
        log_to(state, RUNNER_LOG, also_terminal=foreground)
        if after and not _is_over(state, replace=replace):
            log.info("another supervisor is running; ending")
            return 0
        while True:
            exit_code = _supervise(state, device, code, foreground=foreground)
            # Whoever queued something while this process was ending saw the lock held, and started
            # no other: so it looks once more, now that the lock is free.
            if exit_code != 0 or runner_runs(state) or not _is_left(state):
                return exit_code
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except UserError as error:
        log.error("%s", printable(error))  # noqa: TRY400  its sentence tells all
        return USER_ERROR
    except OSError as error:  # a state folder that is full or gone
        log.error("%s: %s", printable(error.filename), error.strerror)  # noqa: TRY400  as above
        return USER_ERROR
    except Exception:  # the log is the last place that can tell why
        log.exception("the supervisor failed")
        return 1


def _is_over(state: Path, *, replace: bool) -> bool:
    """Wait for the end of the runner that runs."""
    with hold(successor_lock(state)) as is_next:
        if not is_next:  # a second signal would end the workers without saving their pictures
            return False
        if replace and older_runner(state):
            log.info("asking the worker of an older convscope to end")
            send(runner_lock(state), signal.SIGTERM)
        with hold(runner_lock(state), __version__, patience=TAKEOVER_SECONDS) as is_free:
            return is_free


def _supervise(state: Path, device: str, code: InstalledCode, *, foreground: bool) -> int:
    with hold(runner_lock(state), __version__) as is_ours:
        if not is_ours:
            log.info("another supervisor is running; ending")
            return 0
        if is_stopped(state):  # while nobody held the lock, so that no signal was sent
            log.info("the worker was stopped; ending")
            return 0
        supervisor = Supervisor(state, device, code, foreground=foreground)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _: supervisor.stop(number))
        log.info("keeping workers")
        exit_code = supervisor.run()
        log.info("ending")
    if supervisor.is_replaced:
        os.execv(sys.executable, sys.orig_argv)
    return exit_code


def _is_left(state: Path) -> bool:
    try:
        return not is_stopped(state) and JobStore(state).has_work()
    except QueueError:
        return False
