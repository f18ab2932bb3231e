"""A machine that works for another one's queue: a worker on each of its devices. No torch."""

import contextlib
import logging
import os
import signal
import subprocess
import time
from dataclasses import dataclass

import msgspec

from convscope.core.runner.cluster.files import FROM_PARENT, ClusterFile, cluster_command
from convscope.core.runner.cluster.slurm import requeue_preempted
from convscope.core.runner.process import USELESS
from convscope.core.runner.slot_processes import SlotProcess
from convscope.core.runner.slots import find_slots

TICK_SECONDS = 0.1

log = logging.getLogger("convscope.worker")


@dataclass
class _BoxWorker(SlotProcess):
    code: int | None = None
    """How its worker ended for good."""


class BoxSupervisor:
    """The devices of this machine, as workers of a cluster.

    Args:
        cluster: which they join.
        device: ``auto`` is every GPU, or the CPU.
    """

    def __init__(self, cluster: ClusterFile, device: str) -> None:
        self._file = msgspec.json.encode(cluster) + b"\n"
        self._workers = [_BoxWorker(slot) for slot in find_slots(device)]
        self._stops = 0

    def run(self) -> int:
        """Keep the workers until they have ended, or were asked to; returns the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _: self._stop(number))
        while True:
            for worker in self._workers:
                self._look(worker)
            if all(worker.code is not None for worker in self._workers):
                if self._stops:
                    requeue_preempted()
                return max(worker.code or 0 for worker in self._workers)
            time.sleep(TICK_SECONDS)

    def _stop(self, number: int) -> None:
        self._stops += 1
        # Slurm may ask several times; it is a person who insists.
        at_once = number == signal.SIGINT and self._stops > 1
        for worker in self._workers:
            if worker.process is not None:
                # The terminal's Ctrl-C does not reach them: they are in sessions of their own.
                with contextlib.suppress(OSError):
                    worker.process.send_signal(signal.SIGKILL if at_once else signal.SIGTERM)
        log.info("asked to end (signal %d)", number)

    def _look(self, worker: _BoxWorker) -> None:
        if worker.code is not None:
            return
        if worker.process is None:
            if self._stops:
                worker.code = 0
            elif time.monotonic() >= worker.start_at:
                self._start(worker)
            return
        code = worker.ended()
        if code is None:
            return
        if code in (0, USELESS) or self._stops:
            worker.code = max(code, 0)
            return
        log.warning(
            "the worker of %s ended (code %d), and is started again", worker.slot.name, code
        )

    def _start(self, worker: _BoxWorker) -> None:
        worker.note_start()
        worker.process = subprocess.Popen(
            cluster_command("member", "--device", worker.slot.device, "--cluster", FROM_PARENT),
            stdin=subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, **worker.slot.environment},
        )
        # The pipe stays open: when this process is gone, its end tells the worker so.
        pipe = worker.process.stdin
        assert pipe is not None
        with contextlib.suppress(OSError):  # it died at once
            pipe.write(self._file)
            pipe.flush()
