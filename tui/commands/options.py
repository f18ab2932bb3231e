"""The options that every command shares that makes pictures, and the order they add up to."""

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, get_args

import click
import msgspec
from click.core import ParameterSource

from convscope.core.ascent.recipes import (
    DEFAULT_PRESET,
    MAX_RESOLUTION,
    MIN_RESOLUTION,
    PRESETS,
    Objective,
    OptimizerName,
    Parameterization,
    Recipe,
    Tap,
    check_seed,
    override,
    parse_transforms,
    preset,
)
from convscope.core.catalog.networks import DEFAULT_NETWORK
from convscope.core.catalog.normalization import NAMED, named
from convscope.core.catalog.targets import parse_targets
from convscope.core.catalog.weights import (
    EMBEDDED_NAME,
    Precision,
    Weights,
    WeightsFacts,
    parse_weights,
    weights_names,
)
from convscope.core.system.errors import UserError
from convscope.core.system.folders import gallery_folder
from convscope.core.system.text import printable
from convscope.core.tasks.visualize import Visualize, tasks_for
from convscope.tui.commands.completion.words import (
    complete_devices,
    complete_folders,
    complete_normalizations,
    complete_presets,
    complete_weights,
)
from convscope.tui.commands.devices import check_device
from convscope.tui.commands.files import TypedFile
from convscope.tui.commands.numbers import real, whole
from convscope.tui.commands.output import note

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Order:
    """What was asked for, apart from the targets; all of it is checked, nothing written."""

    recipe: Recipe
    seed: int
    weights: Weights
    precision: Precision
    device: str
    gallery: Path
    force: bool
    """Make again what is there."""
    directions: Sequence[tuple[float, ...]] = ()
    """For the direction objective, by the target's channel number."""
    normalization: str = ""
    """What the weights expect of an image, as typed; '' where it was not."""
    assumed_normalization: str = ""
    """What the config file assumes of weights of which it is not known; '' for imagenet."""

    def jobs(self, words: Iterable[str], *, here: bool) -> list[Visualize]:
        """Return the jobs for targets as typed.

        Args:
            words: the targets.
            here: whether the pictures are made in this process, which then imports torch anyway.

        Raises:
            UserError: a word is no target, a target has no direction of its own, or the weights
                cannot be used.
        """
        targets = parse_targets(words)
        for target in targets:
            if self.directions and target.channel >= len(self.directions):
                raise UserError(
                    f"With --direction, {target.layer}:{target.channel} is row {target.channel} of "
                    f"the file, which has {len(self.directions)}; write {target.layer}:0."
                )
        jobs = tasks_for(
            targets,
            self.recipe,
            seed=self.seed,
            weights=self.weights,
            precision=self.precision,
            directions=self.directions,
        )
        for job in jobs:
            job.check()
        expected = {  # last: it may take seconds
            model: self.weights.unusual(self._expected(model, here=here))
            for model in dict.fromkeys(job.model for job in jobs)
        }
        return [msgspec.structs.replace(job, normalization=expected[job.model]) for job in jobs]

    def _expected(self, model: str, *, here: bool) -> str:
        """Return what the weights expect of an image: what was typed, else what is known of them.

        Says so where nothing is known of them, and what is assumed then hardly fits.
        """
        facts = self._examined(model, here=here)
        if chosen := self.normalization or facts.normalization or self.assumed_normalization:
            return chosen
        if doubt := facts.doubt(self.weights):
            note(doubt)
        return self.weights.usual_normalization

    def _examined(self, model: str, *, here: bool) -> WeightsFacts:
        from convscope.core.runner.examined import UnexaminedError, examined  # noqa: PLC0415  few name a file

        try:
            return examined(model, self.weights, here=here)
        except UnexaminedError as error:
            chosen = self.normalization or self.assumed_normalization or "imagenet"
            note(
                f"{printable(self.weights.name)} could not be checked ({error}); --normalize "
                f"{chosen} is assumed, and its jobs fail if it cannot be used."
            )
            return WeightsFacts()


