"""The command line as a process: quick to start, free of torch, and never a traceback."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable

import click
import pytest

from convscope import core
from convscope.tui.commands.cli import COMMANDS, cli
from tests.conftest import Ended

Run = Callable[..., Ended]

HEAVY = {"torch", "torchvision", "numpy", "PIL", "textual", "rich"}
"""What the help must not load to be there at once."""


def test_help_names_every_command(run_cli: Run) -> None:
    ended = run_cli("--help")
    assert ended.code == 0
    for name in COMMANDS:
        assert f"\n  {name} " in ended.out
    assert ended.err == ""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    context = click.Context(cli, info_name="convscope")
    command = cli.get_command(context, name)
    assert command is not None
    assert "--help" in command.get_help(click.Context(command, context, name))


def test_version(run_cli: Run) -> None:
    assert run_cli("--version").out == f"convscope {core.__version__}\n"


def loaded_by(statement: str) -> set[str]:
    """The top-level packages that a fresh interpreter holds after a statement."""
    program = (
        f"{statement}\nimport sys, json; print(json.dumps(list(sys.modules)), file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in json.loads(ended.stderr.splitlines()[-1])}


def test_the_help_loads_nothing_heavy() -> None:
    statement = (
        "from convscope.tui.commands.cli import cli; cli.main(['--help'], standalone_mode=False)"
    )
    assert not loaded_by(statement) & HEAVY


def test_no_command_module_loads_torch() -> None:
    modules = {
        f"convscope.tui.commands.{place.partition(':')[0]}" for place, _ in COMMANDS.values()
    }
    assert not loaded_by(f"import {', '.join(sorted(modules))}") & {"torch", "torchvision"}


def test_without_a_terminal_the_explorer_says_what_to_call(run_cli: Run) -> None:
    ended = run_cli()
    assert (ended.code, ended.out) == (2, "")
    assert len(ended.err.splitlines()) == 1
    assert "convscope render" in ended.err


def test_layers_lists_all_with_totals(run_cli: Run) -> None:
    ended = run_cli("layers")
    assert ended.code == 0
    assert "conv5_3  features.28  conv       512   16 px           196 px" in ended.lines
    assert ended.lines[-1] == "vgg16: 13 layers, 4,224 channels"


def test_layers_as_json_is_one_document(run_cli: Run) -> None:
    document = json.loads(run_cli("layers", "--json").out)
    assert (len(document["layers"]), document["channels"]) == (13, 4224)
    assert document["layers"][-1] == {
        "name": "conv5_3",
        "path": "features.28",
        "kind": "conv",
        "block": "",
        "channels": 512,
        "stride": 16,
        "receptive_field": 196,
        "field_status": "exact",
    }


def test_an_unforeseen_error_is_one_sentence_and_a_log(run_cli: Run, tmp_path) -> None:
    # A socket in place of the file that holds the runner's lock: nobody foresees that.
    (tmp_path / "state").mkdir(mode=0o700)
    os.mknod(tmp_path / "state" / "runner.lock", stat.S_IFSOCK)
    ended = run_cli("worker")
    log = tmp_path / "state" / "commands.log"
    assert ended.code == 1
    assert len(ended.err.splitlines()) == 1
    assert str(log) in ended.err
    assert "Traceback" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_closed_pipe_is_no_error(tmp_path) -> None:
    program = "from convscope.tui.commands.main import main; main()"
    with subprocess.Popen(
        [sys.executable, "-P", "-c", program, "layers"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
