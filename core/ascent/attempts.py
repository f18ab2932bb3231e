"""Attempts: an image is made from one or several starts, and the best is kept."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import torch
from torch import Tensor

from convscope.core.ascent.checkpoints import Checkpoint
from convscope.core.ascent.film import Film, Filming, Recorder
from convscope.core.ascent.loop import Request, Step, ascend, images_together
from convscope.core.ascent.recipes import SEEDS, Recipe
from convscope.core.ascent.results import Result, better
from convscope.core.ascent.scoring import Score, score, to_8bit
from convscope.core.ascent.verdicts import verdict_of
from convscope.core.networks.probe import Probe

Item = TypeVar("Item")


@dataclass(frozen=True)
class AttemptStep:
    """How a pack stands after a step of an attempt.

    Tasks that show no images leave the fields behind ``fraction`` at their defaults.
    """

    number: int
    """Of this attempt; 0 before the first step."""
    steps: int
    """Of one attempt."""
    fraction: float
    """Share of the foreseen attempts that is done; retries go beyond 1."""
    positions: tuple[int, ...] = ()
    """Positions in the pack; a retry is about some of its images only."""
    activations: Tensor = field(default_factory=lambda: torch.empty(0))
    """``(len(positions),)`` float32: see :class:`~convscope.core.ascent.loop.Step`."""
    images: Callable[[], Tensor] = lambda: torch.empty(0, 3, 1, 1)
    """Returns the images ``(len(positions), 3, H, W)`` float32 as they are now."""
    checkpoints: Callable[[], list[Checkpoint]] = list
    """Returns one for each image of the pack; to be called before the next step."""


def make_images(
    probe: Probe,
    requests: Sequence[Request],
    recipe: Recipe,
    checkpoints: Sequence[Checkpoint] = (),
    photo: Tensor | None = None,
    *,
    filming: Filming | None = None,
) -> Generator[AttemptStep, None, list[Result]]:
    """Make a pack of images; yields as :func:`~convscope.core.ascent.loop.ascend` does.

    Every image gets the recipe's ``restarts``; those that are ``weak`` or ``silent`` after them up
    to ``retries`` more. The best attempt by activation is kept. Variants are made with their whole
    group, whichever of them were asked for.

    Args:
        probe: the network, cut at the target layer.
        requests: the images; none twice.
        recipe: how they are made.
        checkpoints: where each image goes on, all from the same step of the same attempt. Variants
            go on only where all of their group are asked for.
        photo: what they start from: see :func:`~convscope.core.ascent.loop.ascend`.
        filming: what is kept of how they come to be; by default nothing.

    Returns:
        One result for each request, in order.

    Raises:
        ValueError: the checkpoints are not from the same step.
    """
    whole = _with_groups(requests, recipe)
    known = dict(zip(requests, checkpoints, strict=True)) if checkpoints else {}
    checkpoints = [known[request] for request in whole] if len(known) == len(whole) else ()
    asked = [whole.index(request) for request in requests]
    pack = _Pack(probe, whole, asked, recipe, photo, filming=filming)
    yield from pack.attempts(checkpoints)
    return pack.results()


def attempt_seed(seed: int, attempt: int) -> int:
    """Return the seed of an attempt: the job's own for the first, far from it for the others.

    Multiples of the golden ratio's fraction of 2**32 keep neighbouring seeds apart (Knuth, TAOCP
    vol. 3, 6.4), so that attempt 1 of seed 0 is not attempt 0 of seed 1.
    """
    return (seed + attempt * 0x9E3779B9) % SEEDS


def _with_groups(requests: Sequence[Request], recipe: Recipe) -> list[Request]:
    """Return the requests with all variants of each target, a group after the other."""
    if recipe.variants == 1:
        return list(requests)
    groups = dict.fromkeys(replace(request, variant=0) for request in requests)
    return [replace(one, variant=i) for one in groups for i in range(recipe.variants)]


class _Pack:
    """A pack over all its attempts.

    Where batches are of a fixed size, the last is filled up with images that nobody sees.
    """

    def __init__(
        self,
        probe: Probe,
        requests: list[Request],
        asked: list[int],
        recipe: Recipe,
        photo: Tensor | None,
        *,
        filming: Filming | None,
    ) -> None:
        self._probe, self._requests, self._recipe, self._photo = probe, requests, recipe, photo
        # One variant that is tried again would not know its group any more.
        self._most = recipe.restarts + (recipe.retries if recipe.variants == 1 else 0)
        self._asked = asked
        """Which images were asked for; the others are only their groups' variants."""
        self._best: list[Result | None] = [None] * len(requests)
        self._current: list[int] = []
        """The images of the attempt that runs."""
        self._starts: list[Score] = []
        self._peaks = torch.empty(0)
        """Of the current images: largest value of the map in this attempt."""
        self._filming = filming
        self._recorder: Recorder | None = None
        """Films the current images, if that was asked for."""

    def results(self) -> list[Result]:
        results = [self._best[i] for i in self._asked]
        return [result for result in results if result is not None]

    def attempts(self, checkpoints: Sequence[Checkpoint]) -> Generator[AttemptStep, None, None]:
        first = self._restore(checkpoints)
        for attempt in range(first, self._most):
            if not (checkpoints and attempt == first):
                everyone = range(len(self._requests))
                again = attempt >= self._recipe.restarts
                self._current = [i for i in everyone if not again or self._disappoints(i)]
            if not self._current:
                return
            resumed = checkpoints if attempt == first else ()
            yield from self._attempt(attempt, resumed)

    def _disappoints(self, image: int) -> bool:
        best = self._best[image]
        return best is not None and best.disappoints

    def _restore(self, checkpoints: Sequence[Checkpoint]) -> int:
        """Take over what checkpoints know, and return the attempt that goes on."""
        self._best = [checkpoint.best for checkpoint in checkpoints] or self._best
        self._current = [i for i, checkpoint in enumerate(checkpoints) if checkpoint.state]
        attempts = {checkpoints[i].attempt for i in self._current}
        if len(attempts) > 1:
            raise ValueError("the images of a pack go on from the same attempt")
        # Where nothing goes on, whatever could be tried again was.
        return attempts.pop() if attempts else self._most if checkpoints else 0

    def _attempt(
        self, attempt: int, checkpoints: Sequence[Checkpoint]
    ) -> Generator[AttemptStep, None, None]:
        recipe = self._recipe
        requests = [_of_attempt(self._requests[i], attempt) for i in self._current]
        resumed = [checkpoints[i] for i in self._current if checkpoints]
        states = [checkpoint.state for checkpoint in resumed if checkpoint.state]
        self._starts = [checkpoint.start for checkpoint in resumed if checkpoint.start]
        self._peaks = torch.tensor([checkpoint.peak for checkpoint in resumed])
        if self._filming is not None:
            begun = [checkpoint.film for checkpoint in resumed if checkpoint.film]
            self._recorder = Recorder(self._filming, self._probe, self._filled(begun))
        filled = self._filled(requests), self._filled(states)
        for step in ascend(self._probe, filled[0], recipe, filled[1], self._photo):
            if not self._starts:
                self._starts = score(self._probe, to_8bit(step.images()), step.readout)
                self._peaks = torch.tensor([start.peak for start in self._starts[: len(requests)]])
            self._peaks = self._peaks.to(step.peaks.device)
            if len(step.peaks):
                # Not those of diverged images.
                seen = step.peaks[: len(requests)].nan_to_num(-torch.inf, -torch.inf)
                self._peaks = torch.maximum(self._peaks, seen)
            if self._recorder is not None:
                self._recorder.note(step)
            yield self._described(attempt, step)
        for image, result in zip(self._current, self._judge(step), strict=True):
            self._best[image] = better(self._best[image], result)

    def _filled(self, items: list[Item]) -> list[Item]:
        """Fill the last batch with its last group of variants, where it has to be full."""
        if not self._probe.batch(self._recipe.resolution).is_fixed:
            return items
        group = items[-self._recipe.variants :]
        missing = -len(items) % images_together(self._probe, self._recipe)
        return items + group * (missing // self._recipe.variants)

    def _judge(self, last: Step) -> list[Result]:
        """Turn the images of an attempt's last step into results."""
        images = last.images()
        finite = torch.isfinite(images).all(dim=(1, 2, 3)).tolist()
        pixels = to_8bit(images)
        scores = score(self._probe, pixels, last.readout)
        arrays = pixels.permute(0, 2, 3, 1).cpu().numpy()
        films = self._films()
        return [
            Result(
                pixels=arrays[i],
                score=scores[i],
                start_activation=self._starts[i].activation,
                verdict=verdict_of(
                    *scores[i],
                    start=self._starts[i].activation,
                    finite=finite[i],
                    floor=self._probe.floor,
                ),
                peak=max(peak, scores[i].peak),  # a score is finite: NaN is saved as black
                attempts=(scores[i].activation,),
                steps_run=last.number,
                film=films[i],
            )
            for i, peak in enumerate(self._peaks.tolist())
        ]

    def _described(self, attempt: int, step: Step) -> AttemptStep:
        """Describe a step to the caller, without variants that it did not ask for."""
        places = {image: place for place, image in enumerate(self._current)}
        shown = [(position, places.get(image)) for position, image in enumerate(self._asked)]
        rows = [place for _, place in shown if place is not None]
        steps = self._recipe.steps
        shows_all = not len(step.activations) or len(rows) == len(places)
        return AttemptStep(
            number=step.number,
            steps=steps,
            fraction=(attempt * steps + step.number) / (self._recipe.restarts * steps),
            positions=tuple(position for position, place in shown if place is not None),
            # Indexing a GPU's tensor by a list waits for the GPU; mostly all images are shown.
            activations=step.activations[slice(len(places)) if shows_all else rows],
            images=lambda: step.images()[rows],
            checkpoints=lambda: self._checkpoints(attempt, step),
        )

    def _checkpoints(self, attempt: int, step: Step) -> list[Checkpoint]:
        states = dict(zip(self._current, step.states(), strict=False))  # without what fills up
        starts = dict(zip(self._current, self._starts, strict=False))
        peaks = dict(zip(self._current, self._peaks.tolist(), strict=True))
        films = dict(zip(self._current, self._films(), strict=True))
        return [
            Checkpoint(
                attempt,
                starts.get(i),
                peaks.get(i, 0.0),
                self._best[i],
                states.get(i),
                films.get(i),
            )
            for i in self._asked
        ]

    def _films(self) -> Sequence[Film | None]:
        """Return what was filmed of the current images in this attempt."""
        count = len(self._current)  # without what fills up
        return self._recorder.films()[:count] if self._recorder else [None] * count


def _of_attempt(request: Request, attempt: int) -> Request:
    """Return a request with the seed of its attempt; variants start where attempts would."""
    return replace(request, seed=attempt_seed(request.seed, attempt + request.variant))
