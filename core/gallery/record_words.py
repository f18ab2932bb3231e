"""A picture's record in words: how it was made, a line for each thing that one may ask."""

from collections.abc import Iterator

from convscope.core.ascent.recipes import Recipe
from convscope.core.gallery.records import AnimationRecord, Record
from convscope.core.tasks.start_image import StartImage


def record_lines(record: Record, of_class: str = "") -> Iterator[tuple[str, str]]:
    """Return what a record says, as labels and texts. Not safe to print.

    Args:
        record: the record.
        of_class: what the class is called that the channel stands for, if it does.
    """
    recipe = record.recipe
    yield "target", str(record.target)
    if of_class:
        yield "class", of_class
    if record.direction:
        yield "direction", f"a mixture of {len(record.direction)} channels, numbered by the target"
    if isinstance(record, AnimationRecord):
        below = ", above the curve of its activation" if record.curve else ""
        yield "animation", f"{record.frames:,} frames of its ascent{below}"
    yield "weights", f"{record.weights} {record.weights_sha256[:8]}".rstrip()
    yield "normalize", record.task().input_normalization
    yield "verdict", record.verdict
    yield "activation", f"{record.activation:,.1f} (from {record.start_activation:,.1f})"
    if record.peak is not None:
        yield "peak", f"{record.peak:,.1f} is the largest value of its map at any step"
    if len(record.attempts) > 1:
        yield "attempts", ", ".join(f"{activation:,.1f}" for activation in record.attempts)
    yield "preset", recipe.preset
    yield "objective", f"{recipe.objective}, {recipe.tap} ReLU"
    yield "image", f"{recipe.resolution} px, {recipe.parameterization}, {_start(record)}"
    if record.start_image is not None:
        yield "photo", f"{record.start_image.path} {record.start_image.sha256[:8]}"
        yield "crop", _crop(record.start_image)
        yield "keep", f"{recipe.keep:g}"
    yield (
        "optimizer",
        f"{recipe.optimizer}, rate {recipe.lr:g}{_decay(record)}, betas {_pair(recipe.betas)}",
    )
    yield "steps", f"{record.steps_run:,} run of {recipe.steps:,} a try"
    if not recipe.is_of_pixels:
        yield "spectrum", _spectrum(recipe)
    if recipe.transforms.any:
        moves = recipe.transforms
        yield (
            "transforms",
            f"jitter {moves.jitter:g} px, rotation {moves.rotation:g}°, scale {moves.scale:g}"
            f"{', one of the two at each step' if moves.exclusive else ''}"
            f"{f', none every {moves.identity_every} steps' if moves.identity_every else ''}",
        )
    if recipe.tv or recipe.l2:
        yield "penalties", f"total variation × {recipe.tv:g}, distance from grey × {recipe.l2:g}"
    if recipe.variants > 1:
        yield (
            "variant",
            f"{record.variant + 1} of {recipe.variants}, diversity × {recipe.diversity:g}",
        )
    yield "seed", str(record.seed)
    yield "device", f"{record.device}, {record.precision}"
    yield "seconds", f"{record.seconds:.2f}"
    yield "created", record.created
    yield "versions", ", ".join(f"{name} {number}" for name, number in record.versions.items())


def _start(record: Record) -> str:
    recipe = record.recipe
    if record.start_image is not None:
        return "from a photo"
    if recipe.is_of_pixels:
        return f"uniform start {_pair(recipe.start, ' to ')}"
    return f"noise {recipe.noise:g}, chroma {recipe.chroma:g}, {recipe.squash}"


def _crop(start: StartImage) -> str:
    if start.crop is None:
        return "the largest square in the middle"
    return f"{start.crop.side} px from {start.crop.left}, {start.crop.top}"


def _spectrum(recipe: Recipe) -> str:
    parts = [f"falls by 1/f^{recipe.falloff:g}"]
    if recipe.knee:
        parts.append(f"level below {recipe.knee:g} cycles a pixel at most")
    if recipe.blur:
        parts.append(f"blurred by {recipe.blur:g} px")
    if recipe.contrast:
        parts.append(f"contrast {recipe.contrast:g} at most")
    return ", ".join(parts)


def _decay(record: Record) -> str:
    end = record.recipe.lr_end
    held = record.recipe.lr_hold
    return "" if end == 1 or held == 1 else f" for {held:.0%} of the steps, then down to {end:.0%}"


def _pair(pair: tuple[float, float], between: str = ", ") -> str:
    return f"{pair[0]:g}{between}{pair[1]:g}"
