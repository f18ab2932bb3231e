"""Recipes: every number of how an image is made, and the presets that name good ones. No torch."""

import math
from typing import Literal

import msgspec

from core.errors import UserError
from core.text import nearest

Objective = Literal["channel", "unreachable", "neuron"]
Parameterization = Literal["fourier", "pixels"]
Tap = Literal["pre", "post"]

MIN_RESOLUTION = 16
"""VGG16's deepest maps shrink the image sixteenfold; below this they have no value at all."""
MAX_RESOLUTION = 2048
MAX_STEPS = 100_000
MAX_RESTARTS = 64


class Transforms(msgspec.Struct, frozen=True, kw_only=True):
    """Random movements of each image at each step; the largest extents, drawn uniformly."""

    jitter: float = 0.0
    """Shift in pixels, either way, in both directions."""
    rotation: float = 0.0
    """Degrees, either way."""
    scale: float = 0.0
    """Relative: 0.05 zooms between 0.95 and 1.05."""

    @property
    def any(self) -> bool:
        """Whether anything moves at all."""
        return bool(self.jitter or self.rotation or self.scale)


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """How an image is made. Every number is here, so a record can make it again."""

    preset: str
    """The name this recipe started from; overriding numbers keeps the name."""
    objective: Objective = "channel"
    tap: Tap = "pre"
    """Whether the map is read before or behind the ReLU."""
    parameterization: Parameterization = "fourier"
    resolution: int = 128
    """Side of the square image in pixels."""
    steps: int = 64
    lr: float = 0.3
    """Rate of the Adam optimizer at the first step."""
    lr_end: float = 1.0
    """Share of the rate that a cosine schedule leaves at the last step; 1 keeps it constant."""
    betas: tuple[float, float] = (0.9, 0.999)
    start: tuple[float, float] = (-1.0, 1.0)
    """Pixels: the uniform start, in ImageNet-normalised RGB."""
    noise: float = 0.01
    """Fourier: standard deviation of the starting coefficients."""
    transforms: Transforms = Transforms()
    restarts: int = 1
    """Attempts from different noise, of which the best by activation is kept."""
    retries: int = 0
    """Further attempts of their own for images that end ``weak`` or ``silent``."""


PRESETS: dict[str, Recipe] = {
    recipe.preset: recipe
    for recipe in (
        Recipe(
            preset="crisp",
            lr=0.3,
            lr_end=0.05,
            betas=(0.5, 0.99),
            retries=2,
        ),
        Recipe(
            preset="classic",
            objective="unreachable",
            parameterization="pixels",
            resolution=100,
            steps=200,
            lr=0.01,
        ),
        Recipe(
            preset="draft",
            resolution=64,
            steps=32,
            lr=0.5,
            lr_end=0.05,
            betas=(0.5, 0.99),
        ),
        Recipe(
            preset="lucid",
            steps=512,
            lr=0.05,
            transforms=Transforms(jitter=8.0, rotation=10.0, scale=0.1),
            retries=2,
        ),
    )
}
DEFAULT_PRESET = "crisp"
DRAFT = PRESETS["draft"]


def preset(name: str) -> Recipe:
    """Find a preset by name.

    Raises:
        UserError: there is none of that name.
    """
    try:
        return PRESETS[name]
    except KeyError:
        alike = nearest(name, PRESETS) or ", ".join(PRESETS)
        raise UserError(f"There is no preset {name!r}; did you mean {alike}?") from None


def override(recipe: Recipe, **numbers: object) -> Recipe:
    """Return ``recipe`` with the given numbers in place of its own; ``None`` leaves one as it is.

    Raises:
        UserError: a number is outside what can work.
    """
    given = {name: value for name, value in numbers.items() if value is not None}
    replaced = msgspec.structs.replace(recipe, **given)
    # A whole number given for a real one would be written as 8 now and 8.0 once it was read back.
    return checked(msgspec.convert(msgspec.to_builtins(replaced), Recipe))


def checked(recipe: Recipe) -> Recipe:
    """Return ``recipe`` unchanged, or say which of its numbers cannot work.

    Raises:
        UserError: the first number found outside its range.
    """
    _in_range("resolution", recipe.resolution, MIN_RESOLUTION, MAX_RESOLUTION, " pixels")
    _in_range("number of steps", recipe.steps, 1, MAX_STEPS)
    _in_range("number of restarts", recipe.restarts, 1, MAX_RESTARTS)
    _in_range("number of retries", recipe.retries, 0, MAX_RESTARTS)
    if not (math.isfinite(recipe.lr) and recipe.lr > 0):
        raise UserError(f"The rate --lr {recipe.lr} should be a number above 0, such as 0.05.")
    _in_range("last rate's share lr_end", recipe.lr_end, 0, 1)
    for beta in recipe.betas:
        _in_range("Adam's beta", beta, 0, 0.999999)
    _in_range("noise", recipe.noise, 0, 1000)
    _in_range("jitter", recipe.transforms.jitter, 0, recipe.resolution, " pixels")
    _in_range("rotation", recipe.transforms.rotation, 0, 180, " degrees")
    _in_range("scale", recipe.transforms.scale, 0, 0.9)
    low, high = recipe.start
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise UserError(
            f"The start {low:g} {high:g} should be two numbers, the lower first, such as -1 1."
        )
    return recipe


SEEDS = 2**32
"""How many seeds there are: torch's generator for the CPU takes no more bits than these."""


def check_seed(seed: int) -> int:
    """Return ``seed``, or say that it cannot be one.

    Raises:
        UserError: it is negative or too large for the generator to tell apart.
    """
    if not 0 <= seed < SEEDS:
        raise UserError(f"The seed {seed} should be a whole number from 0 to {SEEDS - 1}.")
    return seed


def _in_range(name: str, value: float, least: float, most: float, unit: str = "") -> None:
    if not least <= value <= most:
        raise UserError(f"The {name} cannot be {value}; choose {least} to {most}{unit}.")
