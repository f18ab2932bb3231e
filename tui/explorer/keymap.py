"""Every key of the explorer, once. Bindings, footer and help screen are made from this table."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from textual.binding import Binding
from textual.keys import format_key


class Pane(StrEnum):
    """Where a key counts."""

    LAYERS = "layers"
    CHANNELS = "channels"
    PICTURE = "picture"
    MAP = "map"
    """The same, where what is shown is a photo with a map over it."""
    EXPLORE = "explore"
    """In every pane of the explore screen."""
    BATCHES = "batches"
    JOBS = "jobs"
    QUEUE = "queue"
    """In every pane of the queue screen."""
    GALLERY = "gallery"
    ZOOM = "zoom"
    COMPARE = "compare"
    FORM = "form"
    HELP = "help"
    EVERYWHERE = "everywhere"
    """On every screen that fills the terminal: explore, queue and gallery."""
    ALWAYS = "always"
    """Whatever is on the screen, also while something is typed."""


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
    """Textual action, run on the screen, or on what it names."""

    @property
    def written(self) -> tuple[str, ...]:
        """The keys as people write them, and as the config file may."""
        return tuple(map(symbol, self.keys))


Table = tuple[Key, ...]

_L, _C, _P, _X = Pane.LAYERS, Pane.CHANNELS, Pane.PICTURE, Pane.EXPLORE
_M = Pane.MAP
_B, _J, _Q, _G = Pane.BATCHES, Pane.JOBS, Pane.QUEUE, Pane.GALLERY
_K = Pane.COMPARE
_Z, _F, _H, _E, _A = Pane.ZOOM, Pane.FORM, Pane.HELP, Pane.EVERYWHERE, Pane.ALWAYS

# fmt: off
KEYS: Table = (
    Key("layers.down", ("j", "down"), "move", "next layer", _L, "layer(1)"),
    Key("layers.up", ("k", "up"), "move", "previous layer", _L, "layer(-1)"),
    Key("layers.first", ("g", "home"), "", "first layer", _L, "layer_end(-1)"),
    Key("layers.last", ("G", "end"), "", "last layer", _L, "layer_end(1)"),
    Key("layers.half_down", ("ctrl+d", "pagedown"), "", "half a page down", _L, "layer(6)"),
    Key("layers.half_up", ("ctrl+u", "pageup"), "", "half a page up", _L, "layer(-6)"),
    Key("layers.fold", ("h", "left", "space"), "fold", "fold or unfold the block", _L, "fold"),
    Key("layers.fold_all", ("asterisk",), "", "fold or unfold all blocks", _L, "fold_all"),
    Key("layers.open", ("enter", "l", "right"), "open", "go to its channels", _L, "go('channels')"),

    Key("channels.left", ("h", "left"), "move", "left, or to the layers", _C, "sideways(-1)"),
    Key("channels.down", ("j", "down"), "move", "down", _C, "rows(1)"),
    Key("channels.up", ("k", "up"), "move", "up", _C, "rows(-1)"),
    Key("channels.right", ("l", "right"), "move", "right, or to the picture", _C, "sideways(1)"),
    Key("channels.first", ("g", "home"), "", "first channel", _C, "end(-1)"),
    Key("channels.last", ("G", "end"), "", "last channel", _C, "end(1)"),
    Key("channels.half_down", ("ctrl+d", "pagedown"), "", "half a page down", _C, "half_page(1)"),
    Key("channels.half_up", ("ctrl+u", "pageup"), "", "half a page up", _C, "half_page(-1)"),
    Key("channels.make", ("enter",), "render", "render this picture in full now", _C, "make"),
    Key("channels.mark", ("space",), "mark", "mark or unmark, and move on", _C, "mark"),
    Key("channels.visual", ("v",), "", "start marking a range, or end it here", _C, "visual"),
    Key("channels.mark_all", ("asterisk",), "", "mark all shown", _C, "mark_all"),
    Key("channels.list", ("t",), "", "switch between grid and list", _C, "list"),

    Key("picture.back", ("h", "left"), "back", "back to the channels", _P, "go('channels')"),
    Key("picture.down", ("j", "down"), "next", "next channel", _P, "step(1)"),
    Key("picture.up", ("k", "up"), "next", "previous channel", _P, "step(-1)"),
    Key("picture.first", ("g", "home"), "", "first channel", _P, "end(-1)"),
    Key("picture.last", ("G", "end"), "", "last channel", _P, "end(1)"),
    Key("picture.half_down", ("ctrl+d", "pagedown"), "", "half a page down", _P, "half_page(1)"),
    Key("picture.half_up", ("ctrl+u", "pageup"), "", "half a page up", _P, "half_page(-1)"),
    Key("picture.mark", ("space",), "", "mark or unmark, and move on", _P, "mark"),
    Key("picture.make", ("enter",), "render", "render this picture in full now", _P, "make"),

    Key("map.left", ("h", "left"), "map", "left on the map, or to the channels", _M, "map_sideways(-1)"),
    Key("map.down", ("j", "down"), "map", "down on the map", _M, "map_rows(1)"),
    Key("map.up", ("k", "up"), "map", "up on the map", _M, "map_rows(-1)"),
    Key("map.right", ("l", "right"), "map", "right on the map", _M, "map_sideways(1)"),
    Key("map.peak", ("g", "home"), "peak", "back to the strongest place on the map", _M, "map_peak"),
    Key("map.next", ("J", "pagedown"), "next", "next channel", _M, "step(1)"),
    Key("map.previous", ("K", "pageup"), "next", "previous channel", _M, "step(-1)"),
    Key("map.mark", ("space",), "", "mark or unmark, and move on", _M, "mark"),
    Key("map.make", ("enter",), "render", "render this channel's picture in full now", _M, "make"),

    Key("back", ("b",), "go back", "go back to the queue or gallery", _X, "back"),
    Key("pane.next", ("tab",), "pane", "next pane", _X, "pane(1)"),
    Key("pane.previous", ("shift+tab",), "", "previous pane", _X, "pane(-1)"),
    Key("layer.next", ("greater_than_sign",), "", "next layer", _X, "layer(1)"),
    Key("layer.previous", ("less_than_sign",), "", "previous layer", _X, "layer(-1)"),
    Key("queue.channel", ("a",), "queue", "queue marked channels of all layers, or this one", _X, "queue_channel"),
    Key("queue.layer", ("A",), "queue layer", "queue the whole layer", _X, "queue_layer"),
    Key("queue.take_back", ("x",), "", "cancel what was queued last, or queue it again", _X, "take_back"),
    Key("animation", ("m",), "", "animate the marked of all layers, or this one", _X, "animate"),
    Key("preset.next", ("p",), "preset", "next preset or edited recipe", _X, "preset"),
    Key("recipe.form", ("r",), "recipe", "edit recipe", _X, "recipe"),
    Key("filter", ("slash",), "filter", "filter (20-40, done) or go to (conv5_1:25)", _X, "filter"),
    Key("filter.next", ("n",), "", "next match", _X, "find(1)"),
    Key("filter.previous", ("N",), "", "previous match", _X, "find(-1)"),
    Key("filter.clear", ("backspace",), "", "clear the filter, or bring it back", _X, "clear_filter"),
    Key("channels.unmark", ("u",), "", "unmark all layers, or mark them again", _X, "unmark"),
    Key("explore.escape", ("escape",), "", "cancel the range, then the filter, then marks", _X, "escape"),
    Key("source.next", ("i",), "source", "next source: noise, photo or exemplars", _X, "source"),
    Key("photo.open", ("I",), "", "open a photo, or a folder of photos", _X, "open_photo"),
    Key("sort", ("S",), "sort", "sort by number, activation or surprise", _X, "sort"),
    Key("compare", ("c",), "", "compare what the sources have of this channel", _X, "compare"),
    Key("network", ("M",), "network", "choose another network", _X, "network"),
    Key("zoom", ("z",), "zoom", "show the picture full screen", _X, "zoom"),
    Key("sheet", ("s",), "sheet", "sheet of the marked of all layers, or all shown", _X, "sheet"),
    Key("favourite", ("f",), "", "make marked channels favourites, or this one", _X, "favourite"),
    Key("annotate", ("e",), "", "edit tags and note of the marked, or this one", _X, "annotate"),
    Key("sheet.show", ("L",), "", "show the contact sheet made last", _X, "show_sheet"),
    Key("path.show", ("o",), "", "show the file path", _X, "tell_path"),
    Key("path.copy", ("y",), "copy path", "copy the file path", _X, "copy_path"),
    Key("file.open", ("O",), "", "open the picture in a viewer", _X, "open_file"),
    Key("image.copy", ("Y",), "", "copy the picture itself", _X, "copy_image"),

    Key("batches.down", ("j", "down"), "move", "next batch", _B, "step(1)"),
    Key("batches.up", ("k", "up"), "move", "previous batch", _B, "step(-1)"),
    Key("batches.first", ("g", "home"), "", "first batch", _B, "end(-1)"),
    Key("batches.last", ("G", "end"), "", "last batch", _B, "end(1)"),
    Key("batches.half_down", ("ctrl+d", "pagedown"), "", "half a page down", _B, "half_page(1)"),
    Key("batches.half_up", ("ctrl+u", "pageup"), "", "half a page up", _B, "half_page(-1)"),
    Key("batches.open", ("enter", "l", "right"), "jobs", "go to its jobs", _B, "go('jobs')"),
    Key("batches.later", ("J",), "order", "move the batch down: it runs later", _B, "order(1)"),
    Key("batches.sooner", ("K",), "order", "move the batch up: it runs sooner", _B, "order(-1)"),

    Key("jobs.down", ("j", "down"), "move", "next job", _J, "step(1)"),
    Key("jobs.up", ("k", "up"), "move", "previous job", _J, "step(-1)"),
    Key("jobs.first", ("g", "home"), "", "first job", _J, "end(-1)"),
    Key("jobs.last", ("G", "end"), "", "last job", _J, "end(1)"),
    Key("jobs.half_down", ("ctrl+d", "pagedown"), "", "half a page down", _J, "half_page(1)"),
    Key("jobs.half_up", ("ctrl+u", "pageup"), "", "half a page up", _J, "half_page(-1)"),
    Key("jobs.back", ("h", "left"), "back", "back to the batches", _J, "go('batches')"),
    Key("jobs.open", ("enter",), "channel", "go to its channel", _J, "look"),

    Key("batch.cancel", ("x",), "cancel", "cancel the batch or job", _Q, "cancel"),
    Key("batch.retry", ("R",), "retry", "queue failed and cancelled jobs again", _Q, "retry"),
    Key("batch.pause", ("P",), "pause", "pause or resume the batch", _Q, "pause"),
    Key("batch.first", ("plus",), "first", "run the batch next, or the job first in it", _Q, "put_first"),
    Key("queue.sort", ("S",), "", "sort the list by its next column", _Q, "sort"),
    Key("queue.zoom", ("z",), "", "show the job's picture full screen", _Q, "zoom"),
    Key("queue.path", ("o",), "", "show the file path of the job's picture", _Q, "tell_path"),
    Key("queue.copy", ("y",), "", "copy the file path", _Q, "copy_path"),
    Key("queue.open", ("O",), "", "open the picture in a viewer", _Q, "open_file"),
    Key("queue.image", ("Y",), "", "copy the picture itself", _Q, "copy_image"),
    Key("queue.find", ("slash",), "", "find a command, or go to a channel (conv5_1:25)", _Q, "palette"),
    Key("failed.next", ("n",), "", "next failed job of any batch", _Q, "failed(1)"),
    Key("failed.previous", ("N",), "", "previous failed job", _Q, "failed(-1)"),
    Key("queue.pause", ("ctrl+s",), "", "pause or resume the whole queue", _Q, "pause_queue"),
    Key("queue.pane", ("tab",), "pane", "the other pane", _Q, "pane(1)"),
    Key("queue.pane_back", ("shift+tab",), "", "the other pane", _Q, "pane(-1)"),
    Key("queue.mark", ("space",), "mark", "mark or unmark, and move on", _Q, "mark"),
    Key("queue.visual", ("v",), "", "start marking a range, or end it here", _Q, "visual"),
    Key("queue.mark_all", ("asterisk",), "", "mark all", _Q, "mark_all"),
    Key("queue.unmark", ("u",), "", "unmark all", _Q, "unmark"),
    Key("queue.clear", ("escape",), "", "cancel the range, or unmark all", _Q, "clear"),

    Key("gallery.left", ("h", "left"), "move", "left", _G, "step(-1)"),
    Key("gallery.down", ("j", "down"), "move", "down", _G, "rows(1)"),
    Key("gallery.up", ("k", "up"), "move", "up", _G, "rows(-1)"),
    Key("gallery.right", ("l", "right"), "move", "right", _G, "step(1)"),
    Key("gallery.first", ("g", "home"), "", "newest picture", _G, "end(-1)"),
    Key("gallery.last", ("G", "end"), "", "oldest picture", _G, "end(1)"),
    Key("gallery.half_down", ("ctrl+d", "pagedown"), "", "half a page down", _G, "half_page(1)"),
    Key("gallery.half_up", ("ctrl+u", "pageup"), "", "half a page up", _G, "half_page(-1)"),
    Key("gallery.look", ("enter",), "channel", "go to its channel", _G, "look"),
    Key("gallery.mark", ("space",), "mark", "mark or unmark, and move on", _G, "mark"),
    Key("gallery.visual", ("v",), "", "start marking a range, or end it here", _G, "visual"),
    Key("gallery.mark_all", ("asterisk",), "", "mark all shown", _G, "mark_all"),
    Key("gallery.unmark", ("u",), "", "unmark all, or mark them again", _G, "unmark"),
    Key("gallery.pane", ("tab",), "", "grid or picture, where only one fits", _G, "pane(1)"),
    Key("gallery.compare", ("c",), "compare", "mark two pictures, then compare them", _G, "compare"),
    Key("gallery.sheet", ("s",), "sheet", "contact sheet of the marked pictures", _G, "sheet"),
    Key("gallery.sheet_show", ("L",), "", "show the contact sheet made last", _G, "show_sheet"),
    Key("gallery.delete", ("D", "delete"), "delete", "delete the marked pictures, or this one", _G, "delete"),
    Key("gallery.take_back", ("x",), "", "restore what was deleted last", _G, "take_back"),
    Key("gallery.filter", ("slash",), "filter", "filter: conv5_1:20-40, crisp, verdict:weak", _G, "filter"),
    Key("gallery.clear", ("backspace",), "", "clear the filter, or bring it back", _G, "clear_filter"),
    Key("gallery.escape", ("escape",), "", "cancel the range, then the filter, then marks", _G, "escape"),
    Key("gallery.zoom", ("z",), "zoom", "show the picture full screen", _G, "zoom"),
    Key("gallery.favourite", ("f",), "", "make marked channels favourites, or this one", _G, "favourite"),
    Key("gallery.annotate", ("e",), "", "edit tags and note of the marked, or this one", _G, "annotate"),
    Key("gallery.path", ("o",), "", "show the file path", _G, "tell_path"),
    Key("gallery.copy", ("y",), "copy path", "copy the file path", _G, "copy_path"),
    Key("gallery.open", ("O",), "", "open the picture in a viewer", _G, "open_file"),
    Key("gallery.image", ("Y",), "", "copy the picture itself", _G, "copy_image"),

    Key("screen.explore", ("1",), "screens", "go to explore", _E, "show('explore')"),
    Key("screen.queue", ("2",), "screens", "go to the queue", _E, "show('queue')"),
    Key("screen.gallery", ("3",), "screens", "go to the gallery", _E, "show('gallery')"),
    Key("palette", ("ctrl+p",), "", "find a command by its name", _E, "palette"),
    Key("worker.start", ("W",), "", "start the worker, if it is stopped", _E, "start_worker"),
    Key("theme.next", ("T",), "", "next theme: dark, light, or your own", _E, "theme"),
    Key("help", ("question_mark",), "help", "help: all keys", _E, "help"),
    Key("quit", ("q",), "quit", "quit; queued work goes on", _E, "quit"),

    Key("suspend", ("ctrl+z",), "", "suspend; fg in the shell comes back", _A, "app.suspend_process"),

    Key("zoom.close", ("z", "escape", "q", "enter", "c"), "", "close", _Z, "close"),
    Key("zoom.down", ("j", "down"), "", "next picture; magnified, move down", _Z, "move(0, 1)"),
    Key("zoom.up", ("k", "up"), "", "previous picture; magnified, move up", _Z, "move(0, -1)"),
    Key("zoom.right", ("l", "right"), "", "next picture; magnified, move right", _Z, "move(1, 0)"),
    Key("zoom.left", ("h", "left"), "", "previous picture; magnified, move left", _Z, "move(-1, 0)"),
    Key("zoom.next", ("J", "pagedown"), "", "next picture, also magnified", _Z, "step(1)"),
    Key("zoom.previous", ("K", "pageup"), "", "previous picture, also magnified", _Z, "step(-1)"),
    Key("zoom.larger", ("plus", "equals_sign"), "", "magnify: a pixel as 1, 2, 4 on the screen", _Z, "magnify(1)"),
    Key("zoom.smaller", ("minus",), "", "magnify less, down to the whole picture", _Z, "magnify(-1)"),
    Key("zoom.help", ("question_mark",), "", "help: all keys", _Z, "help"),
    Key("zoom.path", ("o",), "", "show the file path", _Z, "tell_path"),
    Key("zoom.copy", ("y",), "copy path", "copy the file path", _Z, "copy_path"),
    Key("zoom.open", ("O",), "", "open the picture in a viewer", _Z, "open_file"),
    Key("zoom.image", ("Y",), "", "copy the picture itself", _Z, "copy_image"),
    Key("zoom.palette", ("ctrl+p",), "", "find a command by its name", _Z, "palette"),

    Key("compare.flip", ("space",), "", "one at a time, in the same place", _K, "flip"),

    Key("form.save", ("enter",), "use", "use what is typed", _F, "use"),
    Key("form.close", ("escape",), "cancel", "leave everything as it was", _F, "close"),
    Key("form.next", ("down", "tab"), "field", "next field", _F, "field(1)"),
    Key("form.previous", ("up", "shift+tab"), "field", "previous field", _F, "field(-1)"),

    Key("help.search", ("slash",), "search", "search the keys", _H, "search"),
    Key("help.close", ("question_mark", "escape", "q"), "close", "end the search, then close", _H, "close"),
    Key("help.down", ("j", "down"), "scroll", "down", _H, "scroll(1)"),
    Key("help.up", ("k", "up"), "scroll", "up", _H, "scroll(-1)"),
    Key("help.half_down", ("ctrl+d", "pagedown"), "", "half a page down", _H, "scroll(10)"),
    Key("help.half_up", ("ctrl+u", "pageup"), "", "half a page up", _H, "scroll(-10)"),
)
# fmt: on
"""The order of rows is the order of the footer and of the help screen."""

AROUND: dict[Pane, Pane] = {
    **dict.fromkeys((_L, _C, _P, _M), _X),
    **dict.fromkeys((_B, _J), _Q),
    _K: _Z,
}
"""The screen whose keys count in a pane besides its own."""
FULL = (_L, _C, _P, _M, _B, _J, _G)
"""The panes of screens that fill the terminal, where the keys of everywhere count."""

_SCREEN = "screen."
_ARROWS = frozenset({"left", "down", "up", "right", "home", "end", "pageup", "pagedown"})
_SYMBOLS = {"enter": "enter", "backspace": "backspace"}
"""Where Textual's own word or sign is one that fonts lack."""


