"""Queued work whose pictures are grey and cost nothing, for what happens to them afterwards."""

import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from convscope.core.gallery.outputs import Encode
from convscope.core.jobs.ahead import AheadClaims
from convscope.core.jobs.store import JobStore
from convscope.core.runner.crash_guard import BegunJobs
from convscope.core.runner.executor import Look, Pack, Run
from convscope.core.runner.paths import begun_file
from convscope.core.runner.queued import QueuedWork
from convscope.core.runner.saved import SavedCheckpoints
from convscope.core.tasks.kinds import AnyTask
from tests.samples import made


class GreyExecutor:
    """Makes grey pictures at once.

    Args:
        size: of a pack.
        begins: called when a pack begins.
    """

    def __init__(self, size: int = 4, begins: Callable[[Pack], None] = lambda _: None) -> None:
        self._size, self._begins = size, begins
        self.packs: list[Pack] = []

    def pack_size(self, _: AnyTask) -> int:
        return self._size

    def check_device(self) -> None:
        pass

    def start(self, pack: Pack) -> Run:
        done: set[int] = set()

        def results(look: Look) -> Iterator[Mapping[int, Encode]]:
            self.packs.append(pack)
            self._begins(pack)
            look()
            done.update(range(len(pack.tasks)))
            yield {i: partial(made, task) for i, task in enumerate(pack.tasks)}  # type: ignore[arg-type]

        return Run(results, done, dict)


class GreyWorker:
    """A worker of a queue that makes grey pictures."""

    def __init__(self, state: Path, executor: GreyExecutor, name: str = "cpu-1") -> None:
        self.store = JobStore(state)
        begun_file(state, "").parent.mkdir(exist_ok=True)
        self.claims = AheadClaims(self.store.database, name, BegunJobs(state, name).note)
        self.claims.sign_on()
        self.told: list[str] = []
        self._executor = executor
        self.queued = QueuedWork(
            self.store,
            self.claims,
            SavedCheckpoints(state, self.store),
            tell=self.told.append,
            rest=time.sleep,
        )

    def work(self) -> None:
        """Make what waits; some of it may still be being saved."""
        while jobs := self.claims.claim(self._executor.pack_size):
            self.queued.do(jobs, self._executor)

    def end(self) -> None:
        """Save what is made, and sign off."""
        self.queued.close()
        self.claims.sign_off()
        self.store.close()
