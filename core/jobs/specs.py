"""A job's specification: one target, one recipe, one seed, and so one image."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeGuard

import msgspec

from convscope.core.ascent.recipes import FORMER_NAMES, Recipe, check_seed, checked
from convscope.core.catalog.models import model
from convscope.core.catalog.normalization import parse_normalization
from convscope.core.catalog.targets import Target
from convscope.core.catalog.weights import EMBEDDED, Precision, Weights
from convscope.core.system.errors import UserError


class JobSpec(msgspec.Struct, frozen=True, kw_only=True):
    """All that decides how an image comes out; equal specs make equal images on one device."""

    model: str
    layer: str
    channel: int
    recipe: Recipe
    seed: int = 0
    weights: Weights = EMBEDDED
    precision: Precision = "auto"
    direction: tuple[float, ...] = ()
    """Weights of all the layer's channels, for the direction objective; the target's channel then
    only numbers the direction."""
    variant: int = 0
    """Which of the recipe's variants of the target this is."""
    normalization: str = ""
    """What the weights expect of an image, as ``--normalize`` has it; '' where it is their
    ``usual_normalization``."""

    @property
    def input_normalization(self) -> str:
        """What the network is given, by its name or as numbers."""
        return self.normalization or self.weights.usual_normalization

    @property
    def target(self) -> Target:
        """The channel this job is about."""
        return Target(self.model, self.layer, self.channel)

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits that differ for different specs; they stand in the file name.

        A weights file counts by its label, which holds its digest, so moving it changes nothing. A
        preset that was renamed counts by its former name.
        """
        import hashlib  # noqa: PLC0415  a twentieth of the time of queue list

        preset = FORMER_NAMES.get(self.recipe.preset, self.recipe.preset)
        recipe = msgspec.structs.replace(self.recipe, preset=preset)
        spec = msgspec.structs.replace(self, weights=Weights(self.weights.label), recipe=recipe)
        return hashlib.sha256(spec.encoded()).hexdigest()[:8]

    def packs_with(self, other: "JobSpec") -> bool:
        """Whether both can be optimised in one tensor: same network, layer and recipe."""
        return self.pack_kind == other.pack_kind

    @property
    def group(self) -> "JobSpec":
        """This spec without the variant: what the variants of one target share."""
        return msgspec.structs.replace(self, variant=0)

    @property
    def pack_kind(self) -> "JobSpec":
        """This spec without what may differ between the images of one pack."""
        return msgspec.structs.replace(self, channel=0, seed=0, direction=(), variant=0)

    def encoded(self) -> bytes:
        """Write it as JSON that is equal for equal specs.

        What has its default is left out, so that a field added later changes nothing.
        """
        return msgspec.json.encode(_without_defaults(self), order="sorted")


def specs_for(
    targets: list[Target],
    recipe: Recipe,
    *,
    seed: int = 0,
    weights: Weights = EMBEDDED,
    precision: Precision = "auto",
    directions: Sequence[tuple[float, ...]] = (),
) -> list[JobSpec]:
    """Return one job for each target, or one for each of the recipe's variants of it.

    Args:
        targets: what to look for.
        recipe: how, for all of them.
        seed: of their noise.
        weights: the network's parameters.
        precision: what the network runs in.
        directions: for the direction objective, by the target's channel number.
    """
    return [
        JobSpec(
            model=target.model,
            layer=target.layer,
            channel=target.channel,
            recipe=recipe,
            seed=seed,
            weights=weights,
            precision=precision,
            direction=directions[target.channel] if directions else (),
            variant=variant,
        )
        for target in targets
        for variant in range(recipe.variants)
    ]


def check_job(spec: JobSpec) -> JobSpec:
    """Return a job unchanged, or say why it cannot be made; its target is known to exist.

    Raises:
        UserError: its recipe, seed, normalisation, direction or variant cannot work.
    """
    checked(spec.recipe)
    check_seed(spec.seed)
    parse_normalization(spec.input_normalization)
    channels = model(spec.model).layer(spec.layer).channels
    if spec.recipe.objective == "direction" and len(spec.direction) != channels:
        raise UserError(
            f"A direction of {spec.layer} has {channels} numbers, one for each of its channels, "
            f"not {len(spec.direction)}; name a file of them with --direction."
        )
    if spec.recipe.objective != "direction" and spec.direction:
        raise UserError("--direction is for the direction objective; leave out --objective.")
    if not 0 <= spec.variant < spec.recipe.variants:
        raise UserError(f"There is no variant {spec.variant} of {spec.recipe.variants}.")
    return spec


def packs(specs: Sequence[JobSpec], size: Callable[[JobSpec], int]) -> Iterator[list[JobSpec]]:
    """Group jobs that can share a tensor, keeping their order; variants of a target stay together.

    Args:
        specs: the jobs.
        size: asked before each pack how many images it may have, for jobs like its first.
    """
    kinds: dict[JobSpec, dict[JobSpec, list[JobSpec]]] = {}
    for spec in specs:
        groups = kinds.setdefault(spec.pack_kind, {})
        groups.setdefault(spec.group, []).append(spec)
    for kind, groups in kinds.items():
        waiting = list(groups.values())
        while waiting:
            number = max(1, size(kind) // kind.recipe.variants)
            yield [spec for group in waiting[:number] for spec in group]
            del waiting[:number]


def _without_defaults(struct: msgspec.Struct) -> dict[str, object]:
    told: dict[str, object] = {}
    for field in msgspec.structs.fields(struct):
        value = getattr(struct, field.name)
        if value != field.default:
            told[field.name] = _without_defaults(value) if _is_struct(value) else value
    return told


def _is_struct(value: object) -> TypeGuard[msgspec.Struct]:
    return isinstance(value, msgspec.Struct)
