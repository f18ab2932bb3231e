"""Kitty's graphics protocol: exact bytes, and cells that say which piece of a picture they are."""

import base64
import os
import re
import unicodedata

import pytest

from convscope.tui.explorer.render.kitty import (
    CHUNK,
    HIGHS,
    LOWS,
    MARKS,
    MOST_CELLS,
    PLACEHOLDER,
    delete,
    number_of,
    placeholders,
    transmit,
)
from convscope.tui.sequences import through_tmux

COMMAND = re.compile(r"\x1b_G([^;\x1b]*)(?:;([^\x1b]*))?\x1b\\")


def test_a_small_picture_is_one_command():
    (command,) = transmit(b"any bytes", 0x05000010, 4, 2)
    assert command == "\x1b_Ga=T,U=1,f=100,i=83886096,c=4,r=2,q=2,m=0;YW55IGJ5dGVz\x1b\\"


@pytest.mark.parametrize("size", [1, CHUNK // 4 * 3, CHUNK // 4 * 3 + 1, 40_000])
def test_a_large_one_comes_in_pieces_that_make_the_same_picture(size):
    png = os.urandom(size)
    commands = [COMMAND.fullmatch(command) for command in transmit(png, 1, 64, 32)]
    assert base64.b64decode("".join(command[2] for command in commands)) == png
    assert all(len(command[2]) <= CHUNK for command in commands)
    *others, last = [dict(key.split("=") for key in each[1].split(",")) for each in commands]
    assert last["m"] == "0"
    assert all(each["m"] == "1" for each in others)
    assert [each.get("i") for each in (*others, last)] == ["1"] + [None] * len(others)


def test_the_terminal_is_never_to_answer():
    for command in (*transmit(os.urandom(9000), 7, 2, 1), delete(7)):
        assert "q=2" in COMMAND.fullmatch(command)[1].split(",")


def test_a_picture_is_forgotten_with_its_pixels():
    assert delete(83886096) == "\x1b_Ga=d,d=I,i=83886096,q=2\x1b\\"


def test_tmux_hands_on_what_is_wrapped_with_its_escapes_doubled():
    assert through_tmux(delete(7)) == (
        "\x1bPtmux;\x1b\x1b_Ga=d,d=I,i=7,q=2\x1b\x1b\\\x1b\\"
    )  # fmt: skip


def test_the_marks_are_combining_characters_in_their_order():
    assert len(MARKS) == len(set(MARKS)) == MOST_CELLS == 297
    assert list(MARKS) == sorted(MARKS)
    assert {unicodedata.combining(mark) for mark in MARKS} == {230}
    # Some of the protocol's list, with what each counts.
    known = {0: 0x305, 1: 0x30D, 53: 0x5C4, 100: 0x7EB, 200: 0x20D4, 255: 0xA8E5, 296: 0x1D244}
    assert {at: ord(MARKS[at]) for at in known} == known


@pytest.mark.parametrize("high", [HIGHS[0], HIGHS[-1]])
@pytest.mark.parametrize("low", [LOWS[0], LOWS[-1]])
def test_each_cell_tells_picture_row_and_column(high, low):
    strips = placeholders(number_of(high, low), 5, 3)
    assert [strip.cell_length for strip in strips] == [5, 5, 5]
    for y, strip in enumerate(strips):
        (segment,) = strip
        assert segment.style.color.number == low
        for x in range(5):
            cell = strip.crop(x, x + 1)
            assert cell.cell_length == 1
            character, *marks = cell.text
            assert character == PLACEHOLDER
            assert [MARKS.index(mark) for mark in marks] == [y, x, high]
