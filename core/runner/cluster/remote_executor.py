"""Packs on a remote worker, as an executor of queued work. No torch."""

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, wait
from concurrent.futures import TimeoutError as NotYet
from functools import partial

from convscope.core.gallery.outputs import Artifact, Encode
from convscope.core.runner.cluster.link import Link, WorkerGoneError
from convscope.core.runner.cluster.messages import Answer, PackOrder
from convscope.core.runner.executor import DeviceLostError, Look, NoRoomError, Pack, Run
from convscope.core.runner.queued import Stopped
from convscope.core.system.errors import UserError
from convscope.core.tasks.kinds import AnyTask

LOOK_SECONDS = 0.05
"""How often a waiting thread looks whether its pack is still wanted."""
STOP_SECONDS = 20.0
"""How long a worker that is asked to stop a pack may take for its last step."""


class RemoteError(Exception):
    """A pack failed on a remote worker, for a reason that no user can put right."""


class RemoteExecutor:
    """Runs packs on one remote worker, one at a time.

    Args:
        link: to it.
        most: the most tasks that it takes at once.
        host: what its machine is called, for errors.
        heed: called while a pack is on its way; what it raises ends the pack.
    """

    def __init__(self, link: Link, most: int, host: str, heed: Look) -> None:
        self._link, self._most, self._host = link, most, host
        self.heed = heed
        self._is_lost = False
        self._fits: dict[AnyTask, int] = {}
        """By the kind of task."""

    def pack_size(self, task: AnyTask) -> int:
        """Return how many tasks like this one fit into a pack, as far as is known here."""
        return max(1, min(self._most, self._fits.get(task.pack_kind, self._most)))

    def check_device(self) -> None:
        """Find out whether the worker is still there.

        Raises:
            DeviceLostError: it is not; its jobs are put back by whoever recovers the queue.
        """
        if self._is_lost or self._link.is_gone:
            raise DeviceLostError("the remote worker has left")

    def give_up(self) -> None:
        """Part from a worker that does not answer."""
        self._is_lost = True
        self._link.drop()

    def start(self, pack: Pack) -> Run:
        """Prepare a pack."""
        run = _RemoteRun(self, self._link, pack)
        return Run(run.results, run.made, lambda: run.checkpoints)

    def read(self, answer: Answer, pack: Pack) -> Answer:
        """Learn from an answer how many tasks fit.

        Raises:
            UserError: the tasks cannot be done; the sentence says where that was.
            NoRoomError: others have taken the device's memory.
            DeviceLostError: the device computes nothing any more.
            RemoteError: anything else went wrong.
        """
        if answer.fits:
            self._fits[pack.tasks[0].pack_kind] = answer.fits
        if answer.kind == "refused":
            raise UserError(f"On {self._host}: {answer.error}")
        if answer.kind == "no room":
            raise NoRoomError(f"On {self._host}: {answer.error}")
        if answer.kind == "device lost":
            self._link.end()
            raise DeviceLostError(answer.error)
        if answer.kind == "failed":
            raise RemoteError(f"On {self._host}: {answer.error}")
        return answer


class _RemoteRun:
    """One pack on its way."""

    def __init__(self, executor: RemoteExecutor, link: Link, pack: Pack) -> None:
        self._executor, self._link = executor, link
        self._order = PackOrder(f"pack-{os.urandom(8).hex()}", pack)
        self.made: set[int] = set()
        self.checkpoints: dict[int, bytes] = {}
        """Of those that were not made, once the pack was stopped."""

    def results(self, look: Look) -> Iterator[Mapping[int, Encode]]:
        """Send the pack, and yield what comes back; ``look`` may end it meanwhile."""
        answering = self._link.begin(self._order)
        reason = self._watch(answering, look)
        if reason is not None:
            self._link.stop(self._order.key)
        answer = self._answer(answering, reason)
        if answer is not None and answer.outcome is not None:
            self.checkpoints = dict(answer.outcome.checkpoints)
            made = answer.outcome.artifacts
            self.made.update(made)
            yield {i: partial(_written, artifact) for i, artifact in made.items()}
        if reason is not None:
            raise reason
        if answer is not None and answer.is_stopped:  # the worker is about to end
            raise Stopped

    def _watch(self, answering: "Future[Answer]", look: Look) -> BaseException | None:
        """Wait for the answer; returns what ``look`` raised, if it did."""
        while not wait((answering,), LOOK_SECONDS).done:
            try:
                self._executor.heed()
                look()
            except BaseException as error:  # noqa: BLE001  it is raised again, once the worker knows
                return error
        return None

    def _answer(self, answering: "Future[Answer]", reason: BaseException | None) -> Answer | None:
        """Return what came of the pack; ``None`` where it was stopped and nothing is known."""
        try:
            answer = answering.result(None if reason is None else STOP_SECONDS)
            return self._executor.read(answer, self._order.pack)
        except NotYet:
            self._executor.give_up()
            return None
        except WorkerGoneError:
            if reason is not None:
                return None
            if self._link.is_leaving:  # an end that was announced is nobody's fault
                raise Stopped from None
            self._executor.give_up()
            raise DeviceLostError("the remote worker has left") from None
        except Exception:
            if reason is not None:
                return None
            raise


def _written(artifact: Artifact) -> Artifact:
    """Return what was written down where it was made."""
    return artifact
