"""What a running system shows to others: nothing."""

import contextlib
import os
from pathlib import Path

import pytest

from convscope.core.runner.paths import worker_lock
from tests.running import ENDLESS, QUICK, running, tasks

pytestmark = pytest.mark.long

SPY = """
import os, sys
def tell(*words):
    with open(os.environ["SPY_FILE"], "a") as file:
        print(*words, file=file)
def hook(event, arguments):
    if event in ("pickle.find_class", "socket.bind", "socket.listen"):
        tell(event, arguments[:2])
sys.addaudithook(hook)
tell("watching")
"""


def listening(pid: int) -> list[str]:
    """The TCP and UDP sockets on which a process waits for others, as Linux lists them."""
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # it is closed by now
            target = str(entry.readlink())
            if target.startswith("socket:"):
                inodes.add(target[8:-1])
    found = []
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in inodes:
                found.append(line)
    return found


def test_nothing_listens_nothing_is_unpickled_and_state_is_private(
    tmp_path: Path, monkeypatch: object
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(SPY)
    report = tmp_path / "events"
    path = f"{site}{os.pathsep}{os.environ['PYTHONPATH']}"
    monkeypatch.setenv("PYTHONPATH", path)  # type: ignore[attr-defined]
    monkeypatch.setenv("SPY_FILE", str(report))  # type: ignore[attr-defined]
    with running(tmp_path) as here:
        here.queue(tasks("conv1_1:0-1", QUICK))
        here.start()
        here.until_done()
        here.queue(tasks("conv1_1:2", ENDLESS))
        here.until_step()
        pids = [here.supervisor(), here.worker()]
        assert all(pids)
        assert [listening(pid) for pid in pids if pid] == [[], []]
        modes = {str(path): path.stat().st_mode & 0o777 for path in (here.state,)}
        folders = [each for each in here.state.rglob("*") if each.is_dir()]
        modes |= {str(path): path.stat().st_mode & 0o777 for path in folders}
        assert set(modes.values()) == {0o700}, modes
        assert worker_lock(here.state, "cpu").stat().st_mode & 0o077 == 0
    events = report.read_text()
    assert events.count("watching") >= 2, "supervisor and worker"
    assert "find_class" not in events
    assert "socket" not in events
