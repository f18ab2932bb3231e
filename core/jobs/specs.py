"""A job's specification: one target, one recipe, one seed, and so one image."""

import hashlib
from collections.abc import Callable

import msgspec

from core.ascent.recipes import Recipe
from core.catalog.targets import Target
from core.catalog.weights import EMBEDDED, Precision, Weights


class JobSpec(msgspec.Struct, frozen=True, kw_only=True):
    """All that decides how an image comes out; equal specs make equal images on one device."""

    model: str
    layer: str
    channel: int
    recipe: Recipe
    seed: int = 0
    weights: Weights = EMBEDDED
    precision: Precision = "auto"

    @property
    def target(self) -> Target:
        """The channel this job is about."""
        return Target(self.model, self.layer, self.channel)

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits that differ for different specs; they stand in the file name.

        A weights file counts by its label, which holds its digest, so moving it changes nothing.
        """
        spec = msgspec.structs.replace(self, weights=Weights(self.weights.label))
        return hashlib.sha256(msgspec.json.encode(spec, order="sorted")).hexdigest()[:8]

    def packs_with(self, other: "JobSpec") -> bool:
        """Whether both can be optimised in one tensor: same network, layer and recipe."""
        return self.kind == other.kind

    @property
    def kind(self) -> "JobSpec":
        """This spec without what may differ between the images of one pack."""
        return msgspec.structs.replace(self, channel=0, seed=0)


def specs_for(
    targets: list[Target],
    recipe: Recipe,
    *,
    seed: int = 0,
    weights: Weights = EMBEDDED,
    precision: Precision = "auto",
) -> list[JobSpec]:
    """Return one job for each target, all with the same recipe and seed."""
    return [
        JobSpec(
            model=target.model,
            layer=target.layer,
            channel=target.channel,
            recipe=recipe,
            seed=seed,
            weights=weights,
            precision=precision,
        )
        for target in targets
    ]


def packs(specs: list[JobSpec], size: Callable[[JobSpec], int]) -> list[list[JobSpec]]:
    """Group jobs that can share a tensor, keeping their order.

    Args:
        specs: the jobs.
        size: largest pack for jobs like this one.
    """
    groups: dict[JobSpec, list[JobSpec]] = {}
    for spec in specs:
        groups.setdefault(spec.kind, []).append(spec)
    return [
        group[i : i + size(group[0])]
        for group in groups.values()
        for i in range(0, len(group), size(group[0]))
    ]
