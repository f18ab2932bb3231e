"""What the tests of the queue's commands share: a queue, and a worker that is played."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from convscope.core.jobs.claims import Claims, worker_name
from convscope.core.jobs.rows import Job
from convscope.core.jobs.store import JobStore
from convscope.core.runner.paths import stop_flag
from convscope.core.system.errors import UserError
from convscope.core.system.folders import state_folder
from convscope.tui.commands.cli import cli
from convscope.tui.commands.errors import explain
from tests.conftest import Ended
from tests.samples import jobs


def call(line: str) -> Ended:
    """Run a command in this process; a mistake becomes what the process would say."""
    result = CliRunner().invoke(cli, line.split(), prog_name="convscope", standalone_mode=False)
    if isinstance(result.exception, UserError | click.ClickException):
        sentence, code = explain(result.exception)
        return Ended(code, result.stdout, sentence)
    if result.exception:
        raise result.exception
    return Ended(result.return_value or 0, result.stdout, result.stderr)


@pytest.fixture(name="store")
def a_store() -> Iterator[JobStore]:
    opened = JobStore(state_folder())
    yield opened
    opened.close()


@pytest.fixture(name="stopped")
def a_stopped_runner() -> None:
    """Nothing starts a runner."""
    stop_flag(state_folder()).touch()


def add(store: JobStore, gallery: Path, *targets: str, name: str = "a batch") -> int:
    return store.add_batch(name, jobs(*targets), gallery)


class Played:
    """A worker that makes no pictures, and says that it did."""

    def __init__(self, store: JobStore) -> None:
        self._claims = Claims(store.database, worker_name("played"))
        self._claims.sign_on()

    def claim(self, count: int = 1) -> list[Job]:
        return self._claims.claim(lambda task: count)

    def finish(self, count: int = 1) -> None:
        for job in self.claim(count):
            assert self._claims.finish(job, activation=1234.5, verdict="excited", seconds=2.0)

    def hold_back(self, reason: str = "No space left on device") -> None:
        (job,) = self.claim()
        assert self._claims.hold_back(job, job.gallery / "picture.png", 1000, reason)

    def fail(self, error: str = "it broke") -> None:
        (job,) = self.claim()
        assert self._claims.fail(job, error)
