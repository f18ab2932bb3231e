"""Attempts: an image is made from one or several starts, and the best is kept."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.ascent.loop import Request, ascend
from core.ascent.recipes import SEEDS, Recipe
from core.ascent.scoring import Score, score, to_8bit
from core.ascent.verdicts import Verdict, verdict_of
from core.networks.probe import Probe


@dataclass
class Result:
    """One finished image."""

    pixels: npt.NDArray[np.uint8]
    """``(H, W, 3)``."""
    score: Score
    start_activation: float
    verdict: Verdict
    attempts: list[float] = field(default_factory=list)
    """The activation of each attempt, in order."""
    steps_run: int = 0
    """Over all attempts."""


@dataclass(frozen=True)
class AttemptStep:
    """How a pack stands after a step of an attempt."""

    number: int
    """Of this attempt; 0 before the first step."""
    steps: int
    """Of one attempt."""
    fraction: float
    """Share of the foreseen attempts that is done; retries go beyond 1."""
    positions: tuple[int, ...]
    """Positions in the pack; a retry is about some of its images only."""
    activations: Tensor
    """``(len(positions),)`` float32: see :class:`~core.ascent.loop.Step`."""
    images: Callable[[], Tensor]
    """Returns the images ``(len(positions), 3, H, W)`` float32 as they are now."""


def make_images(
    probe: Probe, requests: Sequence[Request], recipe: Recipe
) -> Generator[AttemptStep, None, list[Result]]:
    """Make a pack of images; yields as :func:`~core.ascent.loop.ascend` does.

    Every image gets the recipe's ``restarts``; those that are ``weak`` or ``silent`` after them up
    to ``retries`` more. The best attempt by activation is kept.

    Returns:
        One result for each request, in order.
    """
    best: list[Result | None] = [None] * len(requests)
    positions = list(range(len(requests)))
    for attempt in range(recipe.restarts + recipe.retries):
        if attempt >= recipe.restarts:
            positions = [i for i in positions if _disappoints(best[i])]
        if not positions:
            break
        tried = [
            Request(requests[i].channel, attempt_seed(requests[i].seed, attempt)) for i in positions
        ]
        results = yield from _attempt(probe, tried, recipe, attempt, positions)
        for position, result in zip(positions, results, strict=True):
            best[position] = _better(best[position], result)
    return [result for result in best if result is not None]


def attempt_seed(seed: int, attempt: int) -> int:
    """Return the seed of an attempt: the job's own for the first, far from it for the others.

    Multiples of the golden ratio's fraction of 2**32 keep neighbouring seeds apart (Knuth, TAOCP
    vol. 3, 6.4), so that attempt 1 of seed 0 is not attempt 0 of seed 1.
    """
    return (seed + attempt * 0x9E3779B9) % SEEDS


def _attempt(
    probe: Probe,
    requests: Sequence[Request],
    recipe: Recipe,
    attempt: int,
    positions: Sequence[int],
) -> Generator[AttemptStep, None, list[Result]]:
    channels = [request.channel for request in requests]
    start: list[Score] = []
    for step in ascend(probe, requests, recipe):
        if step.number == 0:
            start = score(probe, to_8bit(step.images()), channels)
        done = (attempt * recipe.steps + step.number) / (recipe.restarts * recipe.steps)
        yield AttemptStep(
            number=step.number,
            steps=recipe.steps,
            fraction=done,
            positions=tuple(positions),
            activations=step.activations,
            images=step.images,
        )
    images = step.images()
    finite = torch.isfinite(images).all(dim=(1, 2, 3)).tolist()
    pixels = to_8bit(images)
    scores = score(probe, pixels, channels)
    arrays = pixels.permute(0, 2, 3, 1).cpu().numpy()
    return [
        Result(
            pixels=arrays[i],
            score=scores[i],
            start_activation=start[i].activation,
            verdict=verdict_of(*scores[i], finite=finite[i]),
            attempts=[scores[i].activation],
            steps_run=recipe.steps,
        )
        for i in range(len(requests))
    ]


def _disappoints(result: Result | None) -> bool:
    return result is not None and result.verdict in ("weak", "silent")


def _better(old: Result | None, new: Result) -> Result:
    if old is None:
        return new
    new_wins = old.verdict == "diverged" or (
        new.verdict != "diverged" and new.score.activation > old.score.activation
    )
    kept = new if new_wins else old
    kept.attempts = old.attempts + new.attempts
    kept.steps_run = old.steps_run + new.steps_run
    return kept
