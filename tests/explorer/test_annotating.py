"""Favourites, tags and notes in the explorer: one key each, a sign, a filter, and the facts."""

import pytest

from convscope.core.catalog.weights import EMBEDDED
from convscope.core.gallery.annotations import Annotation, Channel, annotate, read_annotation
from convscope.tui.explorer.screens.annotation_form import AnnotationScreen
from tests.explorer.driving import explore, settle, toasts, until
from tests.explorer.fakes import CRISP, task
from tests.explorer.shelving import FOLDED, WIDE, facts, fill, numbers, open_gallery, read, shelve


def of(channel: int, layer: str = "conv5_3") -> Channel:
    return Channel("vgg16", EMBEDDED, layer, channel)


def note(feed, channel, *, layer="conv5_3", **told):
    """Have something noted before the explorer looks."""
    return annotate(feed.gallery, of(channel, layer), lambda _: Annotation(**told))


def signs(screen, position):
    return "".join(mark.sign for mark in screen.tile(position).signs)


async def typed(pilot, text):
    await pilot.press("slash", *("space" if letter == " " else letter for letter in text), "enter")
    await settle(pilot)


async def test_one_key_makes_a_favourite_and_takes_it_back(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        await pilot.press("l", "f")
        await until(pilot, lambda: "★" in signs(screen, 1))
        assert read_annotation(feed.gallery, of(1)).favourite
        assert toasts(app) == ["vgg16/conv5_3:1 is a favourite"]
        assert "★ favourite" in facts(screen)["tags"]
        await pilot.press("f")
        await until(pilot, lambda: "★" not in signs(screen, 1))
        assert toasts(app)[-1] == "vgg16/conv5_3:1 is no longer a favourite"


async def test_marked_channels_of_all_layers_are_favourites_together(app, feed):
    note(feed, 1, favourite=True)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        await pilot.press("space", "space", "<", "space", "f")
        favourites = [of(0), of(1), of(0, "conv5_2")]

        def stars():
            return [read_annotation(feed.gallery, each).favourite for each in favourites]

        await until(pilot, lambda: stars() == [True] * 3 and toasts(app))
        assert toasts(app) == ["3 marked channels are favourites; f takes that back"]
        assert not read_annotation(feed.gallery, of(1, "conv5_2")).favourite, "only what is marked"
        await pilot.press("f")
        await until(pilot, lambda: stars() == [False, True, False])
        await until(pilot, lambda: "as before" in toasts(app)[0])
        assert toasts(app) == ["as before, 1 of 3 channels is a favourite; f changes that back"]
        assert screen.marks.count == 3, "so that it can be done again"


async def test_a_tag_is_given_to_all_marked_channels_and_their_own_stay(app, feed):
    note(feed, 0, tags=("eyes", "old"), note="mine")
    note(feed, 1, tags=("eyes",))
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("space", "space", "e")
        form = app.screen
        assert form.query_one("#form").border_title == "tags and note of 2 marked channels"
        assert form.query_one("#form-tags").value == "eyes", "what all have"
        await pilot.press(*",dogs", "enter")
        await until(pilot, lambda: read_annotation(feed.gallery, of(1)).tags == ("dogs", "eyes"))
        assert read_annotation(feed.gallery, of(0)) == Annotation(
            False, ("dogs", "eyes", "old"), "mine"
        )
        await until(pilot, lambda: toasts(app))
        assert toasts(app) == ["noted of 2 marked channels; e edits it again"]


async def test_in_the_gallery_the_channels_of_all_marked_pictures_are_meant(app, feed):
    fill(feed.gallery, 4)
    async with app.run_test(size=WIDE) as pilot:
        await open_gallery(pilot)
        await pilot.press("space", "space", "f")
        await until(pilot, lambda: toasts(app))
        assert toasts(app) == ["2 marked channels are favourites; f takes that back"]


async def test_tags_and_note_are_typed_in_a_form(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        await pilot.press("e", *"eyes,dogs", "down", *"both", "enter")
        await until(pilot, lambda: "#" in signs(screen, 0))
        assert read_annotation(feed.gallery, of(0)) == Annotation(False, ("dogs", "eyes"), "both")
        assert (facts(screen)["tags"], facts(screen)["note"]) == ("dogs, eyes", "both")
        await pilot.press("e", *["backspace"] * 4, *"cats", "enter")
        await until(pilot, lambda: facts(screen)["tags"] == "cats, dogs")


async def test_what_was_tagged_meanwhile_stays(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("e", *"eyes")
        note(feed, 0, tags=("dogs",), favourite=True)
        await pilot.press("enter")
        await until(pilot, lambda: read_annotation(feed.gallery, of(0)).tags == ("dogs", "eyes"))
        assert read_annotation(feed.gallery, of(0)).favourite


async def test_what_is_no_tag_is_told_in_the_form(app, feed):
    async with app.run_test(size=FOLDED) as pilot:
        await settle(pilot)
        await pilot.press("e", *"x" * 41, "enter")
        assert isinstance(app.screen, AnnotationScreen)
        trouble = app.screen.query_one("#form-trouble")
        assert trouble.display
        assert "at most 40 characters" in str(trouble.render())


async def test_escape_changes_nothing_and_keeps_what_was_typed(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("e", *"eyes", "escape", "e")
        assert app.screen.query_one("#form-tags").value == "eyes"
        await pilot.press("escape", "l", "e")
        assert app.screen.query_one("#form-tags").value == ""
        assert not feed.gallery.exists()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("tag:eyes", [3, 5]),
        ("note", [7]),
    ],
)
async def test_the_filter_finds_channels_by_what_is_noted(app, feed, text, kept):
    note(feed, 3, favourite=True, tags=("eyes",))
    note(feed, 5, tags=("eyes", "dogs"))
    note(feed, 7, note="Whiskers")
    note(feed, 9, layer="conv5_2", favourite=True)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await typed(pilot, text)
        assert list(explore(pilot).items.shown) == kept


async def test_where_a_layer_has_none_the_pane_says_which_has_and_n_goes_there(app, feed):
    note(feed, 3, layer="conv5_2", tags=("eyes",))
    note(feed, 5, layer="conv5_2", tags=("eyes", "dogs"))
    note(feed, 7, layer="conv2_1", tags=("eyes",))
    note(feed, 9, layer="conv4_1", tags=("dogs",))
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        await typed(pilot, "tag:eyes")
        await until(pilot, lambda: screen.empty_note() == "no matches here; n goes to 1 in conv2_1")
        await pilot.press("N")
        await settle(pilot)
        assert screen.selection.layer.name == "conv5_2"
        assert list(screen.items.shown) == [3, 5]
        await pilot.press("n", "n")
        assert screen.selection.layer.name == "conv5_2"


async def test_what_depends_on_pictures_alone_is_not_looked_for_elsewhere(app, feed):
    note(feed, 3, layer="conv5_2", tags=("eyes",))
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        await typed(pilot, "diverged")
        await app.workers.wait_for_complete()
        assert screen.empty_note() == "no matches; backspace shows all"


async def test_what_others_note_is_shown_as_soon_as_it_is_there(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        await typed(pilot, "fav")
        assert not screen.items.shown
        note(feed, 4, favourite=True)
        await settle(pilot)
        assert list(screen.items.shown) == [4]


async def test_another_layer_has_its_own(app, feed):
    note(feed, 0, layer="conv5_2", favourite=True)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        assert "★" not in signs(screen, 0)
        await pilot.press("<")
        await until(pilot, lambda: "★" in signs(screen, 0))


async def test_hostile_texts_are_shown_inert(app, feed):
    note(feed, 0, tags=("\x1b[31m", "[/x]"), note="\x1b]0;title\x07\u202e")
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        shown = facts(explore(pilot))
        assert (shown["tags"] + shown["note"]).isprintable()
        assert "[/x]" in shown["tags"]


async def test_in_the_gallery_each_picture_of_the_channel_has_it(app, feed):
    fill(feed.gallery, 4)
    shelve(feed.gallery, task(2), 9)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("l", "l", "f")
        await until(pilot, lambda: "★" in signs(screen, 2) and "★" in signs(screen, 4))
        assert facts(screen)["tags"] == "★ favourite"
        await pilot.press("slash", *"fav", "enter")
        await read(pilot, screen)
        assert numbers(screen) == [2, 2]


async def test_a_picture_under_another_name_is_found_by_its_record(app, feed):
    shelve(feed.gallery, task(2, CRISP), name="mine.png")
    note(feed, 2, tags=("eyes",))
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("slash", *"tag:eyes", "enter")
        await read(pilot, screen)
        assert numbers(screen) == [2]


async def test_what_is_of_no_channel_cannot_be_noted(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("f")
        assert toasts(app) == ["this is not a picture of one channel"]
        await pilot.press("e")
        assert app.screen is screen


async def test_a_gallery_that_cannot_be_written_is_told(app, feed, monkeypatch):
    feed.gallery.parent.mkdir(parents=True)
    feed.gallery.write_text("")
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("f")
        await until(pilot, lambda: toasts(app))
        assert "cannot be saved in the gallery" in toasts(app)[-1]
