"""The user's config file: settings for those who do not want to type them each time.

A mistake in it never stops convscope. It becomes a sentence with the file, the line and the
remedy, what is wrong is left out, and all other settings count.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import platformdirs

from convscope.core.system.errors import UserError
from convscope.core.system.regular import open_regular
from convscope.core.system.text import nearest, printable, unfit
from convscope.core.system.themes import Themes, check_name, judge_themes
from convscope.core.system.toml_lines import line_of, lines_of
from convscope.core.system.typed_paths import why_unusable

MAX_BYTES = 64 * 1024
"""A file that is larger is no config file of anybody's, and is not read."""

MAX_DOTS = 100
"""In one line. The time and memory that tomllib takes for a dotted key grow with the square of its
parts: one line of 64 KiB takes gigabytes."""

KeyMap = dict[str, str | list[str]]

Judge = Callable[[str], object]
"""Raises :class:`UserError` where a setting's value is one that no command can use."""


class Config(msgspec.Struct, frozen=True):
    """The settings of the file; ``None`` where it has none, so that the default counts."""

    gallery: str | None = None
    """As written: a leading ``~`` is the home folder, other paths start where the user is."""
    device: str | None = None
    preset: str | None = None
    weights: str | None = None
    normalize: str | None = None
    """What weights expect of an image of which it is not known."""
    theme: str | None = None
    """Name of a theme that is built in, or of one in :attr:`themes`."""
    low_bandwidth: bool | None = None
    graphics: str | None = None
    keys: KeyMap = {}
    """Keys of the explorer by the id of what they do, such as ``channels.make``."""
    themes: Themes = {}
    """The user's own, each with the colours that differ from those of a built-in one."""


_EXAMPLES = {
    "gallery": 'gallery = "~/pictures"',
    "device": 'device = "cpu"',
    "preset": 'preset = "classic"',
    "weights": 'weights = "IMAGENET1K_V1"',
    "normalize": 'normalize = "caffe"',
    "theme": 'theme = "light"',
    "low_bandwidth": "low_bandwidth = true",
    "graphics": 'graphics = "kitty"',
    "keys": '[keys] on a line of its own, and below it lines such as channels.make = "enter"',
    "themes": '[themes.NAME] on a line of its own, and below it lines such as primary = "#7fb4f0"',
}
"""How each setting is written; the names of all there are."""

_PATHS = ("gallery", "weights")
_SWITCHES = ("low_bandwidth",)


@dataclass(frozen=True)
class Problem:
    """Something in the file that does not count, in words that are safe to print."""

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
    """Whether there is such a file, good or bad, or should be one."""
    config: Config = field(default_factory=Config)
    """What counts of it."""
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
    """Why a file or a value does not count."""

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


def load_config(judges: Mapping[str, Judge] | None = None) -> ConfigFile:
    """Read the user's config file. Nothing that it holds raises.

    Args:
        judges: what knows the values of a setting, by its name; without one any text will do.
    """
    path = config_path()
    try:
        text = _read(path)
        if text is None:
            return ConfigFile(path)
        table = _parse(text)
    except _Wrong as wrong:
        return ConfigFile(path, True, problems=(_problem(path, wrong.line, wrong),))
    kept: dict[str, Any] = {}
    wrongs: list[tuple[tuple[str, ...], _Wrong]] = []
    for key, value, amiss in _sort(table, judges or {}):
        if amiss is not None:
            wrongs.append((key, amiss))
        elif key[0] == "keys":
            kept.setdefault("keys", {})[".".join(key[1:])] = value
        elif key[0] == "themes":
            theme = kept.setdefault("themes", {}).setdefault(key[1], {})
            theme.update({key[2]: value} if key[2:] else {})
        else:
            kept[key[0]] = value
    lines = lines_of(text) if wrongs else {}
    problems = tuple(_problem(path, line_of(key, lines), amiss) for key, amiss in wrongs)
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
            "the config file is not UTF-8, so none of it counts", "save it as UTF-8", line
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
            "the config file is nested too deeply, so none of it counts", "keep it flat"
        ) from None
    except ValueError as error:  # TOMLDecodeError, or a number of thousands of digits
        place = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", str(error))
        line = int(place[1]) if place and place[1] else None
        if place and line is None:
            line = text.rstrip("\n").count("\n") + 1  # the last
        reason = str(error)[: place.start()] if place else "a number is too long"
        raise _Wrong(
            f"this is not TOML ({reason}), so nothing in the file counts",
            f"settings look like this: {_EXAMPLES['preset']}",
            line,
        ) from None


