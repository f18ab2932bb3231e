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
from convscope.core.runner.places import Place
from convscope.core.runner.process import USELESS
from convscope.core.runner.slots import find_slots

TICK_SECONDS = 0.1

log = logging.getLogger("convscope.worker")


@dataclass
class _Place(Place):
    code: int | None = None
    """How its worker ended for good."""


class Box:
    """The devices of this machine, as workers of a cluster.

    Args:
        cluster: which they join.
        device: ``auto`` is every GPU, or the CPU.
    """

    def __init__(self, cluster: ClusterFile, device: str) -> None:
        self._file = msgspec.json.encode(cluster) + b"\n"
        self._places = [_Place(slot) for slot in find_slots(device)]
        self._stops = 0

    def run(self) -> int:
        """Keep the workers until they have ended, or were asked to; returns the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _: self._stop(number))
        while True:
            for place in self._places:
                self._look(place)
            if all(place.code is not None for place in self._places):
                if self._stops:
                    requeue_preempted()
                return max(place.code or 0 for place in self._places)
            time.sleep(TICK_SECONDS)

    def _stop(self, number: int) -> None:
        self._stops += 1
        # Slurm may ask several times; it is a person who insists.
        at_once = number == signal.SIGINT and self._stops > 1
        for place in self._places:
            if place.process is not None:
                # The terminal's Ctrl-C does not reach them: they are in sessions of their own.
                with contextlib.suppress(OSError):
                    place.process.send_signal(signal.SIGKILL if at_once else signal.SIGTERM)
        log.info("asked to end (signal %d)", number)

    def _look(self, place: _Place) -> None:
        if place.code is not None:
            return
        if place.process is None:
            if self._stops:
                place.code = 0
            elif time.monotonic() >= place.start_at:
                self._start(place)
            return
        code = place.ended()
        if code is None:
            return
        if code in (0, USELESS) or self._stops:
            place.code = max(code, 0)
            return
        log.warning("the worker of %s ended (code %d), and is started again", place.slot.name, code)

    def _start(self, place: _Place) -> None:
        place.note_start()
        place.process = subprocess.Popen(
            cluster_command("member", "--device", place.slot.device, "--cluster", FROM_PARENT),
            stdin=subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, **place.slot.environment},
        )
        # The pipe stays open: when this process is gone, its end tells the worker so.
        pipe = place.process.stdin
        assert pipe is not None
        with contextlib.suppress(OSError):  # it died at once
            pipe.write(self._file)
            pipe.flush()
