"""How long a peek takes: ``python -m tests.benchmarks.peek``.

A real worker, warm and idle, is wished a draft of each layer in turn, as the explorer wishes it;
the time runs until the whole picture lies in the gallery.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from core.ascent.recipes import DRAFT
from core.catalog.models import VGG16
from core.gallery.paths import picture_path
from core.jobs.specs import JobSpec
from core.runner.client import start_runner
from core.runner.wishes import Wishes, WishWriter

BUDGET = 0.6
"""Seconds, on two cores with bfloat16 in hardware."""
CHANNELS = (20, 33, 46)
PATIENCE = 120.0


def peek_seconds(writer: WishWriter, gallery: Path, spec: JobSpec) -> float:
    """Return the seconds from a wish to its picture."""
    path = picture_path(gallery, spec)
    begun = time.perf_counter()
    writer.write(Wishes(str(gallery), peek=spec))
    while not path.exists():
        time.sleep(0.002)
        if time.perf_counter() - begun > PATIENCE:
            raise TimeoutError(f"no draft of {spec.target} after {PATIENCE:.0f} s; see the log")
    seconds = time.perf_counter() - begun
    writer.clear()
    return seconds


def main() -> None:
    """Measure every layer, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    print(f"{'layer':10} {'median':>8} {'most':>8} {'budget':>8}")
    with tempfile.TemporaryDirectory() as folder:
        state, gallery = Path(folder, "state"), Path(folder, "gallery")
        state.mkdir()
        worker = start_runner(state, device=options.device)
        assert worker is not None
        try:
            writer = WishWriter(state, "benchmark")
            peek_seconds(writer, gallery, _draft("conv5_3", 0))  # warm: torch and weights loaded
            for layer in VGG16.layers:
                drafts = [_draft(layer.name, channel) for channel in CHANNELS]
                peek_seconds(writer, gallery, _draft(layer.name, 1))
                found = [peek_seconds(writer, gallery, draft) for draft in drafts]
                print(
                    f"{layer.name:10} {statistics.median(found):7.2f}s {max(found):7.2f}s "
                    f"{BUDGET:7.1f}s",
                    flush=True,
                )
        finally:
            worker.terminate()
            worker.wait()


def _draft(layer: str, channel: int) -> JobSpec:
    return JobSpec(model="vgg16", layer=layer, channel=channel, recipe=DRAFT)


if __name__ == "__main__":
    main()
