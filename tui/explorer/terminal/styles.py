"""Styles that are made by the thousand."""

from rich.style import Style


def written_as(style: Style, codes: str) -> Style:
    """Let a style of 24-bit colours be written by these codes, which are Rich's own.

    Rich takes longer to find them out than drawing a picture takes besides.
    """
    style._ansi = codes
    return style
