"""Fault 10: the terminal of the explorer is closed, the SSH line drops. The batch goes on."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from convscope.core.ascent.recipes import DEFAULT_PRESET, PRESETS
from tests.conftest import COMMAND
from tests.faults.invariants import check_invariants
from tests.faults.processes import explorers, supervisors
from tests.running import Running, running, until
from tests.samples import jobs, save
from tests.ssh import Server, carried
from tests.terminal import Terminal

SLOT = "auto"
LEFT = 16
"""Pictures to make: so many take long enough for a worker to be killed meanwhile."""


@pytest.fixture
def runner(tmp_path: Path, gallery: Path) -> Iterator[Running]:
    """A gallery that lacks some pictures of the first layer, and nothing that makes them yet."""
    for task in jobs(f"conv1_1:0-{63 - LEFT}", recipe=PRESETS[DEFAULT_PRESET]):
        save(gallery, task)
    with running(tmp_path) as found:
        yield found


def open_here() -> Terminal:
    return Terminal(COMMAND)


def open_there(server: Server) -> Terminal:
    return server.open(COMMAND, carried())


def queue_the_layer(runner: Running, terminal: Terminal) -> None:
    """Queue all of the first layer, and wait until that is acknowledged."""
    terminal.until(lambda: "conv5_3" in terminal.text)
    terminal.type("hgA")
    terminal.until(lambda: len(runner.store.jobs()) == LEFT)


def the_batch_ends(runner: Running) -> None:
    until(lambda: not explorers(runner.state))
    runner.until_done(LEFT)
    assert len(supervisors(runner.state)) == 1
    assert len(list(runner.gallery.rglob("conv1_1-*-crisp-*.png"))) == 64
    check_invariants(runner.state, runner.gallery)


def it_is_shown(open_again: Callable[[], Terminal]) -> None:
    terminal = open_again()
    terminal.until(lambda: f"✓ {LEFT}" in terminal.text)
    terminal.type("q")
    assert terminal.ended() == 0
    assert "Traceback" not in terminal.text


@pytest.mark.parametrize("before", [signal.SIG_DFL, signal.SIG_IGN], ids=["", "below nohup"])
def test_a_closed_terminal_ends_the_explorer_alone(
    runner: Running, before: signal.Handlers
) -> None:
    usual = signal.signal(signal.SIGHUP, before)
    terminal = open_here()
    signal.signal(signal.SIGHUP, usual)
    queue_the_layer(runner, terminal)
    terminal.close()
    assert terminal.ended() == -signal.SIGHUP
    the_batch_ends(runner)
    it_is_shown(open_here)


def test_a_killed_ssh_client_ends_the_explorer_alone(runner: Running, server: Server) -> None:
    terminal = open_there(server)
    queue_the_layer(runner, terminal)
    os.kill(terminal.pid, signal.SIGKILL)
    the_batch_ends(runner)
    it_is_shown(lambda: open_there(server))


@pytest.mark.long
def test_a_worker_that_is_killed_meanwhile_is_missed_by_nobody(
    runner: Running, server: Server
) -> None:
    terminal = open_there(server)
    queue_the_layer(runner, terminal)
    os.kill(terminal.pid, signal.SIGKILL)
    until(lambda: runner.store.counts().get("running"))
    runner.kill_worker(SLOT)
    the_batch_ends(runner)
    assert max(job.attempt for job in runner.store.jobs()) == 2
    it_is_shown(lambda: open_there(server))
