"""Recipes: presets are whole, and numbers that cannot work are refused with their range."""

import math

import msgspec
import pytest

from convscope.core.ascent.recipes import (
    PRESETS,
    Transforms,
    check_seed,
    checked,
    override,
    parse_transforms,
    preset,
    renamed,
)
from convscope.core.system.errors import UserError

CRISP = PRESETS["crisp"]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_work(name: str) -> None:
    assert checked(preset(name)).preset == name


def test_the_former_crisp_is_called_vivid_whatever_was_overridden() -> None:
    former = msgspec.structs.replace(PRESETS["vivid"], preset="crisp", steps=99, resolution=64)
    assert renamed(former) == override(PRESETS["vivid"], steps=99, resolution=64)
    for recipe in (*PRESETS.values(), override(CRISP, steps=64, lr=0.35)):
        assert renamed(recipe) == recipe


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
        ({"tv": -1.0}, "weight --tv cannot be -1"),
        ({"objective": "unreachable", "tv": 5.0}, "add --objective channel"),
        ({"objective": "unreachable", "keep": 1.0}, "add --objective channel"),
        ({"keep": -1.0}, "weight --keep cannot be -1"),
        ({"variants": 17}, "number of variants cannot be 17; choose 1 to 16"),
        ({"transforms": Transforms(rotation=200)}, "rotation cannot be 200; choose 0 to 180 deg"),
        ({"start": (0.5, 0.5)}, "the lower first"),
        ({"start": (1.0, -1.0)}, "the lower first"),
        ({"start": (-math.inf, 0.0)}, "two numbers"),
    ],
)
def test_a_number_that_cannot_work_is_refused(numbers: dict[str, object], sentence: str) -> None:
    with pytest.raises(UserError) as raised:
        override(CRISP, **numbers)
    assert sentence in str(raised.value)


@pytest.mark.parametrize(
    ("text", "transforms"),
    [
        ("none", Transforms()),
        ("jitter=4", Transforms(jitter=4)),
        (
            "jitter=4, rotation=5,scale=0.05, still=8",
            Transforms(jitter=4, rotation=5, scale=0.05, identity_every=8),
        ),
        ("rotation=7,scale=0.07,apart=1", Transforms(rotation=7, scale=0.07, exclusive=True)),
    ],
)
def test_transforms_are_read_as_typed(text: str, transforms: Transforms) -> None:
    assert parse_transforms(text) == transforms


@pytest.mark.parametrize(
    "text", ["", "jitter", "jitter=", "jitter=far", "spin=5", "still=0.5", "apart=2"]
)
def test_what_is_no_transforms_is_answered_with_some(text: str) -> None:
    with pytest.raises(UserError, match=r"jitter=4,rotation=5,scale=0\.05"):
        parse_transforms(text)


def test_a_misspelt_preset_is_answered_with_the_nearest() -> None:
    with pytest.raises(UserError, match="did you mean classic"):
        preset("clasic")


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_has_a_range(seed: int) -> None:
    with pytest.raises(UserError, match="whole number from 0"):
        check_seed(seed)
