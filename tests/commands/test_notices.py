"""What announces the end of a batch, byte for byte, in the terminals that people have."""

from pathlib import Path

import pytest

from convscope.tui.commands.settings import looks_of, read_settings
from convscope.tui.sequences import BELL, DESKTOP, NONE, notice

OSC_9, OSC_777 = "\x1b]9;convscope: it has ended\a", "\x1b]777;notify;convscope;it has ended\a"


@pytest.mark.parametrize(
    ("environment", "sent"),
    [
        ({"TERM": "xterm-256color"}, OSC_9 + OSC_777),
        ({"TERM": "xterm-kitty"}, OSC_777),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, OSC_777),
        ({"TERM": "xterm-ghostty"}, OSC_777),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, OSC_777),
        ({"TERM": "foot"}, OSC_777),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, OSC_9),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, OSC_9),
    ],
)
def test_a_terminal_is_sent_one_notification(environment: dict[str, str], sent: str) -> None:
    assert notice(DESKTOP, "it has ended", environment) == sent
    assert notice(BELL, "it has ended", environment) == "\a"
    assert notice(NONE, "it has ended", environment) == ""


def test_through_tmux_it_is_wrapped() -> None:
    sent = notice(DESKTOP, "it has ended", {"TERM": "tmux-256color", "TMUX": "/tmp/tmux,1,0"})
    assert sent == "".join(f"\x1bPtmux;\x1b{each}\x1b\\" for each in (OSC_9, OSC_777))
    assert notice(BELL, "it has ended", {"TMUX": "/tmp/tmux,1,0"}) == "\a"


def test_no_name_of_a_batch_ends_the_sequence() -> None:
    sent = notice(DESKTOP, "\x1b[2J\a\x9c\u202e;rm", {"TERM": "foot"})
    body = sent.removeprefix("\x1b]777;notify;convscope;").removesuffix("\a")
    assert body.isprintable()


@pytest.mark.parametrize("name", ["bell", "desktop", "none"])
def test_the_config_file_says_how(tmp_path: Path, name: str) -> None:
    config = tmp_path / "config" / "convscope" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f'notify = "{name}"')
    assert looks_of(read_settings(), low_bandwidth=False).notify == name
    config.write_text('notify = "gong"')
    assert looks_of(read_settings(), low_bandwidth=False).notify == BELL
    (problem,) = read_settings().problems
    assert "line 1: notify is ignored: 'gong' is not a way to notify" in str(problem)
    assert str(problem).endswith("write bell, desktop or none.")
