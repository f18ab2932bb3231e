"""Words that do something when they are clicked."""

from textual.content import Content
from textual.style import Style


def clickable(words: Content, action: str) -> Content:
    """Let a click on some words run a Textual action; they look as before.

    Widgets that show them set ``auto_links`` to false, else Textual underlines them.
    """
    return words.stylize(Style.from_meta({"@click": action}))
