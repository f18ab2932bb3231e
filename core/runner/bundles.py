"""Bundles: the checkpoints of a pack in one file, and where each of them lies. No torch.

A bundle is a file of safetensors; each tensor is the bytes of one checkpoint, and its name tells
whose it is and how far that is: https://github.com/huggingface/safetensors#format. Earlier versions
wrote a file for each job, which is read as before.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import msgspec

from convscope.core.ascent.moments import moment_of

SUFFIX = ".checkpoints"
"""Of bundles; those of earlier versions that sweep leave it alone."""
OLD_SUFFIX = ".safetensors"
_LONGEST_HEAD = 2**24


class _Tensor(msgspec.Struct):
    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


@dataclass(frozen=True)
class Stored:
    """One checkpoint on the disk."""

    name: str
    """Whose it is."""
    moment: tuple[float, float]
    """Attempt and step; of two of one job, the one that is further is to be used."""
    path: Path
    first: int
    """Where it begins in the file."""
    size: int

    def read(self) -> bytes:
        """Return it.

        Raises:
            OSError: it cannot be read, or is not there any more.
        """
        with self.path.open("rb") as file:
            file.seek(self.first)
            return file.read(self.size)


def bundle_name(names: Collection[str]) -> str:
    """Return what the file is called that holds checkpoints of these jobs; others' is another."""
    told = "\n".join(sorted(names))
    return f"pack-{sha256(told.encode()).hexdigest()[:8]}{SUFFIX}"


def write_bundle(file: BinaryIO, checkpoints: Mapping[str, bytes]) -> None:
    """Write checkpoints.

    Raises:
        ValueError: one is damaged.
        OSError: the disk is full.
    """
    head, first = {}, 0
    for name, checkpoint in checkpoints.items():
        attempt, number = moment_of(checkpoint)
        size = len(checkpoint)
        told = f"{name} {attempt} {'end' if number is None else number}"
        head[told] = _Tensor("U8", (size,), (first, first + size))
        first += size
    written = msgspec.json.encode(head)
    written += b" " * (-len(written) % 8)
    file.write(len(written).to_bytes(8, "little") + written)
    for checkpoint in checkpoints.values():
        file.write(checkpoint)


def stored(folder: Path) -> Iterator[Stored]:
    """Return all checkpoints of a folder; files that are damaged have none, or not all."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        yield from _in_bundle(path)
    for path in sorted(folder.glob(f"*{OLD_SUFFIX}")):
        yield Stored(path.stem, _moment_in(path), path, 0, -1)


def furthest(found: Iterable[Stored]) -> dict[str, Stored]:
    """Return of each job the checkpoint that is furthest."""
    best: dict[str, Stored] = {}
    for each in found:
        known = best.get(each.name)
        if known is None or (each.moment, each.path.name) > (known.moment, known.path.name):
            best[each.name] = each
    return best


def _in_bundle(path: Path) -> list[Stored]:
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            head = file.read(min(length, _LONGEST_HEAD))
        tensors = msgspec.json.decode(head, type=dict[str, _Tensor])
        found = [_stored(path, 8 + length, told, each) for told, each in tensors.items()]
        whole = path.stat().st_size
    except (OSError, msgspec.DecodeError, ValueError):
        return []
    return [each for each in found if each.first + each.size <= whole]


def _stored(path: Path, start: int, told: str, tensor: _Tensor) -> Stored:
    name, attempt, number = told.split(" ")
    step = math.inf if number == "end" else int(number)
    first, end = tensor.data_offsets
    return Stored(name, (int(attempt), step), path, start + first, end - first)


def _moment_in(path: Path) -> tuple[float, float]:
    try:
        attempt, number = moment_of(path.read_bytes())
    except (OSError, ValueError):
        return -1, -1
    return attempt, math.inf if number is None else number
