"""Every key of the explorer, once. Bindings, footer and help screen are made from this table."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding


class Pane(StrEnum):
    """Where a key counts."""

    LAYERS = "layers"
    CHANNELS = "channels"
    PICTURE = "picture"
    HELP = "help"
    EVERYWHERE = "everywhere"
    """In every pane of the explore screen."""


@dataclass(frozen=True)
class Key:
    """One row of the table: what some keys do in one pane."""

    id: str
    """Stable name, by which a config file gives the row other keys."""
    keys: tuple[str, ...]
    """Textual's key names; each does the same."""
    label: str
    """One or two words for the footer, which leaves out rows without; neighbouring rows with the
    same label share one entry there."""
    help: str
    """One line for the help screen."""
    pane: Pane
    action: str
    """Textual action, run on the screen."""


_L, _C, _P, _H, _E = Pane.LAYERS, Pane.CHANNELS, Pane.PICTURE, Pane.HELP, Pane.EVERYWHERE

# fmt: off
KEYS: tuple[Key, ...] = (
    Key("layers.down", ("j", "down"), "move", "the next layer", _L, "layer(1)"),
    Key("layers.up", ("k", "up"), "move", "the layer before", _L, "layer(-1)"),
    Key("layers.first", ("g", "home"), "", "the first layer", _L, "layer_end(-1)"),
    Key("layers.last", ("G", "end"), "", "the last layer", _L, "layer_end(1)"),
    Key("layers.half_down", ("ctrl+d", "pagedown"), "", "half a page down", _L, "layer(6)"),
    Key("layers.half_up", ("ctrl+u", "pageup"), "", "half a page up", _L, "layer(-6)"),
    Key("layers.open", ("enter", "l", "right"), "open", "to its channels", _L, "go('channels')"),

    Key("channels.left", ("h", "left"), "move", "left, then to the layers", _C, "sideways(-1)"),
    Key("channels.down", ("j", "down"), "move", "down", _C, "rows(1)"),
    Key("channels.up", ("k", "up"), "move", "up", _C, "rows(-1)"),
    Key("channels.right", ("l", "right"), "move", "right, then to the picture", _C, "sideways(1)"),
    Key("channels.first", ("g", "home"), "", "the first channel", _C, "channel_end(-1)"),
    Key("channels.last", ("G", "end"), "", "the last channel", _C, "channel_end(1)"),
    Key("channels.half_down", ("ctrl+d", "pagedown"), "", "half a page down", _C, "half_page(1)"),
    Key("channels.half_up", ("ctrl+u", "pageup"), "", "half a page up", _C, "half_page(-1)"),
    Key("channels.make", ("enter",), "make", "make this picture now, in full", _C, "make"),

    Key("picture.back", ("h", "left"), "back", "back to the channels", _P, "go('channels')"),
    Key("picture.down", ("j", "down"), "next", "the next channel", _P, "step(1)"),
    Key("picture.up", ("k", "up"), "next", "the channel before", _P, "step(-1)"),
    Key("picture.first", ("g", "home"), "", "the first channel", _P, "channel_end(-1)"),
    Key("picture.last", ("G", "end"), "", "the last channel", _P, "channel_end(1)"),
    Key("picture.half_down", ("ctrl+d", "pagedown"), "", "half a page down", _P, "half_page(1)"),
    Key("picture.half_up", ("ctrl+u", "pageup"), "", "half a page up", _P, "half_page(-1)"),
    Key("picture.make", ("enter",), "make", "make this picture now, in full", _P, "make"),

    Key("pane.next", ("tab",), "pane", "the next pane", _E, "pane(1)"),
    Key("queue.channel", ("a",), "queue", "queue the chosen channel", _E, "queue_channel"),
    Key("queue.layer", ("A",), "queue layer", "queue the whole layer", _E, "queue_layer"),
    Key("preset.next", ("p",), "preset", "the next preset, for pictures to come", _E, "preset"),
    Key("pane.previous", ("shift+tab",), "", "the pane before", _E, "pane(-1)"),
    Key("help", ("question_mark",), "help", "all keys", _E, "help"),
    Key("quit", ("q",), "quit", "leave; queued work goes on", _E, "quit"),

    Key("help.close", ("question_mark", "escape", "q"), "", "back to the explorer", _H, "close"),
    Key("help.down", ("j", "down"), "", "down", _H, "scroll(1)"),
    Key("help.up", ("k", "up"), "", "up", _H, "scroll(-1)"),
    Key("help.half_down", ("ctrl+d", "pagedown"), "", "half a page down", _H, "scroll(10)"),
    Key("help.half_up", ("ctrl+u", "pageup"), "", "half a page up", _H, "scroll(-10)"),
)
# fmt: on
"""The order of rows is the order of the footer and of the help screen."""

_SYMBOLS = {
    "question_mark": "?",
    "escape": "esc",
    "enter": "enter",
    "left": "←",
    "down": "↓",
    "up": "↑",
    "right": "→",
    "pagedown": "pgdn",
    "pageup": "pgup",
}


@dataclass(frozen=True)
class Hint:
    """One entry of the footer."""

    keys: str
    label: str


def symbol(key: str) -> str:
    """Return a key as people write it: ``ctrl+d`` is ``^d``, ``question_mark`` is ``?``."""
    if key.startswith("ctrl+"):
        return "^" + key.removeprefix("ctrl+")
    return _SYMBOLS.get(key, key)


def bindings(pane: Pane) -> list[Binding | tuple[str, str] | tuple[str, str, str]]:
    """Return the bindings of one pane, for a widget's ``BINDINGS``; their ids can be remapped."""
    # The screen acts, whichever widget has the key; the help screen acts for itself.
    return [
        Binding(",".join(row.keys), f"screen.{row.action}", row.help, show=False, id=row.id)
        for row in rows(pane)
    ]


def rows(pane: Pane) -> list[Key]:
    """Return the rows of one pane, in the table's order."""
    return [row for row in KEYS if row.pane is pane]


def hints(pane: Pane) -> list[Hint]:
    """Return the footer's entries while ``pane`` has the focus; help and quit come last."""
    found: list[Hint] = []
    everywhere = [] if pane is Pane.HELP else rows(Pane.EVERYWHERE)
    for row in (*rows(pane), *everywhere):
        if not row.label:
            continue
        key = symbol(row.keys[0])
        if found and found[-1].label == row.label:
            found[-1] = Hint(found[-1].keys + key, row.label)
        else:
            found.append(Hint(key, row.label))
    return found


def collisions(table: Iterable[Key] = KEYS) -> list[str]:
    """Say which keys or ids of a table mean two things at once; an empty list is a sound table."""
    found: list[str] = []
    ids: set[str] = set()
    taken: dict[tuple[Pane, str], str] = {}
    for row in table:
        if row.id in ids:
            found.append(f"the id {row.id} stands twice")
        ids.add(row.id)
        panes = (_L, _C, _P) if row.pane is _E else (row.pane,)
        for pane in panes:
            for key in row.keys:
                other = taken.setdefault((pane, key), row.id)
                if other != row.id:
                    found.append(f"{symbol(key)} in {pane} is both {other} and {row.id}")
    return found
