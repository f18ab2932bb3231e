"""Real photographs, and what VGG16 makes of them by the plainest code there is."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps
from safetensors.torch import load_file

from convscope.core.catalog.networks import network
from convscope.core.exemplars.facts import Facts, indexed_layer, rows_of_jobs
from convscope.core.exemplars.folders import index_folder
from convscope.core.exemplars.index import ExemplarIndex, make_index
from convscope.core.exemplars.results import SurveyResult
from convscope.core.exemplars.scan import scan_folder
from convscope.core.runner.executor import Pack
from convscope.core.runner.rendering import Renderer
from tests.exemplars.folders import facts
from tests.shared import CAFFE_MEAN, EMBEDDED_FILE

PHOTOS = Path(__file__).parents[1] / "photos"
STAMPS = Path("/usr/share/tuxpaint/stamps")
"""Of Debian's package ``tuxpaint-stamps-default``."""
DEBIAN = 147
VGG16 = network("vgg16")


def debian_photos() -> list[Path]:
    """147 photographs that were cut out, of at least 150 px; skips where they are not installed."""
    found = (path for path in sorted(STAMPS.rglob("*.png")) if _is_large(path))
    chosen = [path for path, _ in zip(found, range(DEBIAN), strict=False)]
    if len(chosen) < DEBIAN:
        pytest.skip("Debian's tuxpaint-stamps-default is not installed")
    return chosen


def _is_large(path: Path) -> bool:
    with Image.open(path) as file:
        return file.mode in ("RGBA", "LA") and min(file.size) >= 150


def vgg16_facts(folder: Path, layers: Sequence[str] = ()) -> Facts:
    """Facts about an index of VGG16, of all its layers unless some are named."""
    chosen = [layer for layer in VGG16.layers if not layers or layer.name in layers]
    return facts(folder, [indexed_layer(layer, VGG16.input_size) for layer in chosen], side=224)


def look(index: ExemplarIndex, renderer: Renderer, size: int = 32) -> None:
    """Look at all photos that are pending, in this process."""
    pending = [photo.row for photo in index.pending()]
    for first, rows in rows_of_jobs(pending, size):
        run = renderer.start(Pack((index.facts.survey(index.folder, first, rows),)))
        list(run)
        (encode,) = run.take().values()
        assert index.save(SurveyResult.from_bytes(encode().data), lambda: True)


def built_at_once(
    state: Path, folder: Path, renderer: Renderer, layers: Sequence[str] = ()
) -> ExemplarIndex:
    """An index of a folder that was made without being disturbed."""
    index = make_index(index_folder(state, "whole"), vgg16_facts(folder, layers))
    index.update(scan_folder(folder))
    look(index, renderer)
    return index


def brute_force(path: Path) -> Mapping[str, np.ndarray]:
    """Run VGG16 by hand, layer by layer: the maps of each, ``(C, h, w)``."""
    image = _framed(ImageOps.exif_transpose(Image.open(path)))
    x = torch.from_numpy(np.array(image)).permute(2, 0, 1).float()
    x = (x - 255 * CAFFE_MEAN.float())[None]
    found = {}
    for name, weight, bias in _convolutions():
        if name.endswith("_1") and name != "conv1_1":
            x = F.max_pool2d(x, 2)
        x = F.conv2d(x, weight, bias, padding=1)
        found[name] = x[0].numpy().copy()
        x = F.relu(x)
    return found


def _framed(image: Image.Image) -> Image.Image:
    """A photo on grey, with as many pixels as 224² has."""
    if image.mode in ("RGBA", "LA"):
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, (128, 128, 128, 255))
        image = Image.alpha_composite(ground, image)
    image = image.convert("RGB")
    width, height = image.size
    assert max(width, height) <= 4 * min(width, height)
    new_width = round(224 * (width / height) ** 0.5)
    return image.resize((new_width, 224 * 224 // new_width), Image.Resampling.BILINEAR)


def _convolutions() -> Iterator[tuple[str, torch.Tensor, torch.Tensor]]:
    tensors = load_file(EMBEDDED_FILE)
    for layer in VGG16.layers:
        key = next(name for name in tensors if f".{layer.node}." in f".{name}").rpartition(".")[0]
        yield layer.name, tensors[f"{key}.weight"].float(), tensors[f"{key}.bias"].float()
