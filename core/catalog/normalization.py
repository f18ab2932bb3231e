"""What networks expect of an image: its colours minus a mean, divided by a deviation."""

import math
import re
from dataclasses import dataclass

from convscope.core.system.errors import UserError
from convscope.core.system.text import printable

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Normalization:
    """What a network expects of RGB in 0..1: ``(rgb - mean) / std``."""

    mean: Triple
    std: Triple
    is_bgr: bool = False
    """Whether the network takes blue first; mean and deviation are in the order of RGB."""


IMAGENET = Normalization((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""torchvision's convention, and the normalised RGB of the pixel parameterization."""

CAFFE = Normalization((0.48235, 0.45882, 0.40784), (1 / 255, 1 / 255, 1 / 255))
"""The Visual Geometry Group's own release, in torchvision's RGB order: 0..255 minus the mean."""

NAMED = {
    "imagenet": IMAGENET,
    "caffe": CAFFE,
    "caffe-bgr": Normalization(CAFFE.mean, CAFFE.std, is_bgr=True),
    "half": Normalization((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "raw": Normalization((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
}
"""By the names that ``--normalize`` takes and records hold."""

_EXAMPLE = "0.485,0.456,0.406/0.229,0.224,0.225"
_WRITE = f"write {', '.join(NAMED)}, or MEAN/STD such as {_EXAMPLE}"
_SMALLEST_STD = 1e-4
_LARGEST_STD = 10.0


def parse_normalization(text: str) -> Normalization:
    """Read one of the names, or ``MEAN/STD`` of RGB in 0..1: three numbers each, or one for all.

    Raises:
        UserError: it is neither, or no network could work with it.
    """
    if text.lower() in NAMED:
        return NAMED[text.lower()]
    mean_text, slash, std_text = text.partition("/")
    mean, std = _triple(mean_text), _triple(std_text)
    if not slash or mean is None or std is None:
        raise _refused(text, "is not a normalisation", _WRITE)
    if max(map(abs, mean)) > 1 or max(std) > _LARGEST_STD:
        raise _refused(
            text, "is for colours in 0..255", "divide both by 255: here they are in 0..1"
        )
    if min(std) < _SMALLEST_STD:
        raise _refused(text, "has a standard deviation of 0 or less", _WRITE)
    return Normalization(mean, std)


def named(text: str) -> str:
    """Return a normalisation as records write it: by its name where it has one.

    Raises:
        UserError: as :func:`parse_normalization`.
    """
    parsed = parse_normalization(text)
    for name, known in NAMED.items():
        if parsed == known:
            return name
    return f"{','.join(map(str, parsed.mean))}/{','.join(map(str, parsed.std))}"


def _triple(text: str) -> Triple | None:
    numbers = [_number(part) for part in re.split(r"\s*,\s*", text.strip())]
    if len(numbers) == 1:
        numbers *= 3
    if len(numbers) != 3 or not all(map(math.isfinite, numbers)):
        return None
    return numbers[0], numbers[1], numbers[2]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _refused(text: str, why: str, remedy: str) -> UserError:
    return UserError(f"--normalize {printable(text, 80)} {why}; {remedy}.", about="normalize")
