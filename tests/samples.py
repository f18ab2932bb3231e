"""Jobs, records and pictures that tests share; nothing here needs torch."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from PIL import Image

from convscope.core.ascent.recipes import PRESETS, Recipe, override
from convscope.core.catalog.networks import network
from convscope.core.catalog.targets import parse_targets
from convscope.core.gallery.animations import AnimationEncoder
from convscope.core.gallery.outputs import Artifact, save_file
from convscope.core.gallery.paths import picture_path
from convscope.core.gallery.pictures import encoded_picture
from convscope.core.gallery.records import FORMAT, USUAL_FORMAT, AnimationRecord, Record
from convscope.core.jobs.claims import Claims
from convscope.core.jobs.store import JobStore
from convscope.core.tasks.animation import Animate, Container, animation_of
from convscope.core.tasks.start_image import StartImage
from convscope.core.tasks.visualize import Visualize, tasks_for

VGG16 = network("vgg16")


def position(layer: str) -> int:
    """Where a layer of VGG16 stands in ``features``."""
    return int(VGG16.layer(layer).node.removeprefix("features."))


def jobs(*targets: str, recipe: Recipe = PRESETS["crisp"], seed: int = 0) -> list[Visualize]:
    """The jobs of targets as typed."""
    return tasks_for(parse_targets(targets), recipe, seed=seed)


def signed_on(store: JobStore, name: str = "mine-1") -> Claims:
    """The claims of a worker that has a lease."""
    found = Claims(store.database, name)
    found.sign_on()
    return found


def job(target: str, **numbers: object) -> Visualize:
    """One job."""
    return jobs(target, **numbers)[0]  # type: ignore[arg-type]


def from_photo(
    task: Visualize, path: str = "/photos/cat.jpg", sha256: str = "ab" * 32, keep: float = 1.0
) -> Visualize:
    """The same job, started from a photo."""
    recipe = override(task.recipe, keep=keep)
    start = StartImage(sha256, path)
    return msgspec.structs.replace(task, recipe=recipe, start_image=start)


def record_of(task: Visualize, *, verdict: str = "excited") -> Record:
    """A record as the maker would write it for this job."""
    return Record(
        model=task.model,
        weights=task.weights.name,
        weights_sha256=task.weights.sha256,
        layer=task.layer,
        channel=task.channel,
        recipe=task.recipe,
        seed=task.seed,
        activation=1234.5,
        start_activation=-3.25,
        verdict=verdict,  # type: ignore[arg-type]
        steps_run=64,
        attempts=[1234.5],
        seconds=1.5,
        device="a CPU",
        precision="float32",
        versions={"convscope": "0.1.0", "torch": "2.10"},
        created="2026-01-02T03:04:05+00:00",
        normalization=task.input_normalization,
        start_image=task.start_image,
        format=FORMAT if task.start_image else USUAL_FORMAT,
    )


def write_picture(path: Path, image: Image.Image, record: Record) -> None:
    """Save an image with its record, as if it had been made."""
    save_file(path, Artifact(record, encoded_picture(image, record)), lambda: True)


def animate(
    container: Container = "webp",
    *,
    target: str = "conv5_1:25",
    frames: int = 5,
    curve: bool = False,
) -> Animate:
    """The job of an animation."""
    return animation_of(job(target, seed=3), frames=frames, curve=curve, container=container)


def save_animation(gallery: Path, task: Animate, images: Sequence[Image.Image] = ()) -> Path:
    """Put an animation into a gallery: of these images, or of greys, each of them twice."""
    images = images or [Image.new("RGB", (24, 24), (i // 2 * 9,) * 3) for i in range(task.frames)]
    asked = {name: getattr(task, name) for name in ("frames", "curve", "container")}
    record = AnimationRecord(**msgspec.structs.asdict(record_of(task)), **asked)
    encoder = AnimationEncoder(record)
    for image in images:
        encoder.add(image)
    path = picture_path(gallery, task)
    save_file(path, Artifact(record, encoder.file()), lambda: True)
    return path


def save(gallery: Path, task: Visualize, *, verdict: str = "excited") -> Path:
    """Put a grey picture of this job into a gallery, as if it had been made."""
    path = picture_path(gallery, task)
    save_file(path, made(task, verdict=verdict), lambda: True)
    return path


def made(task: Visualize, *, verdict: str = "excited") -> Artifact:
    """A grey picture of this job that is not saved yet."""
    side = task.recipe.resolution
    image = Image.new("RGB", (side, side), (task.channel % 256, 128, 128))
    record = record_of(task, verdict=verdict)
    return Artifact(record, encoded_picture(image, record))
