"""All keys, made from the key map: those of the pane with the focus first."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.explorer.keymap import Key, Pane, bindings, rows, symbol
from tui.explorer.marks import QUIET, VERDICTS, Stage, ink

_KEYS_WIDTH = 16
_TITLES = {
    Pane.LAYERS: "layers",
    Pane.CHANNELS: "channels",
    Pane.PICTURE: "the picture",
    Pane.EVERYWHERE: "everywhere",
}


class HelpScreen(ModalScreen[None]):
    """One page of keys and signs.

    Args:
        pane: whose keys come first.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(Pane.HELP)

    def __init__(self, pane: Pane) -> None:
        super().__init__()
        self._pane = pane

    def compose(self) -> ComposeResult:
        """One text that scrolls."""
        with VerticalScroll(id="help") as box:
            box.border_title = "keys"
            box.border_subtitle = "j k scroll · esc closes"
            yield Static(help_text(self._pane), id="help-text")

    def action_scroll(self, by: int) -> None:
        """Scroll by lines."""
        self.query_one("#help").scroll_relative(y=by, animate=False)

    def action_close(self) -> None:
        """Back to the explorer."""
        self.dismiss()


def help_text(pane: Pane) -> Content:
    """Write the whole help, the keys of ``pane`` first."""
    others = [other for other in _TITLES if other not in (pane, Pane.EVERYWHERE)]
    blocks = [_block(_TITLES[each], rows(each)) for each in (pane, Pane.EVERYWHERE, *others)]
    return Content("\n\n").join([*blocks, _signs()])


def _block(title: str, table: list[Key]) -> Content:
    lines = [Content.styled(title, "$text-primary bold")]
    for row in table:
        keys = " ".join(symbol(key) for key in row.keys)
        lines.append(Content.assemble((keys.ljust(_KEYS_WIDTH), "bold"), (row.help, QUIET)))
    return Content("\n").join(lines)


def _signs() -> Content:
    lines = [Content.styled("signs under a picture", "$text-primary bold")]
    marks = [stage.value for stage in Stage if stage is not Stage.NONE]
    for mark in (*marks, *VERDICTS.values()):
        sign = Content.styled(mark.sign.ljust(_KEYS_WIDTH), f"{ink(mark.tone)} bold")
        lines.append(sign + Content.styled(mark.word, QUIET))
    return Content("\n").join(lines)
