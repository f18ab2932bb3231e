"""The options that every command shares that makes pictures, and the order they add up to."""

import functools
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, get_args

import click
import msgspec
from click.core import ParameterSource

from convscope.core.ascent.recipes import (
    DEFAULT_PRESET,
    MAX_RESOLUTION,
    MIN_RESOLUTION,
    PHOTO_KEEP,
    PRESETS,
    Objective,
    OptimizerName,
    Parameterization,
    Recipe,
    Tap,
    check_seed,
    for_photo,
    override,
    parse_transforms,
    preset,
)
from convscope.core.ascent.tuning import fitted
from convscope.core.catalog.targets import Target, typed_targets
from convscope.core.catalog.weights import Precision
from convscope.core.system.errors import UserError
from convscope.core.system.folders import gallery_folder
from convscope.core.tasks.start_image import StartImage, parse_crop, parse_start_image
from convscope.core.tasks.visualize import Visualize, tasks_for
from convscope.tui.commands.output import note
from convscope.tui.commands.parameters import (
    Number,
    TypedFile,
    completer,
    device_option,
    gallery_option,
    with_subject_options,
)
from convscope.tui.commands.settings import check_device
from convscope.tui.commands.subjects import Choice, ChosenNetwork, Typed, choice_of

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class RenderOrder:
    """What was asked for, without the targets; all of it is checked, nothing is written."""

    recipe: Recipe
    seed: int
    choice: Choice
    precision: Precision
    device: str
    gallery: Path
    force: bool
    """Make again what is there."""
    makes_here: bool
    """Whether the pictures are made in this process, which then imports torch anyway."""
    directions: Sequence[tuple[float, ...]] = ()
    """For the direction objective, by the target's channel number."""
    typed: Collection[str] = ()
    """The recipe's numbers that were typed, which suit whatever network they are for."""
    start_image: StartImage | None = None
    _chosen: dict[str, ChosenNetwork] = field(default_factory=dict, init=False)

    def network(self, model: str) -> ChosenNetwork:
        """Return a network with the weights chosen for it.

        Raises:
            UserError: there is none of that name.
        """
        if model not in self._chosen:
            chosen = ChosenNetwork(model, self.choice, here=self.makes_here, note=note)
            self._chosen[model] = chosen
        return self._chosen[model]

    def jobs(self, words: Iterable[str]) -> list[Visualize]:
        """Return the jobs for targets as typed.

        Raises:
            UserError: a word is not a target, a target has no direction of its own, or the weights
                cannot be used.
        """
        typed = typed_targets(words, self.choice.model)
        models = {each.network.name for each in typed}
        self.choice.check(models)
        if self.choice.weights_of not in ("", *models):  # then no error is the config file's fault
            click.get_current_context().set_parameter_source("weights", ParameterSource.DEFAULT)
        targets = [
            target
            for each in typed
            for target in each.targets(lambda network: self.network(network.name).classes)
        ]
        jobs = [job for target in dict.fromkeys(targets) for job in self._jobs(target)]
        for job in jobs:
            job.check()
            chosen = self.network(job.model)
            chosen.check(chosen.network.layer(job.layer))
        expected = {  # last: it may take seconds
            model: self.network(model).normalization
            for model in dict.fromkeys(job.model for job in jobs)
        }
        return [msgspec.structs.replace(job, normalization=expected[job.model]) for job in jobs]

    def _jobs(self, target: Target) -> list[Visualize]:
        if self.directions and target.channel >= len(self.directions):
            raise UserError(
                f"With --direction, {target.layer}:{target.channel} is row {target.channel} of "
                f"the file, which has {len(self.directions)}; write {target.layer}:0."
            )
        network = self.network(target.model).network
        recipe = fitted(self.recipe, network, network.layer(target.layer), self.typed)
        return tasks_for(
            [target],
            recipe if self.start_image is None else for_photo(recipe, self.typed),
            seed=self.seed,
            weights=self.network(target.model).weights,
            precision=self.precision,
            directions=self.directions,
            start_image=self.start_image,
        )


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
        help="Range of the noise that a preset of pixels (classic) starts from, in normalised RGB.",
    ),
    click.option(
        "--start-image",
        metavar="PHOTO",
        type=TypedFile("The photo"),
        help="Start from a photo: what the channel finds in it grows.",
    ),
    click.option(
        "--crop",
        metavar="LEFT,TOP,SIDE",
        help="Square of the photo to use, in its pixels; the largest in the middle unless given.",
    ),
    click.option(
        "--keep",
        type=Number(float, "1"),
        help=f"How much to stay like the photo: {PHOTO_KEEP:g} unless given, 0 lets go of it.",
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
        help="Number of attempts from different noise; the best is kept.",
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
    _choice("--optimizer", OptimizerName, "Optimizer that makes the steps."),
    click.option(
        "--transforms",
        metavar="LIST",
        help="Random movements at each step: jitter=4,rotation=5,scale=0.05, or none; still=8 "
        "skips every eighth step, apart=1 either turns or zooms at each step, by the full amount.",
    ),
    click.option("--tv", type=Number(float, "500"), help="Weight of the total variation."),
    click.option("--l2", type=Number(float, "500"), help="Weight of the squared distance to grey."),
    device_option(),
    click.option(
        "--precision",
        type=click.Choice(get_args(Precision)),
        default="auto",
        show_default=True,
        help="Numbers that the network computes in; auto is bfloat16 where the device supports it.",
    ),
    with_subject_options,
    gallery_option("Folder of the pictures."),
    click.option("--force", is_flag=True, help="Make pictures again that are there already."),
)


