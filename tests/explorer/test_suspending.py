"""Ctrl-Z, as in any program of a terminal: the shell is there at once, and ``fg`` comes back."""

import re
import shlex
import sys

import pytest

from tests.terminal import Terminal

LEFT = b"\x1b[?1049l"
"""The screen is the shell's again."""
READS = b"\x1b[?2004h"
"""The explorer has set the terminal's modes; until then the terminal keeps some keys to itself."""
SHELL = "/bin/bash"
PROMPT = "ready> "


def lively(folder) -> list[str]:
    return [sys.executable, "-m", "tests.explorer.lively", str(folder)]


@pytest.fixture
def shell(monkeypatch):
    """A shell with job control in a terminal."""
    monkeypatch.setenv("PS1", PROMPT)
    terminal = Terminal([SHELL, "--norc", "--noprofile", "-i"])
    terminal.until(lambda: PROMPT in terminal.text)
    return terminal


def drawn(terminal, since=0):
    """Wait until the whole explorer is to be seen."""
    for word in ("1 Explore", "conv1_1", "▄", " help"):
        terminal.until(lambda word=word: word.encode() in terminal.screen[since:])


def typed(terminal, line, answer):
    """Type a line in the shell, and wait for what it leads to; returns where that begins."""
    since = len(terminal.screen)
    terminal.type(f"{line}\r")
    terminal.until(lambda: answer.encode() in terminal.screen[since:])
    return since


def modes(shell):
    """The terminal's modes, as the shell finds them."""
    since = len(shell.screen)
    shell.type("echo modes:$(stty -a | cksum):\r")
    told = re.compile(rb"modes:(\d+ \d+):")
    shell.until(lambda: told.search(shell.screen[since:]))
    return told.search(shell.screen[since:])[1]


def leave(shell):
    """Quit the explorer, then the shell, which has no job left."""
    since = len(shell.screen)
    shell.type("q")
    shell.until(lambda: PROMPT.encode() in shell.screen[since:])
    typed(shell, "echo jobs:$(jobs).", "jobs:.")
    shell.type("exit\r")
    assert shell.ended() == 0


@pytest.mark.parametrize("how", ["{}", "sh -c '{}; true'"])
def test_the_shell_gets_the_terminal_and_gives_it_back(shell, tmp_path, how):
    before = modes(shell)
    shell.type(how.format(shlex.join(lively(tmp_path))) + "\r")
    drawn(shell)
    for _ in range(2):
        since = len(shell.screen)
        shell.type("\x1a")
        shell.until(lambda since=since: b"Stopped" in shell.screen[since:])
        left = shell.screen.index(LEFT, since)
        assert left < shell.screen.index(b"Stopped", since), "it had left the terminal by then"
        assert modes(shell) == before
        since = typed(shell, "fg", "\x1b[?1049h")
        drawn(shell, since)
    leave(shell)


def test_it_stays_in_the_background_until_it_is_asked_for(shell, tmp_path):
    shell.type(shlex.join(lively(tmp_path)) + "\r")
    drawn(shell)
    shell.type("\x1a")
    shell.until(lambda: b"Stopped" in shell.screen)
    typed(shell, "bg", PROMPT)
    typed(shell, "wait -n 2>&-; jobs", "Stopped")
    since = typed(shell, "fg", "\x1b[?1049h")
    drawn(shell, since)
    leave(shell)


@pytest.mark.parametrize("keys", ["", "/conv", "z", "?", "r"])
def test_it_goes_on_where_no_shell_could_wake_it(tmp_path, keys):
    terminal = Terminal(lively(tmp_path))
    drawn(terminal)
    terminal.type(keys)
    since = len(terminal.screen)
    terminal.type("\x1a")
    terminal.until(lambda: LEFT in terminal.screen[since:])
    terminal.until(lambda: READS in terminal.screen[since:])
    terminal.type("\r" if keys.startswith("/") else "")
    terminal.type("\x11")
    assert terminal.ended() == 0
