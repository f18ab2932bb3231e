"""How fast photos are indexed and an index is asked: ``python -m tests.benchmarks.exemplars``.

All 13 convolutions of VGG16, the same photos, one process for each way, in turn, three times; the
best of them counts, as other programs may take the cores:
convscope with everything it does (reading, resizing, network, statistics, saving), and beside it
the loops that one would write with Lucent's hooks and with torchvision's feature extractor, which
save nothing; zennit-crp's own collection of maxima where ``pip install zennit-crp`` brought it, on
fewer photos. Then an index of 10,000 photos and 512 channels is asked.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from convscope.core.exemplars.facts import IndexedLayer
from convscope.core.exemplars.index import ExemplarIndex, make_index
from convscope.core.exemplars.reader import ExemplarReader
from convscope.core.exemplars.results import LayerPart, LayerResult, Seen, SurveyResult
from convscope.core.exemplars.scan import PhotoFile, Scan
from tests.exemplars.folders import FIELDS, facts
from tests.samples import VGG16, position

PHOTOS = 24
ROUNDS = 3
CRP_PHOTOS = 4
ASKED_PHOTOS, ASKED_CHANNELS = 10_000, 512
SOURCES = Path(__file__).parents[1] / "photos"


def make_photos(folder: Path, count: int) -> None:
    """Make photos of 12 megapixels' shape, in the size that people send around."""
    sources = sorted(SOURCES.glob("*.jpg"))
    for number in range(count):
        with Image.open(sources[number % len(sources)]) as file:
            turned = file.rotate(3 * number).resize((1600, 1200) if number % 3 else (1200, 1600))
            turned.save(folder / f"{number:04d}.jpg", quality=90)


# ---- the ways ------------------------------------------------------------------------------


def by_convscope(paths: Sequence[Path]) -> Iterator[float]:
    """Index a folder as the worker does; yields once it is ready, and at the end."""
    from convscope.core.exemplars.scan import scan_folder
    from convscope.core.runner.rendering import Renderer
    from tests.exemplars.photographs import look, vgg16_facts

    with tempfile.TemporaryDirectory() as state:
        renderer = Renderer("cpu")
        index = make_index(Path(state, "index"), vgg16_facts(paths[0].parent))
        index.update(scan_folder(paths[0].parent))
        renderer.maps(index.facts.survey(index.folder, 0, 1))
        yield time.perf_counter()
        look(index, renderer)
        assert index.counts().done == len(paths)


def by_lucent(paths: Sequence[Path]) -> Iterator[float]:
    """Run the whole network with Lucent's hooks, photo by photo."""
    import torch
    from lucent.optvis.render import hook_model

    model = _vgg16()
    hook = hook_model(model, lambda: None)
    yield time.perf_counter()
    with torch.no_grad():
        for path in paths:
            model(_pixels(path))
            for layer in VGG16.layers:
                _statistics(hook(f"features_{position(layer.name)}"))


def by_torchvision(paths: Sequence[Path]) -> Iterator[float]:
    """Take the maps from torchvision's feature extractor, photo by photo."""
    import torch
    from torchvision.models.feature_extraction import create_feature_extractor

    nodes = [f"features.{position(layer.name)}" for layer in VGG16.layers]
    extractor = create_feature_extractor(_vgg16(), nodes)
    yield time.perf_counter()
    with torch.no_grad():
        for path in paths:
            for maps in extractor(_pixels(path)).values():
                _statistics(maps)


def by_crp(paths: Sequence[Path]) -> Iterator[float]:
    """Collect maxima as zennit-crp does, which also attributes them."""
    import torch
    from crp.attribution import CondAttribution
    from crp.concepts import ChannelConcept
    from crp.helper import get_layer_names
    from crp.visualization import FeatureVisualization
    from zennit.composites import EpsilonPlusFlat

    class Photos(torch.utils.data.Dataset[Any]):
        def __len__(self) -> int:
            return len(paths)

        def __getitem__(self, number: int) -> tuple[Any, int]:
            return _pixels(paths[number])[0], 0

    model = _vgg16()
    layers = {name: ChannelConcept() for name in get_layer_names(model, [torch.nn.Conv2d])}
    with tempfile.TemporaryDirectory() as folder:
        found = FeatureVisualization(
            CondAttribution(model), Photos(), layers, preprocess_fn=lambda x: x, path=folder
        )
        yield time.perf_counter()
        found.run(EpsilonPlusFlat(), 0, len(paths), 2, 100)  # it takes no single photos


WAYS: dict[str, Callable[[Sequence[Path]], Iterator[float]]] = {
    "convscope": by_convscope,
    "Lucent's hooks": by_lucent,
    "torchvision's extractor": by_torchvision,
    "zennit-crp": by_crp,
}


