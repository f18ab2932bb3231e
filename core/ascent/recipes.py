"""Recipes: every number of how an image is made, and the presets that name good ones. No torch."""

import math
from collections.abc import Collection
from typing import Literal

import msgspec

from convscope.core.system.errors import UserError
from convscope.core.system.text import nearest, printable

Objective = Literal["channel", "unreachable", "neuron", "direction"]
OptimizerName = Literal["adam", "rmsprop", "sgd"]
Parameterization = Literal["fourier", "pixels", "bounded"]
Squash = Literal["sigmoid", "algebraic"]
Tap = Literal["pre", "post"]

MIN_RESOLUTION = 16
"""VGG16's deepest maps shrink the image sixteenfold; below this they have no value at all."""
MAX_RESOLUTION = 2048
MAX_STEPS = 100_000
MAX_RESTARTS = 64
MAX_VARIANTS = 16
MAX_WEIGHT = 1e9
PHOTO_KEEP = 1.0
"""How much images stay like the photo they start from, unless it is chosen."""
PHOTO_RATE = 0.25
"""Of a preset's rate, from a photo: the full rate shakes off what is there before it can grow."""


class Transforms(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename={"exclusive": "apart", "identity_every": "still"},  # as records and --transforms say
):
    """Random movements of each image at each step; the largest extents, drawn uniformly."""

    jitter: float = 0.0
    """Shift in pixels, either way, in both directions."""
    rotation: float = 0.0
    """Degrees, either way."""
    scale: float = 0.0
    """Relative: 0.05 zooms between 0.95 and 1.05."""
    exclusive: bool = False
    """Whether a step either rotates or zooms, by the full extent in one direction or the other."""
    identity_every: int = 0
    """Leave the image unmoved at step 1 and every n-th step after it; 0 moves it at all steps."""

    @property
    def any(self) -> bool:
        """Whether anything moves at all."""
        return bool(self.jitter or self.rotation or self.scale)

    def moves_at(self, step: int) -> bool:
        """Whether the image moves at a step, counted from 1."""
        return self.any and not (self.identity_every and (step - 1) % self.identity_every == 0)


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """How an image is made. Every number is here, so a record can make it again.

    A default may never change, only a preset: file names leave out what has its default.
    """

    preset: str
    """The name this recipe started from; overriding numbers keeps the name."""
    objective: Objective = "channel"
    tap: Tap = "pre"
    """Whether the map is read before or after the ReLU."""
    parameterization: Parameterization = "fourier"
    resolution: int = 128
    """Side of the square image in pixels."""
    steps: int = 64
    optimizer: OptimizerName = "adam"
    lr: float = 0.3
    """Rate of the optimizer at the first step."""
    lr_hold: float = 1.0
    """Share of the steps at the full rate; after them it falls linearly."""
    lr_end: float = 1.0
    """The rate at the last step, as a share of the full rate."""
    betas: tuple[float, float] = (0.9, 0.999)
    """Decay of the running means of the gradient and of its square; ``sgd`` has the first only."""
    start: tuple[float, float] = (-1.0, 1.0)
    """Pixels, bounded or not: the uniform start, in ImageNet-normalised RGB."""
    noise: float = 0.01
    """Fourier: standard deviation of the starting coefficients."""
    chroma: float = 1.0
    """Fourier: how far a step moves colour relative to brightness, in multiples of Lucid's."""
    squash: Squash = "sigmoid"
    """Fourier: what keeps colours between 0 and 1."""
    falloff: float = 1.0
    """Fourier: a step moves each frequency by its inverse to this power, at the same norm."""
    knee: float = 0.0
    """Fourier: frequency in cycles a pixel below which a step moves all alike; at most what the map
    of the layer can carry, half a cycle from one of its values to the next."""
    blur: float = 0.0
    """Fourier: each step is blurred by a Gaussian of this standard deviation in pixels."""
    contrast: float = 0.0
    """Fourier: largest root mean square of the image before squashing; 0 for no limit."""
    transforms: Transforms = Transforms()
    tv: float = 0.0
    """Weight of the total variation, in units of activation."""
    l2: float = 0.0
    """Weight of the distance from grey, in units of activation."""
    keep: float = 0.0
    """Of a start from a photo, how much the image is to stay like it: the share of its activation
    that an image would lose if none of the photo were left in the features of the layer below."""
    variants: int = 1
    """Images of each target that are optimised together, to differ from each other."""
    diversity: float = 1.0
    """How much variants are to differ: the share of its activation that an image would lose if it
    were exactly like the others of its group."""
    restarts: int = 1
    """Attempts from different noise, of which the best by activation is kept."""
    retries: int = 0
    """Further attempts of their own for images that end ``weak`` or ``silent``."""

    @property
    def is_of_pixels(self) -> bool:
        """Whether pixels are optimised, so that ``start`` applies and ``noise`` does not."""
        return self.parameterization != "fourier"


