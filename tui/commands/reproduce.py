"""``convscope reproduce``: makes a picture again from its own record, and compares the two."""

from pathlib import Path

import click
import msgspec
from PIL import Image, ImageChops

from convscope.core.catalog.published import published_as
from convscope.core.catalog.weights import Weights, parse_weights
from convscope.core.gallery.outputs import output_of
from convscope.core.gallery.pictures import read_pixels
from convscope.core.gallery.records import AnimationRecord, Record
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.core.tasks.start_image import StartImage, parse_start_image
from convscope.core.tasks.visualize import Visualize
from convscope.tui.commands.configured import Configured
from convscope.tui.commands.inspect import original_option, traced_record
from convscope.tui.commands.output import note, say_path
from convscope.tui.commands.outputs import check_new, check_output
from convscope.tui.commands.parameters import TypedFile, complete_weights, device_option
from convscope.tui.commands.render import make_unsaved
from convscope.tui.commands.settings import check_device

_OUTPUT = TypedFile("The output")


@click.command(cls=Configured)
@click.argument("file", metavar="FILE.png", type=TypedFile("The picture"))
@click.option(
    "--output",
    metavar="OUT.png",
    type=_OUTPUT,
    help="Where to save it; NAME-reproduced.png in this folder unless given.",
)
@device_option()
@click.option(
    "--weights",
    "moved",  # not the config file's setting of that name
    metavar="FILE",
    help="Where the file of weights is now, if it was moved.",
    shell_complete=complete_weights,
)
@click.option(
    "--start-image",
    "photo",
    metavar="PHOTO",
    type=TypedFile("The photo"),
    help="Where the photo that the picture started from is now, if it was moved.",
)
@original_option
@click.option("--force", is_flag=True, help="Replace the output if it exists.")
def reproduce(
    *,
    file: Path,
    output: Path | None,
    device: str,
    moved: str | None,
    photo: Path | None,
    gallery: str | None,
    force: bool,
) -> int:
    """Make a picture again from its record alone, and print its path.

    Says on standard error whether both are equal. On the same CPU and versions they are; a GPU sums
    in another order each time, so there they only look alike.
    """
    check_device(device)
    record = traced_record(file, gallery)
    if isinstance(record, AnimationRecord):
        raise UserError(
            f"{printable(file)} is an animation; convscope animate {printable(record.target)} "
            "makes it again."
        )
    image = read_pixels(file)
    job = _with_photo(_with_weights(_job(record, file), moved), photo)
    output = output or _OUTPUT.convert(f"{file.stem}-reproduced.png", None, None)
    _check_output(output, file, force)
    made = make_unsaved(job, device)
    output_of(job).save(output, made, lambda: True)
    say_path(output)
    note(compare(image, read_pixels(output)))
    return 1 if made.record.verdict == "diverged" else 0


def compare(first: Image.Image, second: Image.Image) -> str:
    """Say how much two RGB images differ."""
    if first.size != second.size:
        return f"The sizes differ: {first.width}×{first.height}, {second.width}×{second.height}."
    histogram = ImageChops.difference(first, second).histogram()  # three times 256 counts
    largest = max(index % 256 for index, count in enumerate(histogram) if count)
    if largest == 0:
        return "Both pictures are equal in every pixel."
    return f"The largest difference is {largest} of 255 steps."


def _job(record: Record, file: Path) -> Visualize:
    """Return the job of a record, checked like a typed one: a PNG may come from anywhere."""
    try:
        task = record.task()
        task.check()
    except UserError as error:
        raise UserError(f"The record in {printable(file)} cannot be made again: {error}") from error
    return task


def _with_weights(job: Visualize, named: str | None) -> Visualize:
    """Return a job with its weights where they are now.

    Raises:
        UserError: they are not there, or the file is another one.
    """
    if named is None:
        if job.weights.is_file:
            _find(job.weights)
        return job
    found = parse_weights(named, job.model)
    recorded = _digest(job.model, job.weights)
    if not _is_same(_digest(job.model, found), recorded):
        raise UserError(
            f"--weights {printable(named)} is not what the picture was made with: the record "
            f"names {printable(job.weights.name)}, digest {printable(recorded[:8])}."
        )
    return msgspec.structs.replace(
        job, weights=found, normalization=found.unusual(job.input_normalization)
    )


def _find(recorded: Weights) -> None:
    """Say what to do if a record's file of weights is not where it was."""
    try:
        if parse_weights(recorded.name).sha256 == recorded.sha256:
            return
    except UserError as error:
        what = str(error).partition("; ")[0].rstrip(".")
    else:
        what = f"{printable(recorded.name)} has changed since the picture was made"
    raise UserError(f"{what}; if the file was moved, name it with --weights.")


def _with_photo(job: Visualize, named: Path | None) -> Visualize:
    """Return a job with the photo that it starts from where that is now.

    Raises:
        UserError: it is not there, or is another one.
    """
    recorded = job.start_image
    if recorded is None:
        if named is not None:
            raise UserError("The picture started from noise; leave out --start-image.")
        return job
    if named is None:
        _find_photo(recorded)
        return job
    found = parse_start_image(named, recorded.crop)
    if found.sha256 != recorded.sha256:
        raise UserError(
            f"--start-image {printable(named)} is not what the picture started from: the record "
            f"names {printable(recorded.path)}, digest {printable(recorded.sha256[:8])}."
        )
    return msgspec.structs.replace(job, start_image=found)


def _find_photo(recorded: StartImage) -> None:
    """Say what to do if a record's photo is not where it was."""
    try:
        if parse_start_image(recorded.path, recorded.crop) == recorded:
            return
    except UserError as error:
        what = str(error).partition("; ")[0].rstrip(".")
    else:
        what = f"{printable(recorded.path)} has changed since the picture was made"
    raise UserError(f"{what}; if the photo was moved, name it with --start-image.")


def _is_same(found: str, recorded: str) -> bool:
    """Whether two digests are of the same weights; torchvision's are only known to begin so."""
    shorter, longer = sorted((found, recorded), key=len)
    return len(shorter) >= 8 and longer.startswith(shorter)


def _digest(model: str, weights: Weights) -> str:
    published = published_as(model, weights.name)
    return weights.sha256 or (published.sha256 if published else "")


def _check_output(output: Path, file: Path, force: bool) -> None:
    """Say what would go wrong with saving, before minutes of work are lost to it."""
    check_output(output, "--output", ".png")
    if output.exists() and output.samefile(file):
        raise UserError(f"{printable(output)} is the picture itself; name another with --output.")
    check_new(output, "--output", force=force)
