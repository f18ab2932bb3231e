"""How long a peek takes: ``python -m tests.benchmarks.peek``.

A real worker, warm and idle, is wished a draft of each layer in turn, as the explorer wishes it;
the time runs until a first frame can be shown, and until the whole picture lies in the gallery.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

from convscope.core.ascent.recipes import DRAFT
from convscope.core.ascent.tuning import fitted
from convscope.core.catalog.networks import network
from convscope.core.gallery.paths import picture_path
from convscope.core.runner.client import start_runner
from convscope.core.runner.live import LiveReader
from convscope.core.runner.wishes import Wishes, wish_box
from convscope.core.tasks.visualize import Visualize
from tests.samples import VGG16

FIRST_BUDGET = 1.0
"""Seconds on a CPU, of which the explorer spends 0.15 to be sure that a person rests there."""
BUDGET = 0.6
"""Seconds, on two cores with bfloat16 in hardware."""
CHANNELS = (20, 33, 46)
PATIENCE = 120.0


def peek_seconds(state: Path, gallery: Path, task: Visualize) -> tuple[float, float]:
    """Return the seconds from a wish to its first frame, and to its picture."""
    wishes, reader, path = wish_box(state), LiveReader(state), picture_path(gallery, task)
    first = 0.0
    begun = time.perf_counter()
    wishes.send("benchmark", Wishes(os.fsencode(gallery), peek=task))
    while not path.exists():
        time.sleep(0.002)
        live = reader.poll()
        if not first and live and any(frame.key == task.digest for frame in live.frames):
            first = time.perf_counter() - begun
        if time.perf_counter() - begun > PATIENCE:
            raise TimeoutError(f"no draft of {task.target} after {PATIENCE:.0f} s; see the log")
    seconds = time.perf_counter() - begun
    wishes.clear("benchmark")
    return first or seconds, seconds


def main() -> None:
    """Measure every layer, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    columns = ("first", "most", "budget", "whole", "most", "budget")
    print(f"{'layer':10}" + "".join(f"{column:>9}" for column in columns))
    with tempfile.TemporaryDirectory() as folder:
        state, gallery = Path(folder, "state"), Path(folder, "gallery")
        state.mkdir()
        worker = start_runner(state, device=options.device)
        assert worker is not None
        try:
            peek_seconds(state, gallery, _draft("conv5_3", 0))  # warm: torch and weights loaded
            for layer in VGG16.layers:
                drafts = [_draft(layer.name, channel) for channel in CHANNELS]
                peek_seconds(state, gallery, _draft(layer.name, 1))
                found = [peek_seconds(state, gallery, draft) for draft in drafts]
                row = f"{layer.name:10}"
                budgets = (FIRST_BUDGET, BUDGET)
                for seconds, budget in zip(zip(*found, strict=True), budgets, strict=True):
                    median, most = statistics.median(seconds), max(seconds)
                    row += f"{median:8.2f}s{most:8.2f}s{budget:8.1f}s"
                print(row, flush=True)
        finally:
            worker.terminate()
            worker.wait()


def _draft(layer: str, channel: int) -> Visualize:
    vgg16 = network("vgg16")
    recipe = fitted(DRAFT, vgg16, vgg16.layer(layer))
    return Visualize(model="vgg16", layer=layer, channel=channel, recipe=recipe)


if __name__ == "__main__":
    main()