def making_options(*, here: bool) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Give a command all options of making pictures; it receives them as ``order``.

    The command has to be a :class:`convscope.tui.commands.configured.Configured`, which reads the
    config file.

    Args:
        here: whether it makes them in this process.
    """

    def with_options(command: Callable[..., R]) -> Callable[..., R]:
        @functools.wraps(command)
        def with_order(
            *,
            seed: int,
            precision: Precision,
            device: str,
            gallery: str | None,
            force: bool,
            direction: Path | None,
            start_image: Path | None,
            crop: str | None,
            transforms: str | None,
            preset_name: str,
            **others: Any,  # noqa: ANN401  the recipe's numbers, and the command's own options
        ) -> R:
            numbers = {
                name: others.pop(name) for name in Recipe.__struct_fields__ if name in others
            }
            if direction and not numbers["objective"]:
                numbers["objective"] = "direction"
            if transforms is not None:
                numbers["transforms"] = parse_transforms(transforms)
            typed = typed_options(**{name: others.pop(name) for name in Typed.__annotations__})
            order = RenderOrder(
                recipe=_recipe(preset_name, from_photo=start_image is not None, **numbers),
                seed=check_seed(seed),
                choice=choice_of(
                    typed, click.get_current_context().obj.config, here=here, note=note
                ),
                precision=precision,
                device=check_device(device),
                gallery=gallery_folder(gallery),
                force=force,
                makes_here=here,
                directions=_directions(direction),
                typed=[name for name, value in numbers.items() if value is not None],
                start_image=_start_image(start_image, crop),
            )
            return command(order=order, **others)

        for option in reversed(_OPTIONS):
            with_order = option(with_order)
        return with_order

    return with_options


def typed_options(**values: Any) -> Typed:  # noqa: ANN401  each as click read it
    """Return which of the options' values were typed, not taken from the config file."""
    source = click.get_current_context().get_parameter_source
    return Typed(**{
        name: value if source(name) is ParameterSource.COMMANDLINE else None
        for name, value in values.items()
    })  # fmt: skip


def _directions(file: Path | None) -> Sequence[tuple[float, ...]]:
    if file is None:
        return ()
    from convscope.tui.commands.directions import read_directions  # noqa: PLC0415  NumPy for those who need it

    return read_directions(file)


def _start_image(photo: Path | None, crop: str | None) -> StartImage | None:
    if photo is None and crop is not None:
        raise UserError("--crop is about a photo; name it with --start-image, or leave out --crop.")
    if photo is None:
        return None
    return parse_start_image(photo, None if crop is None else parse_crop(crop))


def _recipe(preset_name: str, *, from_photo: bool, **numbers: object) -> Recipe:
    """Return the preset with the typed numbers in place of its own.

    Raises:
        UserError: there is no such preset, or a number cannot work with it.
    """
    recipe = override(preset(preset_name), **numbers)
    if numbers["start"] is not None and from_photo:
        raise UserError(
            "--start is for noise; with --start-image the photo is the start, so leave one out."
        )
    if numbers["start"] is not None and not recipe.is_of_pixels:
        of_pixels = ", ".join(name for name, each in PRESETS.items() if each.is_of_pixels)
        raise UserError(
            f"--start is for presets of pixels; {recipe.preset} starts from Fourier noise "
            f"(write --preset {of_pixels}, or leave out --start)."
        )
    return recipe