_Sorted = tuple[tuple[str, ...], Any, _Wrong | None]
"""The path of a key, its value, and what is wrong with it."""


def _sort(table: Mapping[str, Any], judges: Mapping[str, Judge]) -> Iterator[_Sorted]:
    """Yield every setting that is in the file, judged."""
    judges = {"theme": lambda name: check_name(name, table.get("themes")), **judges}
    for name, value in table.items():
        if name not in _EXAMPLES:
            yield (name,), value, _unknown(name)
        elif name == "keys":
            yield from _sort_keys(value)
        elif name == "themes":
            yield from _sort_themes(value)
        elif name in _SWITCHES:
            yield (name,), value, _judge_switch(name, value)
        else:
            yield (name,), value, _judge(name, value, judges.get(name))


def _unknown(name: str) -> _Wrong:
    alike = nearest(name[:80], _EXAMPLES, count=1)
    remedy = f"did you mean {alike}?" if alike else f"there are {', '.join(_EXAMPLES)}"
    return _Wrong(f"there is no setting {printable(name, 80)}", remedy)


def _judge(name: str, value: object, judge: Judge | None) -> _Wrong | None:
    example = f"write it such as {_EXAMPLES[name]}"
    if not isinstance(value, str):
        return _ignored(name, "it must be text in quotes", example)
    if amiss := unfit(value) or (why_unusable(value) if name in _PATHS else ""):
        return _ignored(name, amiss, example)
    try:
        if judge is not None:
            judge(value)
    except UserError as error:
        return _refused(name, error, example)
    return None


def _judge_switch(name: str, value: object) -> _Wrong | None:
    if isinstance(value, bool):
        return None
    return _ignored(name, "it must be true or false", f"write it such as {_EXAMPLES[name]}")


def _sort_keys(table: object) -> Iterator[_Sorted]:
    """Yield each row of the key map; ``channels.make`` may be written with quotes or without."""
    if not isinstance(table, Mapping):
        remedy = f"write {_EXAMPLES['keys']}"
        yield ("keys",), table, _ignored("keys", "it must be a table", remedy)
        return
    for name, value in table.items():
        rows = value.items() if isinstance(value, Mapping) else ((None, value),)
        for part, keys in rows:
            path = (name,) if part is None else (name, part)
            yield ("keys", *path), keys, _judge_keys(path, keys)


def _judge_keys(path: tuple[str, ...], keys: object) -> _Wrong | None:
    name = printable(".".join(path), 80)
    remedy = 'write it such as channels.make = "enter" or channels.down = ["j", "down"]'
    if any(unfit(part) for part in path):
        return _ignored(f"keys.{name}", "nothing in the explorer is called so", remedy)
    for key in keys if isinstance(keys, list) else [keys]:
        if not isinstance(key, str):
            return _ignored(f"keys.{name}", "it must be a key in quotes, or a list of them", remedy)
        if amiss := unfit(key):
            return _ignored(f"keys.{name}", amiss, remedy)
    return None


def _sort_themes(table: object) -> Iterator[_Sorted]:
    """Yield each theme by its name, and then its lines."""
    for path, value, error in judge_themes(table):
        called = f"themes.{printable('.'.join(path), 80)}" if path else "themes"
        example = f"write {_EXAMPLES['themes']}"
        yield ("themes", *path), value, _refused(called, error, example) if error else None


def _refused(name: str, error: UserError, example: str) -> _Wrong:
    what, _, remedy = str(error).rstrip(".").partition("; ")
    return _ignored(name, what, remedy or example)


def _ignored(name: str, why: str, remedy: str) -> _Wrong:
    return _Wrong(f"{name} is ignored: {why}", remedy)


def _problem(path: Path, line: int | None, wrong: _Wrong) -> Problem:
    return Problem(_where(path, line), printable(wrong.what), printable(wrong.remedy))


def _where(path: Path, line: int | None) -> str:
    return f"{printable(path)}, line {line}" if line else printable(path)
