"""A lock is held by one, tells who that is, and is free once its process let go of it."""

import math
import os
import threading
from pathlib import Path

from convscope.core.system.locks import hold, holder


def test_a_lock_is_held_by_one_whom_it_names(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "a.lock"
    assert holder(path) is None
    with hold(path, "first") as is_ours:
        assert is_ours
        with hold(path, "second", patience=0) as is_too:
            assert not is_too
        found = holder(path)
        assert found is not None
        assert (found.pid, found.name) == (os.getpid(), "first")
    assert holder(path) is None


def test_one_may_wait_for_a_lock_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    got = threading.Event()

    def wait() -> None:
        with hold(path, patience=math.inf) as is_ours:
            if is_ours:
                got.set()

    with hold(path):
        waiting = threading.Thread(target=wait)
        waiting.start()
        assert not got.wait(0.2)
    assert got.wait(10)
    waiting.join()


def test_a_lock_whose_holder_cannot_be_read_is_held_by_somebody(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    with hold(path):
        path.write_bytes(b"")
        found = holder(path)
        assert found is not None
        assert found.pid == 0
