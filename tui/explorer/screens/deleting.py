"""Pictures that are deleted, and taken back until the explorer is left."""

from collections.abc import Sequence
from pathlib import Path

from convscope.core.gallery.trash import Trash
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.tui.batch_words import counted
from convscope.tui.explorer.keymap import Table, first_keys
from convscope.tui.explorer.model.words import PATH_LIMIT
from convscope.tui.explorer.terminal.toasts import Toasts


class Deleting:
    """Says what became of pictures that a person deletes or takes back.

    Args:
        trash: where they go.
        toasts: where sentences go.
        table: the keys that sentences name.
    """

    def __init__(self, trash: Trash, toasts: Toasts, table: Table) -> None:
        self._trash, self._toasts = trash, toasts
        self._keys = first_keys(table)

    def delete(self, paths: Sequence[Path], hidden: int) -> None:
        """Delete pictures.

        Args:
            paths: at least one.
            hidden: how many other marked ones stay, since the filter hides them.
        """
        try:
            self._trash.delete(paths)
        except UserError as error:
            self._toasts.wrong(str(error))
            return
        them = "it" if len(paths) == 1 else "them"
        back = f"{self._keys['gallery.take_back']} restores {them} until you quit"
        self._toasts.tell(f"deleted {_named(paths)}; {back}{_kept(hidden)}")

    def take_back(self) -> None:
        """Bring back what was deleted last."""
        try:
            paths = self._trash.take_back()
        except UserError as error:
            self._toasts.wrong(str(error))
            return
        self._toasts.tell(f"restored {_named(paths)}" if paths else "nothing to take back")

    def tell_of_restored(self, count: int) -> None:
        """Say that pictures are back which a killed explorer had not removed yet."""
        if count:
            are = "is" if count == 1 else "are"
            deleted = counted(count, "deleted picture")
            self._toasts.report(f"{deleted} {are} back: convscope was killed before it quit")


def _kept(hidden: int) -> str:
    """Say that marked pictures stay which nobody sees; nothing where there are none."""
    if not hidden:
        return ""
    stay = "stays" if hidden == 1 else "stay"
    return f"; {counted(hidden, 'marked picture')} that the filter hides {stay}"


def _named(paths: Sequence[Path]) -> str:
    if len(paths) == 1:
        return printable(paths[0].name, PATH_LIMIT)
    return counted(len(paths), "picture")
