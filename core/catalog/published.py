"""The weights that torchvision publishes for its networks, known without importing it.

``python -m tests.catalog.torchvision`` writes ``published.json``, and ``imagenet.txt`` with the
names of the classes; a test compares both with torchvision.
"""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

URL = "https://download.pytorch.org/models/"
"""Where all the files are downloaded from."""


class PublishedWeights(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A set of weights that torchvision publishes for one network."""

    name: str
    """What torchvision calls them, such as ``IMAGENET1K_V2``."""
    file: str
    mebibytes: float
    """Size of the file, as torchvision tells it."""
    giga_macs: float
    """Multiplications of the whole network for one image of its size, in 10⁹."""
    normalization: str = "imagenet"
    """What they expect of an image, by its name.

    It is ``half`` for GoogLeNet and Inception v3: torchvision's own convert ``imagenet`` to that
    (``transform_input``), and are built here without the conversion."""
    has_classes: bool = True
    """Whether they have a head, for the 1,000 classes of ImageNet."""

    @property
    def classes(self) -> int:
        """How many classes they tell apart; 0 where they have no head."""
        return 1000 if self.has_classes else 0

    @property
    def megabytes(self) -> float:
        """Size of the file in millions of bytes, as downloads are given."""
        return self.mebibytes * 2**20 / 1e6

    @property
    def where(self) -> str:
        """Whether the file is here, or else how much is to be downloaded, in a few words."""
        return "here" if self.is_here else f"{self.megabytes:,.0f} MB to download"

    @property
    def sha256(self) -> str:
        """How the digest of the file begins: 8 or 10 hexadecimal digits."""
        return self.file.removesuffix(".pth").rpartition("-")[2]

    @property
    def path(self) -> Path:
        """Where torchvision keeps the file once it is downloaded; it need not exist."""
        return cache_folder() / self.file

    @property
    def is_here(self) -> bool:
        """Whether that file is there."""
        return os.path.exists(self.path)  # noqa: PTH110  Path's raises where a folder is closed


def published(model: str) -> tuple[PublishedWeights, ...]:
    """Return all weights that torchvision publishes for a network, its default first."""
    return _all().get(model, ())


def published_as(model: str, name: str) -> PublishedWeights | None:
    """Return the weights of that name, if torchvision publishes them for the network."""
    return next((each for each in published(model) if each.name == name), None)


def published_with(model: str, sha256: str) -> PublishedWeights | None:
    """Return the weights whose file has that digest, if torchvision publishes them for it."""
    return next((each for each in published(model) if sha256.startswith(each.sha256)), None)


def imagenet_classes() -> tuple[str, ...]:
    """Return torchvision's names of ImageNet's 1,000 classes, in order."""
    text = Path(__file__).with_name("imagenet.txt").read_text(encoding="utf-8")
    return tuple(text.splitlines())


def cache_folder() -> Path:
    """Return where torchvision keeps the weights that it downloads."""
    caches = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("TORCH_HOME", f"{caches}/torch")
    # Not Path.expanduser: that raises where there is no home folder.
    return Path(os.path.expanduser(home), "hub", "checkpoints")  # noqa: PTH111


@cache
def _all() -> Mapping[str, tuple[PublishedWeights, ...]]:
    shipped = Path(__file__).with_name("published.json").read_bytes()
    return msgspec.json.decode(shipped, type=dict[str, tuple[PublishedWeights, ...]])
