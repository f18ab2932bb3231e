"""Variants: several pictures of one channel that know each other, and differ more than restarts."""

import numpy as np
import pytest
import torch

from convscope.core.ascent.objectives import likeness
from convscope.core.ascent.recipes import PRESETS, Recipe, override
from convscope.core.system.errors import UserError
from tests.shared import make, make_tasks, probe_at, small


def texture_distance(images: torch.Tensor, layer: str) -> float:
    """Mean distance (1 - cosine) between the Gram matrices of the features below a layer."""
    probe = probe_at(layer)
    with torch.no_grad():
        below = probe.forward(images, probe.readout([0] * len(images))).below.flatten(2)
    gram = torch.nn.functional.normalize((below @ below.mT).flatten(1), dim=1)
    cosines = gram @ gram.mT
    pairs = torch.triu_indices(len(images), len(images), offset=1)
    return float(1 - cosines[pairs[0], pairs[1]].mean())


def pictures(recipe: Recipe, target: str, seeds: int = 1) -> torch.Tensor:
    made = [one for seed in range(seeds) for one in make(recipe, target, seed=seed)]
    arrays = np.stack([np.asarray(one.image) for one in made])
    return torch.from_numpy(arrays).permute(0, 3, 1, 2).float() / 255


def test_likeness_is_the_mean_cosine_to_the_others_of_the_group() -> None:
    one = torch.tensor([[[1.0, 0.0]], [[0.0, 0.0]]])
    other = torch.tensor([[[0.0, 0.0]], [[0.0, 3.0]]])
    both = torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]]])
    below = torch.stack([one, other, both, 2 * one, 5 * one, one])
    half = 0.5**0.5
    expected = [half / 2, half / 2, half, 1, 1, 1]
    assert likeness(below, 3).tolist() == pytest.approx(expected)


@pytest.mark.long
@pytest.mark.parametrize("target", ["conv3_2:9", "conv4_2:25"])
def test_variants_differ_more_than_restarts(target: str) -> None:
    recipe = small("draft", resolution=48, steps=20)
    restarts = pictures(recipe, target, seeds=3)
    variants = pictures(override(recipe, variants=3), target)
    layer = target.partition(":")[0]
    assert texture_distance(variants, layer) > 1.5 * texture_distance(restarts, layer)


def test_a_variant_does_not_depend_on_which_of_its_group_were_asked_for() -> None:
    group = make(small("draft", variants=3), "conv3_1:5-6")
    assert [made.task.variant for made in group] == [0, 1, 2, 0, 1, 2]
    (alone,) = make_tasks([group[4].record.task()])
    assert alone.image.tobytes() == group[4].image.tobytes()
    assert alone.record.attempts == group[4].record.attempts


def test_variants_and_restarts_exclude_each_other() -> None:
    with pytest.raises(UserError, match="leave out --variants or --restarts"):
        override(PRESETS["crisp"], variants=3, restarts=3)