@dataclass(frozen=True)
class Hint:
    """One entry of the footer."""

    parts: tuple[tuple[str, str], ...]
    """Keys as people write them, each with what it does."""
    label: str

    @property
    def keys(self) -> str:
        """The keys in one word where each is one sign."""
        keys = [key for key, _ in self.parts]
        return ("" if all(len(key) == 1 for key in keys) else " ").join(keys)


@dataclass(frozen=True)
class Clash:
    """A key that means two things in one pane."""

    key: str
    pane: Pane
    first: Key
    second: Key
    """The later row of the table."""

    def __str__(self) -> str:
        return f"{symbol(self.key)} in {self.pane} is both {self.first.id} and {self.second.id}"


def symbol(key: str) -> str:
    """Return a key as people write it: ``ctrl+d`` is ``^d``, ``question_mark`` is ``?``."""
    if key.startswith("ctrl+"):
        return "^" + symbol(key.removeprefix("ctrl+"))
    return _SYMBOLS.get(key) or format_key(key)


def first_keys(table: Table) -> dict[str, str]:
    """Return the first key of each action as people write it, by the action's id."""
    return {row.id: symbol(row.keys[0]) for row in table}


def table_of(app: object) -> Table:
    """Return the table that an app goes by: the user may have changed it."""
    table: Table = getattr(app, "key_table", KEYS)
    return table