_OPTIONS = (
    click.option(
        "--preset",
        "preset_name",
        default=DEFAULT_PRESET,
        show_default=True,
        metavar="NAME",
        help=f"Recipe to start from: {', '.join(PRESETS)}.",
        shell_complete=complete_presets,
    ),
    click.option(
        "--resolution",
        type=whole("128", "PX"),
        help=f"Side of the images, {MIN_RESOLUTION} to {MAX_RESOLUTION} pixels.",
    ),
    click.option("--steps", type=whole("64"), help="Steps of the optimizer."),
    click.option("--lr", type=real("0.05"), help="Rate of the optimizer."),
    click.option(
        "--seed", type=whole("1"), default=0, show_default=True, help="Which noise to start from."
    ),
    click.option(
        "--start",
        type=real("-1 1", "LO HI"),
        nargs=2,
        help="Uniform start of a preset of pixels (classic), in normalised RGB.",
    ),
    click.option(
        "--objective", type=click.Choice(get_args(Objective)), help="What the ascent maximises."
    ),
    click.option(
        "--direction",
        metavar="FILE.npy",
        type=TypedFile("The file of --direction"),
        help="Mix all channels of the layer by these weights, LAYER:0 by the file's first row.",
    ),
    click.option(
        "--tap", type=click.Choice(get_args(Tap)), help="Read the map before or behind the ReLU."
    ),
    click.option(
        "--restarts", type=whole("3", "K"), help="Attempts from different noise; the best is kept."
    ),
    click.option(
        "--variants",
        type=whole("4", "K"),
        help="Make K pictures of each target that differ from each other.",
    ),
    click.option(
        "--diversity", type=real("1"), help="How much variants are to differ; 1 unless given."
    ),
    click.option(
        "--parameterization",
        type=click.Choice(get_args(Parameterization)),
        help="What steps turn: a spectrum, pixels cut off when saved, or pixels cut off each step.",
    ),
    click.option(
        "--optimizer", type=click.Choice(get_args(OptimizerName)), help="What makes the steps."
    ),
    click.option(
        "--transforms",
        metavar="LIST",
        help="Random movements at each step: jitter=4,rotation=5,scale=0.05, or none; still=8 adds "
        "that every eighth step has none, apart=1 that a step turns or zooms, by the whole extent.",
    ),
    click.option("--tv", type=real("500"), help="Weight of the total variation."),
    click.option("--l2", type=real("500"), help="Weight of the squared distance from grey."),
    click.option(
        "--device",
        default="auto",
        show_default=True,
        metavar="DEVICE",
        help="auto, cpu, cuda, cuda:1 or mps.",
        shell_complete=complete_devices,
    ),
    click.option(
        "--precision",
        type=click.Choice(get_args(Precision)),
        default="auto",
        show_default=True,
        help="What the network runs in; auto is bfloat16 where the device has it.",
    ),
    click.option(
        "--weights",
        default=EMBEDDED_NAME,
        show_default=True,
        metavar="NAME|FILE",
        help=f"{', '.join(weights_names(DEFAULT_NETWORK))}, or a file.",
        shell_complete=complete_weights,
    ),
    click.option(
        "--normalize",
        show_default=True,
        metavar="NAME|MEAN/STD",
        help=f"The input that the weights expect: {', '.join(NAMED)}, or MEAN/STD of RGB in 0..1, "
        "such as 0.5/0.25; what is known of them unless given, or else imagenet.",
        shell_complete=complete_normalizations,
    ),
    click.option(
        "--gallery",
        metavar="DIR",
        help="Folder of the pictures.",
        shell_complete=complete_folders,
    ),
    click.option("--force", is_flag=True, help="Make again what is there already."),
)


def making_options(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command all options of making pictures; it receives them as ``order``.

    The command is a :class:`convscope.tui.commands.configured.Configured`: that brings in the
    config file.
    """

    @functools.wraps(command)
    def with_order(
        *,
        seed: int,
        weights: str,
        normalize: str | None,
        precision: Precision,
        device: str,
        gallery: str | None,
        force: bool,
        direction: Path | None,
        transforms: str | None,
        **others: Any,  # noqa: ANN401  the recipe's numbers, and the command's own options
    ) -> R:
        numbers = {name: others.pop(name) for name in _RECIPE_OPTIONS}
        if direction and not numbers["objective"]:
            numbers["objective"] = "direction"
        if transforms is not None:
            numbers["transforms"] = parse_transforms(transforms)
        normalization = named(normalize) if normalize is not None else ""
        source = click.get_current_context().get_parameter_source("normalize")
        is_typed = source is ParameterSource.COMMANDLINE
        order = Order(
            recipe=_recipe(**numbers),
            seed=check_seed(seed),
            weights=parse_weights(weights),
            precision=precision,
            device=check_device(device),
            gallery=gallery_folder(gallery),
            force=force,
            directions=_directions(direction),
            normalization=normalization if is_typed else "",
            assumed_normalization="" if is_typed else normalization,
        )
        return command(order=order, **others)

    for option in reversed(_OPTIONS):
        with_order = option(with_order)
    return with_order


def _directions(file: Path | None) -> Sequence[tuple[float, ...]]:
    if file is None:
        return ()
    from convscope.tui.commands.directions import read_directions  # noqa: PLC0415  NumPy for those who need it

    return read_directions(file)


_RECIPE_OPTIONS = (
    "preset_name",
    "resolution",
    "steps",
    "lr",
    "start",
    "objective",
    "tap",
    "restarts",
    "variants",
    "diversity",
    "parameterization",
    "optimizer",
    "tv",
    "l2",
)


def _recipe(preset_name: str, **numbers: object) -> Recipe:
    """Return the preset with the typed numbers in place of its own.

    Raises:
        UserError: there is no such preset, or a number cannot work with it.
    """
    recipe = override(preset(preset_name), **numbers)
    if numbers["start"] is not None and not recipe.is_of_pixels:
        of_pixels = ", ".join(name for name, each in PRESETS.items() if each.is_of_pixels)
        raise UserError(
            f"--start is for presets of pixels; {recipe.preset} starts from Fourier noise "
            f"(write --preset {of_pixels}, or leave out --start)."
        )
    return recipe
