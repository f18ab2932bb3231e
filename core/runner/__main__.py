"""``python -m core.runner``: the worker's process."""

import argparse
import contextlib
import fcntl
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from core.errors import UserError
from core.runner.client import LOCK_NAME, LOG_NAME
from core.runner.live import Live, write_live
from core.text import printable

NICENESS = 10
"""People type in other programs on this machine, the explorer among them."""

log = logging.getLogger("convscope.worker")


def main() -> int:
    """Run a worker until it is idle or asked to end; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m core.runner")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    logging.basicConfig(
        level=logging.INFO, format=f"%(asctime)s {os.getpid()} %(levelname)s %(message)s"
    )
    os.nice(NICENESS)
    with _only_one(options.state) as alone:
        if not alone:
            log.info("another worker runs, ending")
            return 0
        write_live(options.state, Live(activity="loading"))
        try:
            _work(options.state, options.device)
        except UserError as error:
            log.error("%s", printable(error))  # noqa: TRY400  its sentence tells all
            write_live(options.state, Live(activity=printable(error)))
            return 2
        except Exception:  # the log is the last place that can tell why
            log.exception("the worker failed")
            write_live(options.state, Live(activity=f"The worker failed; {LOG_NAME} says why."))
            return 1
        write_live(options.state, Live(activity="ended"))
    return 0


def _work(state: Path, device: str) -> None:
    from core.runner.worker import Worker  # noqa: PLC0415  torch, once the lock is ours

    worker = Worker(state, device)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    log.info("working")
    worker.run()


@contextlib.contextmanager
def _only_one(state: Path) -> Iterator[bool]:
    """Hold the worker's lock; it dies with the process, so no stale one can be left.

    Yields:
        Whether it was free. Others test it by holding it for a moment, so it is tried again.
    """
    descriptor = os.open(state / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        for _ in range(10):
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield True
                return
            time.sleep(0.05)
        yield False
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    sys.exit(main())