def bindings(pane: Pane) -> list[Binding | tuple[str, str] | tuple[str, str, str]]:
    """Return the bindings of one pane, for a widget's ``BINDINGS``; their ids can be remapped."""
    return [_binding(row) for row in rows(pane)]


def _binding(row: Key) -> Binding:
    first, keys = row.pane is Pane.ALWAYS, ",".join(row.keys)
    return Binding(keys, action_of(row), row.help, show=False, priority=first, id=row.id)


def action_of(row: Key) -> str:
    """Return the Textual action of a row, for whatever widget runs it."""
    # The screen acts, whichever widget has the key; the help screen acts for itself.
    return row.action if row.action.startswith("app.") else f"screen.{row.action}"


def rows(pane: Pane, table: Table = KEYS) -> list[Key]:
    """Return the rows of one pane, in the table's order."""
    return [row for row in table if row.pane is pane]


def opening(pane: Pane) -> str:
    """Return what enter does in a pane, whichever keys that has now; '' for nothing."""
    return next((row.action for row in rows(pane) if "enter" in row.keys), "")


def hints(pane: Pane, table: Table = KEYS) -> list[Hint]:
    """Return the footer's entries while ``pane`` has the focus; help and quit come last."""
    around = rows(AROUND[pane], table) if pane in AROUND else []
    everywhere = rows(Pane.EVERYWHERE, table) if pane in FULL else []
    labelled = [row for row in (*rows(pane, table), *around, *everywhere) if row.label]
    found: list[Hint] = []
    for label, alike in groupby(labelled, key=lambda row: row.label):
        found.append(Hint(tuple((symbol(row.keys[0]), action_of(row)) for row in alike), label))
    return found


