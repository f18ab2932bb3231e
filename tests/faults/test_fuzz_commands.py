"""Random command lines and environments: no traceback, no hang, and exit codes as documented.

Each test is a seed of its own, so a failure names what to draw again; ``CONVSCOPE_FUZZ`` adds to
all of them. Command lines run in forks of one process (:mod:`tests.faults.forking`), environments
in processes as a shell starts them, now and then in a terminal.
"""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.conftest import COMMAND, ROOT
from tests.faults.hostile_places import (
    Outcome,
    end_runners,
    furnish,
    opened_folder,
    patience,
    run,
    take_log,
)
from tests.faults.hostile_words import Situation, line, situation
from tests.terminal import Terminal

FIRST_SEED = int(os.environ.get("CONVSCOPE_FUZZ", "0"))
LINES, ENVIRONMENTS = 50, 20
"""How many a seed draws."""
NOBODY = ["unshare", "--user", "--map-user=54321", "--map-group=54321"]
"""A user without a home, so that nothing is written into the tester's."""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A furnished folder; what was started from it is ended."""
    folder = tmp_path / "here"
    folder.mkdir()
    furnish(folder)
    monkeypatch.setenv("HOME", str(folder))
    for name in ("LC_ALL", "LANG", "TERM"):
        monkeypatch.delenv(name, raising=False)
    yield folder
    end_runners(tmp_path / "state")
    shutil.rmtree(folder)  # pytest's own way fails at very long paths


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + 6))
def test_command_lines(seed: int, here: Path, tmp_path: Path) -> None:
    random, state, bad = Random(seed), tmp_path / "state", []
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.faults.forking"],
        cwd=here,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        for number in range(LINES):
            arguments = line(random)
            written = [os.fsencode(word).replace(b"\0", b"").hex() for word in arguments]
            print(json.dumps(written), file=server.stdin, flush=True)
            code, seconds, text = json.loads(server.stdout.readline())
            amiss = Outcome(code, seconds, text + take_log(state)).amiss()
            if not amiss and code == 2 and not text.splitlines()[-1].startswith("convscope: "):
                amiss = f"no sentence: {text}"
            if amiss:
                bad.append(f"seed {seed}, line {number}, {arguments!r:.2000}: {amiss}")
            end_runners(state)
        server.stdin.close()
    assert not bad, "\n\n".join(bad)


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + 10))
def test_environments(seed: int, here: Path, tmp_path: Path) -> None:
    random, bad = Random(seed), []
    if subprocess.run([*NOBODY, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no namespaces of users here")
    for number in range(ENVIRONMENTS):
        drawn = situation(random, here)
        environment = _environment(drawn, tmp_path)
        outcome = (_in_terminal if drawn.in_terminal else _apart)(
            drawn, environment, here, tmp_path
        )
        if amiss := outcome.amiss():
            bad.append(f"seed {seed}, situation {number}, {drawn!r:.3000}: {amiss}")
        for state in (tmp_path / "state", here):
            end_runners(state)
    assert not bad, "\n\n".join(bad)


def _environment(drawn: Situation, tmp_path: Path) -> dict[str, str]:
    usual = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "CONVSCOPE_STATE": str(tmp_path / "state"),
        "CONVSCOPE_GALLERY": str(tmp_path / "gallery"),
        "TERM": "xterm-256color",
    }
    return {
        name: value for name, value in {**usual, **drawn.variables}.items() if value is not None
    }


def _apart(drawn: Situation, environment: dict[str, str], here: Path, tmp_path: Path) -> Outcome:
    command = [*NOBODY, *COMMAND, *drawn.line.split()]
    with opened_folder(drawn.folder, here) as folder:
        found = run(command, environment, folder, tmp_path, closed=drawn.closed)
    return Outcome(found.code, found.seconds, found.text + take_log(tmp_path / "state"))


def _in_terminal(
    drawn: Situation, environment: dict[str, str], here: Path, tmp_path: Path
) -> Outcome:
    """Open the explorer until it is drawn, or says why not, and leave it."""
    words = [f"{name}={value}" for name, value in environment.items()]
    line = shlex.join(["env", "-i", *words, *NOBODY, *COMMAND])
    terminal = Terminal(["/bin/sh", "-c", f"cd {shlex.quote(str(here))}; exec {line}"])

    def ended() -> bool:
        look = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, terminal.pid, look) is not None

    try:
        terminal.until(lambda: "conv5_1" in terminal.text or ended(), patience())
        terminal.type("q")
        terminal.until(ended, patience())
    except AssertionError:
        os.kill(terminal.pid, signal.SIGKILL)
    return Outcome(terminal.ended(), 0.0, terminal.text + take_log(tmp_path / "state"))
