"""Checkpoints: an image in the making, as bytes, from which it goes on to the same picture.

The network's weights are not in them. The bytes are safetensors, which hold plain numbers only;
what is not a tensor is in one of them as JSON.
"""

from dataclasses import dataclass

import msgspec
import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from convscope.core.ascent.film import Film
from convscope.core.ascent.loop import ImageState
from convscope.core.ascent.moments import STORY, Moment
from convscope.core.ascent.results import Result
from convscope.core.ascent.scoring import Score
from convscope.core.ascent.verdicts import Verdict


@dataclass(frozen=True)
class Checkpoint:
    """How far one image is, over all its attempts."""

    attempt: int
    """From 0."""
    start: Score | None
    """Of the image that this attempt started from."""
    peak: float
    """Largest value of the map so far in this attempt."""
    best: Result | None
    """Of the attempts that ended."""
    state: ImageState | None
    """Of the attempt that goes on; ``None`` when ``best`` is all there will be."""
    film: Film | None = None
    """Of that attempt as far as it is, where one was asked for."""

    def to_bytes(self) -> bytes:
        """Write it down; with Adam three times the image's parameters and 5 KB more.

        A film is not compressed.
        """
        tensors = dict(self.state.tensors) if self.state else {}
        best = None
        if self.best:
            told = {name: getattr(self.best, name) for name in _Best.__struct_fields__}
            best = _Best(**{**told, "film": _put(tensors, _BEST_FILM, self.best.film)})
            tensors[_PIXELS] = torch.from_numpy(np.ascontiguousarray(self.best.pixels))
        number = self.state.number if self.state else None
        film = _put(tensors, _FILM, self.film)
        story = msgspec.json.encode(_Story(self.attempt, number, self.start, self.peak, best, film))
        tensors[STORY] = torch.frombuffer(bytearray(story), dtype=torch.uint8)
        return save(tensors)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Checkpoint":
        """Read it.

        Raises:
            ValueError: the bytes are no checkpoint, or only a part of one.
        """
        try:
            tensors = load(data)
            story = msgspec.json.decode(bytes(tensors.pop(STORY).tolist()), type=_Story)
            film, best = _taken(tensors, _FILM, story.film), None
            if story.best:
                told = msgspec.structs.asdict(story.best)
                told["film"] = _taken(tensors, _BEST_FILM, story.best.film)
                best = Result(pixels=tensors.pop(_PIXELS).numpy(), **told)
        except (SafetensorError, msgspec.DecodeError, KeyError) as error:
            raise ValueError("the checkpoint is damaged") from error
        state = None if story.number is None else ImageState(story.number, tensors)
        return cls(story.attempt, story.start, story.peak, best, state, film)


_PIXELS = "best.pixels"
_FILM = "film"
_BEST_FILM = "best.film"
_Activations = tuple[float, ...] | None
"""Of a film's frames, which are a tensor; ``None`` where there is no film."""


def _put(tensors: dict[str, Tensor], name: str, film: Film | None) -> _Activations:
    """Put a film's frames among the tensors, and return what is no tensor of it."""
    if film is None:
        return None
    tensors[name] = torch.from_numpy(np.ascontiguousarray(film.frames))
    return film.activations


def _taken(tensors: dict[str, Tensor], name: str, activations: _Activations) -> Film | None:
    """Take a film from where :func:`_put` put it."""
    return None if activations is None else Film(tensors.pop(name).numpy(), activations)


class _Best(msgspec.Struct):
    score: Score
    start_activation: float
    verdict: Verdict
    peak: float
    attempts: tuple[float, ...]
    steps_run: int
    film: _Activations = None


class _Story(Moment):
    start: Score | None
    peak: float
    best: _Best | None
    film: _Activations = None
