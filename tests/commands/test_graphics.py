"""Pictures in pixels: only where they are asked for, and what the doctor foresees."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from convscope.core.system.errors import UserError
from convscope.tui.commands.cli import cli
from convscope.tui.commands.settings import read_settings
from convscope.tui.commands.terminal import check_graphics
from convscope.tui.looks import GRAPHICS, HALF_BLOCKS, KITTY, Looks

NAMED = "There are no graphics 'sixel'; write half-blocks or kitty."


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Where the user's config file is looked for."""
    path = tmp_path / "config" / "convscope" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


@pytest.fixture
def looks_with(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Looks]:
    """Open an explorer with arguments; returns how it is to look."""

    def look(*typed: str) -> Looks:
        seen: list[Looks] = []
        monkeypatch.setattr("convscope.tui.commands.explore.why_not_here", lambda _: "")
        monkeypatch.setattr(
            "convscope.tui.explorer.app.run_explorer", lambda *_, looks, **__: seen.append(looks)
        )
        cli.main(list(typed), standalone_mode=False)
        return seen[0]

    return look


@pytest.mark.parametrize(
    ("typed", "written", "counts"),
    [
        ([], "", HALF_BLOCKS),
        (["--graphics", "kitty"], "", KITTY),
        ([], 'graphics = "kitty"', KITTY),
        (["--graphics", "half-blocks"], 'graphics = "kitty"', HALF_BLOCKS),
        ([], 'graphics = "half-blocks"', HALF_BLOCKS),
        ([], 'graphics = "sixel"', HALF_BLOCKS),
    ],
)
def test_pixels_are_asked_for_by_a_flag_or_in_the_file_and_never_by_themselves(
    typed: list[str], written: str, counts: str, config: Path, looks_with: Callable[..., Looks]
) -> None:
    config.write_text(written)
    assert looks_with(*typed) == Looks(graphics=counts)


@pytest.mark.parametrize("terminal", ["xterm-kitty", "xterm-ghostty"])
def test_a_terminal_that_knows_them_is_no_reason(
    terminal: str, looks_with: Callable[..., Looks], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", terminal)
    monkeypatch.setenv("KITTY_WINDOW_ID", "1")
    assert looks_with() == Looks()


def test_a_wrong_name_is_one_sentence_wherever_it_stands(config: Path) -> None:
    typed = CliRunner().invoke(cli, ["--graphics", "sixel"], standalone_mode=False)
    assert isinstance(typed.exception, UserError)
    assert str(typed.exception) == NAMED
    config.write_text('graphics = "sixel"')
    (problem,) = read_settings().problems
    assert str(problem) == (
        f"{config}, line 1: graphics is ignored: There are no graphics 'sixel'; "
        "write half-blocks or kitty."
    )
    config.write_text("\ngraphics = true")
    (problem,) = read_settings().problems
    assert ", line 2: graphics is ignored: it must be text in quotes" in str(problem)
    assert str(problem).endswith('write it like graphics = "kitty".')


def test_before_a_command_it_is_refused() -> None:
    ended = CliRunner().invoke(cli, ["--graphics", "kitty", "layers"], standalone_mode=False)
    assert (
        str(ended.exception)
        == "--graphics is an option of the explorer; leave it out before layers."
    )


def test_a_shell_is_offered_what_there_is() -> None:
    shell = ShellComplete(cli, {}, "convscope", "_CONVSCOPE_COMPLETE")
    offers = shell.get_completions(["--graphics"], "")
    assert [offer.value for offer in offers] == list(GRAPHICS)
    offers = shell.get_completions(["--graphics"], "k")
    assert [offer.value for offer in offers] == ["kitty"]


KITTYS = {"TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1"}


@pytest.mark.parametrize(
    ("graphics", "environment", "state", "words"),
    [
        (None, {"TERM": "xterm-256color"}, "ok", "half-blocks"),
        (HALF_BLOCKS, {"TERM": "xterm-256color"}, "ok", "half-blocks"),
        (None, KITTYS, "ok", "half-blocks, and could be pixels: convscope --graphics kitty"),
        (None, {"TERM": "xterm-ghostty", "COLORTERM": "truecolor"}, "ok", "could be pixels"),
        (KITTY, KITTYS, "ok", "kitty (xterm-kitty)"),
        (KITTY, {"TERM": "xterm-ghostty", "COLORTERM": "truecolor"}, "ok", "kitty (xterm-ghostty)"),
        (KITTY, {"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"}, "ok", "kitty"),
        (KITTY, {"TERM": "xterm-256color"}, "advice", "(xterm-256color) is not known to show it"),
        (
            KITTY,
            {"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm", "COLORTERM": "truecolor"},
            "advice",
            "take graphics out of the config file",
        ),
        (KITTY, {"TERM": "xterm-ghostty"}, "advice", "export COLORTERM=truecolor"),
        (KITTY, {**KITTYS, "NO_COLOR": "1"}, "advice", "unset NO_COLOR"),
        (
            KITTY,
            {**KITTYS, "TERM": "tmux-256color", "TMUX": "/tmp/tmux-0/default,1,0"},
            "advice",
            "set -g allow-passthrough on",
        ),
        (KITTY, {}, "advice", "half-blocks"),
    ],
)
def test_the_doctor_foresees_what_the_terminal_shows(
    graphics: str | None, environment: dict[str, str], state: str, words: str
) -> None:
    finding = check_graphics(graphics, environment)
    assert (finding.name, finding.state) == ("graphics", state)
    assert words in f"{finding.detail}; {finding.remedy}"
    assert bool(finding.remedy) == (state == "advice")


@pytest.mark.parametrize("environment", [{"TERM": "xterm-ghostty"}, {**KITTYS, "NO_COLOR": "1"}])
def test_pixels_are_not_offered_where_they_could_not_be_shown(environment: dict[str, str]) -> None:
    assert check_graphics(None, environment).detail == HALF_BLOCKS