def screens(table: Table = KEYS) -> list[Key]:
    """Return the rows that lead to a screen; behind ``screen.`` their ids have its name."""
    return [row for row in rows(Pane.EVERYWHERE, table) if row.id.startswith(_SCREEN)]


def screen_name(row: Key) -> str:
    """Return the name of the screen that one of the :func:`screens` leads to."""
    return row.id.removeprefix(_SCREEN)


def moves() -> frozenset[str]:
    """Return the ids of the rows that only move: what arrows do, whichever keys they have now."""
    return frozenset(row.id for row in KEYS if _ARROWS.intersection(row.keys))


def clashes(table: Table) -> Iterator[Clash]:
    """Yield each key that means two things in one pane."""
    taken: dict[tuple[Pane, str], Key] = {}
    for row in table:
        for pane in _panes(row.pane):
            for key in row.keys:
                other = taken.setdefault((pane, key), row)
                if other.id != row.id:
                    yield Clash(key, pane, other, row)


def collisions(table: Table = KEYS) -> list[str]:
    """Say which keys or ids of a table mean two things at once; an empty list is a sound table."""
    count = Counter(row.id for row in table)
    twice = [f"the id {name} stands twice" for name, number in count.items() if number > 1]
    return [*twice, *map(str, clashes(table))]


def _panes(pane: Pane) -> list[Pane]:
    """Return the panes that have the keys of a row."""
    if pane is Pane.ALWAYS:
        return [each for each in Pane if each not in (*AROUND.values(), Pane.EVERYWHERE, pane)]
    if pane is Pane.EVERYWHERE:
        return list(FULL)
    return [each for each, screen in AROUND.items() if screen is pane] or [pane]
