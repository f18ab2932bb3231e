"""Jobs, records and pictures that tests share; nothing here needs torch."""

from pathlib import Path

from PIL import Image

from convscope.core.ascent.recipes import PRESETS, Recipe
from convscope.core.catalog.targets import parse_targets
from convscope.core.gallery.paths import picture_path
from convscope.core.gallery.pictures import write_picture
from convscope.core.gallery.records import Record
from convscope.core.jobs.claims import Claims
from convscope.core.jobs.specs import JobSpec, specs_for
from convscope.core.jobs.store import JobStore


def jobs(*targets: str, recipe: Recipe = PRESETS["crisp"], seed: int = 0) -> list[JobSpec]:
    """The jobs of targets as typed."""
    return specs_for(parse_targets(targets), recipe, seed=seed)


def signed_on(store: JobStore, name: str = "mine-1") -> Claims:
    """The claims of a worker that has a lease."""
    found = Claims(store.database, name)
    found.sign_on()
    return found


def job(target: str, **numbers: object) -> JobSpec:
    """One job."""
    return jobs(target, **numbers)[0]  # type: ignore[arg-type]


def record_of(spec: JobSpec, *, verdict: str = "excited") -> Record:
    """A record as the maker would write it for this job."""
    return Record(
        model=spec.model,
        weights=spec.weights.name,
        weights_sha256=spec.weights.sha256,
        layer=spec.layer,
        channel=spec.channel,
        recipe=spec.recipe,
        seed=spec.seed,
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
        normalization=spec.input_normalization,
    )


def save(gallery: Path, spec: JobSpec, *, verdict: str = "excited") -> Path:
    """Put a grey picture of this job into a gallery, as if it had been made."""
    path = picture_path(gallery, spec)
    side = spec.recipe.resolution
    image = Image.new("RGB", (side, side), (spec.channel % 256, 128, 128))
    write_picture(path, image, record_of(spec, verdict=verdict))
    return path
