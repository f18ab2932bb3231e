"""The worker's process: how it ends, and what it leaves of its log."""

import logging
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from convscope.core.ascent.recipes import PRESETS, override
from convscope.core.runner import logs
from convscope.core.runner.live import LiveReader
from convscope.core.runner.logs import log_to
from convscope.core.runner.process import TERMINATED
from tests.running import Running, running, tasks, until

pytestmark = pytest.mark.long

SLOW = override(PRESETS["classic"], resolution=448, steps=1000)
IMPATIENT = """
import sys
from pathlib import Path
import convscope.core.runner.worker as worker
from convscope.core.runner.process import run_worker

worker.IDLE_SECONDS = 0.5
sys.exit(run_worker(Path(sys.argv[1]), "cpu", "cpu", serves_wishes=True))
"""


def test_asked_twice_it_ends_at_once(tmp_path: Path) -> None:
    with running(tmp_path) as here:
        here.queue(tasks("conv5_1:0", SLOW))
        worker = here.start_worker()
        until(lambda: here.states() == [("running", 1)])
        until(lambda: _is_at_work(here))
        worker.send_signal(signal.SIGTERM)
        until(lambda: not _is_pending(worker.pid, signal.SIGTERM))
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == TERMINATED, "in the middle of a step, which takes seconds"


def test_idle_it_ends_and_signs_off(tmp_path: Path) -> None:
    with running(tmp_path) as here:
        ended = subprocess.run(
            [sys.executable, "-P", "-c", IMPATIENT, here.state], timeout=60, check=False
        )
        assert ended.returncode == 0
        live = LiveReader(here.state).poll()
        assert live is not None
        assert live.activity == "ended"
        assert here.store.database.read("SELECT * FROM workers") == []


def test_a_log_never_grows_beyond_a_few_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MAX_BYTES", 1000)
    monkeypatch.setattr(logging.root, "handlers", [])
    log_to(tmp_path, "test.log")
    for number in range(1000):
        logging.getLogger("convscope.test").warning("line %d", number)
    written = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert written == ["test.log", "test.log.1", "test.log.2"]
    assert "line 999" in (tmp_path / "logs" / "test.log").read_text()
    assert all(path.stat().st_size <= 1000 for path in (tmp_path / "logs").iterdir())


def _is_at_work(here: Running) -> bool:
    live = here.live.poll()
    return live is not None and bool(live.making)


def _is_pending(pid: int, number: signal.Signals) -> bool:
    """Whether a signal was sent that the process has not heard yet; two such would be one."""
    (line,) = re.findall(r"^ShdPnd:\s*(\w+)", Path(f"/proc/{pid}/status").read_text(), re.M)
    return bool(int(line, 16) & 1 << (number - 1))
