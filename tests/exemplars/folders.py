"""Folders of files that are called like photos, and indexes filled without a network."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from convscope.core.catalog.geometry import Field, Window
from convscope.core.catalog.subjects import Subject
from convscope.core.exemplars.facts import Facts, IndexedLayer
from convscope.core.exemplars.index import ExemplarIndex, make_index
from convscope.core.exemplars.results import LayerPart, LayerResult, Missed, Seen, SurveyResult
from convscope.core.exemplars.scan import scan_folder

LAYERS = (IndexedLayer("conv1", 3, 2), IndexedLayer("conv2", 2, 4))
FIELDS = (
    Field(Window(1, -1, 1), Window(1, -1, 1), "exact"),
    Field(Window(8, -30, 33), Window(8, -30, 33), "exact"),
)
WIDTH, HEIGHT = 48, 32
MAPS = ((HEIGHT, WIDTH), (HEIGHT // 8, WIDTH // 8))


def photo(folder: Path, name: str, content: bytes = b"a photo") -> Path:
    """Put a file into a folder that is called like a photo."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def facts(folder: Path, layers: Sequence[IndexedLayer] = LAYERS, side: int = 40) -> Facts:
    """Facts about an index of a folder."""
    return Facts(
        key="k", folder=os.fsencode(folder), subject=Subject(), side=side, layers=tuple(layers)
    )


def index_of(folder: Path, at: Path) -> ExemplarIndex:
    """An index of a folder that was looked through, still empty."""
    index = make_index(at, facts(folder))
    index.update(scan_folder(folder))
    return index


def excited(path: Path, channels: int) -> np.ndarray:
    """What a file excites here: numbers that follow from its content."""
    seed = int.from_bytes(hashlib.sha256(path.read_bytes()).digest()[:7], "little")
    return np.random.default_rng(seed).normal(size=channels).astype(np.float32)


def result_of(index: ExemplarIndex, rows: Sequence[int] = (), **told: object) -> SurveyResult:
    """What looking at pending photos comes to; all of them unless some rows are named."""
    photos = [each for each in index.pending() if not rows or each.row in rows]
    readable = [each for each in photos if b"broken" not in each.path.read_bytes()]
    layers, count = [], len(index.facts.layers)
    fields, maps = (*FIELDS, *FIELDS[1:] * count), (*MAPS, *MAPS[1:] * count)
    for layer, size in zip(index.facts.layers, maps, strict=False) if readable else ():
        highest = np.stack([excited(each.path, layer.channels) for each in readable])
        places = (np.abs(highest) * 1000).astype(np.uint32) % (size[0] * size[1])
        layers.append(LayerResult.of([LayerPart(highest, highest / 2, places)]))
    return SurveyResult(
        key=str(told.get("key", "k")),
        fields=fields[:count],
        seen=tuple(Seen(each.row, WIDTH, HEIGHT, maps[: max(2, count)]) for each in readable),
        missed=tuple(
            Missed(each.row, "unreadable", "it is broken")
            for each in photos
            if each not in readable
        ),
        seconds=0.25,
        device="a CPU",
        layers=tuple(layers),
    )


def fill(index: ExemplarIndex) -> None:
    """Look at all photos that are pending."""
    if index.pending():
        assert index.save(result_of(index), lambda: True)
