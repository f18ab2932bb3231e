"""The task of making one image: one target, one recipe, one seed."""

from collections.abc import Callable, Iterator, Sequence
from typing import Self

import msgspec

from convscope.core.ascent.recipes import FORMER_NAMES, Recipe, check_seed, checked
from convscope.core.catalog.networks import network
from convscope.core.catalog.normalization import parse_normalization
from convscope.core.catalog.targets import Target
from convscope.core.catalog.weights import EMBEDDED, Precision, Weights
from convscope.core.system.errors import UserError
from convscope.core.tasks.base import UNTAGGED, NetworkTask, Place
from convscope.core.tasks.start_image import StartImage

STEP_PIXELS = 54**2
"""What a step costs besides its pixels, in pixels. Measured on one thread of a CPU with VGG16, 64
to 128 px and 16 to 64 steps: with it the time of conv5_1 is told within 4%, of conv3_1 within 20%,
of conv1_1 within 30%; four times the pixels take 2.7 times as long there, twice the steps twice."""


class Visualize(NetworkTask, frozen=True, kw_only=True, tag=UNTAGGED, tag_field="task"):
    """All that decides how an image comes out; equal tasks make equal images on one device."""

    layer: str
    channel: int
    recipe: Recipe
    seed: int = 0
    precision: Precision = "auto"
    direction: tuple[float, ...] = ()
    """Weights of all the layer's channels, for the direction objective; the target's channel then
    only numbers the direction."""
    variant: int = 0
    """Which of the recipe's variants of the target this is."""
    start_image: StartImage | None = None
    """The photo that it starts from; ``None`` for noise."""

    @property
    def target(self) -> Target:
        """The channel this task is about."""
        return Target(self.model, self.layer, self.channel)

    @property
    def title(self) -> str:
        """What the queue's listings call it. Not safe to print."""
        return str(self.target)

    @property
    def suffix(self) -> str:
        """What the name of its file ends in."""
        return ".png"

    @property
    def brief(self) -> str:
        """Its channel as one types it. Not safe to print."""
        return f"{self.layer}:{self.channel}"

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits that differ for different tasks; they stand in the file name.

        A weights file counts by its label, which holds its digest, so moving it changes nothing; a
        photo by its digest alone. A preset that was renamed counts by its former name.
        """
        preset = FORMER_NAMES.get(self.recipe.preset, self.recipe.preset)
        recipe = msgspec.structs.replace(self.recipe, preset=preset)
        weights = Weights(self.weights.label)
        photo = self.start_image and self.start_image.identity
        told = msgspec.structs.replace(self, weights=weights, recipe=recipe, start_image=photo)
        return super(Visualize, told).digest

    def check(self) -> None:
        """Find out whether the image can be made.

        Raises:
            UserError: its target, recipe, seed, normalisation, direction, variant or start cannot
                work.
        """
        found = network(self.model)
        layer = found.layer(self.layer)
        # How many classes a file tells apart shows when it is read.
        is_open = found.is_classifier(layer.name) and self.weights.is_file
        if self.channel < 0 or (self.channel >= layer.channels and not is_open):
            raise UserError(
                f"{layer.name} has no channel {self.channel}; its channels are 0 to "
                f"{layer.channels - 1}."
            )
        checked(self.recipe)
        smallest = found.smallest_side(layer)
        if self.recipe.resolution < smallest:
            raise UserError(
                f"{self.model} takes no images of {self.recipe.resolution} px; choose a "
                f"--resolution of {smallest} or more."
            )
        check_seed(self.seed)
        parse_normalization(self.input_normalization)
        is_whole = is_open or len(self.direction) == layer.channels
        if self.recipe.objective == "direction" and not is_whole:
            raise UserError(
                f"A direction of {self.layer} has {layer.channels} numbers, one for each of its "
                f"channels, not {len(self.direction)}; name a file of them with --direction."
            )
        if self.recipe.objective != "direction" and self.direction:
            raise UserError("--direction is for the direction objective; leave out --objective.")
        if not 0 <= self.variant < self.recipe.variants:
            raise UserError(f"There is no variant {self.variant} of {self.recipe.variants}.")
        if self.start_image is None and self.recipe.keep:
            raise UserError(
                "--keep is about staying like a photo; name it with --start-image, or leave out "
                "--keep."
            )
        number = max(self.recipe.variants, self.recipe.restarts)
        if self.start_image is not None and number > 1 and not self.recipe.transforms.any:
            raise UserError(
                "From a photo, restarts and variants differ by their random movements alone, and "
                "there are none; add --transforms, or leave out --restarts and --variants."
            )

    @property
    def group_size(self) -> int:
        """How many variants are made against each other."""
        return self.recipe.variants

    @property
    def group(self) -> Self:
        """This task without the variant: what the variants of one target share."""
        return msgspec.structs.replace(self, variant=0)

    @property
    def depth(self) -> str:
        """Its layer."""
        return self.layer

    @property
    def effort(self) -> float:
        """As of :func:`effort_of`."""
        return effort_of(self.recipe, self.recipe.restarts)

    @property
    def pack_kind(self) -> Self:
        """This task without what may differ between the images of one pack."""
        return msgspec.structs.replace(self, channel=0, seed=0, direction=(), variant=0)

    @property
    def place(self) -> Place:
        """What :attr:`pack_kind` leaves out."""
        return Place(self.channel, self.seed, self.variant, self.direction)

    def at(self, place: Place) -> Self:
        """Return the task of this kind at another place."""
        return msgspec.structs.replace(self, **place._asdict())


def tasks_for(
    targets: list[Target],
    recipe: Recipe,
    *,
    seed: int = 0,
    weights: Weights = EMBEDDED,
    precision: Precision = "auto",
    directions: Sequence[tuple[float, ...]] = (),
    normalization: str = "",
    start_image: StartImage | None = None,
) -> list[Visualize]:
    """Return one task for each target, or one for each of the recipe's variants of it.

    Args:
        targets: what to look for.
        recipe: how, for all of them.
        seed: of their noise.
        weights: the network's parameters.
        precision: what the network runs in.
        directions: for the direction objective, by the target's channel number.
        normalization: as tasks hold it.
        start_image: the photo to start from.
    """
    return [
        Visualize(
            model=target.model,
            layer=target.layer,
            channel=target.channel,
            recipe=recipe,
            seed=seed,
            weights=weights,
            precision=precision,
            direction=directions[target.channel] if directions else (),
            variant=variant,
            normalization=normalization,
            start_image=start_image,
        )
        for target in targets
        for variant in range(recipe.variants)
    ]


def packs(
    tasks: Sequence[Visualize], size: Callable[[Visualize], int]
) -> Iterator[list[Visualize]]:
    """Group tasks that can share a tensor, keeping their order; variants of a target stay together.

    Args:
        tasks: what is to be made.
        size: asked before each pack how many images it may have, for tasks like its first.
    """
    kinds: dict[Visualize, dict[Visualize, list[Visualize]]] = {}
    for task in tasks:
        groups = kinds.setdefault(task.pack_kind, {})
        groups.setdefault(task.group, []).append(task)
    for kind, groups in kinds.items():
        waiting = list(groups.values())
        while waiting:
            number = max(1, size(kind) // kind.group_size)
            yield [task for group in waiting[:number] for task in group]
            del waiting[:number]


def effort_of(recipe: Recipe, attempts: int) -> float:
    """Return how much work a picture is beside others of its layer, in pixels of all steps.

    Args:
        recipe: how it is made.
        attempts: how often that begins anew.
    """
    return float(recipe.steps * attempts * (recipe.resolution**2 + STEP_PIXELS))
