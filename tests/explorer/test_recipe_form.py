"""The recipe form without its looks: texts in, a recipe or the first mistake out."""

import pytest

from convscope.core.ascent.recipes import PRESETS, checked, override
from convscope.core.system.errors import UserError
from convscope.tui.explorer.recipe_form import FilledForm, Mistake, RecipeField, RecipeForm

CRISP = PRESETS["crisp"]


def filled(recipe=CRISP, **texts):
    """A form in which so much was typed."""
    form = RecipeForm(recipe, 7)
    for name, text in texts.items():
        form.type(RecipeField(name), text)
    return form


@pytest.mark.parametrize(
    "recipe",
    [
        *PRESETS.values(),
        override(CRISP, lr=0.123456789, tv=500, resolution=256),
        override(PRESETS["classic"], start=(-0.1, 1 / 3)),
    ],
    ids=lambda recipe: recipe.preset,
)
def test_a_form_that_is_left_alone_changes_nothing(recipe):
    form = RecipeForm(recipe, 7)
    assert form.check() == FilledForm(recipe, 7)
    assert not form.is_edited


def test_numbers_are_taken_over():
    form = filled(resolution=" 256 ", steps="128", rate="1e-1", seed="9", restarts="3")
    wanted = override(CRISP, resolution=256, steps=128, lr=0.1, restarts=3)
    assert form.check() == FilledForm(wanted, 9)
    assert form.is_edited


def test_the_start_is_two_numbers_for_pixels_only():
    assert RecipeField.START not in filled().fields
    form = filled(preset="classic", start="-0.25, 0.25")
    assert RecipeField.START in form.fields
    assert form.check().recipe.start == (-0.25, 0.25)


def test_another_preset_fills_in_its_numbers_and_leaves_the_seed():
    form = filled(steps="5", seed="9", preset="classic")
    assert form.check() == FilledForm(PRESETS["classic"], 9)
    form.type(RecipeField.PRESET, "crisp")
    assert form.check() == FilledForm(CRISP, 9)


def test_the_same_preset_fills_in_nothing():
    assert filled(steps="5", preset="crisp").text(RecipeField.STEPS) == "5"


def test_what_the_form_has_no_field_for_stays():
    assert filled(override(CRISP, tv=500), steps="5").check().recipe.tv == 500


def test_an_empty_field_counts_as_the_presets_number():
    form = filled(override(CRISP, steps=99), steps="", seed=" ")
    assert form.check() == FilledForm(CRISP, 0)
    assert (form.default(RecipeField.STEPS), form.default(RecipeField.SEED)) == ("28", "0")


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        ({"resolution": "8"}, "The resolution cannot be 8; choose 16 to 2048 pixels."),
        ({"resolution": "wide"}, "wide is not a whole number; try 128."),
        ({"resolution": "1_000"}, "1_000 is not a whole number; try 128."),
        ({"resolution": "\x1b[2J"}, "\\x1b[2J is not a whole number; try 128."),
        ({"steps": "9" * 30}, f"The number of steps cannot be {'9' * 30}; choose 1 to 100000."),
        ({"rate": "0,05"}, "0,05 is not a number; try 0.05."),
        ({"rate": "nan"}, "The rate --lr nan should be a number above 0, such as 0.05."),
        ({"seed": "-1"}, "The seed -1 should be a whole number from 0 to 4294967295."),
        ({"seed": "4294967296"},
         "The seed 4294967296 should be a whole number from 0 to 4294967295."),
        ({"restarts": "65"}, "The number of restarts cannot be 65; choose 1 to 64."),
        ({"preset": "classic", "start": "1"},
         "The start is two numbers, the lower first; try -1 1."),
        ({"preset": "classic", "start": "1 0"},
         "The start 1 0 should be two numbers, the lower first, such as -1 1."),
    ],
)  # fmt: skip
def test_a_mistake_stands_at_its_field(texts, sentence):
    *_, name = texts
    assert filled(**texts).check() == Mistake(RecipeField(name), sentence)


def test_the_first_mistake_in_the_order_of_the_fields_is_told():
    assert filled(restarts="0", steps="0", rate="0").check().field is RecipeField.STEPS


@pytest.mark.parametrize(
    ("recipe", "texts", "changes"),
    [
        (override(CRISP, tv=500), {"objective": "unreachable"}, {"objective": "unreachable"}),
        (override(CRISP, variants=4), {"restarts": "2"}, {"restarts": 2}),
        (override(CRISP, tap="post"), {"steps": "0"}, {"steps": 0}),
    ],
)
def test_the_sentences_are_those_of_the_recipes(recipe, texts, changes):
    with pytest.raises(UserError) as refused:
        checked(override(recipe, **changes))
    (name,) = texts
    assert filled(recipe, **texts).check() == Mistake(RecipeField(name), str(refused.value))


@pytest.mark.parametrize(
    ("texts", "cost"),
    [
        ({}, "the same work as crisp"),
        ({"rate": "0.1", "seed": "3"}, "the same work as crisp"),
        ({"steps": "56", "restarts": "3"}, "6× the steps of crisp"),
        ({"resolution": "256"}, "4× the pixels of crisp"),
        ({"steps": "14", "resolution": "256"}, "0.5× the steps, 4× the pixels of crisp"),
        ({"steps": "28000"}, "1,000× the steps of crisp"),
        ({"preset": "lucid"}, "the same work as lucid"),
        ({"steps": "0"}, ""),
    ],
)
def test_the_cost_is_told_beside_the_presets(texts, cost):
    assert filled(**texts).cost() == cost


def test_the_cost_is_told_in_seconds_where_they_are_known():
    form = RecipeForm(CRISP, 0, seconds_of=lambda recipe: recipe.steps / 4)
    assert form.cost() == "about 7 s"
    form.type(RecipeField.STEPS, "560")
    assert form.cost() == "about 2 min · 20× the steps of crisp"
    form.type(RecipeField.STEPS, "2")
    assert form.cost() == "less than 1 s · 0.071× the steps of crisp"


def test_a_recipe_that_cannot_be_chosen_stays_as_it_is():
    """The gallery may bring a draft, or what a later version made."""
    form = RecipeForm(PRESETS["draft"], 0)
    assert form.choices(RecipeField.PRESET) == ("crisp", "classic", "lucid", "vivid", "draft")
    form = RecipeForm(override(CRISP, preset="later", objective="direction"), 0)
    assert form.choices(RecipeField.OBJECTIVE)[-1] == "direction"
    form.type(RecipeField.PRESET, "lucid")
    form.type(RecipeField.PRESET, "later")
    assert form.check() == form.origin
