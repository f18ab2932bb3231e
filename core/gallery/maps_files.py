"""Feature maps on disk: a NumPy file of float16 with its record behind the numbers.

They are kept so that the way back to a layer costs nothing. All of them together are bounded, since
they can be made again from the photo: the ones that were wanted last stay.
"""

import contextlib
import math
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from convscope.core.catalog.networks import network
from convscope.core.gallery.records import MapsRecord, decode
from convscope.core.system.errors import UserError
from convscope.core.system.files import replace_file
from convscope.core.tasks.feature_maps import FeatureMaps

if TYPE_CHECKING:  # NumPy costs 80 ms; the first frame has no maps
    import numpy as np
    from numpy.typing import NDArray

KEPT_BYTES = 512 * 2**20
"""Of all maps in a folder: those of some twenty photos in all layers of VGG16."""
_SUFFIX = ".npy"
_LARGEST_HALF = 2.0**15
"""Up to which float16 holds numbers with a margin; values are scaled to reach it, or tiny ones of
layers before a small normalisation would lose their digits."""
_RECORD_BYTES = 4096


class MapsFile(NamedTuple):
    """The maps of a layer over a photo."""

    record: MapsRecord
    values: "NDArray[np.float32]"
    """``(channels, h, w)``, before the activation, to three significant digits."""


def maps_path(folder: Path, task: FeatureMaps) -> Path:
    """Where the maps of a task lie, or are to lie."""
    layer = re.sub(r"[^A-Za-z0-9._]+", "_", task.layer)[:40]
    return folder / f"{task.sha256[:16]}-{task.digest}-{layer}{_SUFFIX}"


def most_map_bytes(task: FeatureMaps) -> int:
    """Return what the maps of a task take on a disk at most."""
    known = network(task.model)
    layer = known.layer(task.layer)
    places = 1 if layer.kind == "fc" else (known.input_size / layer.stride + 4) ** 2
    return math.ceil(2 * layer.channels * places * 1.5) + _RECORD_BYTES


def encoded_maps(values: "NDArray[np.float32]", record: MapsRecord) -> bytes:
    """Return the content of a file; the record's ``scale`` is the one that is used.

    Args:
        values: ``(channels, h, w)``, all finite.
        record: what is known of them.
    """
    import io  # noqa: PLC0415  with NumPy

    import numpy as np  # noqa: PLC0415

    highest = float(np.abs(values).max(initial=0.0))
    scale = 2.0 ** math.ceil(math.log2(highest / _LARGEST_HALF)) if highest > 0 else 1.0
    file = io.BytesIO()
    np.save(file, (values / scale).astype(np.float16))
    file.write(msgspec.json.encode(msgspec.structs.replace(record, scale=scale)))
    return file.getvalue()


def read_maps(path: Path) -> MapsFile | None:
    """Read maps; ``None`` where there are none, or they are damaged."""
    import numpy as np  # noqa: PLC0415  80 ms

    with contextlib.suppress(OSError, ValueError, UserError), path.open("rb") as file:
        stored = np.lib.format.read_array(file, allow_pickle=False)
        record = decode(file.read(_RECORD_BYTES), path, MapsRecord)
        if stored.ndim == 3 and stored.dtype == np.float16:
            os.utime(path)  # those that are looked at are the last to go
            return MapsFile(record, stored.astype(np.float32) * np.float32(record.scale))
    return None


def read_maps_record(path: Path) -> MapsRecord | None:
    """Return the record of maps that are there whole, without reading them."""
    import numpy as np  # noqa: PLC0415

    with contextlib.suppress(OSError, ValueError, UserError), path.open("rb") as file:
        np.lib.format.read_magic(file)
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        file.seek(math.prod(shape) * dtype.itemsize, os.SEEK_CUR)
        return decode(file.read(_RECORD_BYTES), path, MapsRecord)
    return None


def save_maps(path: Path, content: bytes, still: Callable[[], bool]) -> bool:
    """Save maps as :func:`~convscope.core.gallery.outputs.save_file`, and drop the oldest."""
    is_saved = replace_file(path, lambda file: file.write(content), still)
    prune(path.parent)
    return is_saved


def prune(folder: Path, limit: int = KEPT_BYTES) -> None:
    """Remove the maps that were not wanted for the longest time, until so many bytes are left.

    The newest file stays, however large it is: otherwise it would be made again and again.
    """
    found: list[tuple[float, int, Path]] = []
    for path in folder.glob(f"*{_SUFFIX}"):
        with contextlib.suppress(OSError):
            status = path.stat()
            found.append((status.st_mtime, status.st_size, path))
    total = 0
    for number, (_, size, path) in enumerate(sorted(found, reverse=True)):
        total += size
        if number and total > limit:
            with contextlib.suppress(OSError):
                path.unlink()
