"""Standard streams as callers leave them: closed, in files, in pipes, full, of another encoding."""

import itertools
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from convscope.tui.commands.terminal import check_terminal
from tests.conftest import COMMAND
from tests.running import Running, running
from tests.terminal import Terminal

SHELL = "/bin/sh"
CONVSCOPE = shlex.join(COMMAND)
SHOWN_CURSOR = b"\x1b[?25h"
"""Written as a bar is removed."""


def sh(line: str, folder: Path, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    """Run a line of a shell, without a terminal."""
    return subprocess.run(
        [SHELL, "-c", line],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        cwd=folder,
        env={**os.environ, **environment},
        timeout=120,
        check=False,
    )


CLOSED = [
    closed for count in range(4) for closed in itertools.combinations(("<&-", ">&-", "2>&-"), count)
]


@pytest.mark.parametrize("closed", CLOSED, ids=" ".join)
def test_a_closed_stream_changes_nothing_but_what_is_told(
    closed: tuple[str, ...], tmp_path: Path
) -> None:
    ended = sh(f"{CONVSCOPE} layers {' '.join(closed)}", tmp_path)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert (b"4,224" in ended.stdout) == (">&-" not in closed)
    wrong = sh(f"{CONVSCOPE} layers --model no {' '.join(closed)}", tmp_path)
    assert (wrong.returncode, wrong.stdout) == (2, b"")
    assert (b"there is alexnet" in wrong.stderr) == ("2>&-" not in closed)


@pytest.mark.long
def test_pictures_are_made_without_any_stream_and_nothing_is_written_into_a_file(
    tmp_path: Path, gallery: Path
) -> None:
    render = f"{CONVSCOPE} render conv1_1:1 --steps 1 --resolution 16 --device cpu"
    ended = sh(f"{render} <&- >&- 2>&-", tmp_path)
    assert ended.returncode == 0
    (picture,) = gallery.rglob("*.png")
    assert picture.read_bytes().startswith(b"\x89PNG")
    found = sh(f"{render} 2>&-", tmp_path)
    assert (found.returncode, found.stdout) == (0, os.fsencode(picture) + b"\n")


def test_a_full_disk_behind_standard_output_is_told(tmp_path: Path) -> None:
    ended = sh(f"{CONVSCOPE} layers >/dev/full", tmp_path)
    assert ended.returncode == 1
    assert ended.stderr == b"convscope: No space left on device; what was saved before stays.\n"


def test_a_reader_that_goes_away_ends_the_work_as_a_closed_pipe_does(
    tmp_path: Path, gallery: Path
) -> None:
    render = f"{CONVSCOPE} render conv1_1:0-39 --steps 1 --resolution 16 --device cpu"
    ended = sh(f"({render}; echo $? >code) | head -1", tmp_path)
    assert (tmp_path / "code").read_text() == "141\n"
    assert ended.stderr == b""
    assert Path(os.fsdecode(ended.stdout.strip())).is_file()
    pictures = list(gallery.rglob("*"))
    assert 2 < len(pictures) < 42
    assert all(path.is_dir() or path.suffix == ".png" for path in pictures)


@pytest.mark.parametrize("line", ["--help", "--version", "render --help", "layers", "worker"])
def test_no_command_complains_about_a_pipe_without_reader(line: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        [*COMMAND, *line.split()], stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (141, b"")


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "iso-8859-1"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=lambda environment: next(iter(environment.values())),
)
def test_what_the_encoding_lacks_shows_as_a_question_mark(
    environment: dict[str, str], tmp_path: Path
) -> None:
    ended = sh(f"{CONVSCOPE} render --help", tmp_path, **environment)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"--resolution" in ended.stdout
    wrong = sh(f"{CONVSCOPE} inspect é…", tmp_path, **environment)
    assert wrong.stderr.startswith(b"convscope: There is no file ")


def test_a_console_that_cannot_be_written_hides_no_exit_code(tmp_path: Path) -> None:
    ended = sh(f"{CONVSCOPE} inspect nothing.png 2>/dev/full", tmp_path)
    assert (ended.returncode, ended.stdout) == (2, b"")


# ---- the explorer ------------------------------------------------------------------------------


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Running]:
    """A state folder in which whatever was started is ended."""
    with running(tmp_path) as found:
        yield found


