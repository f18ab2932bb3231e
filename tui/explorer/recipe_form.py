"""The recipe form without its looks: what is typed, what is wrong with it, what it costs."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import get_args

from convscope.core.ascent.recipes import PRESETS, Objective, Recipe, check_seed, override
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.tui.batch_words import about
from convscope.tui.explorer.model.channel_tasks import CHOOSABLE


class RecipeField(StrEnum):
    """What can be changed, in the order of the form."""

    PRESET = "preset"
    RESOLUTION = "resolution"
    STEPS = "steps"
    RATE = "rate"
    SEED = "seed"
    START = "start"
    """Pixels only: the other parameterization starts from coefficients."""
    OBJECTIVE = "objective"
    RESTARTS = "restarts"


CHOICES: dict[RecipeField, tuple[str, ...]] = {
    RecipeField.PRESET: tuple(recipe.preset for recipe in CHOOSABLE),
    # A direction is a file of numbers for each layer; the form has no place for one.
    RecipeField.OBJECTIVE: tuple(name for name in get_args(Objective) if name != "direction"),
}
"""The fields that are chosen rather than typed."""


@dataclass(frozen=True)
class FilledForm:
    """What the form was filled in with."""

    recipe: Recipe
    seed: int


@dataclass(frozen=True)
class Mistake:
    """Why it cannot be used."""

    field: RecipeField
    sentence: str


class RecipeForm:
    """The texts of the form, as typed. A number that is left out is the preset's.

    It outlives the screen that shows it, so that closing that loses nothing.

    Args:
        recipe: the one in use; what the form has no field for stays as it is there.
        seed: the one in use.
        preset_of: returns a preset by its name, as it suits what the recipe is for.
        seconds_of: returns how long a picture takes with a recipe; ``None`` where nothing tells.
    """

    def __init__(
        self,
        recipe: Recipe,
        seed: int,
        preset_of: Callable[[str], Recipe | None] = PRESETS.get,
        seconds_of: Callable[[Recipe], float | None] = lambda _: None,
    ) -> None:
        self.origin = FilledForm(recipe, seed)
        self._preset_of, self._seconds_of = preset_of, seconds_of
        self._base = recipe
        self._texts = _texts(recipe, seed)

    @property
    def fields(self) -> list[RecipeField]:
        """The fields that count for the chosen preset."""
        return [
            field
            for field in RecipeField
            if self._base.is_of_pixels or field is not RecipeField.START
        ]

    @property
    def is_edited(self) -> bool:
        """Whether anything differs from the recipe in use."""
        recipe, seed = self.origin.recipe, self.origin.seed
        return (self._base, self._texts) != (recipe, _texts(recipe, seed))

    def text(self, field: RecipeField) -> str:
        """Return what stands in a field."""
        return self._texts[field]

    def choices(self, field: RecipeField) -> tuple[str, ...]:
        """Return what can be chosen in a field, with what the recipe in use has there."""
        own = _texts(self.origin.recipe, self.origin.seed)[field]
        return tuple(dict.fromkeys((*CHOICES[field], own)))

    def default(self, field: RecipeField) -> str:
        """Return what a field counts as while nothing stands in it."""
        return _texts(self._preset, 0)[field]

    def type(self, field: RecipeField, text: str) -> None:
        """Put a text into a field; another preset fills the other fields with its numbers."""
        if field is RecipeField.PRESET and text != self._texts[field]:
            self._base = self._preset_of(text) or self.origin.recipe
            self._texts = _texts(self._base, 0) | {RecipeField.SEED: self._texts[RecipeField.SEED]}
        else:
            self._texts[field] = text

    def check(self) -> FilledForm | Mistake:
        """Return the recipe and the seed, or the first mistake in the order of the fields."""
        recipe, seed = self._base, 0
        for field in self.fields:
            text = self._texts[field].strip() or self.default(field)
            try:
                if field is RecipeField.SEED:
                    seed = check_seed(_whole(text, "1"))
                elif field in _READ:
                    name, read = _READ[field]
                    # One number after the other: what is refused belongs to the field it came from.
                    recipe = override(recipe, **{name: read(text)})
            except UserError as error:
                return Mistake(field, str(error))
        return FilledForm(recipe, seed)

    def cost(self) -> str:
        """Say how long a picture takes, and how much more work it is than with the preset as it is.

        Nothing is said of a recipe that cannot be used.
        """
        wanted = self.check()
        if isinstance(wanted, Mistake):
            return ""
        seconds = self._seconds_of(wanted.recipe)
        parts = [*([] if seconds is None else [about(seconds)]), *self._work(wanted.recipe)]
        return " · ".join(parts) or f"the same work as {self._preset.preset}"

    def _work(self, recipe: Recipe) -> list[str]:
        usual = self._preset
        steps = recipe.steps * recipe.restarts / (usual.steps * usual.restarts)
        pixels = (recipe.resolution / usual.resolution) ** 2
        parts = [f"{_times(steps)} the steps"] if steps != 1 else []
        parts += [f"{_times(pixels)} the pixels"] if pixels != 1 else []
        return [f"{', '.join(parts)} of {usual.preset}"] if parts else []

    @property
    def _preset(self) -> Recipe:
        return self._preset_of(self._texts[RecipeField.PRESET]) or self.origin.recipe


def _texts(recipe: Recipe, seed: int) -> dict[RecipeField, str]:
    return {
        RecipeField.PRESET: recipe.preset,
        RecipeField.RESOLUTION: str(recipe.resolution),
        RecipeField.STEPS: str(recipe.steps),
        RecipeField.RATE: _written(recipe.lr),
        RecipeField.SEED: str(seed),
        RecipeField.START: " ".join(_written(end) for end in recipe.start),
        RecipeField.OBJECTIVE: recipe.objective,
        RecipeField.RESTARTS: str(recipe.restarts),
    }


def _whole(text: str, example: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,40}", text):
        raise UserError(f"{printable(text, 40)} is not a whole number; try {example}.")
    return int(text)


def _real(text: str, example: str) -> float:
    try:
        return float(text.replace("_", "?"))  # Python's 1_000 is nobody's
    except ValueError:
        raise UserError(f"{printable(text, 40)} is not a number; try {example}.") from None


def _two(text: str) -> tuple[float, float]:
    words = text.replace(",", " ").split()
    if len(words) != 2:
        raise UserError("The start is two numbers, the lower first; try -1 1.")
    return _real(words[0], "-1 1"), _real(words[1], "-1 1")


_READ: dict[RecipeField, tuple[str, Callable[[str], object]]] = {
    RecipeField.RESOLUTION: ("resolution", partial(_whole, example="128")),
    RecipeField.STEPS: ("steps", partial(_whole, example="64")),
    RecipeField.RATE: ("lr", partial(_real, example="0.05")),
    RecipeField.START: ("start", _two),
    RecipeField.OBJECTIVE: ("objective", str),
    RecipeField.RESTARTS: ("restarts", partial(_whole, example="3")),
}
"""What the recipe calls a field, and what reads its text. Preset and seed are no numbers of it."""


def _written(number: float) -> str:
    """Write a number so that reading it gives the very same one."""
    short = f"{number:g}"
    return short if float(short) == number else repr(number)


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}×" if ratio >= 10 else f"{ratio:.2g}×"
