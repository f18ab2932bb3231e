"""A recipe in few words: the name of its preset, and what differs from it. Plain; safe to print."""

from convscope.core.ascent.recipes import Recipe
from convscope.core.system.text import printable

EDITED = "*"
"""Behind the name of a preset of which some numbers are a person's own."""


def recipe_name(recipe: Recipe, usual: Recipe | None) -> str:
    """Return the name of a recipe's preset, marked where the recipe is not that preset: ``crisp*``.

    Args:
        recipe: as it suits the layer in view.
        usual: its preset as it suits that layer; ``None`` where there is none of its name.
    """
    return printable(recipe.preset, 24) + (EDITED if recipe != usual else "")


def recipe_label(recipe: Recipe, usual: Recipe | None, seed: int = 0) -> str:
    """Write name and resolution, and all else that was chosen: ``crisp* 64 px, 4 steps``."""
    parts = [f"{recipe_name(recipe, usual)} {recipe.resolution} px"]
    if usual is None or recipe.steps != usual.steps:
        parts.append(f"{recipe.steps} steps")
    if usual is not None:
        parts += _differences(recipe, usual)
    return ", ".join([*parts, f"seed {seed}"] if seed else parts)


def _differences(recipe: Recipe, usual: Recipe) -> list[str]:
    """Name the other numbers that the form has a field for."""
    written = {
        "lr": f"rate {recipe.lr:g}",
        "start": f"start {recipe.start[0]:g} {recipe.start[1]:g}",
        "objective": recipe.objective,
        "restarts": f"{recipe.restarts} restarts",
    }
    return [text for name, text in written.items() if getattr(recipe, name) != getattr(usual, name)]