PRESETS: dict[str, Recipe] = {
    recipe.preset: recipe
    for recipe in (
        Recipe(
            preset="crisp",
            steps=28,
            lr=0.8,
            lr_hold=0.5,
            lr_end=0.1,
            betas=(0.1, 0.98),
            noise=0.02,
            chroma=0.38,
            squash="algebraic",
            falloff=1.65,
            knee=0.09,
            blur=0.6,
            contrast=1.5,
            transforms=Transforms(jitter=4.0, rotation=8.0, scale=0.08),
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
            resolution=64,  # less where a layer sees little: see tuning.draft_resolution
            steps=16,
            lr=1.2,
            lr_hold=0.5,
            lr_end=0.1,
            betas=(0.1, 0.98),
            noise=0.02,
            chroma=0.38,
            squash="algebraic",
            falloff=1.65,
            knee=0.09,
            blur=0.6,
            contrast=1.5,
            transforms=Transforms(jitter=2.0, rotation=6.0, scale=0.06),
            retries=2,
        ),
        Recipe(
            preset="lucid",
            steps=512,
            lr=0.05,
            transforms=Transforms(jitter=8.0, rotation=10.0, scale=0.1),
            retries=2,
        ),
        Recipe(
            preset="vivid",
            lr=0.35,
            lr_hold=0.85,
            lr_end=0.1,
            betas=(0.4, 0.98),
            noise=0.15,
            chroma=2.0,
            squash="algebraic",
            transforms=Transforms(rotation=7.0, scale=0.07, exclusive=True, identity_every=4),
            retries=2,
        ),
    )
}
DEFAULT_PRESET = "crisp"
FORMER_NAMES = {"vivid": "crisp"}
"""Former names of presets: existing file names and digests contain them, and stay valid."""
_DISTINGUISHING = ("noise", "chroma", "betas", "squash")
"""Numbers that no option changes: they distinguish a preset from the one that has its old name."""
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


def renamed(recipe: Recipe) -> Recipe:
    """Return a recipe that has the former name of its preset under today's name."""
    for name, former in FORMER_NAMES.items():
        is_like = all(
            getattr(recipe, field) == getattr(PRESETS[name], field) for field in _DISTINGUISHING
        )
        if recipe.preset == former and is_like:
            return msgspec.structs.replace(recipe, preset=name)
    return recipe


def override(recipe: Recipe, **numbers: object) -> Recipe:
    """Return ``recipe`` with the given numbers in place of its own; ``None`` leaves one as it is.

    Raises:
        UserError: a number is outside what can work.
    """
    given = {name: value for name, value in numbers.items() if value is not None}
    replaced = msgspec.structs.replace(recipe, **given)
    # An int given for a float would be written as 8 now, and as 8.0 once it was read back.
    return checked(msgspec.convert(msgspec.to_builtins(replaced), Recipe))


def for_photo(recipe: Recipe, typed: Collection[str] = ()) -> Recipe:
    """Return a recipe as it suits a start from a photo.

    Args:
        recipe: a preset, or one with numbers of a person's own.
        typed: the names of those, which stay.
    """
    usual = {
        "keep": 0.0 if recipe.objective == "unreachable" else PHOTO_KEEP,
        "lr": recipe.lr * PHOTO_RATE,
        "retries": 0,  # they would start from the same image
    }
    fitting = {name: number for name, number in usual.items() if name not in typed}
    return msgspec.structs.replace(recipe, **fitting)


def parse_transforms(text: str) -> Transforms:
    """Read ``jitter=4,rotation=5,scale=0.05``; what is not named does not move; or ``none``.

    Raises:
        UserError: it is neither.
    """
    parts = () if text.strip() == "none" else text.split(",")
    pairs = {name.strip(): number for name, _, number in (part.partition("=") for part in parts)}
    try:
        return msgspec.convert(pairs, Transforms, strict=False)
    except msgspec.ValidationError:
        raise UserError(
            f"--transforms {printable(text, 60)} should be none, or extents such as "
            "jitter=4,rotation=5,scale=0.05."
        ) from None


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
    _in_range("share of steps at the full rate", recipe.lr_hold, 0, 1)
    _in_range("last rate's share", recipe.lr_end, 0, 1)
    for beta in recipe.betas:
        _in_range("Adam's beta", beta, 0, 0.999999)
    _in_range("noise", recipe.noise, 0, 1000)
    _in_range("chroma", recipe.chroma, 0, 1000)
    _in_range("falloff", recipe.falloff, 0, 10)
    _in_range("knee", recipe.knee, 0, 0.5, " cycles a pixel")
    _in_range("blur", recipe.blur, 0, 10, " pixels")
    _in_range("contrast", recipe.contrast, 0, 1000)
    _in_range("jitter", recipe.transforms.jitter, 0, recipe.resolution, " pixels")
    _in_range("rotation", recipe.transforms.rotation, 0, 180, " degrees")
    _in_range("scale", recipe.transforms.scale, 0, 0.9)
    _in_range("transforms' still", recipe.transforms.identity_every, 0, MAX_STEPS)
    _in_range("weight --tv", recipe.tv, 0, MAX_WEIGHT)
    _in_range("weight --l2", recipe.l2, 0, MAX_WEIGHT)
    _in_range("weight --keep", recipe.keep, 0, MAX_WEIGHT)
    _in_range("number of variants", recipe.variants, 1, MAX_VARIANTS)
    _in_range("weight --diversity", recipe.diversity, 0, MAX_WEIGHT)
    if recipe.variants > 1 and recipe.restarts > 1:
        raise UserError(
            "Variants differ from each other, restarts are tried one after another and the best "
            "is kept; leave out --variants or --restarts."
        )
    weighed = recipe.tv or recipe.l2 or recipe.keep or recipe.variants > 1
    if recipe.objective == "unreachable" and weighed:
        raise UserError(
            "--tv, --l2, --keep and --variants are weighed against the activation, and the "
            "unreachable objective is a squared distance that drowns them; add --objective channel."
        )
    if recipe.objective == "direction" and recipe.tap == "post":
        raise UserError("A direction is read before the ReLU; leave out --tap post.")
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
        UserError: it is negative or too large for the generator.
    """
    if not 0 <= seed < SEEDS:
        raise UserError(f"The seed {seed} should be a whole number from 0 to {SEEDS - 1}.")
    return seed


def _in_range(name: str, value: float, least: float, most: float, unit: str = "") -> None:
    if not least <= value <= most:
        numbers = (str(each).removesuffix(".0") for each in (value, least, most))
        raise UserError("The {} cannot be {}; choose {} to {}{}.".format(name, *numbers, unit))
