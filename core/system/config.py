"""The user's config file: settings that need not be typed each time.

A mistake in it never stops convscope: the wrong setting is ignored, a sentence names the file, the
line and the remedy, and all other settings count.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import platformdirs

from convscope.core.system.errors import UserError
from convscope.core.system.named_files import open_regular, why_unusable
from convscope.core.system.text import nearest, printable, unfit
from convscope.core.system.themes import Themes, check_colour, check_name, check_theme
from convscope.core.system.toml_lines import line_of, lines_of

MAX_BYTES = 64 * 1024
"""A larger file is not read: it can hardly be a config file."""

MAX_DOTS = 100
"""In one line. The time and memory that tomllib needs for a dotted key grow with the square of its
parts: a line of 64 KiB takes gigabytes."""

KeyMap = dict[str, str | list[str]]

Check = Callable[[str], object]
"""Raises :class:`UserError` where no command can use a setting's value."""

Table = Mapping[str, object]
"""All settings as they stand in the file."""

_Key = tuple[str, ...]
"""The path of a key in the file."""


class Config(msgspec.Struct, frozen=True):
    """The settings of the file; for those that it does not have, the default."""

    gallery: str | None = None
    """As written: a leading ``~`` is the home folder, other paths start where the user is."""
    device: str | None = None
    preset: str | None = None
    model: str | None = None
    """The network of targets that name none."""
    weights: str | None = None
    """Those of that network."""
    normalize: str | None = None
    """What weights expect of an image of which it is not known."""
    theme: str | None = None
    """Name of a theme that is built in, or of one in :attr:`themes`."""
    low_bandwidth: bool | None = None
    graphics: str | None = None
    atlas: bool | None = None
    """Whether the explorer shows the pictures that are part of convscope; it does unless told."""
    notify: str | None = None
    """How a batch that has ended is announced."""
    keys: KeyMap = {}
    """Keys of the explorer by the id of what they do, such as ``channels.make``."""
    themes: Themes = {}
    """The user's own, each with the colours that differ from those of a built-in one."""


_EXAMPLES = {
    "gallery": 'gallery = "~/pictures"',
    "device": 'device = "cpu"',
    "preset": 'preset = "classic"',
    "model": 'model = "resnet50"',
    "weights": 'weights = "IMAGENET1K_V1"',
    "normalize": 'normalize = "caffe"',
    "theme": 'theme = "light"',
    "low_bandwidth": "low_bandwidth = true",
    "graphics": 'graphics = "kitty"',
    "atlas": "atlas = false",
    "notify": 'notify = "desktop"',
    "keys": '[keys] on a line of its own, and below it lines such as channels.make = "enter"',
    "themes": '[themes.NAME] on a line of its own, and below it lines such as primary = "#7fb4f0"',
}
"""How each setting is written; the names of all there are."""

_PATHS = ("gallery", "weights")
_SWITCHES = ("low_bandwidth", "atlas")


@dataclass(frozen=True)
class Problem:
    """Something in the file that is ignored, in words that are safe to print."""

    where: str
    """The file, and the line where it is known."""
    what: str
    remedy: str

    def __str__(self) -> str:
        end = "" if self.remedy.endswith("?") else "."
        return f"{self.where}: {self.what}; {self.remedy}{end}"


@dataclass(frozen=True)
class ConfigFile:
    """The config file as it was found."""

    path: Path
    found: bool = False
    """Whether there is such a file, readable or not, or one was named that should be there."""
    config: Config = field(default_factory=Config)
    """Its valid settings."""
    problems: tuple[Problem, ...] = ()
    text: str = ""

    def where(self, setting: str = "") -> str:
        """Return the words that lead a reader to a setting, or to the file."""
        return _where(self.path, line_of((setting,), lines_of(self.text)) if setting else None)

    def where_key(self, name: str) -> str:
        """Return the words that lead a reader to a key of the explorer, however it is written."""
        lines = lines_of(self.text)
        quoted, bare = ("keys", name), ("keys", *name.split("."))
        return _where(self.path, lines.get(quoted) or line_of(bare, lines))


