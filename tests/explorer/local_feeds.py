"""A feed over a real queue, gallery and live file; the worker is a second connection."""

import pytest

from convscope.core.catalog.targets import Target
from convscope.core.jobs.claims import Claims
from convscope.core.jobs.store import JobStore
from convscope.core.runner import keeper as keeper_module
from convscope.core.runner.keeper import WorkerKeeper
from convscope.core.system.errors import UserError
from convscope.core.tasks.visualize import tasks_for
from convscope.tui.explorer.local import LocalFeed
from tests.explorer.fakes import CRISP


class Clock:
    """Time that passes when told."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def worker(monkeypatch):
    """Stands for the processes: whether one runs, and how often one was started."""

    class Worker:
        runs = True
        starts = 0
        refusal = ""
        code = None
        """What the started processes have ended with; ``None`` while they live."""

        def start(self, state, *, device):
            self.starts += 1
            if self.refusal:
                raise UserError(self.refusal)
            return self

        def poll(self):
            return self.code

    worker = Worker()
    monkeypatch.setattr(keeper_module, "runner_runs", lambda state: worker.runs)
    monkeypatch.setattr(keeper_module, "start_runner", worker.start)
    return worker


@pytest.fixture
def feed(tmp_path, clock, worker):
    state = tmp_path / "state"
    state.mkdir()
    feed = LocalFeed(state, tmp_path / "gallery", WorkerKeeper(state, "cpu", clock), clock)
    yield feed
    feed.close()


@pytest.fixture
def store(feed):
    store = JobStore(feed.state)
    yield store
    store.close()


@pytest.fixture
def claims(store):
    """The queue as a worker has it."""
    claims = Claims(store.database, "cpu-1")
    claims.sign_on()
    return claims


def crisps(*channels):
    return tasks_for([Target("vgg16", "conv5_3", channel) for channel in channels], CRISP)
