"""The queue of a state folder, which all of these tests are about."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from convscope.core.jobs.store import JobStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    opened = JobStore(tmp_path)
    yield opened
    opened.close()
