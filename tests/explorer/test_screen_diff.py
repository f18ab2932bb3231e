"""What is sent to the terminal: too little would leave something old on it."""

import random

import pytest
from rich.segment import Segment
from textual._compositor import LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from convscope.core.runner.live import Live
from convscope.tui.explorer.terminal.screen_diff import Changes, ScreenDiff
from tests.explorer import queues
from tests.explorer.driving import settle, until
from tests.explorer.fakes import CRISP, frame, task
from tests.explorer.monkey import fill


class Paper:
    """A terminal on which pieces are written."""

    def __init__(self):
        self.cells = {}

    def write(self, update):
        for y, first, strip in update._pieces if update is not None else ():
            x = first
            for segment in strip:
                for at, character in enumerate(segment.text, x):
                    self.cells[y, at] = (character, segment.style)
                x += len(segment.text)

    def line(self, y, width):
        return [self.cells.get((y, x)) for x in range(width)]

    def lines(self, width, height):
        return ["".join(cell[0] for cell in self.line(y, width) if cell) for y in range(height)]


def whole(lines):
    return LayoutUpdate([[Strip(segments) for segments in line] for line in lines], Region(0, 0))


def cells(strip):
    return [(character, segment.style) for segment in strip for character in segment.text]


def lines_of(screen):
    return [strip.text for strip in screen._compositor.render_strips()]


def test_what_is_shown_already_is_not_sent():
    screen, paper = ScreenDiff(), Paper()
    paper.write(screen.diff(whole([[[Segment("ab"), Segment("cd")]]]), "screen"))
    assert screen.diff(whole([[[Segment("ab"), Segment("cd")]]]), "screen") is None
    changes = screen.diff(whole([[[Segment("ab"), Segment("XY")]]]), "screen")
    assert isinstance(changes, Changes)
    assert changes._pieces == [(0, 2, [Segment("XY")])]


@pytest.mark.parametrize("forget", [True, False])
def test_another_screen_and_a_resized_terminal_are_sent_whole(forget):
    screen, update = ScreenDiff(), whole([[[Segment("ab")]]])
    screen.diff(update, "screen")
    if forget:
        screen.forget()
    assert screen.diff(update, "screen" if forget else "another") is not None


@pytest.mark.parametrize("seed", range(20))
def test_pieces_of_any_width_leave_nothing_old(seed):
    dice = random.Random(seed)
    screen, paper = ScreenDiff(), Paper()
    for _ in range(30):
        line = []
        while (left := 24 - sum(len(s.text) for piece in line for s in piece)) > 0:
            texts = [dice.choice("ab") * dice.randint(1, 3) for _ in range(dice.randint(1, 3))]
            piece = [Segment(text) for text in texts]
            line.append(piece if sum(map(len, texts)) <= left else [Segment("c" * left)])
        paper.write(screen.diff(whole([line]), "screen"))
        assert paper.line(0, 24) == [cell for piece in line for cell in cells(piece)]


@pytest.mark.parametrize("size", [(120, 36), pytest.param((80, 24), marks=pytest.mark.long)])
async def test_the_terminal_shows_what_the_screen_does(app, feed, size, monkeypatch):
    queues.running(feed)
    fill(feed.gallery)
    paper, diff = Paper(), app.screen_diff.diff

    def write(*told):
        changes = diff(*told)
        paper.write(changes)
        return changes

    monkeypatch.setattr(app.screen_diff, "diff", write)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        for number, key in enumerate(
            ("j", "l", "tab", "tab", "space", "question_mark", "j", "escape", "r", "tab", "escape",
             "ctrl+p", "s", "escape", "slash", "2", "escape", "backspace", "t", "j", "t", "z",
             "escape", "2", "j", "l", "j", "3", "l", "tab", "1", "h", "k", "A")
        ):  # fmt: skip
            steps = number % 9
            feed.live = Live(frames=[frame(task(0, CRISP), steps=steps)], step=steps, steps=9)
            await pilot.press(key)
            await until(pilot, lambda: paper.lines(*size) == lines_of(app.screen))
