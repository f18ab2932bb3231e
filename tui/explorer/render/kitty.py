"""Kitty's graphics protocol: pictures in real pixels that are text to everybody but the terminal.

The terminal is given a picture under a number. Where a placeholder stands, in a colour that tells
the number, it draws the piece of it that the placeholder's marks name. So pictures move, and are
written over, as letters are; tmux passes them on. Nothing is asked, and answers are forbidden: they
would come in as keys.

The protocol is at https://sw.kovidgoyal.net/kitty/graphics-protocol/, the marks are in its
rowcolumn-diacritics.txt.
"""

from base64 import standard_b64encode

from rich.color import Color, ColorType
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

PLACEHOLDER = "\U0010eeee"
CHUNK = 4096
"""Characters of a picture in one command; a terminal need not take more."""
LOWS = range(16, 256)
"""What the colour may tell: of 256 colours, which are passed on everywhere, those that are not
translated on the way."""
HIGHS = range(1, 256)
"""What a mark tells of the number besides."""

_MARKS = """
305 30D-30E 310 312 33D-33F 346 34A-34C 350-352 357 35B 363-36F 483-487 592-595 597-599 59C-5A1
5A8-5A9 5AB-5AC 5AF 5C4 610-617 657-65B 65D-65E 6D6-6DC 6DF-6E2 6E4 6E7-6E8 6EB-6EC 730 732-733
735-736 73A 73D 73F-741 743 745 747 749-74A 7EB-7F1 7F3 816-819 81B-823 825-827 829-82D 951 953-954
F82-F83 F86-F87 135D-135F 17DD 193A 1A17 1A75-1A7C 1B6B 1B6D-1B73 1CD0-1CD2 1CDA-1CDB 1CE0 1DC0-1DC1
1DC3-1DC9 1DCB-1DCC 1DD1-1DE6 1DFE 20D0-20D1 20D4-20D7 20DB-20DC 20E1 20E7 20E9 20F0 2CEF-2CF1
2DE0-2DFF A66F A67C-A67D A6F0-A6F1 A8E0-A8F1 AAB0 AAB2-AAB3 AAB7-AAB8 AABE-AABF AAC1 FE20-FE26 10A0F
10A38 1D185-1D189 1D1AA-1D1AD 1D242-1D244
"""
"""Combining characters in the order of what they count, as ranges."""


def _spelled(ranges: str) -> tuple[str, ...]:
    bounds = ([int(end, 16) for end in each.split("-")] for each in ranges.split())
    return tuple(chr(code) for each in bounds for code in range(each[0], each[-1] + 1))


MARKS = _spelled(_MARKS)
MOST_CELLS = len(MARKS)
"""Rows or columns that a picture can have."""


def number_of(high: int, low: int) -> int:
    """Return the number of a picture from one of :data:`HIGHS` and one of :data:`LOWS`."""
    return high << 24 | low


def transmit(png: bytes, number: int, width: int, height: int) -> list[str]:
    """Return the commands that give a picture to the terminal, to be drawn where placeholders are.

    Args:
        png: the picture.
        number: its name from now on.
        width: cells that it is fitted into.
        height: cells that it is fitted into.
    """
    data = standard_b64encode(png).decode()
    keys = f"a=T,U=1,f=100,i={number},c={width},r={height},"
    commands = []
    for at in range(0, len(data), CHUNK):
        more = int(at + CHUNK < len(data))
        commands.append(_command(f"{keys}q=2,m={more}", data[at : at + CHUNK]))
        keys = ""
    return commands


def delete(number: int) -> str:
    """Return the command that makes the terminal forget a picture."""
    return _command(f"a=d,d=I,i={number},q=2")


def _command(keys: str, payload: str = "") -> str:
    return f"\x1b_G{keys};{payload}\x1b\\" if payload else f"\x1b_G{keys}\x1b\\"


def placeholders(number: int, width: int, height: int) -> list[Strip]:
    """Return the cells that a picture is drawn in.

    Each names its row and its column, so that it is right whatever is left of it.
    """
    style = Style.from_color(Color("", ColorType.EIGHT_BIT, number & 0xFF))
    high = MARKS[number >> 24]
    return [
        Strip(
            [
                Segment(
                    "".join(f"{PLACEHOLDER}{row}{column}{high}" for column in MARKS[:width]), style
                )
            ],
            width,
        )
        for row in MARKS[:height]
    ]
