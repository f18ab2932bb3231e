"""A job that stops anywhere goes on to the picture it would have become."""

from collections.abc import Sequence

import numpy as np
import pytest

from convscope.core.ascent.attempts import make_images
from convscope.core.ascent.checkpoints import Checkpoint
from convscope.core.ascent.loop import Request
from convscope.core.ascent.recipes import Recipe
from convscope.core.ascent.results import Result
from tests.shared import probe_at, small

LAYER = "conv2_2"
"""Deep enough to have all that a network has, and quick."""
PACK = (Request(20, seed=0), Request(25, seed=0), Request(7, seed=3))

# One step from flat noise leaves some channels silent: those are tried again, others are done.
TRIED = small("crisp", steps=2, lr=1e-3, retries=2)
SIX = tuple(Request(channel, seed=0) for channel in range(6))


def whole(
    recipe: Recipe, requests: Sequence[Request], checkpoints: Sequence[Checkpoint] = ()
) -> list[Result]:
    """Make a pack to its end."""
    making = make_images(probe_at(LAYER), requests, recipe, checkpoints)
    while True:
        try:
            next(making)
        except StopIteration as end:
            return end.value


def stopped(recipe: Recipe, requests: Sequence[Request], after: int) -> list[bytes]:
    """Stop a pack after so many steps, the starts of attempts counted in."""
    making = make_images(probe_at(LAYER), requests, recipe)
    for _ in range(after):
        next(making)
    step = next(making)
    making.close()
    return [checkpoint.to_bytes() for checkpoint in step.checkpoints()]


def assert_same(first: Sequence[Result], second: Sequence[Result]) -> None:
    for one, other in zip(first, second, strict=True):
        assert np.abs(one.pixels.astype(int) - other.pixels).max() <= 2
        assert one.attempts == pytest.approx(other.attempts, rel=1e-3)
        assert one.steps_run == other.steps_run
        assert one.start_activation == pytest.approx(other.start_activation, rel=1e-3)
        assert one.peak == pytest.approx(other.peak, rel=1e-3)


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "sgd"])
def test_a_checkpoint_restores_to_the_same_picture(optimizer: str) -> None:
    recipe = small("lucid", steps=16, optimizer=optimizer)
    saved = stopped(recipe, PACK, after=9)
    restored = [Checkpoint.from_bytes(data) for data in saved]
    expected = whole(recipe, PACK)
    assert_same(whole(recipe, PACK, restored), expected)
    # A pack is split after a crash: each image goes on alone, from a checkpoint used before.
    assert_same(whole(recipe, PACK[1:2], restored[1:2]), expected[1:2])


def test_a_checkpoint_stays_what_it_was() -> None:
    making = make_images(probe_at(LAYER), SIX, TRIED)
    seen = [next(making) for _ in range(5)]
    checkpoints = seen[-1].checkpoints()
    before = [checkpoint.to_bytes() for checkpoint in checkpoints]
    for _ in making:
        pass
    for _ in range(2):
        whole(TRIED, SIX, checkpoints)
    assert [checkpoint.to_bytes() for checkpoint in checkpoints] == before


def test_variants_go_on_in_whatever_order_they_were_asked_for() -> None:
    recipe = small("draft", steps=8, variants=2)
    requests = [Request(channel, 0, variant=v) for v in (0, 1) for channel in (20, 25)]
    restored = [Checkpoint.from_bytes(data) for data in stopped(recipe, requests, after=4)]
    expected = whole(recipe, requests)
    assert_same(whole(recipe, requests, restored), expected)


def test_a_pack_goes_on_from_one_step() -> None:
    recipe = small("draft", steps=8)
    mixed = [
        Checkpoint.from_bytes(stopped(recipe, PACK, after=after)[i])
        for i, after in enumerate((3, 3, 5))
    ]
    with pytest.raises(ValueError, match="from the same step"):
        whole(recipe, PACK, mixed)


@pytest.fixture(scope="module")
def tried() -> list[Result]:
    """What becomes of six channels of which some are tried again."""
    results = whole(TRIED, SIX)
    assert {len(result.attempts) for result in results} >= {1, 3}
    return results


@pytest.mark.parametrize("after", [0, 2, 3, 4, 5, 8])
def test_a_checkpoint_knows_the_attempts_that_ended(tried: list[Result], after: int) -> None:
    saved = stopped(TRIED, SIX, after)
    restored = [Checkpoint.from_bytes(data) for data in saved]
    assert_same(whole(TRIED, SIX, restored), tried)


def test_a_checkpoint_is_small() -> None:
    recipe = small("crisp")
    (data,) = stopped(recipe, PACK[:1], after=2)
    parameters = 3 * 32 * 17 * 2 * 4
    assert len(data) < 4 * parameters


@pytest.mark.parametrize("damage", [b"", b"not at all", bytes(64)])
def test_a_damaged_checkpoint_is_refused(damage: bytes) -> None:
    with pytest.raises(ValueError, match="checkpoint is damaged"):
        Checkpoint.from_bytes(damage)


def test_a_cut_checkpoint_is_refused() -> None:
    (data,) = stopped(small("crisp"), PACK[:1], after=1)
    with pytest.raises(ValueError, match="checkpoint is damaged"):
        Checkpoint.from_bytes(data[:-100])
