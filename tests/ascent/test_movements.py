"""How images move: what is drawn ahead, and a gradient that is the same each time."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from convscope.core.ascent.recipes import Transforms
from convscope.core.ascent.resampling import repeatably_sampled, scattered, taps
from convscope.core.ascent.transforms import AHEAD, Movements, affine

CPU = torch.device("cpu")
MOVING = Transforms(jitter=3, rotation=9, scale=0.1)


def seeded(*seeds: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def grid(count: int, side: int, extent: float) -> Tensor:
    """Where images of a side are sampled that are moved by up to an extent of all there is."""
    drawn = torch.rand(4, count, generator=torch.Generator().manual_seed(1)) - 0.5
    moves = affine(7 * extent * drawn[0], 1 + 1.8 * extent * drawn[1], *(4 * extent * drawn[2:]))
    return F.affine_grid(moves, [count, 3, side, side], align_corners=False)


@pytest.mark.parametrize("steps", [0, 1, 5, AHEAD, AHEAD + 3])
def test_what_is_drawn_ahead_does_not_count_as_drawn(steps: int) -> None:
    moves = Movements(MOVING, seeded(3, 4), 32, CPU)
    for _ in range(steps):
        moves.next()
    for state, generator in zip(moves.states(), seeded(3, 4), strict=True):
        for _ in range(steps):
            torch.rand(4, generator=generator)
        assert torch.equal(state, generator.get_state())


def test_movements_go_on_from_any_state() -> None:
    whole = Movements(MOVING, seeded(3, 4), 32, CPU)
    before = [whole.next() for _ in range(AHEAD - 2)]
    restored = seeded(0, 0)
    for generator, state in zip(restored, whole.states(), strict=True):
        generator.set_state(state)
    again = Movements(MOVING, restored, 32, CPU)
    assert not torch.equal(before[-1], before[-2])
    for _ in range(4):
        assert torch.equal(whole.next(), again.next())


@pytest.mark.parametrize(("side", "extent"), [(16, 0.2), (33, 0.2), (16, 1.0), (64, 1.0)])
def test_the_repeatable_gradient_is_that_of_grid_sample(side: int, extent: float) -> None:
    """Up to half a turn, a tenth of the size and two images beside: mirrored many times over."""
    generator = torch.Generator().manual_seed(2)
    images = torch.randn(4, 3, side, side, generator=generator).requires_grad_()
    gradient = torch.randn(4, 3, side, side, generator=generator)
    where = grid(4, side, extent)
    expected = F.grid_sample(images, where, padding_mode="reflection", align_corners=False)
    moved = repeatably_sampled(images, where)
    assert torch.equal(moved, expected)
    (found,) = torch.autograd.grad(moved, images, gradient)
    (known,) = torch.autograd.grad(expected, images, gradient)
    torch.testing.assert_close(found, known, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("size", [1e-38, 1e-12, 1.0, 1e37])
def test_a_gradient_has_the_same_bits_in_whatever_order_it_is_added(size: float) -> None:
    pixels, shares = taps(grid(2, 16, 1.0))
    gradient = size * torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(3))
    order = torch.randperm(256, generator=torch.Generator().manual_seed(4))
    turned = gradient.flatten(2)[:, :, order].view_as(gradient)
    found = scattered(gradient, pixels, shares)
    assert torch.equal(found, scattered(turned, pixels[:, :, order], shares[:, :, order]))
    torch.testing.assert_close(found.sum((2, 3)), gradient.sum((2, 3)), rtol=1e-3, atol=1e-3 * size)


def test_a_gradient_that_is_no_number_spoils_its_own_image_alone() -> None:
    pixels, shares = taps(grid(3, 16, 0.2))
    gradient = torch.ones(3, 3, 16, 16)
    gradient[0], gradient[1, 0, 0, 0] = 0, torch.inf
    found = scattered(gradient, pixels, shares)
    assert found[1].isnan().all()
    assert not found[0].any()
    assert found[2].sum() == pytest.approx(3 * 256, rel=1e-4)
