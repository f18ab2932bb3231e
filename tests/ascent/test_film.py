"""Films: which states of an image are kept, and that they are of the attempt that is kept."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest

from convscope.core.ascent.attempts import make_images
from convscope.core.ascent.checkpoints import Checkpoint
from convscope.core.ascent.film import Filming, spread
from convscope.core.ascent.loop import Request
from convscope.core.ascent.recipes import Recipe
from convscope.core.ascent.results import Result
from tests.shared import probe_at, small

LAYER = "conv2_2"
PACK = (Request(20, seed=0), Request(25, seed=0))
TRIED = small("crisp", steps=2, lr=1e-3, retries=2)
"""A start and a rate from which some of the first six channels are silent, and tried again."""
SIX = tuple(Request(channel, seed=0) for channel in range(6))


def whole(
    recipe: Recipe,
    requests: Sequence[Request],
    filming: Filming | None,
    checkpoints: Sequence[Checkpoint] = (),
) -> list[Result]:
    """Make a pack to its end."""
    making = make_images(probe_at(LAYER), requests, recipe, checkpoints, filming=filming)
    while True:
        try:
            next(making)
        except StopIteration as end:
            return end.value


def stopped(
    recipe: Recipe, requests: Sequence[Request], filming: Filming, after: int
) -> list[Checkpoint]:
    """Stop a pack after so many steps, and read back what was written of it."""
    making = make_images(probe_at(LAYER), requests, recipe, filming=filming)
    for step in itertools.islice(making, after + 1):
        last = step
    saved = [checkpoint.to_bytes() for checkpoint in last.checkpoints()]
    making.close()
    return [Checkpoint.from_bytes(data) for data in saved]


def test_frames_follow_the_steps_more_closely_at_the_beginning() -> None:
    assert spread(2, 28) == (0, 28)
    assert spread(5, 4) == (0, 1, 2, 3, 4)
    assert spread(5, 64) == (0, 8, 23, 42, 64)
    assert spread(6, 6) == (0, 1, 2, 3, 4, 6)


def test_more_frames_than_images_stand_between_the_first_steps() -> None:
    assert spread(6, 3) == (0, 0.5, 1, 1.5, 2, 3)
    assert spread(33, 28)[:10] == (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5)
    assert spread(5, 1) == (0, 0.25, 0.5, 0.75, 1)


@pytest.mark.parametrize("steps", [1, 2, 3, 16, 28, 64, 200, 512])
def test_there_are_as_many_frames_as_asked_for_from_the_start_to_the_end(steps: int) -> None:
    for frames in range(2, 120):
        moments = spread(frames, steps)
        assert len(moments) == frames
        assert (moments[0], moments[-1]) == (0, steps)
        assert all(before < after for before, after in itertools.pairwise(moments))
        # No image is left out for the sake of a blend.
        assert frames <= steps or {*range(steps + 1)} <= {*moments}


def test_filming_changes_no_picture_and_ends_with_it() -> None:
    recipe = small("crisp", steps=6)
    plain = whole(recipe, PACK, None)
    filmed = whole(recipe, PACK, Filming(spread(4, 6), scores=True))
    for one, other in zip(plain, filmed, strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)
        assert one.film is None
        assert other.film is not None
        assert other.film.frames.shape == (4, 32, 32, 3)
        np.testing.assert_array_equal(other.film.frames[-1], other.pixels)
        assert other.film.activations[0] == pytest.approx(other.start_activation)
        assert other.film.activations[-1] == pytest.approx(other.score.activation)


def test_frames_are_the_images_of_their_steps_and_blends_of_two() -> None:
    recipe = small("crisp", steps=3)
    (every,) = whole(recipe, PACK[:1], Filming((0, 1, 2, 3)))
    (some,) = whole(recipe, PACK[:1], Filming((0, 0.25, 1, 2.5, 3)))
    assert every.film is not None
    assert some.film is not None
    images, seen = (film.frames.astype(float) for film in (every.film, some.film))
    np.testing.assert_array_equal(seen[[0, 2, 4]], images[[0, 1, 3]])
    assert np.abs(seen[1] - (0.75 * images[0] + 0.25 * images[1])).max() <= 1
    assert np.abs(seen[3] - (images[2] + images[3]) / 2).max() <= 1


def test_the_film_is_of_the_attempt_that_is_kept() -> None:
    results = whole(small("crisp", restarts=4), PACK, Filming(spread(4, 3), scores=True))
    kept = [int(np.argmax(result.attempts)) for result in results]
    assert any(kept), "a later attempt was better for one of them"
    for result in results:
        assert result.film is not None
        np.testing.assert_array_equal(result.film.frames[-1], result.pixels)
        assert result.film.activations[0] == pytest.approx(result.start_activation)
        assert result.film.activations[-1] == pytest.approx(max(result.attempts))


def test_those_that_are_tried_again_have_films_of_their_own() -> None:
    results = whole(TRIED, SIX, Filming(spread(3, 2)))
    assert {len(result.attempts) for result in results} >= {1, 3}
    for result in results:
        assert result.film is not None
        assert len(result.film.frames) == 3
        np.testing.assert_array_equal(result.film.frames[-1], result.pixels)


@pytest.mark.parametrize(
    ("recipe", "after"),
    [*((small("crisp", steps=6), after) for after in (0, 3, 6)), *((TRIED, n) for n in (2, 4, 8))],
)
def test_a_film_that_was_stopped_goes_on_to_the_same(recipe: Recipe, after: int) -> None:
    filming = Filming(spread(recipe.steps + 3, recipe.steps), scores=True)
    restored = stopped(recipe, SIX, filming, after)
    pairs = zip(whole(recipe, SIX, filming, restored), whole(recipe, SIX, filming), strict=True)
    for one, other in pairs:
        assert one.film is not None
        assert other.film is not None
        assert np.abs(one.film.frames.astype(int) - other.film.frames).max() <= 2
        assert one.film.activations == pytest.approx(other.film.activations, rel=1e-3, abs=0.1)