class _Wrong(Exception):  # noqa: N818  it never leaves this module
    """Why a file or a value is ignored."""

    def __init__(self, what: str, remedy: str, line: int | None = None) -> None:
        super().__init__(what)
        self.what, self.remedy, self.line = what, remedy, line


def config_path() -> Path:
    """Return the file that ``CONVSCOPE_CONFIG`` names, else the one in the user's config folder."""
    named = os.environ.get("CONVSCOPE_CONFIG")
    if named:
        return Path(named)
    try:
        return Path(platformdirs.user_config_dir("convscope"), "config.toml")
    except RuntimeError:  # neither HOME nor an entry of passwd, as in many containers
        return Path("~/.config/convscope/config.toml")


def load_config(checks: Callable[[Table], Mapping[str, Check]] = lambda _: {}) -> ConfigFile:
    """Read the user's config file. Nothing that it holds raises.

    Args:
        checks: returns by the name of a setting what checks its value, for settings that stand
            beside those of the file; any text will do without one.
    """
    path = config_path()
    try:
        text = _read(path)
        if text is None:
            return ConfigFile(path)
        table = _parse(text)
    except _Wrong as wrong:
        return ConfigFile(path, True, problems=(_problem(path, wrong.line, wrong),))
    all_checks = {"theme": lambda name: check_name(name, table.get("themes")), **checks(table)}
    kept: dict[str, Any] = {}
    wrongs: list[tuple[_Key, _Wrong]] = []
    for name, value in table.items():
        _sort((name,), value, all_checks, kept, wrongs)
    lines = lines_of(text) if wrongs else {}
    problems = tuple(_problem(path, line_of(key, lines), wrong) for key, wrong in wrongs)
    return ConfigFile(path, True, msgspec.convert(kept, Config), problems, text)


def _read(path: Path) -> str | None:
    """Return the text of the file; ``None`` where there is none and none was named."""
    is_named = bool(os.environ.get("CONVSCOPE_CONFIG"))
    if why := why_unusable(path):
        if not is_named:
            return None
        raise _Wrong(
            f"the config file cannot be read ({why})", "correct CONVSCOPE_CONFIG, or unset it"
        )
    path = path.expanduser()
    if path == Path(os.devnull):  # the usual way to say: none
        return None
    try:
        with open_regular(path) as file:
            content = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        if not is_named:
            return None
        raise _Wrong(
            "there is no such config file", "correct CONVSCOPE_CONFIG, or unset it"
        ) from None
    except OSError as error:
        raise _Wrong(
            f"the config file cannot be read ({error.strerror})",
            "check its permissions and its path",
        ) from None
    if len(content) > MAX_BYTES:
        raise _Wrong(
            f"the config file is larger than {MAX_BYTES // 1024} KiB and was not read",
            "keep only settings in it",
        )
    return _decode(content)


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")  # some editors on Windows put a mark in front
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _Wrong(
            "the config file is not UTF-8, so none of it is used", "save it as UTF-8", line
        ) from None


def _parse(text: str) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415  most people have no config file

    for number, written in enumerate(text.split("\n"), 1):
        if written.count(".") > MAX_DOTS:
            raise _Wrong(
                f"the line has more than {MAX_DOTS} dots, so the file was not read",
                "shorten it",
                number,
            )
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise _Wrong(
            "the config file is nested too deeply, so none of it is used", "keep it flat"
        ) from None
    except ValueError as error:  # TOMLDecodeError, or a number of thousands of digits
        place = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", str(error))
        line = int(place[1]) if place and place[1] else None
        if place and line is None:
            line = text.rstrip("\n").count("\n") + 1  # the last
        reason = str(error)[: place.start()] if place else "a number is too long"
        raise _Wrong(
            f"this is not TOML ({reason}), so nothing in the file is used",
            f"settings look like this: {_EXAMPLES['preset']}",
            line,
        ) from None


