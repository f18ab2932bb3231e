"""What a shell offers behind ``convscope``: in real shells, with somebody at the keyboard."""

import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from convscope.core.jobs.database import QUEUE_NAME
from convscope.core.jobs.store import JobStore
from convscope.core.system.folders import state_folder
from tests.commands.test_start import HEAVY, loaded_by
from tests.conftest import COMMAND, Ended
from tests.samples import jobs
from tests.terminal import Terminal

Run = Callable[..., Ended]

SHELLS = {
    "bash": ["--norc", "--noprofile", "-i"],
    "zsh": ["-f", "-i"],
    "fish": ["--no-config", "-i"],
}
SET_UP = {
    "bash": 'eval "$(convscope completion bash)"',
    "zsh": 'autoload -Uz compinit && compinit -D && eval "$(convscope completion zsh)"',
    "fish": "convscope completion fish | source",
}


class Shell:
    """An interactive shell in which convscope is a command and its completion is set up."""

    def __init__(self, name: str, path: str) -> None:
        self._terminal = Terminal([path, *SHELLS[name]], columns=200)
        self._count = 0
        self._run(SET_UP[name])

    def completed(self, line: str) -> str:
        """Type a line, press tab, go on typing, and return what stands before that."""
        # Where nothing is typed, zsh takes its space back.
        said = self._run(f"{line}\t@", wrapped=True)
        assert said.endswith("@")
        return said[:-1]

    def _run(self, line: str, *, wrapped: bool = False) -> str:
        """Run a line, or print it as it is when return is pressed."""
        self._count += 1
        begin, end = f"begin-{self._count}:", f":end-{self._count}"
        # The markers are typed in two parts, so that only what printf says holds them whole.
        head = f"printf '%s%s%s%s' begin -{self._count}: '"
        tail = f"' :end; printf '%s\\n' -{self._count}"
        before = len(self._terminal.text)
        if wrapped:
            # To the front of the line after the completion, and back to its end.
            self._terminal.type(f"{line}\x01{head}\x05{tail}\r")
        else:
            self._terminal.type(f"{line}; {head}{tail}\r")
        self._terminal.until(lambda: end in self._terminal.text[before:])
        said = self._terminal.text[before:]
        return said[said.rindex(begin) + len(begin) : said.rindex(end)]

    def leave(self) -> None:
        self._terminal.close()


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``convscope`` as a command on the path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "convscope"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(COMMAND)} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


@pytest.fixture
def two_batches() -> None:
    """The second of them is paused."""
    store = JobStore(state_folder())
    for target in ("conv5_1:1", "conv5_1:2"):
        store.add_batch("batch of \x1b[2J", jobs(target), Path("/gallery"))
    store.pause(2)
    store.close()


@pytest.fixture(
    params=[pytest.param(name, marks=() if name == "bash" else pytest.mark.long) for name in SHELLS]
)
def shell(
    request: pytest.FixtureRequest, command: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shell]:
    path = shutil.which(request.param)
    if path is None:
        pytest.skip(f"{request.param} is not installed")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ZDOTDIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "made.png").touch()
    opened = Shell(request.param, path)
    yield opened
    opened.leave()


COMMANDS_AND_OPTIONS = {
    "convscope que": "convscope queue ",
    "convscope queue resu": "convscope queue resume ",
    "convscope worker sta": "convscope worker sta",  # start or status
    "convscope render --resol": "convscope render --resolution ",
}
TARGETS = {
    "conv4_": "conv4_",  # three layers
    "conv5_1": "conv5_1:",  # and no space, for the channels follow
    "conv5_1:": "conv5_1:",
    "conv5_1:2": "conv5_1:2",
    "mobilenet_v2": "mobilenet_v2/",
    "vgg16/conv5_2": "vgg16/conv5_2:",
    "conv3_1:20-29,104 conv5_3": "conv3_1:20-29,104 conv5_3:",
}
VALUES = {
    "--preset cl": "--preset classic ",
    "--objective unr": "--objective unreachable ",
    "--device cuda:1": "--device cuda:1 ",
    "--device=cuda:1": "--device=cuda:1 ",
    "--gallery pict": "--gallery pictures/",
    "--normalize caffe-": "--normalize caffe-bgr ",
    "--weights emb": "--weights embedded ",
    "--weights pictures/ma": "--weights pictures/made.png ",
    "--start-image pictures/ma": "--start-image pictures/made.png ",
}


