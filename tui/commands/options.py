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
from convscope.core.catalog.normalization import NAMED, named
from convscope.core.catalog.targets import parse_targets
from convscope.core.catalog.weights import (
    EMBEDDED_NAME,
    TORCHVISION_NAMES,
    Precision,
    Weights,
    WeightsFacts,
    parse_weights,
)
from convscope.core.system.errors import UserError
from convscope.core.system.folders import gallery_folder
from convscope.core.system.text import printable
from convscope.core.tasks.visualize import Visualize, tasks_for
from convscope.tui.commands.output import note
from convscope.tui.commands.parameters import (
    Number,
    TypedFile,
    complete_weights,
    completer,
    device_option,
    gallery_option,
)
from convscope.tui.commands.settings import check_device

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Order:
    """What was asked for, without the targets; all of it is checked, nothing is written."""

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
    """The normalisation that was typed; '' where none was."""
    assumed_normalization: str = ""
    """What the config file assumes for weights of which none is known; '' for imagenet."""

    def jobs(self, words: Iterable[str], *, here: bool) -> list[Visualize]:
        """Return the jobs for targets as typed.

        Args:
            words: the targets.
            here: whether the pictures are made in this process, which then imports torch anyway.

        Raises:
            UserError: a word is not a target, a target has no direction of its own, or the weights
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
        """Return the normalisation that was typed, else the one that the weights expect.

        Where none is known and the assumed one hardly fits, a note says so.
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


def _choice(option: str, choices: object, help: str) -> Callable[[Any], Any]:
    return click.option(option, type=click.Choice(get_args(choices)), help=help)


def _described_presets() -> dict[str, str]:
    return {
        name: f"{recipe.resolution} px, {recipe.steps} steps, {recipe.parameterization}"
        for name, recipe in PRESETS.items()
    }


_OPTIONS = (
    click.option(
        "--preset",
        "preset_name",
        default=DEFAULT_PRESET,
        show_default=True,
        metavar="NAME",
        help=f"Recipe to start from: {', '.join(PRESETS)}.",
        shell_complete=completer(_described_presets),
    ),
    click.option(
        "--resolution",
        type=Number(int, "128", "PX"),
        help=f"Side of the images, {MIN_RESOLUTION} to {MAX_RESOLUTION} pixels.",
    ),
    click.option("--steps", type=Number(int, "64"), help="Steps of the optimizer."),
    click.option("--lr", type=Number(float, "0.05"), help="Rate of the optimizer."),
    click.option(
        "--seed",
        type=Number(int, "1"),
        default=0,
        show_default=True,
        help="Which noise to start from.",
    ),
    click.option(
        "--start",
        type=Number(float, "-1 1", "LO HI"),
        nargs=2,
        help="Uniform start of a preset of pixels (classic), in normalised RGB.",
    ),
    _choice("--objective", Objective, "What the ascent maximises."),
    click.option(
        "--direction",
        metavar="FILE.npy",
        type=TypedFile("The file of --direction"),
        help="Mix all channels of the layer by these weights, LAYER:0 by the file's first row.",
    ),
    _choice("--tap", Tap, "Read the map before or after the ReLU."),
    click.option(
        "--restarts",
        type=Number(int, "3", "K"),
        help="Attempts from different noise; the best is kept.",
    ),
    click.option(
        "--variants",
        type=Number(int, "4", "K"),
        help="Make K pictures of each target that differ from each other.",
    ),
    click.option(
        "--diversity", type=Number(float, "1"), help="How much variants differ; 1 unless given."
    ),
    _choice(
        "--parameterization",
        Parameterization,
        "What is optimised: a spectrum, pixels clipped when saved, or clipped at each step.",
    ),
    _choice("--optimizer", OptimizerName, "What makes the steps."),
    click.option(
        "--transforms",
        metavar="LIST",
        help="Random movements at each step: jitter=4,rotation=5,scale=0.05, or none; still=8 "
        "leaves out every eighth step, apart=1 makes each step either turn or zoom, to the full.",
    ),
    click.option("--tv", type=Number(float, "500"), help="Weight of the total variation."),
    click.option("--l2", type=Number(float, "500"), help="Weight of the squared distance to grey."),
    device_option(),
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
        help=f"{', '.join((EMBEDDED_NAME, *TORCHVISION_NAMES))}, or a file.",
        shell_complete=complete_weights,
    ),
    click.option(
        "--normalize",
        show_default=True,
        metavar="NAME|MEAN/STD",
        help=f"The input that the weights expect: {', '.join(NAMED)}, or MEAN/STD of RGB in 0..1, "
        "such as 0.5/0.25; what is known of them unless given, or else imagenet.",
        shell_complete=completer(NAMED.keys),
    ),
    gallery_option("Folder of the pictures."),
    click.option("--force", is_flag=True, help="Make again what is there already."),
)


def making_options(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command all options of making pictures; it receives them as ``order``.

    The command has to be a :class:`convscope.tui.commands.configured.Configured`, which reads the
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
        preset_name: str,
        **others: Any,  # noqa: ANN401  the recipe's numbers, and the command's own options
    ) -> R:
        numbers = {name: others.pop(name) for name in Recipe.__struct_fields__ if name in others}
        if direction and not numbers["objective"]:
            numbers["objective"] = "direction"
        if transforms is not None:
            numbers["transforms"] = parse_transforms(transforms)
        normalization = named(normalize) if normalize is not None else ""
        source = click.get_current_context().get_parameter_source("normalize")
        is_typed = source is ParameterSource.COMMANDLINE
        order = Order(
            recipe=_recipe(preset_name, **numbers),
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
