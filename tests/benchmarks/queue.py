"""How fast the queue answers: ``python -m tests.benchmarks.queue``.

A batch of all of VGG16's channels is queued, listed and cancelled by the real commands beside a
worker at full load; the same again with 100,000 jobs done in the store. An empty Python stands
beside them, since starting it is a part of every command. Then: how long the jobs of a small batch
wait behind a large one, and how soon a peek is answered during a pack.
"""

import argparse
import functools
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from convscope.core.ascent.recipes import DRAFT, PRESETS, override
from convscope.core.catalog.targets import parse_targets
from convscope.core.jobs.database import QUEUE_NAME
from convscope.core.jobs.store import JobStore
from convscope.core.tasks.visualize import Visualize, tasks_for
from tests.benchmarks.peek import peek_seconds
from tests.conftest import COMMAND
from tests.running import ENDLESS, Running, running, until
from tests.samples import VGG16

RUNS = 5
DONE = 100_000
ALL = [f"{layer.name}:*" for layer in VGG16.layers]


def seconds(work: Callable[[], object]) -> float:
    """Return how long a piece of work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


class Bench:
    """One state folder, its commands, and a worker at full load beside them."""

    def __init__(self, here: Running) -> None:
        self.here = here

    def command(self, *words: str) -> str:
        """Run a command; returns its standard output."""
        environment = {"CONVSCOPE_STATE": str(self.here.state), "PATH": "/usr/bin:/bin"}
        ended = subprocess.run(
            [*COMMAND, *words], check=True, capture_output=True, text=True, env=environment
        )
        return ended.stdout

    def add_all(self, preset: str = "crisp") -> str:
        """Queue every channel, for no worker to make before the benchmark ends."""
        gallery = str(self.here.gallery)
        words = ["queue", "add", *ALL, "--preset", preset, "--gallery", gallery, "--no-start"]
        return self.command(*words).strip()

    def rows(self) -> list[tuple[str, str, float]]:
        """Measure in turn; returns what, budget and seconds."""
        found: dict[str, list[float]] = {}

        def measure(what: str, work: Callable[[], object]) -> None:
            found.setdefault(what, []).append(seconds(work))

        for _ in range(RUNS):
            measure(
                "python -c pass", lambda: subprocess.run([COMMAND[0], "-c", "pass"], check=True)
            )
            measure("queue add, 4,224 jobs|1.0", self.add_all)
            measure("queue list|0.2", lambda: self.command("queue", "list", "--json"))
            newest = str(self.here.store.batches()[0].id)
            cancel = functools.partial(self.command, "queue", "cancel", newest)
            measure("queue cancel, 4,224 jobs|1.0", cancel)
        return [
            (what.partition("|")[0], what.partition("|")[2] or "-", statistics.median(each))
            for what, each in found.items()
        ]


def fill(store: JobStore, gallery: Path) -> None:
    """Enter jobs that were done long ago, in batches of a layer's size."""
    tasks = tasks_for(parse_targets(["conv5_3:*"]), PRESETS["crisp"])
    for number in range(-(-DONE // len(tasks))):
        found = [(task, 1.0, "excited") for task in tasks]
        store.add_found(f"old {number}", found[: DONE - number * len(tasks)], gallery)


def turn_seconds(here: Running) -> tuple[float, float]:
    """Return how long a batch of 5 takes that comes behind one of 500, and that one's share."""
    quick = override(PRESETS["crisp"], resolution=48, steps=8)
    large = here.queue(_tasks("conv3_1:0-249", quick) + _tasks("conv3_2:0-249", quick))
    until(lambda: here.store.batch(large).done > 0)
    begun = time.perf_counter()
    small = here.queue(_tasks("conv2_1:0-4", quick))
    until(lambda: not here.store.batch(small).open)
    took = time.perf_counter() - begun
    return took, here.store.batch(large).done / 500


def _tasks(target: str, recipe: object) -> list[Visualize]:
    return tasks_for(parse_targets([target]), recipe)  # type: ignore[arg-type]


def table(title: str, rows: Sequence[tuple[str, str, float]]) -> None:
    """Print figures beside their budgets."""
    print(f"\n{title:44} {'median':>8} {'budget':>8}")
    for what, budget, took in rows:
        print(f"{what:44} {took:7.3f}s {budget:>8}", flush=True)


def main() -> None:
    """Measure, and print tables."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as here:
        bench = Bench(here)
        load = here.queue(_tasks("conv5_1:0-7", ENDLESS))
        here.start()
        here.until_step()
        before = bench.rows()
        table("beside a worker at full load", before)
        size = (here.state / QUEUE_NAME).stat().st_size
        print(f"the queue of {len(here.store.jobs()):,} jobs: {size / 1e6:.1f} MB")

        fill(here.store, here.gallery)
        after = bench.rows()
        table(f"with {DONE:,} jobs done in the store", after)
        ratios = [
            f"{new / old:.1f}" for (_, _, new), (_, _, old) in zip(after, before, strict=True)
        ]
        print(f"times as long as before: {', '.join(ratios)}")

        drafts = _tasks("conv4_1:20-24", DRAFT)
        peeks = [peek_seconds(here.state, here.gallery, draft) for draft in drafts]
        table("during a pack of 8", [("peek of conv4_1", "1.0", statistics.median(peeks))])

        here.store.cancel(load)
        took, share = turn_seconds(here)
        table("turns", [("5 jobs behind 500", "-", took)])
        print(f"of the 500, {share:.0%} were done by then")


if __name__ == "__main__":
    main()
