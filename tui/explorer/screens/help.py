"""All keys, made from the key map: those of the pane with the focus first."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from convscope.tui.explorer.keymap import (
    AROUND,
    KEYS,
    Key,
    Pane,
    Table,
    bindings,
    rows,
    symbol,
    table_of,
)
from convscope.tui.explorer.marks import ATLAS, QUIET, VERDICTS, Stage, ink
from convscope.tui.explorer.terminal.screens import AsLeft

_KEYS_WIDTH = 16
TITLES = {
    Pane.LAYERS: "layers",
    Pane.CHANNELS: "channels",
    Pane.PICTURE: "the picture",
    Pane.MAP: "the map",
    Pane.EXPLORE: "explore",
    Pane.BATCHES: "batches",
    Pane.JOBS: "jobs of a batch",
    Pane.QUEUE: "queue",
    Pane.GALLERY: "gallery",
    Pane.ZOOM: "zoomed picture",
    Pane.FORM: "recipe",
    Pane.EVERYWHERE: "everywhere",
    Pane.ALWAYS: "always",
}


class HelpScreen(AsLeft, ModalScreen[None]):
    """One page of keys and signs."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Pane.HELP)

    def __init__(self) -> None:
        super().__init__()
        self._pane: Pane | None = None
        self._text = Static(id="help-text")
        self._box = VerticalScroll(self._text, id="help")

    def open(self, pane: Pane) -> None:
        """Show the page from its beginning, with the keys of a pane first."""
        if pane is not self._pane:
            self._pane = pane
            self._text.update(help_text(pane, table_of(self.app)))
        self._box.scroll_home(animate=False, immediate=True)
        self.app.push_screen(self)

    def compose(self) -> ComposeResult:
        """One text that scrolls."""
        table = table_of(self.app)
        down, up, close = (_key(name, table) for name in ("help.down", "help.up", "help.close"))
        self._box.border_title = "keys"
        self._box.border_subtitle = f"{down} {up} scroll · {close} closes"
        yield self._box

    def action_scroll(self, by: int) -> None:
        """Scroll by lines."""
        self._box.scroll_relative(y=by, animate=False)

    def action_close(self) -> None:
        """Back to the explorer."""
        self.dismiss()


def _key(name: str, table: Table) -> str:
    """Write one key of a row: the one that closes elsewhere too, if it has that."""
    keys = next(row.keys for row in table if row.id == name)
    return symbol("escape" if "escape" in keys else keys[0])


def help_text(pane: Pane, table: Table = KEYS) -> Content:
    """Write the whole help, the keys of ``pane`` first."""
    here = [pane, *([AROUND[pane]] if pane in AROUND else []), Pane.EVERYWHERE, Pane.ALWAYS]
    others = [other for other in TITLES if other not in here]
    blocks = [_block(TITLES[each], rows(each, table)) for each in (*here, *others)]
    return Content("\n\n").join([*blocks, _signs()])


def _block(title: str, listed: list[Key]) -> Content:
    lines = [Content.styled(title, "$text-primary bold")]
    for row in listed:
        keys = " ".join(symbol(key) for key in row.keys)
        lines.append(Content.assemble((keys.ljust(_KEYS_WIDTH), "bold"), (row.help, QUIET)))
    return Content("\n").join(lines)


def _signs() -> Content:
    lines = [Content.styled("signs under a picture", "$text-primary bold")]
    marks = [stage.value for stage in Stage if stage is not Stage.NONE]
    for mark in (ATLAS, *marks, *VERDICTS.values()):
        sign = Content.styled(mark.sign.ljust(_KEYS_WIDTH), f"{ink(mark.tone)} bold")
        lines.append(sign + Content.styled(mark.word, QUIET))
    return Content("\n").join(lines)
