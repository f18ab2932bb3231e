"""Writers: results are saved beside the work, which goes on with the next pack meanwhile.

Threads suffice: writing a PNG and waiting for a disk leave the interpreter to others.
"""

import contextlib
import os
import threading
from collections import deque
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from convscope.core.jobs.claims import Claims
from convscope.core.jobs.database import QueueDamagedError, QueueError
from convscope.core.jobs.store import JobStore
from convscope.core.runner.saved import SavedCheckpoints
from convscope.core.runner.saver import Finished, Saver

BACKLOG = 2
"""Packs that may wait to be saved; beyond this the work waits."""
WRITERS = min(4, os.cpu_count() or 1)
"""Files of a pack that are written at once."""
PATIENCE_SECONDS = 1.0
"""How often a queue that could not be written is tried again."""


class WritersEndedError(Exception):
    """The writers failed, for a reason that no user can put right."""


class Writers:
    """Save the packs of one worker one after the other, the files of each at once.

    Args:
        store: the queue.
        claims: the worker's; the threads have a connection of their own.
        checkpoints: of the state folder.
    """

    def __init__(self, store: JobStore, claims: Claims, checkpoints: SavedCheckpoints) -> None:
        self._store, self._claims, self._checkpoints = store, claims, checkpoints
        self._packs: deque[Sequence[Finished]] = deque()
        """What is not saved yet; the first is being saved."""
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None
        self._opened: JobStore | None = None
        """The queue on the threads' own connection."""
        self.trouble = ""
        """Why nothing can be saved, in a sentence; '' while it can."""

    @property
    def are_in_queue(self) -> bool:
        """Whether the queue is being written, for which a reader would have to wait."""
        return self._opened is not None and self._opened.database.is_written

    @property
    def backlog(self) -> int:
        """How many packs are not saved yet."""
        return len(self._packs)

    def are_at(self, paths: Collection[Path]) -> bool:
        """Whether one of these files is not saved yet."""
        with self._changed:
            return any(one.path in paths for pack in self._packs for one in pack)

    def put(self, finished: Sequence[Finished]) -> None:
        """Have the results of a pack saved."""
        if not finished:
            return
        with self._changed:
            self._packs.append(finished)
            self._changed.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="writers", daemon=True)
            self._thread.start()

    def check(self) -> None:
        """Raise what ended the writers, if anything did.

        Raises:
            QueueDamagedError: the queue has to be rescued first.
            WritersEndedError: they failed otherwise.
        """
        if isinstance(self._error, QueueDamagedError):
            raise self._error
        if self._error is not None:
            raise WritersEndedError from self._error

    def close(self) -> None:
        """Save what there is, and end; what the queue does not take now is put back."""
        self._closing.set()
        with self._changed:
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    # ---- in the thread ---------------------------------------------------------------------

    def _work(self) -> None:
        try:
            with ThreadPoolExecutor(WRITERS, "writer") as pool:
                self._save_all(pool)
        except BaseException as error:  # noqa: BLE001  the worker's own thread raises it
            self._error = error

    def _save_all(self, pool: ThreadPoolExecutor) -> None:
        try:
            while self._wait_for_pack():
                left = self._packs[0]
                while left:
                    try:
                        store = self._opened = self._opened or self._store.beside()
                        checkpoints = self._checkpoints.beside(store)
                        Saver(self._claims_on(store), checkpoints, pool.map).save(left)
                        self.trouble, left = "", ()
                    except QueueDamagedError:
                        raise
                    except QueueError as error:
                        left = self._after(error, left, self._opened)
                with self._changed:
                    self._packs.popleft()
        finally:
            if self._opened is not None:
                self._opened.close()

    def _wait_for_pack(self) -> bool:
        """Return whether there is another; ``False`` once there will be none."""
        with self._changed:
            self._changed.wait_for(lambda: self._packs or self._closing.is_set())
            return bool(self._packs)

    def _after(
        self, error: QueueError, pack: Sequence[Finished], store: JobStore | None
    ) -> Sequence[Finished]:
        """Wait until the queue may take what is left of a pack, and return that.

        A pause is no reason to lose what is finished; that a job was cancelled is one.
        """
        self.trouble = str(error)
        is_ending = self._closing.wait(PATIENCE_SECONDS)
        with contextlib.suppress(QueueError):
            if store is not None and is_ending:
                self._claims_on(store).release(*(one.job for one in pack))
            elif store is not None:
                return [one for one in pack if self._claims_on(store).has(one.job)]
        return () if is_ending else pack

    def _claims_on(self, store: JobStore) -> Claims:
        return Claims(store.database, self._claims.worker)
