"""Which weights a network carries and in which precision it runs, as the user names them.

Loading is ``convscope.core.networks.loaders``.
"""

import os
import re
from pathlib import Path
from typing import Literal

import msgspec

from convscope.core.catalog.networks import DEFAULT_NETWORK
from convscope.core.catalog.published import published
from convscope.core.system.errors import UserError
from convscope.core.system.named_files import absolute_path, digest_of
from convscope.core.system.text import nearest, printable

Precision = Literal["auto", "float32", "bfloat16"]
"""What a network computes in; ``auto`` is bfloat16 where the device has it in hardware."""

EMBEDDED_NAME = "embedded"
EMBEDDED_FILE = "vgg16-features.safetensors"
"""In the folder ``data`` of ``convscope.core.networks``."""
EMBEDDED_SHA256 = "608705a5e8e9a7d5d75e2eb4a72185943564b134fca29f49123ae440f73775ed"
BUILTIN_NAME = "builtin"
"""The weights that the user's own network is built with; for timm's networks, their default."""
DEFAULT_NAME = "DEFAULT"
"""Stands for the first of torchvision's names, or for ``builtin``."""
TORCHVISION_NAMES = (
    "IMAGENET1K_V1",
    "IMAGENET1K_V2",
    "IMAGENET1K_FEATURES",
    "IMAGENET1K_SWAG_E2E_V1",
    "IMAGENET1K_SWAG_LINEAR_V1",
)
"""For all its networks; :func:`weights_names` gives those of one."""


class Weights(msgspec.Struct, frozen=True, omit_defaults=True):
    """A set of weights: embedded in the package, one of torchvision's, or a file."""

    name: str = EMBEDDED_NAME
    """``embedded``, ``builtin``, a torchvision name, or the absolute path of a file."""
    sha256: str = ""
    """Digest of the file; empty for torchvision's, which are immutable under their name, and for
    ``builtin``, where the name of the network holds a digest."""

    @property
    def is_file(self) -> bool:
        """Whether the user named a file."""
        return self.name not in (EMBEDDED_NAME, BUILTIN_NAME, *TORCHVISION_NAMES)

    @property
    def usual_normalization(self) -> str:
        """What records and jobs mean that name no normalisation, by its name.

        For files this is what versions took that knew no other: what is known of their tensors
        changes nothing about pictures that were made before.
        """
        is_caffe = self.name == "IMAGENET1K_FEATURES" or self.sha256 == EMBEDDED_SHA256
        return "caffe" if is_caffe else "imagenet"

    def unusual(self, normalization: str) -> str:
        """Return a normalisation as jobs hold it: '' where it is the usual one."""
        return "" if normalization == self.usual_normalization else normalization

    @property
    def label(self) -> str:
        """A short name that is safe in a file name and differs for different files."""
        if not self.is_file:
            return self.name.lower()
        stem = re.sub(r"[^A-Za-z0-9._]+", "_", Path(self.name).stem)[:40].strip("._") or "file"
        return f"{stem}_{self.sha256[:8]}"


EMBEDDED = Weights(EMBEDDED_NAME, EMBEDDED_SHA256)


class WeightsFacts(msgspec.Struct, frozen=True):
    """What was found out about weights that can be used."""

    normalization: str = ""
    """The one they are known to expect, by its name; '' where that is not known."""
    fitting: str = ""
    """The one that would fit their first convolution, where ``imagenet``, which is assumed of
    unknown weights, does not; '' where it does."""
    weaker: float = 1.0
    """How many times more weakly than usual they then respond under ``imagenet``; below 1 it is
    more strongly."""
    classes: int = 0
    """How many classes they have; 0 where they have no head that fits, or it is not known."""
    missing: tuple[str, ...] = ()
    """The modules of the head of which they have no parameters that fit."""

    def lack(self, node: str) -> bool:
        """Whether a layer's parameters are missing, or some of a part of the network."""
        return any(f"{module}.".startswith(f"{node}.") for module in self.missing)

    def doubt(self, weights: Weights) -> str:
        """Say why ``imagenet`` may be wrong for them; '' where there is no reason to doubt it."""
        if not self.fitting:
            return ""
        times = max(self.weaker, 1 / self.weaker)
        shown = f"{times:.1f}" if times < 10 else f"{times:,.0f}"
        how = "weakly" if self.weaker > 1 else "strongly"
        name = "the model's own weights" if weights.name == BUILTIN_NAME else weights.name
        return (
            f"--normalize imagenet is assumed for {printable(name)}, but with it the first "
            f"convolution responds {shown} times more {how} than usual. Pass the one that the "
            f"network was trained with; --normalize {self.fitting} would fit."
        )


def weights_names(model: str) -> tuple[str, ...]:
    """Return the names of a network's weights, the default first.

    A network that is not torchvision's has only ``builtin``.
    """
    embedded = (EMBEDDED_NAME,) if model == DEFAULT_NETWORK else ()
    return embedded + tuple(each.name for each in published(model)) or (BUILTIN_NAME,)


def parse_weights(text: str | None, model: str = DEFAULT_NETWORK) -> Weights:
    """Read what ``--weights`` was given for a network; ``None`` is its default.

    Raises:
        UserError: it is neither a name of the network's weights nor a file that can be read.
    """
    name = weights_names(model)[0] if text is None else check_name(text, model)
    try:
        name.encode()
    except UnicodeEncodeError:  # records, which are text, hold the name
        raise UserError(
            f"The path --weights {printable(name, 200)} contains bytes that are not text; rename "
            "the file, or link to it under another name."
        ) from None
    if name == EMBEDDED_NAME:
        return EMBEDDED
    if name == DEFAULT_NAME:
        name = next(each for each in weights_names(model) if each != EMBEDDED_NAME)
    if name in (BUILTIN_NAME, *TORCHVISION_NAMES):
        return Weights(name)
    path = _absolute(name)
    return Weights(str(path), _digest(path))


def check_name(text: str, model: str = DEFAULT_NETWORK) -> str:
    """Return the name of weights, or the path of a file, which need not exist.

    A file may have any suffix; a word without one is a path only where such a file exists.

    Raises:
        UserError: it is neither a name of the network's weights nor a path.
    """
    names = weights_names(model)
    if text in names:
        return text
    if text.upper() in (*names, DEFAULT_NAME):
        return text.upper()
    if Path(text).suffix or "/" in text or os.path.exists(_absolute(text)):  # noqa: PTH110  Path's raises where a folder is closed
        return text
    alike = nearest(text.upper(), names)
    hint = f"did you mean {alike}?" if alike else f"names are {', '.join(names)}"
    of = "" if model == DEFAULT_NETWORK else f" of {printable(model, 80)}"
    raise UserError(f"{printable(text)} names no weights{of} ({hint}), and there is no such file.")


def _absolute(text: str) -> Path:
    return absolute_path(text, "The weights file", "check the path", about="weights")


def _digest(path: Path) -> str:
    return digest_of(path, "The weights file", about="weights")