@pytest.fixture
def explorer(here: Running, tmp_path: Path) -> Callable[..., Terminal]:
    """Open the explorer by a line of a shell in a terminal."""

    def begin(line: str, **environment: str) -> Terminal:
        words = " ".join(f"{name}={value}" for name, value in environment.items())
        return Terminal([SHELL, "-c", f"cd {tmp_path}; export {words} X=; {line}; exit $?"])

    return begin


@pytest.mark.parametrize("redirection", ["2>errors", "2>&-", "2>/dev/null"])
def test_the_explorer_draws_on_the_terminal_wherever_errors_go(
    redirection: str, explorer: Callable[..., Terminal], tmp_path: Path
) -> None:
    terminal = explorer(f"{CONVSCOPE} {redirection}")
    terminal.until(lambda: "conv5_1" in terminal.text)
    terminal.type("q")
    assert terminal.ended() == 0
    assert not (tmp_path / "errors").exists() or (tmp_path / "errors").read_bytes() == b""


@pytest.mark.parametrize(
    ("redirection", "which"),
    [
        (">file", "output"),
        (">&-", "output"),
        ("| cat", "output"),
        ("<file", "input"),
        ("<&-", "input"),
        ("</dev/null", "input"),
        ("<&- >&-", "input"),
    ],
)
def test_without_a_terminal_the_explorer_says_which_stream_is_none(
    redirection: str, which: str, explorer: Callable[..., Terminal], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    terminal = explorer(f"{CONVSCOPE} {redirection}")
    code = terminal.ended()
    assert code == (0 if "|" in redirection else 2)
    assert f"The explorer cannot open: standard {which} is not a terminal; " in terminal.text
    assert "\x1b[?1049h" not in terminal.text
    assert (tmp_path / "file").read_bytes() == b""


@pytest.mark.parametrize("term", ["", "dumb", "unknown"])
def test_explorer_and_doctor_tell_the_same_of_a_terminal_that_cannot_draw(
    term: str, explorer: Callable[..., Terminal]
) -> None:
    terminal = explorer(CONVSCOPE, TERM=term)
    assert terminal.ended() == 2
    finding = check_terminal({"TERM": term}, in_terminal=True)
    assert finding.state == "problem"
    assert f"The explorer cannot open: {finding.detail}; " in terminal.text


def test_the_explorer_draws_in_utf_8_whatever_the_locale(
    explorer: Callable[..., Terminal],
) -> None:
    terminal = explorer(CONVSCOPE, PYTHONIOENCODING="ascii")
    terminal.until(lambda: "conv5_1" in terminal.text)
    terminal.until(lambda: "│" in terminal.text or "─" in terminal.text)
    terminal.type("q")
    assert terminal.ended() == 0
    assert "\\u25" not in terminal.text


@pytest.mark.parametrize("side", ["0", "99999999999", "²", "80"])
def test_absurd_sizes_in_the_environment_do_not_count(
    side: str, explorer: Callable[..., Terminal]
) -> None:
    terminal = explorer(CONVSCOPE, COLUMNS=shlex.quote(side), LINES=shlex.quote(side))
    terminal.until(lambda: "conv5_1" in terminal.text)
    terminal.type("q")
    assert terminal.ended() == 0


BAR = """
import sys
from convscope.tui.commands.bar import Bar
with Bar() as bar:
    bar.show("a", "b", 0.5)
    for _ in range(3):
        with bar.aside(sys.stdout):
            print("a path")
"""


@pytest.mark.parametrize(("where", "removals"), [("/dev/tty", 4), ("/dev/null", 1)])
def test_a_bar_makes_way_for_what_is_printed_on_its_terminal_only(
    where: str, removals: int
) -> None:
    command = f"exec \"{sys.executable}\" -P -c '{BAR}' > {where}"
    terminal = Terminal([SHELL, "-c", command])
    try:
        assert terminal.ended() == 0
    finally:
        terminal.close()
    assert terminal.screen.count(SHOWN_CURSOR) == removals
