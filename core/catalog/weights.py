"""Which weights a network carries and in which precision it runs, as the user names them.

Loading is ``core.networks.weights``.
"""

import hashlib
import re
from pathlib import Path
from typing import Literal

import msgspec

from core.errors import UserError
from core.text import nearest, printable

Precision = Literal["auto", "float32", "bfloat16"]
"""What a network computes in; ``auto`` is bfloat16 where the device has it in hardware."""

EMBEDDED_NAME = "embedded"
EMBEDDED_SHA256 = "608705a5e8e9a7d5d75e2eb4a72185943564b134fca29f49123ae440f73775ed"
TORCHVISION_NAMES = ("IMAGENET1K_V1", "IMAGENET1K_FEATURES")
FILE_SUFFIXES = (".safetensors", ".pth", ".pt")


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
    def label(self) -> str:
        """A short name that is safe in a file name and differs for different files."""
        if not self.is_file:
            return self.name.lower()
        stem = re.sub(r"[^A-Za-z0-9._]+", "_", Path(self.name).stem)[:40].strip("._") or "file"
        return f"{stem}_{self.sha256[:8]}"


EMBEDDED = Weights(EMBEDDED_NAME, EMBEDDED_SHA256)


def parse_weights(text: str | None) -> Weights:
    """Read what ``--weights`` was given; ``None`` is the embedded ones.

    Raises:
        UserError: it is neither a known name nor a readable file of a known kind.
    """
    name = check_name(EMBEDDED_NAME if text is None else text)
    try:
        name.encode()
    except UnicodeEncodeError:  # it goes into records, which are text
        raise UserError(
            f"The path --weights {printable(name, 200)} holds bytes that are no text; rename the "
            "file, or link to it under another name."
        ) from None
    if name == EMBEDDED_NAME:
        return EMBEDDED
    if name in TORCHVISION_NAMES:
        return Weights(name)
    path = Path(name).expanduser().absolute()
    return Weights(str(path), _digest(path))


def check_name(text: str) -> str:
    """Return the name of weights, or the path of a file, which need not be there.

    Raises:
        UserError: it is neither a known name nor a file of a known kind.
    """
    if text == EMBEDDED_NAME or Path(text).suffix in FILE_SUFFIXES:
        return text
    if text.upper() in TORCHVISION_NAMES:
        return text.upper()
    names = (EMBEDDED_NAME, *TORCHVISION_NAMES)
    alike = nearest(text.upper(), names)
    hint = f"did you mean {alike}?" if alike else f"names are {', '.join(names)}"
    raise UserError(
        f"{printable(text)} is no name of weights ({hint}) and "
        f"no file ending in {', '.join(FILE_SUFFIXES)}."
    )


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(
            f"The weights file {printable(path)} cannot be read ({error.strerror}); "
            "check the path.",
            about="weights",
        ) from error