def _sort(
    key: _Key,
    value: object,
    checks: Mapping[str, Check],
    kept: dict[str, Any],
    wrongs: list[tuple[_Key, _Wrong]],
) -> None:
    """Keep a setting and those below it, or say what is wrong with it."""
    try:
        _check(key, value, checks)
    except _Wrong as wrong:
        wrongs.append((key, wrong))
        return
    except UserError as error:
        wrongs.append((key, _ignored(key, error)))
        return
    match key:
        case ("themes", name):
            kept.setdefault("themes", {})[name] = {}
        case ("themes", name, line):
            kept["themes"][name][line] = value
        case ("keys", *path) if not isinstance(value, Mapping):
            kept.setdefault("keys", {})[".".join(path)] = value
        case (name,) if not isinstance(value, Mapping):
            kept[name] = value
    if isinstance(value, Mapping):
        for name, below in value.items():
            _sort((*key, name), below, checks, kept, wrongs)


def _check(key: _Key, value: object, checks: Mapping[str, Check]) -> None:
    """Check one setting, but not what is below it.

    Raises:
        _Wrong: there is no such setting.
        UserError: its value cannot be used.
    """
    match key:
        case ("keys" | "themes",):
            if not isinstance(value, Mapping):
                raise UserError("it must be a table")
        case ("keys", *path):
            _check_keys(path, value)
        case ("themes", name):
            check_theme(name, value)
        case ("themes", _, name):
            check_colour(name, value)
        case (name,) if name not in _EXAMPLES:
            alike = nearest(name[:80], _EXAMPLES, count=1)
            remedy = f"did you mean {alike}?" if alike else f"there are {', '.join(_EXAMPLES)}"
            raise _Wrong(f"there is no setting {printable(name, 80)}", remedy)
        case (name,) if name in _SWITCHES:
            if not isinstance(value, bool):
                raise UserError("it must be true or false")
        case (name,):
            _check_text(name, value, checks.get(name))


def _check_text(name: str, value: object, check: Check | None) -> None:
    if not isinstance(value, str):
        raise UserError("it must be text in quotes")
    if why := unfit(value) or (why_unusable(value) if name in _PATHS else ""):
        raise UserError(why)
    if check is not None:
        check(value)


def _check_keys(path: list[str], value: object) -> None:
    """Check the keys of an action; ``channels.make`` may be written with quotes or without."""
    if isinstance(value, Mapping) and len(path) == 1:
        return
    if any(unfit(part) for part in path):
        raise UserError("the explorer has no command of that name")
    for key in value if isinstance(value, list) else [value]:
        if not isinstance(key, str):
            raise UserError("it must be a key in quotes, or a list of them")
        if why := unfit(key):
            raise UserError(why)


def _ignored(key: _Key, error: UserError) -> _Wrong:
    """Say that a setting is ignored, with the remedy of the error or else an example."""
    what, _, remedy = str(error).rstrip(".").partition("; ")
    if key[0] == "keys" and key[1:]:
        example = 'write it like channels.make = "enter" or channels.down = ["j", "down"]'
    else:
        it = "" if key[0] in ("keys", "themes") else "it like "
        example = f"write {it}{_EXAMPLES[key[0]]}"
    below = printable(".".join(key[1:]), 80)
    name = f"{key[0]}.{below}" if key[1:] else key[0]
    return _Wrong(f"{name} is ignored: {what}", remedy or example)


def _problem(path: Path, line: int | None, wrong: _Wrong) -> Problem:
    return Problem(_where(path, line), printable(wrong.what), printable(wrong.remedy))


def _where(path: Path, line: int | None) -> str:
    return f"{printable(path)}, line {line}" if line else printable(path)
