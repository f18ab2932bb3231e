"""Recipes: presets are whole, and numbers that cannot work are refused with their range."""

import math

import pytest

from core.ascent.recipes import PRESETS, check_seed, checked, override, preset
from core.errors import UserError

CRISP = PRESETS["crisp"]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_work(name: str) -> None:
    assert checked(preset(name)).preset == name


def test_an_override_changes_what_was_given_alone() -> None:
    changed = override(CRISP, steps=7, lr=None)
    assert (changed.steps, changed.lr, changed.resolution) == (7, CRISP.lr, CRISP.resolution)


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [
        ({"resolution": 0}, "resolution cannot be 0; choose 16 to 2048 pixels"),
        ({"resolution": 100_000}, "resolution cannot be 100000"),
        ({"steps": 0}, "number of steps cannot be 0; choose 1 to 100000"),
        ({"restarts": 0}, "number of restarts cannot be 0; choose 1 to 64"),
        ({"lr": 0.0}, "--lr 0.0 should be a number above 0"),
        ({"lr": math.nan}, "--lr nan should be a number above 0"),
        ({"start": (0.5, 0.5)}, "the lower first"),
        ({"start": (1.0, -1.0)}, "the lower first"),
        ({"start": (-math.inf, 0.0)}, "two numbers"),
    ],
)
def test_a_number_that_cannot_work_is_refused(numbers: dict[str, object], sentence: str) -> None:
    with pytest.raises(UserError) as raised:
        override(CRISP, **numbers)
    assert sentence in str(raised.value)


def test_a_misspelt_preset_is_answered_with_the_nearest() -> None:
    with pytest.raises(UserError, match="did you mean classic"):
        preset("clasic")


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_has_a_range(seed: int) -> None:
    with pytest.raises(UserError, match="whole number from 0"):
        check_seed(seed)
