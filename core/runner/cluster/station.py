"""Where a remote worker makes packs: its device, and what is shown of the work. Imports torch."""

import logging
import socket
import threading
from collections.abc import Callable
from pathlib import Path

from convscope.core.runner.cluster.messages import Answer, Hello, PackOrder, own_versions
from convscope.core.runner.executor import DeviceLostError, NoRoomError, Outcome
from convscope.core.runner.live import Live
from convscope.core.runner.rendering import CPU_PACK, GPU_PACK, Renderer
from convscope.core.runner.showing import Showing
from convscope.core.runner.window import LiveWindow
from convscope.core.runner.wishes import Watched
from convscope.core.runner.worker import IDLE_SECONDS
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable

log = logging.getLogger("convscope.worker")


class Station:
    """One device of a remote machine.

    Args:
        device: its name.
        show: sends what is shown of the work to the coordinator.

    Raises:
        UserError: there is no such device.
    """

    def __init__(self, device: str, show: Callable[[Live], None]) -> None:
        self._renderer = Renderer(device, warn=log.warning)
        self._window = _Window(self._renderer.idle, show)
        self._working = threading.Lock()
        """Held while a pack is made: one of a lost coordinator may not have ended yet."""
        self._stopped: set[str] = set()
        self._current = ""
        """Key of the order that is at work, or was last."""
        self._resting = threading.Timer(IDLE_SECONDS, self._rest)
        self.is_ending = False
        """Whether every pack is to end within a step."""

    @property
    def hello(self) -> Hello:
        """What is said when a cluster is joined."""
        info = self._renderer.info
        most = CPU_PACK if self._renderer.is_cpu else GPU_PACK
        return Hello(socket.gethostname(), info.name, most, own_versions())

    def watch(self, looked_at: list[Watched] | None) -> None:
        """Show from now on how these grow; ``None`` is all."""
        self._window.told = looked_at

    def stop(self, key: str) -> None:
        """Let the pack of an order end within a step, or before it begins."""
        self._stopped.add(key)

    def abandon(self) -> None:
        """Let the pack that is being made end within a step: nobody waits for it any more."""
        self._stopped.add(self._current)

    def make(self, order: PackOrder) -> Answer:
        """Do a pack to its end, or until it is stopped; whatever goes wrong is in the answer."""
        self._resting.cancel()
        with self._working:
            self._current = order.key
            try:
                return self._made(order)
            except NoRoomError as error:
                return Answer(error=str(error), kind="no room")
            except (UserError, OSError) as error:
                return Answer(error=printable(error, 1000), kind="refused")
            except Exception as error:
                log.exception("a pack failed")
                return self._failed(error)
            finally:
                self._stopped.discard(order.key)
                self._resting = threading.Timer(IDLE_SECONDS, self._rest)
                self._resting.daemon = True
                self._resting.start()

    def _rest(self) -> None:
        """Give the device's memory back; torch itself keeps some hundred megabytes of a GPU.

        The process stays: another would begin by taking as much.
        """
        if self._working.acquire(blocking=False):
            try:
                self._renderer.release()
            finally:
                self._working.release()

    def _made(self, order: PackOrder) -> Answer:
        run = self._renderer.start(order.pack)
        showing = Showing(self._window, run)
        for step in run:
            showing.step(step)
            if self.is_ending or order.key in self._stopped:
                break
        made = {i: encode() for i, encode in run.made.items()}
        tasks = order.pack.tasks
        is_stopped = len(made) < len(tasks)
        outcome = Outcome(made, run.checkpoints() if is_stopped else {})
        return Answer(outcome, is_stopped, self._renderer.pack_size(tasks[0]))

    def _failed(self, error: Exception) -> Answer:
        text = printable(f"{type(error).__name__}: {error}", 1000)
        try:
            self._renderer.check_device()
        except DeviceLostError as lost:
            return Answer(error=printable(lost, 1000), kind="device lost")
        return Answer(error=text, kind="failed")


class _Window(LiveWindow):
    """A window whose file lies on the coordinator's machine."""

    def __init__(self, idle: Callable[[], Live], show: Callable[[Live], None]) -> None:
        super().__init__(Path(), "", idle)  # its folder is not used
        self.told: list[Watched] | None = []
        self._send = show

    def looked_at(self) -> list[Watched] | None:
        """Return what somebody looks at there, as far as this was told."""
        return self.told

    def show(self, live: Live) -> None:
        """Replace what is shown."""
        self._send(live)
