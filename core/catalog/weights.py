"""Which weights a network carries and in which precision it runs, as the user names them.

Loading is ``convscope.core.networks.loaders``.
"""

import hashlib
import os
import re
from pathlib import Path
from typing import Literal

import msgspec

from convscope.core.system.errors import UserError
from convscope.core.system.named_files import absolute_path, open_regular
from convscope.core.system.text import nearest, printable

Precision = Literal["auto", "float32", "bfloat16"]
"""What a network computes in; ``auto`` is bfloat16 where the device has it in hardware."""

EMBEDDED_NAME = "embedded"
EMBEDDED_FILE = "vgg16-features.safetensors"
"""In the folder ``data`` of ``convscope.core.networks``."""
EMBEDDED_SHA256 = "608705a5e8e9a7d5d75e2eb4a72185943564b134fca29f49123ae440f73775ed"
TORCHVISION_NAMES = ("IMAGENET1K_V1", "IMAGENET1K_FEATURES")
TORCHVISION_SHA256 = {"IMAGENET1K_V1": "397923af", "IMAGENET1K_FEATURES": "88682ab5"}
"""How the digests of torchvision's files begin; their names end in it."""


class Weights(msgspec.Struct, frozen=True, omit_defaults=True):
    """A set of weights: embedded in the package, one of torchvision's, or a file."""

    name: str = EMBEDDED_NAME
    """``embedded``, a torchvision name, or the absolute path of a file."""
    sha256: str = ""
    """Digest of the file; empty for torchvision's, which are immutable under their name."""

    @property
    def is_file(self) -> bool:
        """Whether the user named a file."""
        return self.name not in (EMBEDDED_NAME, *TORCHVISION_NAMES)

    @property
    def usual_normalization(self) -> str:
        """The name of the normalisation that records and jobs mean when they name none.

        For files it is the one that earlier versions always used: whatever is known of the tensors
        now, pictures that were made before keep their meaning.
        """
        is_caffe = self.name == "IMAGENET1K_FEATURES" or self.sha256 == EMBEDDED_SHA256
        return "caffe" if is_caffe else "imagenet"

    def unusual(self, normalization: str) -> str:
        """Return a normalisation as jobs write it: '' where it is the usual one."""
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
    """How many times more weakly than usual they then respond under ``imagenet``."""

    def doubt(self, weights: Weights) -> str:
        """Say why ``imagenet`` may be wrong for them; '' where there is no reason to doubt it."""
        if not self.fitting:
            return ""
        return (
            f"--normalize imagenet is assumed for {printable(weights.name)}, but with it the first "
            f"convolution responds {self.weaker:,.0f} times more weakly than usual. Pass the one "
            f"that the network was trained with; --normalize {self.fitting} would fit."
        )


def parse_weights(text: str | None) -> Weights:
    """Read what ``--weights`` was given; ``None`` is the embedded ones.

    Raises:
        UserError: it is neither a known name nor a readable file of a known kind.
    """
    name = check_name(EMBEDDED_NAME if text is None else text)
    try:
        name.encode()
    except UnicodeEncodeError:  # records, which are text, hold the name
        raise UserError(
            f"The path --weights {printable(name, 200)} holds bytes that are no text; rename the "
            "file, or link to it under another name."
        ) from None
    if name == EMBEDDED_NAME:
        return EMBEDDED
    if name in TORCHVISION_NAMES:
        return Weights(name)
    path = _absolute(name)
    return Weights(str(path), _digest(path))


def check_name(text: str) -> str:
    """Return the name of weights, or the path of a file, which need not exist.

    A file may have any suffix; a word without one is a path only where such a file exists.

    Raises:
        UserError: it is neither a known name nor a path.
    """
    if text == EMBEDDED_NAME:
        return text
    if text.upper() in TORCHVISION_NAMES:
        return text.upper()
    if Path(text).suffix or "/" in text or os.path.exists(_absolute(text)):  # noqa: PTH110  Path's raises where a folder is closed
        return text
    names = (EMBEDDED_NAME, *TORCHVISION_NAMES)
    alike = nearest(text.upper(), names)
    hint = f"did you mean {alike}?" if alike else f"names are {', '.join(names)}"
    raise UserError(f"{printable(text)} names no weights ({hint}), and there is no such file.")


def _absolute(text: str) -> Path:
    return absolute_path(text, "The weights file", "check the path", about="weights")


def _digest(path: Path) -> str:
    try:
        with open_regular(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(
            f"The weights file {printable(path)} cannot be read ({error.strerror}); "
            "check the path.",
            about="weights",
        ) from error