def _vgg16() -> Any:
    """torchvision's VGG16 with its classifier; what its weights are takes no time."""
    from torchvision.models import vgg16

    return vgg16(weights=None).eval().requires_grad_(requires_grad=False)


def _pixels(path: Path) -> Any:
    import torch

    with Image.open(path) as file:
        image = file.convert("RGB").resize((224, 224), Image.Resampling.BILINEAR)
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float().div_(255)


def _statistics(maps: Any) -> None:
    highest, places = maps.flatten(2).max(dim=2)
    _ = highest.numpy(), places.numpy(), maps.mean(dim=(2, 3)).numpy()


# ---- measuring -----------------------------------------------------------------------------


def measure(way: str, folder: Path) -> dict[str, float]:
    """Measure a way in this process."""
    paths = sorted(folder.glob("*.jpg"))
    if way == "zennit-crp":
        paths = paths[:CRP_PHOTOS]
    running = WAYS[way](paths)
    begun, cpu = next(running), time.process_time()
    for _ in running:
        pass
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"photos a second": len(paths) / seconds, "CPU s": cpu / len(paths), "peak MB": peak}


def measured(way: str, folder: Path) -> dict[str, float] | str:
    """Measure a way in a process of its own; returns why not where that fails."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.exemplars", "--way", way, "--folder", str(folder)],
        capture_output=True,
        check=False,
    )
    if ended.returncode:
        return ended.stderr.decode().strip().rpartition("\n")[2]
    found: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return found


def asked(folder: Path) -> dict[str, float]:
    """Return how many milliseconds an index takes to answer, once it has been asked before."""
    layer = IndexedLayer("conv5_1", ASKED_CHANNELS, 2)
    index = make_index(folder / "asked", facts(folder, [layer], side=224))
    photos = [PhotoFile(f"{number}.jpg".encode(), 1, number) for number in range(ASKED_PHOTOS)]
    index.update(Scan(photos))
    random = np.random.default_rng(0)
    for first in range(0, ASKED_PHOTOS, 1000):
        rows = range(first, first + 1000)
        values = random.normal(size=(1000, ASKED_CHANNELS)).astype(np.float32)
        places = random.integers(0, 196, values.shape).astype(np.uint32)
        part = LayerResult.of([LayerPart(values, values, places)])
        index.save(
            SurveyResult(
                key="k",
                fields=FIELDS[:1],
                seen=tuple(Seen(row, 224, 224, ((14, 14),)) for row in rows),
                missed=(),
                seconds=0.0,
                device="",
                layers=(part,),
            ),
            lambda: True,
        )
    reader = ExemplarReader(ExemplarIndex(index.folder))
    questions: dict[str, Callable[[int], object]] = {
        "top 9": lambda channel: reader.top("conv5_1", channel, 9),
        "standing of a value": lambda channel: reader.standing("conv5_1", channel, 2.0),
        "95% of all channels": lambda channel: reader.quantiles("conv5_1", 0.95 - channel / 1e6),
        "best of all channels": lambda channel: reader.best("conv5_1"),
    }
    found = {}
    for question, ask in questions.items():
        ask(0)
        times = []
        for channel in range(1, 30):
            begun = time.perf_counter()
            ask(channel)
            times.append(1000 * (time.perf_counter() - begun))
        found[question] = statistics.median(times)
    return found


def main() -> None:
    """Measure every way in a process of its own, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=PHOTOS)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        print(json.dumps(measure(options.way, options.folder)))
        return
    with tempfile.TemporaryDirectory() as folder:
        photos = Path(folder, "photos")
        photos.mkdir()
        make_photos(photos, options.photos)
        rounds = [{way: measured(way, photos) for way in WAYS} for _ in range(ROUNDS)]
        print(
            f"{'13 layers of VGG16':26}{'photos a second':>16}{'CPU s a photo':>15}{'peak MB':>10}"
        )
        for way in WAYS:
            found = [each[way] for each in rounds]
            told = [each for each in found if not isinstance(each, str)]
            if not told:
                print(f"{way:26} is left out: {found[0]}")
                continue
            rate = max(each["photos a second"] for each in told)
            cpu, peak = (min(each[name] for each in told) for name in ("CPU s", "peak MB"))
            print(f"{way:26}{rate:16.2f}{cpu:15.2f}{peak:10.0f}")
        print(
            f"\nan index of {ASKED_PHOTOS:,} photos and {ASKED_CHANNELS} channels is asked, in ms"
        )
        for question, milliseconds in asked(Path(folder)).items():
            print(f"{question:26}{milliseconds:8.1f}")


if __name__ == "__main__":
    main()
