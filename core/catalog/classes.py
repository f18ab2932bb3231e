"""The names of a network's classes."""

import re
from collections.abc import Sequence
from pathlib import Path

from convscope.core.catalog.published import imagenet_classes, published_as, published_with
from convscope.core.catalog.weights import Weights
from convscope.core.system.errors import UserError
from convscope.core.system.named_files import open_regular
from convscope.core.system.text import printable

_LIMIT = 2**22
"""Largest size in bytes of a file of names."""


def class_names(model: str, weights: Weights, labels: Path | None = None) -> tuple[str, ...]:
    """Return the names of the classes, in order; nothing where they are not known.

    Args:
        model: the network's name.
        weights: the names are known for torchvision's, by name or digest.
        labels: a file with a name on each line, which is used instead.

    Raises:
        UserError: the file cannot be read, or holds no names.
    """
    if labels is not None:
        return _read(labels)
    known = (
        published_with(model, weights.sha256)
        if weights.is_file
        else published_as(model, weights.name)
    )
    return imagenet_classes() if known and known.has_classes else ()


def as_word(name: str) -> str:
    """Return the name of a class as one word, which no shell takes apart: ``golden_retriever``."""
    return re.sub(r"[\W_]+", "_", name).strip("_")


def find_classes(text: str, names: Sequence[str]) -> list[int]:
    """Return the numbers of the classes of a name, as it is or as one word in any case.

    Two classes may have one name.
    """
    exact = [number for number, name in enumerate(names) if name == text.strip()]
    word = as_word(text).casefold()
    return exact or [
        number for number, name in enumerate(names) if word and as_word(name).casefold() == word
    ]


def check_count(names: tuple[str, ...], labels: Path, classes: int) -> None:
    """Make sure that a file names as many classes as the network has; 0 means unknown.

    Raises:
        UserError: it names fewer or more.
    """
    if classes and len(names) != classes:
        raise UserError(
            f"The file of --labels {printable(labels)} names {len(names):,} classes, but the "
            f"network has {classes:,}.",
            about="labels",
        )


def _read(path: Path) -> tuple[str, ...]:
    try:
        with open_regular(path) as file:
            content = file.read(_LIMIT + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise _refused(path, f"cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise _refused(path, "is not text in UTF-8; save it as such") from error
    names = tuple(printable(line.strip(), 80) for line in text.rstrip().splitlines())
    if len(content) > _LIMIT or not all(names) or not names:
        raise _refused(path, "should hold the name of a class on each line")
    return names


def _refused(path: Path, why: str) -> UserError:
    return UserError(f"The file of --labels {printable(path)} {why}.", about="labels")
