"""A world in memory: a feed that records what is asked of it, and pictures of a few colours."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from convscope.core.ascent.recipes import DRAFT, PRESETS, Recipe
from convscope.core.ascent.tuning import fitted
from convscope.core.catalog.networks import network
from convscope.core.catalog.subjects import Subject
from convscope.core.catalog.targets import Target
from convscope.core.gallery.atlas.reader import Atlas, Tile
from convscope.core.gallery.paths import picture_path
from convscope.core.gallery.records import Record
from convscope.core.jobs.rows import Job
from convscope.core.runner.gpu_figures import GpuFigures
from convscope.core.runner.live import Live, LiveFrame
from convscope.core.runner.wishes import Watched
from convscope.core.system.errors import UserError
from convscope.core.tasks.feature_maps import FeatureMaps
from convscope.core.tasks.visualize import Visualize, tasks_for
from convscope.tui.explorer.feed import (
    Indexing,
    NameOf,
    News,
    QueueCounts,
    Queued,
    WorkerState,
)
from tests.explorer.fake_batches import FakeBatches
from tests.samples import write_picture

CRISP = PRESETS["crisp"]


def task(channel: int = 0, recipe: Recipe = DRAFT, layer: str = "conv5_3") -> Visualize:
    """The job of one channel, with a recipe as it suits the layer where there is such a one."""
    with suppress(UserError):
        vgg16 = network("vgg16")
        recipe = fitted(recipe, vgg16, vgg16.layer(layer))
    return tasks_for([Target("vgg16", layer, channel)], recipe)[0]


def image(seed: int = 0, side: int = 48) -> Image.Image:
    """A picture of four flat quarters: few segments, so that a snapshot of it stays small."""
    colours = [((seed * 67 + i * 59) % 256, (seed * 31 + i * 97) % 256, 90) for i in range(4)]
    picture = Image.new("RGB", (2, 2))
    for i, colour in enumerate(colours):
        picture.putpixel((i % 2, i // 2), colour)
    return picture.resize((side, side), Image.Resampling.NEAREST)


def record(of: Visualize, verdict: str = "excited", activation: float = 4561.2) -> Record:
    """The record of a picture."""
    return Record(
        model=of.model, weights=of.weights.name, weights_sha256=of.weights.sha256,
        layer=of.layer, channel=of.channel, recipe=of.recipe, seed=of.seed,
        activation=activation, start_activation=-3.0, verdict=verdict, steps_run=of.recipe.steps,
        attempts=[activation], seconds=1.0, device="test", precision="float32", versions={},
        created="2026-01-01T00:00:00Z", start_image=of.start_image,
    )  # fmt: skip


def save(gallery: Path, of: Visualize, verdict: str = "excited", *, side: int = 48) -> Path:
    """Put a real PNG on the shelf."""
    path = picture_path(gallery, of)
    write_picture(path, image(of.channel, side), record(of, verdict))
    return path


def frame(of: Visualize, steps: int = 10, side: int = 48) -> LiveFrame:
    """A live frame with a curve of so many steps."""
    return LiveFrame(
        key=of.digest, model=of.model, weights=of.weights.label, layer=of.layer, channel=of.channel,
        preset=of.recipe.preset, curve=[float(i * i) for i in range(steps)], size=side,
        rgb=image(of.channel, side).tobytes(),
    )  # fmt: skip


@dataclass
class FakeFeed:
    """Holds still unless a test changes it."""

    gallery: Path = Path("/pictures/convscope-gallery")
    live: Live = field(default_factory=lambda: Live(device="test device", activity="idle"))
    worker_runs: bool = True
    worker_starts: bool = False
    worker_stopped: bool = False
    workers: Sequence[WorkerState] = ()
    gpus: dict[str, GpuFigures] = field(default_factory=dict)
    batches: FakeBatches = field(default_factory=FakeBatches)
    advice: str = ""
    counts: QueueCounts = field(default_factory=QueueCounts)
    files: dict[Visualize, Path] = field(default_factory=dict)
    jobs: dict[Visualize, Job] = field(default_factory=dict)
    news: list[News] = field(default_factory=list)
    requests: list[tuple[list[Visualize], str, bool]] = field(default_factory=list)
    wishes: list[tuple[Visualize | None, list[Visualize]]] = field(default_factory=list)
    maps_wishes: list[FeatureMaps | None] = field(default_factory=list)
    watched: list[Watched] = field(default_factory=list)
    maps: dict[str, Path] = field(default_factory=dict)
    """Files of the maps of the photo that is open, by layer."""
    usual: dict[str, Sequence[float]] = field(default_factory=dict)
    atlas: Atlas | None = None
    indexes: Path | None = None
    """The state folder that has indexes of photos."""
    refusal: str = ""
    damaged: Collection[Visualize] = ()
    answer: Queued | None = None

    def poll(self) -> News:
        return self.news.pop(0) if self.news else News(changed=True)

    def find(self, task: Visualize) -> Path | None:
        return self.files.get(task)

    def find_tile(self, task: Visualize) -> Tile | None:
        return self.atlas.find(task) if self.atlas is not None else None

    def jobs_like(self, task: Visualize) -> dict[int, Job]:
        alike = (job for asked, job in self.jobs.items() if asked.pack_kind == task.pack_kind)
        return {job.task.channel: job for job in alike}

    def wish(
        self,
        peek: Visualize | None,
        visible: Sequence[Visualize],
        maps: FeatureMaps | None = None,
    ) -> None:
        self.wishes.append((peek, list(visible)))
        self.maps_wishes.append(maps)

    def watch(self, *watched: Watched) -> None:
        self.watched = list(watched)

    def find_maps(self, task: FeatureMaps) -> Path | None:
        return self.maps.get(task.layer)

    def photo_indexes(self) -> Path | None:
        return self.indexes

    def index_photos(self, folder: Path, subject: Subject, layer: str) -> Indexing:
        raise UserError(f"There is no photo in the folder {folder}; name another one.")

    def usual_peaks(self, subject: Subject, layer: str) -> Sequence[float] | None:
        return self.usual.get(layer)

    def queue(
        self,
        tasks: Sequence[Visualize],
        name: str | NameOf,
        *,
        urgent: bool = False,
        damaged: Collection[Visualize] = (),
    ) -> Queued:
        if self.refusal:
            raise UserError(self.refusal)
        self.damaged = damaged
        missing = [each for each in tasks if each not in self.files and each not in self.jobs]
        called = name if isinstance(name, str) else name(missing or tasks)
        self.requests.append((tasks, called, urgent))
        if self.answer is not None:
            return self.answer
        batch = self.batches.put(called, tasks, "queued")
        return Queued(added=len(tasks), batch=batch, name=called)

    def start_worker(self) -> None:
        self.worker_starts = not self.worker_runs
        self.worker_stopped = False

    def close(self) -> None:
        pass

    def put_job(self, of: Visualize, state: str, error: str | None = None) -> None:
        """Say that a job is in the queue."""
        job = Job(len(self.jobs) + 1, 1, of, self.gallery, state, 1, error=error)
        self.jobs[of] = job