def test_a_shell_completes_commands_and_options(shell: Shell) -> None:
    assert {line: shell.completed(line) for line in COMMANDS_AND_OPTIONS} == COMMANDS_AND_OPTIONS


def test_a_shell_completes_targets_up_to_their_channels(shell: Shell) -> None:
    for start, whole in TARGETS.items():
        line = "convscope queue add "
        assert shell.completed(f"{line}{start}") == f"{line}{whole}"


def test_a_shell_completes_values_and_files(shell: Shell) -> None:
    for start, whole in VALUES.items():
        line = "convscope render conv5_1:3 "
        assert shell.completed(f"{line}{start}") == f"{line}{whole}"
    line = "convscope inspect pictures/"
    assert shell.completed(f"{line}ma") == f"{line}made.png "


def test_a_shell_completes_batches(shell: Shell, two_batches: None) -> None:
    line = "convscope queue resume "
    assert shell.completed(line) == f"{line}2 "
    assert shell.completed(f"{line}2 ") == f"{line}2 "
    line = "convscope queue show "
    assert shell.completed(f"{line}1") == f"{line}1 "


# ---- what the shells are told --------------------------------------------------------------


def told(run_cli: Run, line: str, shell: str = "zsh") -> list[tuple[str, str, str]]:
    """Kind, word and help of what a shell gets to offer."""
    ended = run_cli(_CONVSCOPE_COMPLETE=f"{shell}_complete", _CONVSCOPE_LINE=line)
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.removesuffix("\n").split("\n") if ended.out.strip() else []
    return list(zip(lines[::3], lines[1::3], lines[2::3], strict=True))


def test_batches_come_with_their_names_made_harmless(run_cli: Run, two_batches: None) -> None:
    assert told(run_cli, "convscope queue wait ") == [
        ("plain", "2", "batch of \\x1b[2J"),
        ("plain", "1", "batch of \\x1b[2J"),
    ]
    assert [word for _, word, _ in told(run_cli, "convscope queue pause ")] == ["1"]
    assert told(run_cli, "convscope queue retry ") == []


def test_targets_come_with_their_channels(run_cli: Run) -> None:
    assert told(run_cli, "convscope render conv5_1") == [("open", "conv5_1:", "512 channels")]
    assert told(run_cli, "convscope render resnet/conv") == []


def test_layers_of_a_list_come_one_by_one(run_cli: Run) -> None:
    offered = told(run_cli, "convscope exemplars add photos --layers conv4_1,conv5_")
    assert [word for _, word, _ in offered] == [f"conv4_1,conv5_{n}" for n in (1, 2, 3)]


def test_looking_for_batches_makes_no_queue(run_cli: Run) -> None:
    assert told(run_cli, "convscope queue show ") == []
    assert not list(state_folder().iterdir())


@pytest.mark.parametrize(
    "line", ["", "convscope nonsense ", "convscope render --steps x ", "convscope queue add 'conv"]
)
def test_a_mistake_in_the_line_says_nothing(run_cli: Run, line: str) -> None:
    told(run_cli, line)


def test_a_damaged_queue_says_nothing(run_cli: Run) -> None:
    (state_folder() / QUEUE_NAME).write_bytes(b"no database" * 100)
    assert told(run_cli, "convscope queue show ") == []


def test_completing_loads_nothing_heavy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_CONVSCOPE_LINE", "convscope queue add --preset ")
    statement = (
        "from convscope.tui.commands.cli import cli;"
        "from convscope.tui.commands.completion import answer_shell;"
        "assert answer_shell(cli, 'bash_complete') == 0"
    )
    assert not loaded_by(statement) & HEAVY


def test_the_help_names_the_line_for_each_shell(run_cli: Run) -> None:
    said = run_cli("completion", "--help").out
    for line in ('eval "$(convscope completion bash)"', "convscope completion fish | source"):
        assert line in said


def test_an_unknown_shell_is_one_sentence(run_cli: Run) -> None:
    ended = run_cli("completion", "tcsh")
    assert (ended.code, ended.out) == (2, "")
    assert "'bash', 'zsh', 'fish'" in ended.err
