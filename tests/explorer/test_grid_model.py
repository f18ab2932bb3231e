"""Items that come and go below a cursor, marks and a filter."""

import pytest

from convscope.tui.explorer.model.filters import Filter, Known
from convscope.tui.explorer.model.grid import GridModel

LETTERS = "abcdefghij"


def of(item):
    """All that is known of an item at once: its name."""
    return Known(name=item, whole=True)


def kept(letters):
    """A filter that keeps some letters."""
    return Filter(letters, (lambda known: known.name in letters,))


def waiting(item):
    """Nothing is known of an item so far."""
    return Known()


HAS_VERDICT = Filter("drawn", (lambda known: bool(known.verdict) if known.whole else None,))
YES, NO = Known(verdict="excited", whole=True), Known(whole=True)


@pytest.fixture
def grid():
    return GridModel(LETTERS)


def test_what_is_chosen_stays_chosen_when_others_come_before_it(grid):
    grid.choose("d")
    grid.take("xyz" + LETTERS, of)
    assert (grid.chosen, grid.position) == ("d", 6)


def test_where_the_chosen_one_is_gone_the_next_takes_its_place_under_a_filter_too(grid):
    grid.sift(kept("bdfhj"), of)
    grid.choose("f")
    grid.take(LETTERS.replace("f", ""), of)
    assert (grid.chosen, grid.position, list(grid.shown)) == ("h", 2, list("bdhj"))


def test_the_last_one_may_go_and_all_of_them(grid):
    grid.choose("j")
    grid.take("abc", of)
    assert grid.chosen == "c"
    grid.take("", of)
    assert (grid.chosen, grid.position) == (None, 0)
    grid.step(1)
    grid.toggle_mark()
    grid.toggle_range()
    assert grid.marked == []


def test_what_a_filter_hid_is_chosen_again_unless_another_was(grid):
    grid.choose("c")
    grid.sift(kept("gh"), of)
    assert grid.chosen == "g"
    grid.sift(Filter(), of)
    assert grid.chosen == "c"
    grid.sift(kept("gh"), of)
    grid.step(1)
    grid.sift(Filter(), of)
    assert grid.chosen == "h"


def test_the_cursor_does_not_drift_while_the_filter_learns(grid):
    grid.choose("h")
    grid.sift(HAS_VERDICT, waiting)
    assert (list(grid.shown), len(grid.undecided)) == ([], 10)
    grid.decide("a", YES)
    assert grid.settle()
    assert grid.chosen == "a"
    for item in "bcdefg":
        grid.decide(item, NO)
    assert not grid.settle(), "nothing more is shown"
    grid.decide("h", YES)
    assert grid.settle()
    assert (grid.chosen, list(grid.shown), list(grid.undecided)) == ("h", ["a", "h"], ["i", "j"])


def test_what_is_decided_already_is_not_decided_again(grid):
    grid.sift(HAS_VERDICT, lambda item: YES if item == "a" else waiting(item))
    grid.decide("a", NO)
    grid.decide("b", waiting("b"))
    assert list(grid.shown) == ["a"]
    assert "b" in grid.undecided


def test_beside_an_item_stands_the_next_that_is_shown(grid):
    grid.sift(kept("adgj"), of)
    assert [grid.beside("d", by) for by in (1, -1)] == ["g", "a"]
    assert [grid.beside("j", 1), grid.beside("a", -1)] == ["j", "a"]
    assert [grid.beside("e", by) for by in (1, -1)] == ["g", "d"], "from one that is hidden"
    grid.choose("d")
    assert grid.beside("gone", 1) == "d"
    assert GridModel().beside("gone", 1) == "gone"


def test_a_range_ends_where_its_beginning_is_hidden_or_gone(grid):
    for change in (lambda: grid.sift(kept("abc"), of), lambda: grid.take("abcfgh", of)):
        grid.choose("e")
        grid.toggle_range()
        grid.step(1)
        assert grid.marked == ["e", "f"]
        change()
        assert (grid.marked, grid.marks_a_range) == ([], False)
        grid.sift(Filter(), of)
        grid.take(LETTERS, of)


def test_marks_of_what_is_gone_go_with_it(grid):
    grid.mark("cab")
    assert grid.marked == list("cab"), "in the order of marking"
    grid.take(LETTERS.replace("a", ""), of)
    assert grid.marked == list("cb")
    grid.sift(kept("b"), of)
    assert grid.hidden == 1
    assert [grid.is_marked(item) for item in "cbd"] == [True, True, False]
