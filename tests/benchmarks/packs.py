"""What a pack costs, beside an earlier version: ``python -m tests.benchmarks.packs COMMIT``.

Both versions run at the same time, each in a process of its own, and are measured in turns, so that
the ratios hold where the seconds do not. Pictures a minute count the ascent of packs as a worker
makes them on a CPU, scores included and saving not; by the clock, and by the time that processors
spent, which other programs hardly change. Operations and waits for a device are those of one step.
``--json FILE`` writes the figures.
"""

import argparse
import json
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from tests.launches import Launches

ROOT = Path(__file__).parents[2]


class Version:
    """A process that measures one version of the code."""

    def __init__(self, packages: Path, threads: int) -> None:
        """Start it.

        Args:
            packages: a folder in which ``convscope`` lies.
            threads: that torch computes with.
        """
        paths = os.pathsep.join([str(packages), str(ROOT)])
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from tests.benchmarks.packs import serve; serve()"],
            env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": str(threads)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, what: str, *case: object) -> list[float]:
        """Have it measured."""
        pipes = self._process.stdin, self._process.stdout
        assert pipes[0]
        assert pipes[1]
        print(json.dumps([what, *case]), file=pipes[0], flush=True)
        answer: list[float] = json.loads(pipes[1].readline())
        return answer

    def end(self) -> None:
        """Let it end."""
        self._process.communicate()


def serve() -> None:
    """Measure what lines of standard input ask for, and answer each with a line."""
    for line in sys.stdin:
        what, *case = json.loads(line)
        print(json.dumps({"pack": seconds, "step": counts}[what](*case)), flush=True)


def seconds(layer: str, preset: str, images: int) -> list[float]:
    """Make a pack; return the seconds that passed, and those that processors spent."""
    from convscope.core.ascent.attempts import make_images
    from convscope.core.ascent.loop import Request
    from convscope.core.ascent.tuning import suited
    from convscope.core.catalog.networks import network
    from tests.shared import probe_at

    requests = [Request(channel, seed=0) for channel in range(images)]
    known = network("vgg16")
    making = make_images(
        probe_at(layer, "auto"), requests, suited(preset, known, known.layer(layer))
    )
    begun = time.perf_counter(), time.process_time()
    for _ in making:
        pass
    return [time.perf_counter() - begun[0], time.process_time() - begun[1]]


def counts(layer: str, side: int, images: int) -> list[float]:
    """Return how many operations a step of a draft takes, and for how many it waits."""
    from convscope.core.ascent.loop import Request, ascend
    from convscope.core.ascent.recipes import PRESETS, override
    from tests.shared import probe_at

    requests = [Request(channel, seed=0) for channel in range(images)]
    recipe = override(PRESETS["draft"], resolution=side)
    going = ascend(probe_at(layer, "auto"), requests, recipe)
    next(going), next(going)  # what happens once
    with Launches() as launches:
        next(going)
    return [launches.number, len(launches.waited)]


def measure(
    before: Version, after: Version, cases: list[list[str]], images: int, rounds: int
) -> Iterator[dict[str, object]]:
    """Measure packs of each layer and preset in turns; yields figures, the best of all rounds."""
    for layer, preset in cases:
        case = "pack", layer, preset, images
        first = [version.ask(*case) for version in (before, after)]
        made = [[version.ask(*case) for version in (before, after)] for _ in range(rounds)]
        best = [[min(each[i][k] for each in made) for k in (0, 1)] for i in (0, 1)]
        yield {
            "layer": layer,
            "preset": preset,
            "a_minute": [60 * images / wall for wall, _ in best],
            "a_processor_minute": [60 * images / spent for _, spent in best],
            "first_pack_processor_seconds": [spent for _, spent in first],
        }


def packages(commit: str, folder: Path) -> Path:
    """Lay out a commit's packages in a folder, and return it."""
    archive = subprocess.run(
        ["git", "archive", commit, "core", "tui"], cwd=ROOT, check=True, capture_output=True
    )
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as files:
        files.extractall(folder / "convscope", filter="data")
    return folder


def main() -> None:
    """Measure, print, and write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", help="the commit to measure beside")
    parser.add_argument("--cases", default="conv1_1,conv2_2,conv3_1,conv5_1,conv5_1:crisp")
    parser.add_argument("--images", type=int, default=8, help="of a pack")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    cases = [[*case.split(":"), "draft"][:2] for case in options.cases.split(",")]
    figures: dict[str, object] = {"torch": torch.__version__, "threads": options.threads}
    rows = figures["packs"] = []
    steps = figures["steps"] = []
    with TemporaryDirectory() as folder, TemporaryDirectory() as here:
        (Path(here) / "convscope").symlink_to(ROOT)
        places = packages(options.before, Path(folder)), Path(here)
        before, after = (Version(place, options.threads) for place in places)
        for layer, side in (("conv1_1", 32), ("conv1_1", 64)):
            found = [version.ask("step", layer, side, 64) for version in (before, after)]
            steps.append(
                {"layer": layer, "side": side, "images": 64, "operations_and_waits": found}
            )
            print(f"a step of 64 of {layer} at {side} px: operations and waits {found}")
        print(f"{'pictures a minute':20} {'by the clock':>24} {'of processors':>24}")
        for row in measure(before, after, cases, options.images, options.rounds):
            rows.append(row)
            told = [
                f"{old:8.0f} {new:7.0f} × {new / old:4.2f}"
                for old, new in (row["a_minute"], row["a_processor_minute"])
            ]
            print(f"{row['layer']} {row['preset']:12} {told[0]:>24} {told[1]:>24}", flush=True)
        before.end(), after.end()
    load = os.getloadavg()[0]
    figures["load"] = load
    print(f"torch {torch.__version__}, {options.threads} threads, load {load:.1f}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
